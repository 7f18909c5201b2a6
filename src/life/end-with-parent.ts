import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";

/**
 * Ends this process soon after the one that started it, which holds the other end of its standard
 * input. By a thread of its own: the main thread may wait for a file for ever (a named pipe that
 * nobody writes to, a network file system that hangs), and hears nothing meanwhile.
 */
export function endWithParent(): void {
  new Worker(fileURLToPath(import.meta.url)).unref();
}

// The thread's own part: this very file is its program.
if (!isMainThread) {
  const parent = new Socket({ fd: 0 });
  // Only this signal ends a thread that waits.
  parent.on("close", () => process.kill(process.pid, "SIGKILL"));
  // An error, too, is followed by its end.
  parent.on("error", () => undefined);
  parent.resume();
}
