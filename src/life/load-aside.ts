import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { loadConfig, type Loaded } from "./load.ts";

/** The time without work after which the thread ends, and its memory is free. */
const IDLE_MS = 30_000;

/**
 * Runs `loadConfig()` in a thread of its own: reading ten thousand accounts takes seconds, in which
 * the process goes on serving. Reads one file after the other; an error thrown there is thrown
 * here.
 */
export class AsideLoader {
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  async load(file: string): Promise<Loaded> {
    clearTimeout(this.#idle);
    const thread = (this.#thread ??= this.#start());
    try {
      return await new Promise<Loaded>((resolve, reject) => {
        thread.once("message", resolve).once("error", reject);
        thread.postMessage(file, []);
      });
    } finally {
      thread.removeAllListeners("message").removeAllListeners("error");
      this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
    }
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
  }

  #start(): Worker {
    const thread = new Worker(fileURLToPath(import.meta.url));
    // A thread that waits for work is no reason to stay.
    thread.unref();
    thread.once("exit", () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }
}

// The thread's own part: this very file is its program.
if (!isMainThread) {
  const port = parentPort;
  port?.on("message", (file: string) => port.postMessage(loadConfig(file), []));
}
