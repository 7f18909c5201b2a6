import type { Socket } from "node:net";

/**
 * Breaks a connection by a reset. If its side has been ended, it is closed instead: Node drops a
 * reset while an end waits to be sent, keeps the handle, and then never exits.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
