import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { VERSION } from "../observe/version.ts";
import { endWithParent } from "./end-with-parent.ts";
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
    const reader = fork(fileURLToPath(import.meta.url), [VERSION], {
      // Keeps maps, and one policy that stands in two places.
      serialization: "advanced",
      // Nothing is written to its input, whose end says that this process has ended.
      stdio: ["pipe", "inherit", "inherit", "ipc"],
    });
    this.#reader = reader;
    try {
      return await new Promise<Loaded>((resolve, reject) => {
        reader.once("message", (message) => {
          if (isLoaded(message)) resolve(message);
          else reject(message instanceof Error ? message : new TypeError("No configuration came"));
        });
        // A process that cannot be started can have several errors, and one that nobody hears would
        // end this process.
        reader.on("error", reject);
        reader.once("exit", (code, signal) => {
          reject(new Error(`The process that reads the configuration ended: ${code ?? signal}`));
        });
        // Before that it may have no channel: without a free descriptor there is none. If it cannot
        // be told, it has ended.
        reader.once("spawn", () => reader.send(file, () => undefined));
      });
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#reader?.kill("SIGKILL");
    this.#reader = undefined;
  }
}

/** Both sides are the same version: it need only be told from an error. */
function isLoaded(message: unknown): message is Loaded {
  return typeof message === "object" && message !== null && "result" in message;
}

/**
 * Reads a configuration for the process that started this one, which then ends it. If it ended by
 * itself, its end could be told before all of the configuration has come.
 */
async function serveParent(version: string | undefined): Promise<void> {
  endWithParent();
  // A terminal or an init system may signal the whole group: only the parent answers to that.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => undefined);
  const { loadConfig } = await import("./load.ts");
  process.on("message", (file) => {
    const read = attempt(() => {
      if (version !== VERSION) throw new Error(`${OTHER}: ${VERSION} for ${version}`);
      return loadConfig(String(file));
    });
    // A parent that has ended meanwhile needs no answer.
    process.send?.(read, undefined, undefined, () => undefined);
  });
}

/** The package was replaced under the running process, which cannot know what the new one reads. */
const OTHER = "The program on the disk is another version than the running one: restart it";

/** Returns what `work` returns or throws. */
function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

// This very file is the program of that process.
if (import.meta.main) await serveParent(process.argv[2]);
