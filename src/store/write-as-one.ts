import type { Socket } from "node:net";

const NOTHING = Buffer.alloc(0);

/** The memory that requests are put together in; empty if the last one has not left yet. */
let together: Buffer = NOTHING;

/**
 * Writes a head, whose characters are bytes, and a body in one write, and so in one packet if they
 * are small. The operating system nearly always has all of it at once: then the memory serves the
 * next request, since a new buffer for each costs more than the copy. TLS keeps it for longer.
 */
export function writeAsOne(socket: Socket, head: string, body: Buffer): void {
  const bytes = head.length + body.length;
  if (together.length < bytes) together = Buffer.allocUnsafe(bytes);
  const whole = together.subarray(0, bytes);
  whole.write(head, "latin1");
  whole.set(body, head.length);
  socket.write(whole);
  if (socket.writableLength > 0) together = NOTHING;
}
