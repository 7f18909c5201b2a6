/** The number of the latest requests of one kind that are kept. */
export const REQUESTS_KEPT = 100;

/** The latest things that were added, at most REQUESTS_KEPT. */
export class Latest<T> {
  readonly #kept: T[] = [];
  #next = 0;

  add(one: T): void {
    this.#kept[this.#next] = one;
    this.#next = (this.#next + 1) % REQUESTS_KEPT;
  }

  get newestFirst(): readonly T[] {
    const older = this.#kept.slice(this.#next);
    return [...older, ...this.#kept.slice(0, this.#next)].reverse();
  }
}
