import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { portOf } from "./ports.ts";
import { isProbe, isProbeHead, PROBE_ANSWER } from "./probe.ts";

/** A store; every step is scripted by a test. */
export type ScriptedStore = {
  readonly endpoint: string;
  readonly port: number;
  /** Returns the number of connections accepted so far. */
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
};

/** Starts a store that speaks HTTP by `handler`, except to probes. `port` 0: any free one. */
export async function startHttpStore(handler: RequestListener, port = 0): Promise<ScriptedStore> {
  const server = createHttpServer(
    { keepAliveTimeout: 0, requestTimeout: 0 },
    (request, response) => {
      if (isProbe(request)) response.end();
      else handler(request, response);
    },
  );
  return listening(server, port);
}

/**
 * Starts a store that speaks by `onData`: it is called with the connection and all bytes received
 * on it, each time more come. Probes are answered.
 */
export async function startRawStore(
  onData: (socket: Socket, received: Buffer) => void,
): Promise<ScriptedStore> {
  const server = createServer((socket) => {
    let received: Buffer = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isProbeHead(received.toString("latin1"))) {
        received = Buffer.alloc(0);
        socket.write(PROBE_ANSWER);
      } else onData(socket, received);
    });
  });
  return listening(server, 0);
}

async function listening(server: Server, wanted: number): Promise<ScriptedStore> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(wanted, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server.address());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
