import { FULL, taken, waitMs } from "./token-bucket.ts";

/** Refusals that one process gives in a second without a wait. */
export const REFUSALS_PER_SECOND = 250;
/** The longest wait of a refusal. */
export const REFUSAL_WAIT_MS_MAX = 2_000;

/**
 * The pace of refusals to callers of STS who proved nothing. A flood over open connections sends its
 * next token when the last one is refused. So it goes no faster than its refusals do, and leaves the
 * processor to others. Nobody else waits: neither a good token nor whoever has a key.
 */
export class RefusalPace {
  #fullAtMs = FULL;
  /** Lets each refusal go that waits for its turn now. */
  readonly #waiting = new Set<() => void>();
  #ended = false;

  /** Refusals that wait for their turn now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when one more refusal may go, and at once when `onGone` calls back. */
  async turn(onGone: (callback: () => void) => void): Promise<void> {
    const ms = this.#ended ? 0 : this.next(performance.now());
    if (ms === 0) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.#waiting.add(go);
      onGone(go);
    });
  }

  /** Lets all go, and nobody waits from now on: calls sent ahead would hold up the process's end. */
  end(): void {
    this.#ended = true;
    for (const go of this.#waiting) go();
  }

  /**
   * Returns how many milliseconds one more refusal waits. Beyond the longest wait no turn is taken:
   * what a flood from very many connections owes is not left to those who come after it.
   */
  next(nowMs: number): number {
    const ms = waitMs(this.#fullAtMs, 1, REFUSALS_PER_SECOND, nowMs);
    if (ms >= REFUSAL_WAIT_MS_MAX) return REFUSAL_WAIT_MS_MAX;
    this.#fullAtMs = taken(this.#fullAtMs, 1, REFUSALS_PER_SECOND, nowMs);
    return ms;
  }
}
