import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Finds `count` TCP ports on loopback that nobody listens on. For programs that do not accept port
 * 0. All are held until the last is found, so that they differ.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => portOf(server.address()));
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** The port of a listening TCP server's `address()`. */
export function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("Not a TCP server");
  return address.port;
}
