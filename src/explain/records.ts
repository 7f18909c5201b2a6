import type { BucketRecord } from "../admission/buckets.ts";
import { NOWHERE_ELSE, type Elsewhere } from "../admission/snapshot.ts";
import type { Result } from "../lib/result.ts";

/** Reads what is kept of a bucket; undefined: nothing is. The error is a sentence. */
export type ReadRecord = (name: string) => Promise<Result<BucketRecord | undefined, string>>;

/**
 * What `work` gives when it knows every record that it looks for: it is done again, each time with
 * the records that were missing before. The error is its own, or of a record that cannot be read.
 */
export async function withRecords<T>(
  read: ReadRecord | undefined,
  work: (elsewhere: Elsewhere) => Result<T, string>,
): Promise<Result<T, string>> {
  if (read === undefined) return work(NOWHERE_ELSE);
  const records = new Map<string, BucketRecord | "none">();
  const missing = new Set<string>();
  const bucket = (name: string): BucketRecord | "none" => {
    const found = records.get(name);
    if (found === undefined) missing.add(name);
    return found ?? "none";
  };
  for (;;) {
    missing.clear();
    const done = work({ key: undefined, bucket });
    if (missing.size === 0) return done;
    for (const name of missing) {
      const record = await read(name);
      if (!record.ok) return record;
      records.set(name, record.value ?? "none");
    }
  }
}
