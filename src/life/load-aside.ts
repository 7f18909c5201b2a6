import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Loaded } from "./load.ts";

/**
 * `loadConfig()` in a process of its own: reading ten thousand accounts takes seconds, in which this
 * one goes on serving. One file after the other. The process ends at once, and its memory goes back
 * to the system: the code that reads takes 15 MB, what it reads is several times the configuration,
 * and the next reload may be days away. (Of a thread 20 MB stay, measured.)
 */
export class AsideLoader {
  #reader: ChildProcess | undefined;

  /** Rejects with what `loadConfig()` throws, or if the process ends or cannot be started. */
  async load(file: string): Promise<Loaded> {
    // `advanced` keeps maps, and one policy that stands in two places.
    const reader = fork(fileURLToPath(import.meta.url), { serialization: "advanced" });
    this.#reader = reader;
    try {
      return await new Promise<Loaded>((resolve, reject) => {
        reader.once("message", (message) => {
          if (isLoaded(message)) resolve(message);
          else reject(message instanceof Error ? message : new TypeError("No configuration came"));
        });
        reader.once("error", reject);
        reader.once("exit", (code, signal) => {
          reject(new Error(`The process that reads the configuration ended: ${code ?? signal}`));
        });
        reader.send(file);
      });
    } finally {
      reader.removeAllListeners();
      this.close();
    }
  }

  close(): void {
    this.#reader?.kill("SIGKILL");
    this.#reader = undefined;
  }
}

/** Both sides are the same version of the same program: it need only be told from an error. */
function isLoaded(message: unknown): message is Loaded {
  return typeof message === "object" && message !== null && "result" in message;
}

/** Reads one configuration for the process that started this one. */
async function serveParent(): Promise<void> {
  // A terminal or an init system may signal the whole group: only the parent answers to that.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
  const { loadConfig } = await import("./load.ts");
  process.once("message", (file) => {
    process.send?.(attempt(() => loadConfig(String(file))));
  });
}

/** Returns what `work` returns or throws. */
function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

// This very file is the program of that process.
if (import.meta.main) await serveParent();
