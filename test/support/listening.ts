import { createServer } from "node:net";
import type { TestContext } from "node:test";
import type { ClientAnswer } from "../../src/listen/client-answer.ts";
import { ClientConnection } from "../../src/listen/client-connection.ts";
import type { ClientRequest } from "../../src/listen/client-request.ts";
import type { Speech } from "../../src/listen/front.ts";
import { openHttpServer, type HttpServer } from "../../src/listen/http-server.ts";
import type { ConnectionProblem, ConnectionTimes, Service } from "../../src/listen/service.ts";
import { portOf } from "./ports.ts";

/** A port of clients with whatever behind it, and what the connections told. */
export type Listened = {
  readonly server: Pick<HttpServer, "address" | "connections" | "close">;
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
  /** Reads as where sockets cannot read to memory that they are given. */
  readonly fallback?: boolean;
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
  const service: Service = {
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
  };
  const server =
    options.fallback === true
      ? await openFallback(service)
      : await openHttpServer(
          {
            service,
            expectsHeader: () => false,
            admits: () => true,
            admitsFrom: () => true,
            failed: () => {},
          },
          { host: "127.0.0.1", port: 0 },
          options.speech ?? { tls: undefined, handshakeMs: 5_000 },
        );
  t.after(() => server.close(0));
  return { server, problems, broken, stoodStill: () => stoodStill };
}

/** A port on whose connections Node has not got what it does not document. */
async function openFallback(service: Service): Promise<Listened["server"]> {
  const sockets = new Set<ClientConnection>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const handle: unknown = Reflect.get(socket, "_handle");
    if (typeof handle === "object" && handle !== null) {
      Object.defineProperty(handle, "useUserBuffer", { value: undefined });
    }
    const address = socket.remoteAddress;
    const peer = { address, secure: false, tlsVersion: undefined };
    const connection = new ClientConnection(socket, peer, service);
    sockets.add(connection);
    socket.once("close", () => sockets.delete(connection));
    connection.start(Buffer.alloc(0));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${portOf(server.address())}`,
    connections: () => sockets.size,
    close: async () => {
      for (const connection of sockets) connection.destroy();
      server.close();
    },
  };
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
