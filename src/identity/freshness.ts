/** The times for which answers count. */
export type Lifetimes = {
  /** Milliseconds from the question; a change at the source is in force after it at the latest. */
  readonly cacheMs: number;
  /** Milliseconds after `cacheMs` that a known key counts while the source does not answer. */
  readonly staleMs: number;
};

/**
 * `fresh`: it counts. `ageing`: it counts, and is asked for again meanwhile. `stale`: it must be
 * asked for first, and counts only if there is no answer. `gone`: it never counts.
 */
export type Freshness = "fresh" | "ageing" | "stale" | "gone";

/** Returns the worth of an answer `ageMs` after its question. */
export function freshnessOf(ageMs: number, { cacheMs, staleMs }: Lifetimes): Freshness {
  if (ageMs < cacheMs / 2) return "fresh";
  if (ageMs < cacheMs) return "ageing";
  return ageMs < cacheMs + staleMs ? "stale" : "gone";
}

/**
 * Returns the time for which an answer "nobody's" counts. It is short, since the key may just be in
 * the making, and it is never stale: a new user waits for an answer.
 */
export function nobodyMsMax({ cacheMs }: Lifetimes): number {
  return Math.min(cacheMs, 10_000);
}
