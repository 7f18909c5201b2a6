import type { TestContext } from "node:test";
import type { ClientAnswer } from "../../src/listen/client-answer.ts";
import type { ClientRequest } from "../../src/listen/client-request.ts";
import type { Speech } from "../../src/listen/front.ts";
import { openHttpServer, type HttpServer } from "../../src/listen/http-server.ts";
import type { ConnectionProblem, ConnectionTimes } from "../../src/listen/service.ts";

/** A port of clients with whatever behind it, and what the connections told. */
export type Listened = {
  readonly server: HttpServer;
  /** What was no request, in the order in which it came. */
  readonly problems: readonly ConnectionProblem[];
  /** What was wrong with bodies. */
  readonly broken: readonly ConnectionProblem[];
  /** Connections that stood still. */
  readonly stoodStill: () => number;
};

export type ListenedOptions = {
  readonly serve: (request: ClientRequest, answer: ClientAnswer) => void | Promise<void>;
  readonly limits?: Partial<ConnectionTimes>;
  readonly speech?: Speech;
};

export async function startListening(t: TestContext, options: ListenedOptions): Promise<Listened> {
  const problems: ConnectionProblem[] = [];
  const broken: ConnectionProblem[] = [];
  let stoodStill = 0;
  const limits: ConnectionTimes = {
    headerBytesMax: 16 * 1024,
    headerTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    pipelinedRequestsMax: 100,
    ...options.limits,
  };
  const told = (answer: ClientAnswer, text: string): void => {
    answer.sendHead(400, "", ["content-length", String(text.length)]);
    answer.sendBody(Buffer.from(text));
    answer.sendEnd();
  };
  const serve = (request: ClientRequest, answer: ClientAnswer) => {
    void options.serve(request, answer);
    return {
      bodyBroken: (problem: ConnectionProblem) => {
        broken.push(problem);
        if (!answer.begun) told(answer, problem);
      },
      storeStoodStill: () => told(answer, "stood still"),
    };
  };
  const server = await openHttpServer(
    {
      expectsHeader: () => false,
      admits: () => true,
      admitsFrom: () => true,
      failed: () => {},
      service: {
        limits: () => limits,
        serve,
        refuseNext: (_request, answer) => {
          answer.makeLast();
          told(answer, "too many");
          return { bodyBroken: () => {}, storeStoodStill: () => {} };
        },
        refuse: (answer, problem) => {
          problems.push(problem);
          told(answer, problem);
        },
        stoodStill: () => stoodStill++,
      },
    },
    { host: "127.0.0.1", port: 0 },
    options.speech ?? { tls: undefined, handshakeMs: 5_000 },
  );
  t.after(() => server.close(0));
  return { server, problems, broken, stoodStill: () => stoodStill };
}

/** Reads the whole body of `request`; its pieces are copied while they stand. */
export async function readBody({ body }: ClientRequest, lent = true): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  body.read({ lent, received: () => undefined, lost: () => new Error("lost") });
  const pieces: Buffer[] = [];
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    pieces.push(Buffer.from(next.value));
  }
  return Buffer.concat(pieces);
}
