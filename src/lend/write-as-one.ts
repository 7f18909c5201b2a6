import type { Socket } from "node:net";

const NOTHING = Buffer.alloc(0);

/** The memory that heads and bodies are put together in; empty if the last have not left yet. */
let together: Buffer = NOTHING;

/**
 * Writes a head, whose characters are bytes, and a body in one write, and so in one packet if they
 * are small. The operating system nearly always has all of it at once: then the memory serves the
 * next write, since a new buffer for each costs more than the copy. TLS keeps it for longer.
 * `written`: called when it has left, or cannot.
 */
export function writeAsOne(
  socket: Socket,
  head: string,
  body: Uint8Array,
  written: ((error?: Error | null) => void) | undefined,
): void {
  const bytes = head.length + body.length;
  if (together.length < bytes) together = Buffer.allocUnsafe(bytes);
  const whole = together.subarray(0, bytes);
  whole.write(head, "latin1");
  whole.set(body, head.length);
  socket.write(whole, written);
  if (socket.writableLength > 0) together = NOTHING;
}

/** Returns bytes between two texts, whose characters are bytes, in memory of their own. */
export function joined(before: string, bytes: Uint8Array, behind = ""): Buffer {
  const whole = Buffer.allocUnsafe(before.length + bytes.length + behind.length);
  whole.write(before, "latin1");
  whole.set(bytes, before.length);
  if (behind !== "") whole.write(behind, before.length + bytes.length, "latin1");
  return whole;
}
