import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What PROXY headers said, as long as the connection lives that they stood on. */
const told = new WeakMap<Duplex, string>();

/** A trusted proxy has said that `address` is at the other end of its connection. */
export function notePeer(connection: Duplex, address: string): void {
  told.set(connection, address);
}

/**
 * The address at the other end of a connection, behind a proxy that speaks the PROXY protocol;
 * undefined for what is no network connection, or no longer one.
 */
export function peerOf(connection: Duplex): string | undefined {
  return (
    told.get(connection) ?? (connection instanceof Socket ? connection.remoteAddress : undefined)
  );
}
