/**
 * A token bucket as one number, the time at which it will be full again: the virtual scheduling
 * form of the generic cell rate algorithm (ITU-T I.371, annex A). Full is any time that is past, so
 * that a bucket nobody used looks like a new one. It holds what flows in within one second. All
 * times in milliseconds of one clock that only goes forward.
 */

/** The content of a full bucket, as the time that filling it takes. */
const BURST_MS = 1000;

/** Sums of times that are not whole are a little off: that must not cost anybody a token. */
const ROUNDING_MS = 0.001;

/** A bucket that nothing was taken of. */
export const FULL = Number.NEGATIVE_INFINITY;

/**
 * Returns the time when the bucket is full again after `amount` more was taken, at `perSecond`
 * tokens that flow in. It may owe tokens afterwards.
 */
export function taken(fullAtMs: number, amount: number, perSecond: number, nowMs: number): number {
  return Math.max(fullAtMs, nowMs) + (amount / perSecond) * 1000;
}

/**
 * Returns the time when a bucket is full again into which `perSecond` flows from now on, and no
 * longer `before`: it is as full as it was, and owes as many tokens.
 */
export function refilled(
  fullAtMs: number,
  before: number,
  perSecond: number,
  nowMs: number,
): number {
  const owedMs = fullAtMs - nowMs - BURST_MS;
  return owedMs > 0 ? nowMs + BURST_MS + (owedMs * before) / perSecond : fullAtMs;
}

/** Returns the time until `amount` can be taken without owing; 0 if it can at once. */
export function waitMs(fullAtMs: number, amount: number, perSecond: number, nowMs: number): number {
  const over = taken(fullAtMs, amount, perSecond, nowMs) - nowMs - BURST_MS;
  return over > ROUNDING_MS ? over : 0;
}
