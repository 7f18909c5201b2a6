import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { portOf } from "./ports.ts";
import { isProbeHead, PROBE_ANSWER } from "./probe.ts";
import { reset } from "./reset.ts";

/** The part of a request that has reached the store. */
export type Coming = {
  readonly method: string;
  readonly target: string;
  /** The length that Content-Length promises, and the bytes that have come. */
  readonly length: number;
  readonly received: number;
};

/**
 * The faults of a store: called when its connection opens, and whenever more of a request has come.
 */
export type Misbehaviour = {
  readonly onConnection?: (socket: Socket) => void;
  /** Called once for a request when its head has come, and again for each piece of its body. */
  readonly onRequest?: (socket: Socket, coming: Coming) => void;
};

/** A store on one port whose behaviour can be changed. */
export type FaultyStore = {
  readonly endpoint: string;
  readonly port: number;
  /** Changes the behaviour from now on, on new and old connections. */
  readonly play: (misbehaviour: Misbehaviour) => void;
  /** `METHOD target` of each request whose head has come. */
  readonly heads: string[];
  /** Stops listening and breaks all connections. */
  readonly kill: () => Promise<void>;
  /** Listens again on the same port. */
  readonly revive: () => Promise<void>;
};

/** Starts the store; any free port if `wanted` is 0. */
export async function startFaultyStore(wanted = 0): Promise<FaultyStore> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  let playing: Misbehaviour = {};
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    playing.onConnection?.(socket);
    readRequests(socket, heads, (coming) => playing.onRequest?.(socket, coming));
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  await listen(wanted);
  const port = portOf(server.address());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    heads,
    play: (misbehaviour) => {
      playing = misbehaviour;
    },
    kill: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) reset(socket);
      await closed;
    },
    revive: () => listen(port),
  };
}

/**
 * Reads one request after another: the gateway never sends the next before the last is answered.
 */
function readRequests(socket: Socket, heads: string[], tell: (coming: Coming) => void): void {
  let head = "";
  let coming: Coming | undefined;
  socket.on("data", (bytes: Buffer) => {
    let body = bytes.length;
    if (coming === undefined || coming.received >= coming.length) {
      head += bytes.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (isProbeHead(head)) {
        head = "";
        return void socket.write(PROBE_ANSWER);
      }
      const [method = "", target = ""] = head.split(" ", 2);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))?.[1] ?? 0);
      coming = { method, target, length, received: 0 };
      body = head.length - end - 4;
      head = "";
      heads.push(`${method} ${target}`);
    }
    coming = { ...coming, received: coming.received + body };
    tell(coming);
  });
}
