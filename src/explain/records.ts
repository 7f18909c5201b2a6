import type { BucketRecord } from "../admission/buckets.ts";
import { NOWHERE_ELSE, type Elsewhere } from "../admission/snapshot.ts";
import { ok, type Result } from "../lib/result.ts";

/** Reads what is kept of a bucket; undefined: nothing is. The error is a sentence. */
export type ReadRecord = (name: string) => Promise<Result<BucketRecord | undefined, string>>;

/** Records that were read, for as long as this is held. */
export type RememberedRecords = {
  /** "unknown": fetch it first. */
  readonly find: (name: string) => BucketRecord | "none" | "unknown";
  /** The error is the reader's. */
  readonly fetch: (name: string) => Promise<Result<undefined, string>>;
};

export function rememberRecords(read: ReadRecord): RememberedRecords {
  const records = new Map<string, BucketRecord | "none">();
  return {
    find: (name) => records.get(name) ?? "unknown",
    fetch: async (name) => {
      const record = await read(name);
      if (!record.ok) return record;
      records.set(name, record.value ?? "none");
      return ok(undefined);
    },
  };
}

/**
 * What `work` gives when it knows every record that it looks for: it is done again, each time with
 * the records that were missing before. The error is its own, or of a record that cannot be read.
 */
export async function withRecords<T>(
  read: ReadRecord | undefined,
  work: (elsewhere: Elsewhere) => Result<T, string>,
): Promise<Result<T, string>> {
  if (read === undefined) return work(NOWHERE_ELSE);
  const records = rememberRecords(read);
  const missing = new Set<string>();
  const bucket = (name: string): BucketRecord | "none" => {
    const found = records.find(name);
    if (found === "unknown") missing.add(name);
    return found === "unknown" ? "none" : found;
  };
  for (;;) {
    missing.clear();
    const done = work({ key: undefined, bucket });
    if (missing.size === 0) return done;
    for (const name of missing) {
      const fetched = await records.fetch(name);
      if (!fetched.ok) return fetched;
    }
  }
}
