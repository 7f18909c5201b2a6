import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/** The place where a server listens. */
export type Place = {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /**
   * True if other processes listen on the same port: the system gives each its part of the clients.
   */
  readonly reusePort?: boolean;
};

/** Binds `server` and returns `host:port` as bound. Rejects if the port cannot be had. */
export async function bind(server: Server, place: Place): Promise<string> {
  const { host, port, reusePort = false } = place;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // Not by way of node:cluster, which loses connections on their way to a worker that crashes.
    server.listen({ port, host, reusePort, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return boundAddress(server.address());
}

/**
 * Rejects if somebody listens at `place` already. A process that shares a port would not notice,
 * since the system lets in everybody who shares it too: another gateway would get a part of the
 * clients.
 */
export async function proveFree(place: Place): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await bind(server, place);
  await once(server.close(), "close");
}

function boundAddress(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("Not listening on a port");
  const { family, address: host, port } = address;
  return family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}`;
}
