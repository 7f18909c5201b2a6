import { setTimeout as pause } from "node:timers/promises";
import type { StoreChange } from "../admission/record-change.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { writeRecord, type Pending, type StoredRecord } from "./record.ts";
import type { Change, StateStore, Stored } from "./state-store.ts";

/**
 * The existence of a bucket, as the store tells the one who wants to make it; `unclear` if it does
 * not tell.
 */
export type Presence = "absent" | "present" | "unclear";

/** The store's action. `unknown`: it was asked, and perhaps did it. */
export type StoreOutcome = "done" | "not-done" | "unknown";

/** A change that the store may now be asked for. */
export type Ticket = {
  /**
   * Remembers the outcome, before the client hears of it, once. A fault means that it cannot be
   * remembered, and the client must not take it for done.
   */
  readonly settle: (outcome: StoreOutcome) => Promise<Fault | undefined>;
};

/**
 * Gateways are believed to be at work on a pending record for so long. One that took longer finds
 * its claim taken over: it settles under the condition that the claim is still its own.
 */
export const PENDING_MS_MAX = 60_000;

/** The number of claims of the same name that may get in between before a change gives up. */
const ATTEMPTS_MAX = 5;
const PAUSE_MS_MAX = 20;

/**
 * Prepares the state for a change that the store is about to be asked for, by the present record.
 * Every write has the condition that nothing else was written meanwhile. `presence` is asked if it
 * matters that the bucket exists already: a store that says "made" to a user who makes its own
 * bucket again would hand over what another account of that user has (RGW; AWS in us-east-1).
 * `nowMs`: milliseconds since the epoch.
 *
 * Faults, after which nothing may be sent: BucketAlreadyExists, OperationAborted,
 * ServiceUnavailable, and those of `presence`.
 */
export async function beginChange(
  store: StateStore,
  change: StoreChange,
  presence: () => Promise<Result<Presence, Fault>>,
  nowMs: number,
): Promise<Result<Ticket, Fault>> {
  const begin = change.kind === "created" ? beginCreation : beginRemoval;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await store.read(change.name);
    if (!stored.ok) return err(unwritten(stored.error));
    const begun = await begin({ store, change, presence, nowMs }, stored.value);
    if (begun !== "again") return begun;
    await pause(Math.random() * PAUSE_MS_MAX);
  }
  return err(fault("OperationAborted"));
}

/**
 * Returns true if a gateway is still believed to ask the store about it. Clocks may differ by less
 * than that.
 */
export function isUnderWay({ pending }: StoredRecord, nowMs: number): boolean {
  return pending !== undefined && Math.abs(nowMs - pending.sinceMs) < PENDING_MS_MAX;
}

type Begun = Result<Ticket, Fault> | "again";

type Beginning = {
  readonly store: StateStore;
  readonly change: StoreChange;
  readonly presence: () => Promise<Result<Presence, Fault>>;
  readonly nowMs: number;
};

/** A bucket with a record of another account cannot be made; one without is claimed first. */
async function beginCreation(beginning: Beginning, stored: Stored | undefined): Promise<Begun> {
  const { change, nowMs } = beginning;
  if (stored === undefined) return claim(beginning, undefined);
  const { record } = stored;
  if (isUnderWay(record, nowMs)) return err(fault("OperationAborted"));
  const isOwn = record.owner === change.owner;
  switch (record.pending?.kind) {
    case undefined:
      return isOwn ? ok(remaking(beginning)) : err(fault("BucketAlreadyExists"));
    case "delete":
      return isOwn ? remakeRemoved(beginning, stored) : err(fault("BucketAlreadyExists"));
    case "create":
      // Since it was claimed, nobody else could make it: what is there now is its owner's.
      return isOwn
        ? write(beginning, stored, claimOf(beginning, "create"))
        : claim(beginning, stored);
    case "attempt":
      return claim(beginning, stored);
  }
}

/**
 * Claims the bucket over `stored`, nothing or a claim that nobody works on. The store is asked for
 * its absence before the claim is written: a gateway that makes it in between leaves a record, and
 * this claim fails.
 */
async function claim(beginning: Beginning, stored: Stored | undefined): Promise<Begun> {
  const found = await beginning.presence();
  if (!found.ok) return found;
  // The store does not let this user see it, and will hardly let it make it.
  if (found.value === "unclear") return ok(NOTHING_TO_REMEMBER);
  const kind = found.value === "absent" ? "create" : "attempt";
  return write(beginning, stored, claimOf(beginning, kind));
}

function claimOf({ change, nowMs }: Beginning, kind: Pending["kind"]): StoredRecord {
  const { owner, by } = change;
  return { owner, policy: undefined, at: nowMs, by, pending: { kind, sinceMs: nowMs } };
}

/**
 * Begins to make a bucket that its owner wanted to remove, and whose removal never had an answer.
 */
async function remakeRemoved(beginning: Beginning, stored: Stored): Promise<Begun> {
  const found = await beginning.presence();
  if (!found.ok) return found;
  if (found.value === "absent") return write(beginning, stored, claimOf(beginning, "create"));
  const restored = await beginning.store.write(
    beginning.change.name,
    established(stored.record),
    stored.revision,
  );
  if (!restored.ok) return err(unwritten(restored.error));
  return "again";
}

/** A record of the one who removes it waits in force, so that no rule of it is lost meanwhile. */
async function beginRemoval(beginning: Beginning, stored: Stored | undefined): Promise<Begun> {
  const { store, change, nowMs } = beginning;
  if (stored === undefined) return ok(NOTHING_TO_REMEMBER);
  const { record } = stored;
  if (isUnderWay(record, nowMs)) return err(fault("OperationAborted"));
  const isOwn = record.owner === change.owner;
  if (record.pending === undefined || record.pending.kind === "delete") {
    // Its policy may forbid by now what was judged by another.
    const isJudged = change.kind === "removed" && change.judged === record.policy;
    if (!isOwn || !isJudged) return err(fault("OperationAborted"));
    return write(beginning, stored, { ...record, pending: { kind: "delete", sinceMs: nowMs } });
  }
  // A claim that was left behind: of another it stays, its own goes with the bucket.
  return ok(isOwn ? ticketOver(store, change, stored) : NOTHING_TO_REMEMBER);
}

/** Writes `record` over `stored`, and returns the ticket that settles it. */
async function write(
  { store, change }: Beginning,
  stored: Stored | undefined,
  record: StoredRecord,
): Promise<Begun> {
  const written = await store.write(change.name, record, stored?.revision);
  if (!written.ok) return err(unwritten(written.error));
  if (written.value === "conflict") return "again";
  const mine = await store.read(change.name);
  if (!mine.ok) return err(unwritten(mine.error));
  const isMine =
    mine.value !== undefined && writeRecord(mine.value.record).equals(writeRecord(record));
  return isMine ? ok(ticketOver(store, change, mine.value)) : "again";
}

const NOTHING_TO_REMEMBER: Ticket = { settle: () => Promise.resolve(undefined) };

/**
 * Begins to make a bucket once more for its owner: the record stays as it is, whatever the store
 * says.
 */
function remaking({ store, change }: Beginning): Ticket {
  const settle = async (outcome: StoreOutcome): Promise<Fault | undefined> => {
    if (outcome !== "done") return undefined;
    const stored = await store.read(change.name);
    if (!stored.ok) return unwritten(stored.error);
    const record = stored.value?.record;
    // A removal may have got in between, and then the store made it anew.
    const stands = record !== undefined && record.pending === undefined;
    return stands && record.owner === change.owner ? undefined : fault("OperationAborted");
  };
  return { settle };
}

/** Settles the record written as `mine`, if it is still stored. */
function ticketOver(store: StateStore, change: StoreChange, mine: Stored): Ticket {
  const { record, revision } = mine;
  const put = async (next: StoredRecord): Promise<Fault | undefined> =>
    remembered(await store.write(change.name, next, revision));
  const remove = async (): Promise<Fault | undefined> =>
    remembered(await store.remove(change.name, revision));
  const settle = async (outcome: StoreOutcome): Promise<Fault | undefined> => {
    switch (settlementOf(change.kind, record, outcome)) {
      case "establish":
        return put(established(record));
      case "remove":
        return remove();
      // The client hears what the store says: where these fail, the record waits for its time.
      case "drop":
        return lostTo(outcome, await store.remove(change.name, revision));
      case "restore":
        return void (await put(established(record)));
      case "leave":
        return void (await put(abandoned(record)));
    }
  };
  return { settle };
}

/**
 * Returns the fault of a claim that another has taken over by now: a bucket that the store made may
 * be that one's.
 */
function lostTo(outcome: StoreOutcome, removed: Result<Change, string>): Fault | undefined {
  const isTaken = removed.ok && removed.value === "conflict";
  return isTaken && outcome === "done" ? fault("OperationAborted") : undefined;
}

type Settlement = "establish" | "remove" | "drop" | "restore" | "leave";

/**
 * Returns how `record`, which `kind` of change has written or found, is settled by what the store
 * did.
 */
function settlementOf(
  kind: StoreChange["kind"],
  { pending }: StoredRecord,
  outcome: StoreOutcome,
): Settlement {
  if (outcome === "unknown") return "leave";
  if (kind === "removed") {
    if (outcome === "done") return "remove";
    return pending?.kind === "delete" ? "restore" : "leave";
  }
  return outcome === "done" && pending?.kind === "create" ? "establish" : "drop";
}

function established({ owner, policy, shares, at, by }: StoredRecord): StoredRecord {
  return { owner, policy, ...(shares && { shares }), at, by };
}

/** Returns the same record, to be taken up by any gateway, without waiting. */
function abandoned(record: StoredRecord): StoredRecord {
  const { pending } = record;
  return pending === undefined ? record : { ...record, pending: { ...pending, sinceMs: 0 } };
}

function remembered(written: Result<"written" | "conflict", string>): Fault | undefined {
  if (!written.ok) return unwritten(written.error);
  return written.value === "written" ? undefined : fault("OperationAborted");
}

function unwritten(detail: string): Fault {
  const message = "The gateway's record of this bucket cannot be written. Please try again";
  return fault("ServiceUnavailable", message, { rule: `state: ${detail}` });
}
