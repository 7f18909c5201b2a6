import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What PROXY headers said, as long as the connection lives that they stood on. */
const told = new WeakMap<Duplex, string | undefined>();

/**
 * A trusted proxy has said that `address` is at the other end of its connection. Undefined: it has
 * named nobody, and its own address must not step in, which a list may allow.
 */
export function notePeer(connection: Duplex, address: string | undefined): void {
  told.set(connection, address);
}

/** Who is at the other end of `raw` is at that of `secure`, which lies over it. */
export function inheritPeer(secure: Duplex, raw: Duplex): void {
  if (told.has(raw)) told.set(secure, told.get(raw));
}

/**
 * The address at the other end of a connection, behind a proxy that speaks the PROXY protocol;
 * undefined where nobody has told it, and for what is no network connection, or no longer one.
 */
export function peerOf(connection: Duplex): string | undefined {
  if (told.has(connection)) return told.get(connection);
  return connection instanceof Socket ? connection.remoteAddress : undefined;
}
