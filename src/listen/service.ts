import type { WireProblem } from "../wire/problem.ts";
import type { ClientAnswer } from "./client-answer.ts";
import type { ClientRequest } from "./client-request.ts";

/** Why what comes on a connection is not, or no longer, a request. */
export type ConnectionProblem =
  | WireProblem
  /** A head did not come in time. */
  | "head-late"
  /** The client ended its side within a head or a body. */
  | "cut-off";

/** A request that is served. */
export type Serving = {
  /** The body that still comes is none that the head promised, or will never come. */
  bodyBroken(problem: ConnectionProblem): void;
  /** The client has been made to wait with its body for too long. */
  storeStoodStill(): void;
};

/** Limits of one connection, as they are in force. */
export type ConnectionTimes = {
  readonly headerBytesMax: number;
  readonly headerTimeoutMs: number;
  /** How long nothing may move on a connection. */
  readonly idleTimeoutMs: number;
  /** Requests whose answers are not delivered, besides the one that comes. */
  readonly pipelinedRequestsMax: number;
};

/** What serves the requests of all connections. Nothing of it may throw. */
export type Service = {
  readonly limits: () => ConnectionTimes;
  /** A request's head has come. Its answer may be given at once or later. */
  readonly serve: (request: ClientRequest, answer: ClientAnswer) => Serving;
  /** A request has come behind too many: its answer is the last on its connection. */
  readonly refuseNext: (request: ClientRequest, answer: ClientAnswer) => Serving;
  /** What has come is no request: the answer is the last on its connection. */
  readonly refuse: (answer: ClientAnswer, problem: ConnectionProblem) => void;
  /** A connection is ended on which nothing has moved for too long. */
  readonly stoodStill: () => void;
};
