import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { placeOf, type Problem } from "../lib/problem.ts";
import { count, messageOf } from "../lib/words.ts";
import { AsideLoader } from "./load-aside.ts";
import type { Loaded } from "./load.ts";
import type { RunningGateway } from "./service.ts";
import { Watch } from "./watch.ts";

/** Puts changed files in force: on demand, and by itself if `reload.watch` says so. */
export class Reloader {
  readonly #file: string;
  readonly #service: RunningGateway;
  readonly #log: Logger;
  readonly #aside = new AsideLoader();
  #watch: Watch | undefined;
  #watched: Config["reload"] | undefined;
  /**
   * The last reload. One runs at a time: each begins with the files as they are when the one before
   * is done.
   */
  #last = Promise.resolve();
  /** True if the last one has not begun: it will read what whoever asks meanwhile wants read. */
  #waits = false;
  #closed = false;

  /**
   * Begins with `loaded`: of `file`, which `service` began with; `config`: the configuration made
   * of it.
   */
  constructor(file: string, service: RunningGateway, log: Logger, loaded: Loaded, config: Config) {
    this.#file = file;
    this.#service = service;
    this.#log = log;
    this.#watchBy(config, loaded);
  }

  /**
   * Reads the files again. If they have problems, the log says so, and the old configuration stays.
   */
  reload(why: "SIGHUP" | "changed files"): Promise<void> {
    // The signal also means that logs were rotated, whatever happens to the configuration, and to
    // the one before it.
    if (why === "SIGHUP") this.#service.reopenAudit();
    if (this.#waits) return this.#last;
    this.#waits = true;
    this.#last = this.#last.then(() => this.#reload(why));
    return this.#last;
  }

  /** Ends it: nothing that is being read, or waits to be, is put in force or found fault with. */
  close(): void {
    this.#closed = true;
    this.#watch?.close();
    this.#aside.close();
  }

  async #reload(why: "SIGHUP" | "changed files"): Promise<void> {
    this.#waits = false;
    if (this.#closed) return;
    const refusal = await this.#swap(why).catch((error: unknown) => {
      if (this.#closed) return undefined;
      this.#log.error(error, "Cannot reload");
      return { why: messageOf(error), reasons: [messageOf(error)] };
    });
    if (refusal === undefined) return;
    this.#service.refused(refusal.reasons);
    this.#log.error(
      { why: refusal.why },
      "The configuration is not reloaded: the one before stays in force",
    );
  }

  /** Puts the files in force. Returns the reason why they could not be; `undefined` if they are. */
  async #swap(why: string): Promise<Refusal | undefined> {
    const loaded = await this.#aside.load(this.#file);
    if (this.#closed) return undefined;
    const { result } = loaded;
    logProblems(result.ok ? result.value.warnings : result.error, result.ok, this.#log);
    // Also of a configuration that is no good, since any of its files may be what mends it.
    this.#watch?.follow(loaded.files);
    if (!result.ok) {
      const reasons = result.error.map(sentenceOf);
      return { why: count(reasons.length, "problem"), reasons };
    }
    const swapped = await this.#service.reload(result.value);
    if (!swapped.ok) return { why: swapped.error, reasons: [swapped.error] };
    this.#watchBy(result.value, loaded);
    this.#log.info({ generation: swapped.value, why }, "reloaded");
    return undefined;
  }

  /** `config`: in force, of `files`. */
  #watchBy({ reload }: Config, { files }: Loaded): void {
    if (this.#closed || isDeepStrictEqual(reload, this.#watched)) return;
    this.#watch?.close();
    this.#watch = reload.watch
      ? new Watch(reload.intervalMs, () => void this.reload("changed files"))
      : undefined;
    this.#watch?.follow(files);
    this.#watched = reload;
  }
}

/** The reason why files are not put in force: in short, and in full. */
type Refusal = { readonly why: string; readonly reasons: readonly string[] };

function sentenceOf(problem: Problem): string {
  const { message, remedy } = problem;
  return `${placeOf(problem)}: ${message}${remedy === "" ? "" : `. ${remedy}`}`;
}

/** `harmless`: they are only warnings. */
export function logProblems(problems: readonly Problem[], harmless: boolean, log: Logger): void {
  for (const { file, line, path, message, remedy } of problems) {
    log[harmless ? "warn" : "error"]({ file, line, path, remedy }, message);
  }
}
