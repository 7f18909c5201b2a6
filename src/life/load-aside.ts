import { fork, type ChildProcess } from "node:child_process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BucketConfig } from "../config/config.ts";
import type { PackedConfig } from "../config/packed.ts";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
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
    return unpacked(await this.#read(file));
  }

  async #read(file: string): Promise<Packed> {
    const reader = fork(fileURLToPath(import.meta.url), [VERSION], {
      // Keeps maps, and one policy that stands in two places.
      serialization: "advanced",
      // Nothing is written to its input, whose end says that this process has ended.
      stdio: ["pipe", "inherit", "inherit", "ipc"],
    });
    this.#reader = reader;
    try {
      return await new Promise<Packed>((resolve, reject) => {
        reader.once("message", (message) => {
          if (isPacked(message)) resolve(message);
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
function isPacked(message: unknown): message is Packed {
  return typeof message === "object" && message !== null && "result" in message;
}

/** A `Loaded` on its way between the processes. */
type Packed = Pick<Loaded, "files"> & {
  readonly result: Result<PackedConfig, readonly Problem[]>;
};

/** The number of buckets that are unpacked before others have their turn. */
const AT_ONCE = 200;

async function unpacked({ result, files }: Packed): Promise<Loaded> {
  if (!result.ok) return { result: err(result.error), files };
  const config = result.value;
  const { bucketUnpacker } = await import("../config/packed.ts");
  const unpack = bucketUnpacker(config.policy.provider);
  const buckets: BucketConfig[] = [];
  for (const bucket of config.buckets) {
    if (buckets.length % AT_ONCE === 0) await nextTurn();
    buckets.push(unpack(bucket));
  }
  return { result: ok({ ...config, buckets }), files };
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
  const { packConfig } = await import("../config/packed.ts");
  process.on("message", (file) => {
    const read = attempt(() => {
      if (version !== VERSION) throw new Error(`${OTHER}: ${VERSION} for ${version}`);
      const { result, files } = loadConfig(String(file));
      return { result: result.ok ? ok(packConfig(result.value)) : result, files } satisfies Packed;
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
