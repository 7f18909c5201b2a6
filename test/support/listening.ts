import { createServer } from "node:net";
import type { TestContext } from "node:test";
import type { ClientAnswer } from "../../src/listen/client-answer.ts";
import { ClientConnection } from "../../src/listen/client-connection.ts";
import type { ClientRequest } from "../../src/listen/client-request.ts";
import type { Speech } from "../../src/listen/front.ts";
import { openHttpServer, type HttpServer } from "../../src/listen/http-server.ts";
import type { ConnectionProblem, ConnectionTimes, Service } from "../../src/listen/service.ts";
import { portOf } from "./ports.ts";

/** A port for clients with any service behind it, and the reports of its connections. */
export type Listened = {
  readonly server: Pick<HttpServer, "address" | "connections" | "close">;
  /** The connections' problems before a request, in the order in which they came. */
  readonly problems: readonly ConnectionProblem[];
  /** The problems of bodies. */
  readonly broken: readonly ConnectionProblem[];
  /** Returns the number of connections that stood still. */
  readonly stoodStill: () => number;
};

export type ListenedOptions = {
  readonly serve: (request: ClientRequest, answer: ClientAnswer) => void | Promise<void>;
  readonly limits?: Partial<ConnectionTimes>;
  readonly speech?: Speech;
  /** True to read as on a platform whose sockets cannot read into given memory. */
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

/** Opens a port whose connections lack the parts of Node that are not documented. */
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

/** Reads the whole body of `request`; its pieces are copied while they are valid. */
export async function readBody({ body }: ClientRequest, lent = true): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  body.read({ lent, received: () => undefined, lost: () => new Error("lost") });
  const pieces: Buffer[] = [];
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    pieces.push(Buffer.from(next.value));
  }
  return Buffer.concat(pieces);
}
