import { err, type Result } from "../lib/result.ts";

/** How long an answer of the state is waited for. A directory on a network may never give one. */
export const STATE_MS_MAX = 10_000;

/** `work`, or after `ms` the error `late`: what comes of the work then, nobody hears. */
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

/** In a log, of `ms` without an answer. */
export function noAnswer(ms: number): string {
  return `No answer within ${ms} ms`;
}
