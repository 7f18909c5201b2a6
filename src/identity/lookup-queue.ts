/** The most questions to one source at a time. */
export const LOOKUPS_MAX = 16;
/** Questions that wait for their turn: so many about known keys, and so many about others. */
export const WAITING_MAX = 256;

/**
 * The lane of a question, which decides its turn: a flood of unknown keys holds up nobody who was
 * here before.
 */
export type Lane = "known" | "unknown";

/** Runs at most LOOKUPS_MAX steps at a time. */
export class LookupQueue {
  readonly #waiting: Readonly<Record<Lane, (() => void)[]>> = { known: [], unknown: [] };
  #running = 0;

  /** Returns the result of `step`; "full" at once, and nothing is run, if too many wait already. */
  async run<T>(lane: Lane, step: () => Promise<T>): Promise<T | "full"> {
    if (this.#running < LOOKUPS_MAX) this.#running++;
    else if (this.#waiting[lane].length >= WAITING_MAX) return "full";
    else await new Promise<void>((resolve) => void this.#waiting[lane].push(resolve));
    try {
      return await step();
    } finally {
      this.#passOn();
    }
  }

  /** Passes the place on to the longest waiter, so that it is never free for a newcomer between. */
  #passOn(): void {
    const next = this.#waiting.known.shift() ?? this.#waiting.unknown.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}
