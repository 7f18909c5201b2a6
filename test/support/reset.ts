import type { Socket } from "node:net";

/**
 * Breaks a connection by a reset. One whose side has been ended is closed instead: Node gives a reset
 * up while an end waits to be sent, keeps the handle, and then never exits.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
