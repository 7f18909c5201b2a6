import { LRUCache } from "lru-cache";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { StoredRecord } from "./record.ts";
import type { StateStore } from "./state-store.ts";

export type CacheOptions<T> = {
  /** What decisions are made from. Error: a stored record is of no use, such as a policy unread. */
  readonly compile: (name: string, record: StoredRecord) => Result<T, string>;
  /** Names that are remembered at most, those without a record included. */
  readonly entries?: number;
  /** How old an answer may be, at most: so late is a change by another gateway seen. */
  readonly refreshMs?: number;
  /** Hears of every read whether it worked; not of one that only found a useless record. */
  readonly onRead?: (ok: boolean) => void;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
};

/** Records in memory, never older than `refreshMs`. */
export type CachedRecords<T> = {
  /** Without waiting. "unknown": it must be fetched. */
  readonly find: (name: string) => T | "none" | "unknown";
  /**
   * Undefined: nothing is stored. Errors: SlowDown where too many wait, ServiceUnavailable where it
   * cannot be read or is of no use, which must not pass for nothing.
   */
  readonly fetch: (name: string) => Promise<Result<T | undefined, Fault>>;
  /** The record was changed: what is in memory, or being read, is not to be used any more. */
  readonly invalidate: (name: string) => void;
  /** For changes: the same store, with what is changed invalidated here. Its reads are not cached. */
  readonly store: StateStore;
  /** Whether the last read or change worked; true before the first. */
  readonly healthy: boolean;
};

const ENTRIES = 100_000;
const REFRESH_MS = 5_000;
/** Reads at once. */
const READS_MAX = 64;
/** Reads that wait for one of those to end. */
const WAITING_MAX = 4_096;

/** What a read said, and when it began: it says nothing of any later time. */
type Entry<T> = { readonly value: T | undefined; readonly since: number };

/** Remembers what `store` says, compiled. One read is under way for each name at most. */
export function cachedRecords<T extends object>(
  store: StateStore,
  options: CacheOptions<T>,
): CachedRecords<T> {
  const { compile, refreshMs = REFRESH_MS, onRead, now = () => performance.now() } = options;
  const entries = new LRUCache<string, Entry<T>>({ max: options.entries ?? ENTRIES });
  const reads = new Map<string, Promise<Result<T | undefined, Fault>>>();
  const slots = openSlots();
  let healthy = true;

  const find = (name: string): T | "none" | "unknown" => {
    const entry = entries.get(name);
    if (entry === undefined) return "unknown";
    const age = now() - entry.since;
    if (age >= refreshMs) return "unknown";
    // What fails in the background is asked for again when the entry is too old.
    if (age >= refreshMs / 2 && slots.free()) void fetch(name);
    return entry.value ?? "none";
  };

  const fetch = async (name: string): Promise<Result<T | undefined, Fault>> => {
    const under = reads.get(name);
    if (under !== undefined) return under;
    const mine = read(name, () => reads.get(name) === mine);
    reads.set(name, mine);
    try {
      return await mine;
    } finally {
      if (reads.get(name) === mine) reads.delete(name);
    }
  };

  /** `current`: whether it was not invalidated meanwhile. */
  const read = async (
    name: string,
    current: () => boolean,
  ): Promise<Result<T | undefined, Fault>> => {
    if (!(await slots.take())) return err(fault("SlowDown"));
    const since = now();
    const stored = await store.read(name).finally(slots.give);
    heard(stored.ok);
    onRead?.(stored.ok);
    if (!stored.ok) return err(unreadable(stored.error));
    const value = stored.value === undefined ? ok(undefined) : compile(name, stored.value.record);
    if (!value.ok) return err(unreadable(value.error));
    if (current()) entries.set(name, { value: value.value, since });
    return value;
  };

  const heard = (worked: boolean): void => {
    healthy = worked;
  };
  const invalidate = (name: string): void => {
    entries.delete(name);
    reads.delete(name);
  };

  return {
    find,
    fetch,
    invalidate,
    store: observed(store, heard, invalidate),
    get healthy() {
      return healthy;
    },
  };
}

function unreadable(detail: string): Fault {
  const message = "What the gateway keeps of this bucket cannot be read";
  return fault("ServiceUnavailable", message, { detail: `state: ${detail}` });
}

/** `store`, telling of each call whether it worked and of each change that it was made. */
function observed(
  store: StateStore,
  heard: (worked: boolean) => void,
  invalidate: (name: string) => void,
): StateStore {
  const hear = <R>(result: Result<R, string>): Result<R, string> => {
    heard(result.ok);
    return result;
  };
  const change = <R>(name: string, result: Result<R, string>): Result<R, string> => {
    // Whatever came of it: after a conflict something else is there, after an error perhaps.
    invalidate(name);
    return hear(result);
  };
  return {
    read: async (name) => hear(await store.read(name)),
    write: async (name, record, expected) =>
      change(name, await store.write(name, record, expected)),
    remove: async (name, expected) => change(name, await store.remove(name, expected)),
    close: store.close,
  };
}

type Slots = {
  readonly free: () => boolean;
  /** False: too many wait already. */
  readonly take: () => Promise<boolean>;
  readonly give: () => void;
};

/** At most `READS_MAX` hold a slot, the others wait in turn. */
function openSlots(): Slots {
  const waiting: (() => void)[] = [];
  let held = 0;
  return {
    free: () => held < READS_MAX,
    take: async () => {
      if (held < READS_MAX) {
        held++;
        return true;
      }
      if (waiting.length >= WAITING_MAX) return false;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return true;
    },
    give: () => {
      const next = waiting.shift();
      // Who waited takes the slot over.
      if (next === undefined) held--;
      else next();
    },
  };
}
