import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { loadConfig, type Loaded } from "./load.ts";

/**
 * Young objects of the thread, in MiB. Nearly all that reading makes is garbage at once: with V8's own
 * bound the thread takes 100 MiB more for it, and is not faster (10,000 accounts, measured).
 */
const YOUNG_MIB = 8;

/**
 * `loadConfig()` in a thread of its own: reading ten thousand accounts takes seconds, in which the
 * process goes on serving. One file after the other; what throws there is thrown here. The thread ends
 * at once: what it read is several times the configuration, and the next reload may be days away.
 */
export class AsideLoader {
  #thread: Worker | undefined;

  async load(file: string): Promise<Loaded> {
    const thread = (this.#thread ??= this.#start());
    try {
      return await new Promise<Loaded>((resolve, reject) => {
        thread.once("message", resolve).once("error", reject);
        thread.postMessage(file, []);
      });
    } finally {
      thread.removeAllListeners("message").removeAllListeners("error");
      this.close();
    }
  }

  close(): void {
    void this.#thread?.terminate();
    this.#thread = undefined;
  }

  #start(): Worker {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MIB };
    const thread = new Worker(fileURLToPath(import.meta.url), { resourceLimits });
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
