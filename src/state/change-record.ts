import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { RecordChange } from "../admission/record-change.ts";
import { ok, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import { isInForce, type StoredRecord } from "./record.ts";
import type { Change, StateStore, Stored } from "./state-store.ts";
import { isUnderWay } from "./store-change.ts";

/** Returns the fault of a record that must not be kept; `undefined` if it may be. */
export type RecordJudge = (name: string, record: StoredRecord) => Promise<Fault | undefined>;

/**
 * Puts the policy of `change` into the record, whoever else writes meanwhile: what was read is only
 * replaced if it still is there, else all is read again. `nowMs`: milliseconds since the epoch.
 * "stale": the policy is not the one by which the change was judged. "conflict": the bucket is not that
 * owner's any more or is being removed, or others never ceased to write. A fault: `judge` refuses the
 * record as it would become. Error: a sentence of why the store failed.
 */
export async function changeRecord(
  store: StateStore,
  change: RecordChange,
  nowMs: number,
  judge?: RecordJudge,
): Promise<Result<Change | "stale" | Fault, string>> {
  let judged: StoredRecord | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await store.read(change.name);
    if (!stored.ok) return stored;
    if (stored.value === undefined || !isOpenTo(change, stored.value, nowMs)) return ok("conflict");
    const { record, revision } = stored.value;
    if (record.policy !== change.judged) return ok("stale");
    // A pending record stays so: the store may or may not have removed the bucket.
    const next = { ...record, policy: change.policy, at: nowMs, by: change.by };
    // Another writer may have changed its owner or its shares.
    if (judge !== undefined && !isJudgedAlike(judged, next)) {
      const refused = await judge(change.name, next);
      if (refused !== undefined) return ok(refused);
      judged = next;
    }
    const done = await store.write(change.name, next, revision);
    if (!done.ok || done.value !== "conflict") return done;
    await pause(waitMs(attempt));
  }
  return ok("conflict");
}

/** Returns true if the bucket still is the owner's, and no gateway is about to remove it. */
function isOpenTo({ owner }: RecordChange, { record }: Stored, nowMs: number): boolean {
  return record.owner === owner && isInForce(record) && !isUnderWay(record, nowMs);
}

function isJudgedAlike(before: StoredRecord | undefined, { owner, shares }: StoredRecord): boolean {
  return before !== undefined && isDeepStrictEqual([before.owner, before.shares], [owner, shares]);
}

/** The most attempts: of a hundred writers at once, the last has seen as many conflicts. */
const ATTEMPTS_MAX = 200;
const WAIT_MS_MAX = 50;

/**
 * Returns a wait that is longer the more often somebody else was faster, and never the same for two
 * writers.
 */
function waitMs(attempt: number): number {
  return Math.random() * Math.min(WAIT_MS_MAX, 2 * attempt);
}
