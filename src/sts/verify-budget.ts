import { LRUCache } from "lru-cache";
import { FULL, taken, waitMs } from "../limiter/token-bucket.ts";
import { networkOf } from "../policy/network.ts";

/**
 * Signatures of tokens that one process verifies in a second. Verifying RSA of 2048 bits costs about
 * 0.1 ms all in all, so that a flood of tokens takes a fifth of one core at most.
 */
export const VERIFICATIONS_PER_SECOND = 2_000;
/** Verifications of one address in a second that others cannot take from it. */
export const SHARE_PER_SECOND = VERIFICATIONS_PER_SECOND / 16;
/** The part that nobody gets beyond their share: it is for those who ask for the first time. */
const RESERVED = VERIFICATIONS_PER_SECOND / 2;
/** The most verifications at a time, in Node's own threads. */
const RUNNING_MAX = 4;
/** The most callers that wait for a turn: beyond it the answer is Throttling at once. */
const QUEUE_MAX = 512;
/** The same of those beyond their share. */
const GREEDY_QUEUE_MAX = QUEUE_MAX / 2;
/** Bad tokens of one address in a second, before its tokens are not looked at. */
export const BAD_PER_SECOND = 20;
/** The most addresses whose bad tokens, and verifications, are remembered. */
const ADDRESSES_MAX = 10_000;

/**
 * Bounds what verifying tokens of strangers may cost. Two limits stand before a signature is computed:
 * one for all, and one for each address whose tokens were bad, so that a flood from there does not use
 * up what others need. An address with good tokens may have what nobody else asks for, but a half of
 * the limit for all is kept for addresses that are within their share.
 */
export class VerifyBudget {
  #fullAtMs = FULL;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** The time when an address may have as many bad tokens as ever again. */
  readonly #bad = new LRUCache<string, number>({ max: ADDRESSES_MAX });
  /** The time when an address has its whole share again. */
  readonly #shares = new LRUCache<string, number>({ max: ADDRESSES_MAX });

  /** Returns true if tokens from there are looked at now. */
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
   * Runs `verify` for a token from `source`; "too many" if it is not run now. Only computing may be
   * in it: a wait for an issuer would hold up the tokens of all others.
   */
  async run<T>(source: TokenSource, verify: () => Promise<T>): Promise<T | "too many"> {
    if (!this.#takes(source)) return "too many";
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

  /** Returns true if one more is verified; then it counts. Use beyond a share is not owed later. */
  #takes({ address = "", nowMs }: TokenSource): boolean {
    const from = networkOf(address);
    const shareAtMs = this.#shares.get(from) ?? FULL;
    const isWithin = waitMs(shareAtMs, 1, SHARE_PER_SECOND, nowMs) === 0;
    const least = isWithin ? 1 : 1 + RESERVED;
    if (waitMs(this.#fullAtMs, least, VERIFICATIONS_PER_SECOND, nowMs) > 0) return false;
    const queueMax = isWithin ? QUEUE_MAX : GREEDY_QUEUE_MAX;
    if (this.#running >= RUNNING_MAX && this.#waiting.length >= queueMax) return false;
    this.#fullAtMs = taken(this.#fullAtMs, 1, VERIFICATIONS_PER_SECOND, nowMs);
    if (isWithin) this.#shares.set(from, taken(shareAtMs, 1, SHARE_PER_SECOND, nowMs));
    return true;
  }
}

/** The address that a token came from, and the time by a clock that only goes forward. */
export type TokenSource = { readonly address: string | undefined; readonly nowMs: number };
