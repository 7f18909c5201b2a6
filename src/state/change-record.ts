import { setTimeout as pause } from "node:timers/promises";
import type { RecordChange } from "../admission/record-change.ts";
import { ok, type Result } from "../lib/result.ts";
import { isInForce } from "./record.ts";
import type { Change, StateStore, Stored } from "./state-store.ts";
import { isUnderWay } from "./store-change.ts";

/**
 * Puts the policy of `change` into the record, whoever else writes meanwhile. The record is only
 * replaced if it is still as it was read, else all is read again. `nowMs`: milliseconds since the
 * epoch. "stale": the policy is not the one by which the change was judged. "conflict": the bucket
 * is not that owner's any more or is being removed, or others never ceased to write. Error: a
 * sentence of why the store failed.
 */
export async function changeRecord(
  store: StateStore,
  change: RecordChange,
  nowMs: number,
): Promise<Result<Change | "stale", string>> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await store.read(change.name);
    if (!stored.ok) return stored;
    if (stored.value === undefined || !isOpenTo(change, stored.value, nowMs)) return ok("conflict");
    const { record, revision } = stored.value;
    if (record.policy !== change.judged) return ok("stale");
    // What is pending stays so: whether the store has removed the bucket is still not known.
    const next = { ...record, policy: change.policy, at: nowMs, by: change.by };
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
