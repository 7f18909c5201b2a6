/** The time for which a source, or a name that it did not answer for, is left alone. */
const REST_MS = 1_000;

/** A question without an answer. */
type Failure = { readonly name: string; readonly atMs: number };

/**
 * Tells if a source is worth asking, so that a dead one costs no request its time. If it does not
 * answer for two different names, with no answer between, it is left alone for REST_MS, and then asked
 * one question at a time until it answers. For one name alone only that name rests: strangers choose
 * keys, and one that a source stumbles over must not keep all others from being looked up.
 */
export class Health {
  /** The last question without an answer; `undefined` if an answer came since. */
  #failure: Failure | undefined;
  /** True if the source is left alone, and not only one name. */
  #resting = false;
  #probing = false;

  /** True if the source did not answer when it was last asked. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Asks for `name` by `ask`, which says if there was an answer at all; `undefined` if it is not asked
   * now. `nowMs` reads the clock.
   */
  async tried<T extends { readonly answered: boolean }>(
    nowMs: () => number,
    name: string,
    ask: () => Promise<T>,
  ): Promise<T | undefined> {
    const probe = this.#rests(name);
    if (probe && !this.#mayProbe(nowMs())) return undefined;
    if (probe) this.#probing = true;
    try {
      const tried = await ask();
      this.#ended(tried.answered, name, nowMs());
      return tried;
    } finally {
      if (probe) this.#probing = false;
    }
  }

  #rests(name: string): boolean {
    return this.#resting || this.#failure?.name === name;
  }

  #mayProbe(nowMs: number): boolean {
    const sinceMs = nowMs - (this.#failure?.atMs ?? nowMs);
    return !this.#probing && sinceMs >= REST_MS;
  }

  #ended(answered: boolean, name: string, atMs: number): void {
    if (answered) {
      this.#failure = undefined;
      this.#resting = false;
      return;
    }
    const before = this.#failure;
    if (before !== undefined && before.name !== name) this.#resting = true;
    this.#failure = { name, atMs };
  }
}
