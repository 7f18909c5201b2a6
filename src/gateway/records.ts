import type { BucketRecord } from "../admission/buckets.ts";
import type { RecordChange } from "../admission/record-change.ts";
import { recordReader } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import type { Result } from "../lib/result.ts";
import type { BucketId } from "../s3/bucket.ts";
import type { Metrics } from "../observe/metrics.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { cachedRecords } from "../state/cached-records.ts";
import { changeRecord } from "../state/change-record.ts";
import type { StateStore } from "../state/state-store.ts";

/** What is remembered of buckets, as decisions read it and requests change it. */
export type Records = {
  readonly find: (id: BucketId) => BucketRecord | "none" | "unknown";
  readonly fetch: (id: BucketId) => Promise<Result<BucketRecord | undefined, Fault>>;
  readonly change: (change: RecordChange) => Promise<Fault | undefined>;
  /** Whether the state could be read and written when that was last tried. */
  readonly healthy: () => boolean;
};

/** `store` read under `config`: its accounts, its provider's policies. */
export function openRecords(
  config: Config,
  store: StateStore,
  refreshMs: number,
  metrics: Metrics,
): Records {
  const cached = cachedRecords(store, {
    compile: recordReader(config),
    refreshMs,
    onRead: (worked) => metrics.stateUsed(worked),
  });
  const find = (id: BucketId): BucketRecord | "none" | "unknown" => {
    const found = cached.find(id);
    metrics.cacheAsked("records", found !== "unknown");
    return found;
  };
  const change = async (asked: RecordChange): Promise<Fault | undefined> => {
    const done = await changeRecord(cached.store, asked, Date.now());
    metrics.stateUsed(done.ok);
    if (!done.ok) return fault("ServiceUnavailable", NOT_REMEMBERED, { detail: done.error });
    return done.value === "conflict" ? fault("OperationAborted") : undefined;
  };
  return { find, fetch: cached.fetch, change, healthy: () => cached.healthy };
}

const NOT_REMEMBERED = "What the gateway keeps of this bucket cannot be written. Please try again";
