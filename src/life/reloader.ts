import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { Problem } from "../lib/problem.ts";
import { count, messageOf } from "../lib/words.ts";
import { AsideLoader } from "./load-aside.ts";
import type { Loaded } from "./load.ts";
import type { Service } from "../gateway/service.ts";
import { Watch } from "./watch.ts";

/** Puts changed files in force: when it is told to, and by itself where `reload.watch` says so. */
export class Reloader {
  readonly #file: string;
  readonly #service: Service;
  readonly #log: Logger;
  readonly #aside = new AsideLoader();
  #watch: Watch | undefined;
  #watched: Config["reload"] | undefined;
  /** One at a time: each begins with the files as they are when the one before is done. */
  #last = Promise.resolve();

  /** `loaded`: of `file`, which `service` began with; `config`: what was made of it. */
  constructor(file: string, service: Service, log: Logger, loaded: Loaded, config: Config) {
    this.#file = file;
    this.#service = service;
    this.#log = log;
    this.#follow(loaded, config);
  }

  /** Reads the files again. What is not good is told in the log, and the old configuration stays. */
  reload(why: "SIGHUP" | "changed files"): Promise<void> {
    // What rotates logs says so by this signal, whatever becomes of the configuration, and of the one
    // before it.
    if (why === "SIGHUP") this.#service.reopenAudit();
    this.#last = this.#last.then(() => this.#reload(why));
    return this.#last;
  }

  close(): void {
    this.#watch?.close();
    this.#aside.close();
  }

  async #reload(why: "SIGHUP" | "changed files"): Promise<void> {
    const refusal = await this.#swap(why).catch((error: unknown) => {
      this.#log.error(error, "Cannot reload");
      return messageOf(error);
    });
    if (refusal === undefined) return;
    this.#service.refused();
    this.#log.error(
      { why: refusal },
      "The configuration is not reloaded: the one before stays in force",
    );
  }

  /** Why what the files hold could not be put in force; undefined: it is. */
  async #swap(why: string): Promise<string | undefined> {
    const loaded = await this.#aside.load(this.#file);
    const { result } = loaded;
    logProblems(result.ok ? result.value.warnings : result.error, result.ok, this.#log);
    this.#follow(loaded, result.ok ? result.value : undefined);
    if (!result.ok) return count(result.error.length, "problem");
    const swapped = await this.#service.reload(result.value);
    if (!swapped.ok) return swapped.error;
    this.#log.info({ generation: swapped.value, why }, "reloaded");
    return undefined;
  }

  /** Of a configuration that is no good (undefined), the files may be mended: watched as before. */
  #follow({ files }: Loaded, config: Config | undefined): void {
    const { watch, intervalMs } = config?.reload ??
      this.#watched ?? { watch: false, intervalMs: 0 };
    if (watch !== this.#watched?.watch || intervalMs !== this.#watched.intervalMs) {
      this.#watch?.close();
      this.#watch = watch ? new Watch(intervalMs, () => this.#onChange()) : undefined;
      this.#watched = { watch, intervalMs };
    }
    this.#watch?.follow(files);
  }

  #onChange(): void {
    void this.reload("changed files");
  }
}

/** `harmless`: they are only warnings. */
export function logProblems(problems: readonly Problem[], harmless: boolean, log: Logger): void {
  for (const { file, line, path, message, remedy } of problems) {
    log[harmless ? "warn" : "error"]({ file, line, path, remedy }, message);
  }
}
