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
  #waiting = 0;

  /** Refusals that wait for their turn now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when one more refusal may go, and at once when `onGone` calls back. */
  async turn(onGone: (callback: () => void) => void): Promise<void> {
    const ms = this.next(performance.now());
    if (ms === 0) return;
    this.#waiting++;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      onGone(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#waiting--;
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
