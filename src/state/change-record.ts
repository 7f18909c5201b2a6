import { setTimeout as pause } from "node:timers/promises";
import type { RecordChange } from "../admission/record-change.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { BucketId } from "../s3/bucket.ts";
import type { StoredRecord } from "./record.ts";
import type { Change, StateStore, Stored } from "./state-store.ts";

/**
 * Carries out `change` in `store`, whoever else writes meanwhile: what was read is only replaced if it
 * still is there, else all is read and judged again. `nowMs`: milliseconds since the epoch.
 * "conflict": the bucket is not that owner's any more, or others never ceased to write.
 * Error: a sentence of why the store failed.
 */
export async function changeRecord(
  store: StateStore,
  change: RecordChange,
  nowMs: number,
): Promise<Result<Change, string>> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await store.read(change.name);
    if (!stored.ok) return stored;
    const done = await tryChange(store, change, stored.value, nowMs);
    if (!done.ok || done.value !== "conflict") return done;
    if (isForAnother(change, stored.value)) return ok("conflict");
    await pause(waitMs(attempt));
  }
  return ok("conflict");
}

/** Of a hundred writers at once, the last has seen as many conflicts. */
const ATTEMPTS_MAX = 200;
const WAIT_MS_MAX = 50;

/** Longer the more often somebody else was faster, and never the same for two writers. */
function waitMs(attempt: number): number {
  return Math.random() * Math.min(WAIT_MS_MAX, 2 * attempt);
}

async function tryChange(
  store: StateStore,
  change: RecordChange,
  stored: Stored | undefined,
  nowMs: number,
): Promise<Result<Change, string>> {
  const { name } = change;
  if (change.kind === "removed") {
    return stored === undefined ? ok("written") : store.remove(name, stored.revision);
  }
  if (isForAnother(change, stored)) return ok("conflict");
  const { owner, by } = change;
  // A bucket that its owner makes once more keeps its policy, as the store keeps the bucket.
  const isKept = change.kind === "created" && stored?.record.owner === owner;
  if (isKept) return ok("written");
  const policy = change.kind === "policy" ? change.policy : undefined;
  const record: StoredRecord = { owner, policy, at: nowMs, by };
  return store.write(name, record, stored?.revision);
}

/** A policy was judged for an owner who has the bucket no more. */
function isForAnother(change: RecordChange, stored: Stored | undefined): boolean {
  return change.kind === "policy" && stored?.record.owner !== change.owner;
}

/**
 * Remembers that `account` owns the bucket, for `s3warden adopt`. Error: a sentence, also where
 * another account owns it.
 */
export async function adoptRecord(
  store: StateStore,
  name: BucketId,
  account: string,
  nowMs: number,
): Promise<Result<"adopted" | "already", string>> {
  const stored = await store.read(name);
  if (!stored.ok) return stored;
  const owner = stored.value?.record.owner;
  if (owner === account) return ok("already");
  if (owner !== undefined) return err(`The bucket belongs to the account "${owner}"`);
  const change = { kind: "created", name, owner: account, by: account } as const;
  const written = await changeRecord(store, change, nowMs);
  if (!written.ok) return written;
  return written.value === "written" ? ok("adopted") : err("Somebody else writes it: try again");
}
