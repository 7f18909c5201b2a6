/** Times calls and sums the times up: the arithmetic that all benches share. */

export type Timing = {
  /** Calls before the first that counts, so that the compiler has seen them. */
  readonly warmup: number;
  /** Calls timed together: 1 if the slow ones matter, more if a call is shorter than the clock. */
  readonly batch: number;
  readonly batches: number;
};

/** Returns microseconds a call of `run`, a value for each batch, in ascending order. */
export function microsOf(run: () => void, { warmup, batch, batches }: Timing): readonly number[] {
  for (let i = 0; i < warmup; i++) run();
  const micros = Array.from({ length: batches }, () => {
    const startNs = process.hrtime.bigint();
    for (let i = 0; i < batch; i++) run();
    return Number(process.hrtime.bigint() - startNs) / 1000 / batch;
  });
  return micros.sort((a, b) => a - b);
}

/** Returns the value below which `share` (0 to 1) of `ascending` lie. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? NaN;
}

/** The summary of the rounds of one cell. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

export function spreadOf(values: readonly number[]): Spread {
  const ascending = [...values].sort((a, b) => a - b);
  return {
    median: quantile(ascending, 0.5),
    min: quantile(ascending, 0),
    max: quantile(ascending, 1),
  };
}
