import { LRUCache } from "lru-cache";
import { FULL, taken, waitMs } from "../limiter/token-bucket.ts";
import { networkOf } from "../policy/network.ts";

/**
 * Signatures of tokens that one process verifies in a second. Verifying RSA of 2048 bits costs about
 * 0.1 ms all in all, so that a flood of tokens takes a fifth of one core at most.
 */
export const VERIFICATIONS_PER_SECOND = 2_000;
/** At a time, in Node's own threads. */
const RUNNING_MAX = 4;
/** Who waits for a turn: beyond it the answer is Throttling at once. */
const QUEUE_MAX = 512;
/** Bad tokens of one address in a second, before its tokens are not looked at. */
export const BAD_PER_SECOND = 20;
/** Addresses of which bad tokens are remembered. */
const ADDRESSES_MAX = 10_000;

/**
 * Bounds what verifying tokens of strangers may cost. Two limits stand before a signature is computed:
 * one for all, and one for each address whose tokens were bad, so that a flood from there does not use
 * up what others need.
 */
export class VerifyBudget {
  #fullAtMs = FULL;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** When an address may have as many bad tokens as ever again. */
  readonly #bad = new LRUCache<string, number>({ max: ADDRESSES_MAX });

  /** Whether tokens from there are looked at now. */
  allows({ address = "", nowMs }: TokenSource): boolean {
    const fullAtMs = this.#bad.get(networkOf(address)) ?? FULL;
    return waitMs(fullAtMs, 1, BAD_PER_SECOND, nowMs) === 0;
  }

  /** A token from there was bad. */
  wasBad({ address = "", nowMs }: TokenSource): void {
    const from = networkOf(address);
    this.#bad.set(from, taken(this.#bad.get(from) ?? FULL, 1, BAD_PER_SECOND, nowMs));
  }

  /**
   * Runs `verify`; "too many": it is not run now. Only what computes may be in it: whoever waits for
   * an issuer would hold up the tokens of all others.
   */
  async run<T>(nowMs: number, verify: () => Promise<T>): Promise<T | "too many"> {
    if (waitMs(this.#fullAtMs, 1, VERIFICATIONS_PER_SECOND, nowMs) > 0) return "too many";
    if (this.#running >= RUNNING_MAX && this.#waiting.length >= QUEUE_MAX) return "too many";
    this.#fullAtMs = taken(this.#fullAtMs, 1, VERIFICATIONS_PER_SECOND, nowMs);
    if (this.#running < RUNNING_MAX) this.#running++;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await verify();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** Where a token came from, and when by a clock that only goes forward. */
type TokenSource = { readonly address: string | undefined; readonly nowMs: number };
