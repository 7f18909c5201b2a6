import type { BucketRecord } from "../admission/record.ts";
import { keepsRecordsIn, recordReader, type KeptBucket } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import type { ReadRecord } from "../explain/answers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { BucketId } from "../s3/bucket.ts";

/**
 * Opens the gateway's records of buckets to be read and never changed; `undefined` if it keeps
 * none.
 */
export async function openKeptRecords(
  config: Config,
): Promise<{ readonly read: ReadRecord; readonly close: () => Promise<void> } | undefined> {
  if (config.state === undefined || !keepsRecordsIn(config)) return undefined;
  // Loaded only here: with it comes the client that asks stores, which most questions do not need.
  const { openStateReader } = await import("../state/open.ts");
  const { isInForce } = await import("../state/record.ts");
  const compile = recordReader(config);
  const state = await openStateReader(config.state, config.upstream);
  const read: ReadRecord = async (id) => {
    const stored = await state.read(id);
    if (!stored.ok) return err(`Cannot read the state: ${stored.error}`);
    if (stored.value === undefined || !isInForce(stored.value.record)) return ok(undefined);
    const record = compile(id, stored.value.record);
    return record.ok ? record : err(`Cannot use the record of "${id}": ${record.error}`);
  };
  return { read, close: () => state.close() };
}

/** All that the state keeps, by the names of the records. */
export type AllKept = ReadonlyMap<string, KeptBucket>;

/** Records that are read at once. */
const READS_MAX = 16;

/** Reads what is kept of all buckets. Error: a sentence of why not all of it can be read. */
export async function readAllKept({ state, upstream }: Config): Promise<Result<AllKept, string>> {
  if (state === undefined) return err("the configuration has no state");
  const { openStateReader } = await import("../state/open.ts");
  const { isInForce } = await import("../state/record.ts");
  const { REVOKED_NAME } = await import("../state/record-name.ts");
  const reader = await openStateReader(state, upstream);
  const kept = new Map<string, KeptBucket>();
  try {
    const names = await reader.list();
    if (!names.ok) return names;
    const left = names.value.filter((name) => name !== REVOKED_NAME);
    while (left.length > 0) {
      const some = left.splice(0, READS_MAX);
      for (const [i, stored] of (await Promise.all(some.map(reader.read))).entries()) {
        if (!stored.ok) return stored;
        const record = stored.value?.record;
        if (record !== undefined && isInForce(record)) kept.set(some[i] ?? "", record);
      }
    }
    return ok(kept);
  } finally {
    await reader.close();
  }
}

/** Returns the records as `config` reads them; none if it keeps nothing of buckets. */
export function recordsUnder(
  config: Config,
  kept: AllKept,
): Result<ReadonlyMap<BucketId, BucketRecord>, string> {
  const records = new Map<BucketId, BucketRecord>();
  if (!keepsRecordsIn(config)) return ok(records);
  const compile = recordReader(config);
  for (const [name, stored] of kept) {
    const record = compile(name, stored);
    if (!record.ok) return err(`cannot use the record of "${name}": ${record.error}`);
    records.set(record.value.id, record.value);
  }
  return ok(records);
}
