import type { WireProblem } from "../wire/problem.ts";
import type { ClientAnswer } from "./client-answer.ts";
import type { ClientRequest } from "./client-request.ts";

/** The reasons why the bytes on a connection are not, or no longer, a request. */
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
  /** The longest time for which nothing may move on a connection. */
  readonly idleTimeoutMs: number;
  /** Requests whose answers are not delivered, besides the one that comes. */
  readonly pipelinedRequestsMax: number;
};

/** The service for the requests of all connections. None of its functions may throw. */
export type Service = {
  readonly limits: () => ConnectionTimes;
  /** A request's head has come. Its answer may be given at once or later. */
  readonly serve: (request: ClientRequest, answer: ClientAnswer) => Serving;
  /** A request has come behind too many: its answer is the last on its connection. */
  readonly refuseNext: (request: ClientRequest, answer: ClientAnswer) => Serving;
  /** Answers bytes that are no request: the answer is the last on its connection. */
  readonly refuse: (answer: ClientAnswer, problem: ConnectionProblem) => void;
  /** A connection is ended on which nothing has moved for too long. */
  readonly stoodStill: () => void;
};
