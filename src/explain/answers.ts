import type { Answer, Need } from "../admission/known.ts";
import type { Asking, Deciding } from "../admission/deciding.ts";
import type { Key } from "../admission/principal.ts";
import type { BucketRecord } from "../admission/record.ts";
import type { BucketId } from "../s3/bucket.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** Reads the record of a bucket; `undefined` if there is none. The error is a sentence. */
export type ReadRecord = (id: BucketId) => Promise<Result<BucketRecord | undefined, string>>;

/**
 * Finds a key by its id, or one of the holder with that name; `undefined` if there is none. The
 * error is a sentence.
 */
export type FindKey = (name: string) => Promise<Result<Key | undefined, string>>;

/** `read` that reads each record once. */
export function rememberedRecords(read: ReadRecord): ReadRecord {
  const records = new Map<BucketId, BucketRecord | undefined>();
  return async (id) => {
    if (records.has(id)) return ok(records.get(id));
    const record = await read(id);
    if (record.ok) records.set(id, record.value);
    return record;
  };
}

/** A decision that was taken as far as the answers go. */
export type Settled<T> =
  | { readonly kind: "done"; readonly value: T }
  /** The end of a decision that asks for something nobody here has. */
  | { readonly kind: "open"; readonly asking: Asking };

/**
 * Runs `deciding` as long as `answer` has an answer; `undefined` means it has none. The error is
 * that of an answer.
 */
export async function decideBy<T, E>(
  deciding: Deciding<T>,
  answer: (need: Need) => Promise<Result<Answer | undefined, E>>,
): Promise<Result<Settled<T>, E>> {
  let step = deciding.next();
  while (step.done !== true) {
    const answered = await answer(step.value.need);
    if (!answered.ok) return err(answered.error);
    if (answered.value === undefined) return ok({ kind: "open", asking: step.value });
    step = deciding.next(answered.value);
  }
  return ok({ kind: "done", value: step.value });
}
