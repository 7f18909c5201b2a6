/** The time for which a source that did not answer is left alone. */
const REST_MS = 1_000;

/**
 * Tells if a source is worth asking, so that a dead one costs no request its time. After a failure
 * it is left alone for REST_MS, and then asked one question at a time until it answers.
 */
export class Health {
  #failedMs: number | undefined;
  #probing = false;

  /** True if the source did not answer when it was last asked. */
  get failing(): boolean {
    return this.#failedMs !== undefined;
  }

  /**
   * Asks by `ask`, which says if there was an answer at all; `undefined` if it is not asked now.
   * `nowMs` reads the clock.
   */
  async tried<T extends { readonly answered: boolean }>(
    nowMs: () => number,
    ask: () => Promise<T>,
  ): Promise<T | undefined> {
    const probe = this.#failedMs !== undefined;
    if (this.#failedMs !== undefined && !this.#mayProbe(this.#failedMs, nowMs())) return undefined;
    if (probe) this.#probing = true;
    try {
      const tried = await ask();
      this.#failedMs = tried.answered ? undefined : nowMs();
      return tried;
    } finally {
      if (probe) this.#probing = false;
    }
  }

  #mayProbe(failedMs: number, nowMs: number): boolean {
    return !this.#probing && nowMs - failedMs >= REST_MS;
  }
}
