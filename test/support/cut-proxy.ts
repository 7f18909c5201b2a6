import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { portOf } from "./ports.ts";

/** A connection to a server that a test can cut. */
export type CutProxy = {
  readonly endpoint: string;
  /** The highest number of connections at the same time. */
  readonly most: () => number;
  /** Ends all connections and accepts no new one until `mend`. */
  readonly cut: () => void;
  readonly mend: () => void;
  readonly stop: () => Promise<void>;
};

/** Opens a TCP proxy to `target`, such as `http://127.0.0.1:7480`. */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  let most = 0;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    most = Math.max(most, sockets.size / 2);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `http://127.0.0.1:${portOf(server.address())}`,
    most: () => most,
    cut,
    mend: () => {
      isCut = false;
    },
    stop: async () => {
      cut();
      await once(server.close(), "close");
    },
  };
}
