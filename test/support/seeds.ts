/** Seeds for random tests: one that is always the same, and one for this run, which is printed. */
const FIXED_SEED = 20130524;

/** Set to the printed number, it repeats that run. */
const REPEATED = process.env["S3WARDEN_TEST_SEED"];

const FRESH_SEED =
  REPEATED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number.parseInt(REPEATED, 10);

export const SEEDS = [FIXED_SEED, FRESH_SEED] as const;

/** The factor by which a run draws more cases than usual; a long run sets it. */
export const RUNS = Number.parseInt(process.env["S3WARDEN_TEST_TIMES"] ?? "1", 10);

/**
 * Prints the seed. The process that draws it calls this; `S3WARDEN_TEST_SEED=… npm test` repeats
 * the run.
 */
export function tellSeed(): void {
  console.log(`Fresh seed: S3WARDEN_TEST_SEED=${FRESH_SEED}`);
}

/** Returns a function for numbers from 0 to below 1 that `seed` determines (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws one of `choices`. */
export function oneOf<T>(random: () => number, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

/** Draws a whole number from `min` to `max`, both included. */
export function between(random: () => number, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}
