import type { BucketRecord } from "../admission/record.ts";
import type { RecordChange, StoreChange } from "../admission/record-change.ts";
import { recordReader } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import { sharedUpstreams } from "../config/shared-upstream.ts";
import type { Result } from "../lib/result.ts";
import type { BucketId } from "../s3/bucket.ts";
import type { Metrics } from "../observe/metrics.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { cachedRecords } from "../state/cached-records.ts";
import { changeRecord } from "../state/change-record.ts";
import type { Asker } from "../state/read-slots.ts";
import type { StateStore } from "../state/state-store.ts";
import { beginChange, type Presence, type Ticket } from "../state/store-change.ts";
import { openClaimGuard } from "./claim-guard.ts";

/** The memory of buckets, as decisions read it and requests change it. */
export type Records = {
  readonly find: (id: BucketId) => BucketRecord | "none" | "unknown";
  readonly fetch: (id: BucketId, asker: Asker) => Promise<Result<BucketRecord | undefined, Fault>>;
  /** The same by a read that begins after the call. */
  readonly fetchFresh: Records["fetch"];
  /** See `Sources.change`. */
  readonly change: (change: RecordChange) => Promise<Fault | "stale" | undefined>;
  /** See `beginChange`. Never rejects; nor does what settles it. */
  readonly begin: (
    change: StoreChange,
    presence: () => Promise<Result<Presence, Fault>>,
  ) => Promise<Result<Ticket, Fault>>;
  /** Returns true if the state could be read and written when that was last tried. */
  readonly healthy: () => boolean;
  readonly close: () => void;
};

/**
 * Opens the records of `store`, read under `config`: its accounts, its provider's policies. If
 * accounts share a user of the store, the store keeps none of them out of another's bucket: then
 * memory is not believed, and each request has its records read anew.
 */
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
  const guard = openClaimGuard(config);
  const shares = sharedUpstreams(config.accounts).size > 0;
  const find = (id: BucketId): BucketRecord | "none" | "unknown" => {
    const found = shares ? "unknown" : cached.find(id);
    metrics.cacheAsked("records", found !== "unknown");
    return found;
  };
  const change = async (asked: RecordChange): Promise<Fault | "stale" | undefined> => {
    const done = await changeRecord(cached.store, asked, Date.now(), guard?.judge);
    metrics.stateUsed(done.ok);
    if (!done.ok) return fault("ServiceUnavailable", NOT_REMEMBERED, { rule: done.error });
    if (typeof done.value === "object" || done.value === "stale") return done.value;
    return done.value === "conflict" ? fault("OperationAborted") : undefined;
  };
  return {
    find,
    fetch: shares ? cached.fetchFresh : cached.fetch,
    fetchFresh: cached.fetchFresh,
    change,
    begin: (asked, presence) => beginChange(cached.store, asked, presence, Date.now()),
    healthy: () => cached.healthy,
    close: () => guard?.close(),
  };
}

const NOT_REMEMBERED = "The gateway's record of this bucket cannot be written. Please try again";
