import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { portOf } from "./ports.ts";
import { isProbeHead, PROBE_ANSWER } from "./probe.ts";
import { reset } from "./reset.ts";

/** A request as far as it has come to the store. */
export type Coming = {
  readonly method: string;
  readonly target: string;
  /** What Content-Length promises, and what has come of it. */
  readonly length: number;
  readonly received: number;
};

/** What a store does wrong, told as its connection comes, and whenever more of a request has. */
export type Misbehaviour = {
  readonly onConnection?: (socket: Socket) => void;
  /** Called once for a request when its head has come, and again with each piece of its body. */
  readonly onRequest?: (socket: Socket, coming: Coming) => void;
};

/** A store on one port whose manners can be changed. */
export type FaultyStore = {
  readonly endpoint: string;
  readonly port: number;
  /** From now on, on new and old connections. */
  readonly play: (misbehaviour: Misbehaviour) => void;
  /** `METHOD target` of each request whose head came. */
  readonly heads: string[];
  /** Nobody listens; what is connected is broken. */
  readonly kill: () => Promise<void>;
  /** Listens again, on the same port. */
  readonly revive: () => Promise<void>;
};

/** `wanted` 0: any free port. */
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

/** Reads one request after another: the gateway never sends the next before the last is answered. */
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
