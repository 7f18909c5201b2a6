import { err, type Result } from "../lib/result.ts";

/** The longest wait for an answer of the state. A directory on a network may never give one. */
export const STATE_MS_MAX = 10_000;

/**
 * Returns the result of `work`, or after `ms` the error `late`: a later result of the work is
 * dropped.
 */
export async function within<T, E>(
  work: Promise<Result<T, E>>,
  ms: number,
  late: () => E,
): Promise<Result<T, E>> {
  const { promise, resolve } = Promise.withResolvers<Result<T, E>>();
  const timer = setTimeout(() => resolve(err(late())), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the log's text for `ms` without an answer. */
export function noAnswer(ms: number): string {
  return `No answer within ${ms} ms`;
}
