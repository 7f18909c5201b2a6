import { LRUCache } from "lru-cache";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { isBefore, openSlots, type Asker } from "./read-slots.ts";
import { isInForce, type StoredRecord } from "./record.ts";
import { noAnswer, STATE_MS_MAX, within } from "./patience.ts";
import type { StateStore } from "./state-store.ts";

export type CacheOptions<T> = {
  /**
   * Returns the value that decisions are made from. Error: a stored record is of no use, such as a
   * policy unread.
   */
  readonly compile: (
    name: string,
    record: StoredRecord,
  ) => Result<T, string> | Promise<Result<T, string>>;
  /** Names that are remembered at most, those without a record included. */
  readonly entries?: number;
  /** The highest age of an answer: a change by another gateway is seen that late. */
  readonly refreshMs?: number;
  /**
   * Receives the result of every read: whether it worked. A read that only found a useless record
   * worked.
   */
  readonly onRead?: (ok: boolean) => void;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
  /** The longest wait for the store, in milliseconds; then it counts as one that cannot be read. */
  readonly patienceMs?: number;
};

/** The result of a read; `undefined` if nothing is stored, or only a claim of a bucket's maker. */
type Read<T> = Result<T | undefined, Fault>;

/** Records in memory, never older than `refreshMs`. */
export type CachedRecords<T> = {
  /**
   * Returns the value in memory, or a promise of what is read now. Errors: SlowDown if too many
   * wait, ServiceUnavailable if it cannot be read or is of no use, which must not pass for nothing.
   */
  readonly look: (name: string, asker: Asker) => Read<T> | Promise<Read<T>>;
  /** The same by a read that begins after this call, which others who ask meanwhile may share. */
  readonly fetchFresh: (name: string, asker: Asker) => Promise<Read<T>>;
  /** Returns the value without waiting. "unknown" if it must be fetched. */
  readonly find: (name: string) => T | "none" | "unknown";
  /** Returns the value of a read, even of one that is under way already. */
  readonly fetch: (name: string, asker: Asker) => Promise<Read<T>>;
  /** Drops a changed record: the one in memory, or being read, is not to be used any more. */
  readonly invalidate: (name: string) => void;
  /**
   * The same store for changes, which invalidates here what is changed. Its reads are not cached.
   */
  readonly store: StateStore;
  /** True if the last read or change worked; true before the first. */
  readonly healthy: boolean;
};

/** The number of names with a record that are kept, and as many of names without. */
const ENTRIES = 100_000;
const REFRESH_MS = 5_000;

/** The result of a read, and its start: it says nothing of any later time. */
type Entry<T> = { readonly read: Read<T> & { readonly ok: true }; readonly since: number };

/** A read that waits for its turn, or is under way. */
type Reading<T> = {
  readonly asker: Asker;
  begun: boolean;
  readonly answer: Promise<Read<T>>;
};

/** Remembers the records of `store`, compiled. Readers of the same name share one read. */
export function cachedRecords<T extends object>(
  store: StateStore,
  options: CacheOptions<T>,
): CachedRecords<T> {
  const { compile, refreshMs = REFRESH_MS, onRead, now = () => performance.now() } = options;
  const { patienceMs = STATE_MS_MAX } = options;
  const max = options.entries ?? ENTRIES;
  const entries = new LRUCache<string, Entry<T>>({ max });
  // Apart, so that invented names cannot push out those that are in use.
  const absences = new LRUCache<string, Entry<T>>({ max });
  const readings = new Map<string, Reading<T>>();
  const slots = openSlots();
  let healthy = true;

  /** Returns the value that is in memory and still good. */
  const fresh = (name: string): Entry<T> | undefined => {
    const entry = entries.get(name) ?? absences.get(name);
    if (entry === undefined) return undefined;
    const age = now() - entry.since;
    if (age >= refreshMs) return undefined;
    // A read that fails in the background is made again when the entry is too old.
    if (age >= refreshMs / 2 && slots.free()) void fetch(name, "unproved");
    return entry;
  };

  const look = (name: string, asker: Asker): Read<T> | Promise<Read<T>> =>
    fresh(name)?.read ?? fetch(name, asker);

  const find = (name: string): T | "none" | "unknown" => {
    const entry = fresh(name);
    return entry === undefined ? "unknown" : (entry.read.value ?? "none");
  };

  const fetch = async (name: string, asker: Asker): Promise<Read<T>> => {
    const under = readings.get(name);
    if (under !== undefined && (under.begun || !isBefore(asker, under.asker))) return under.answer;
    return begin(name, asker);
  };

  const fetchFresh = async (name: string, asker: Asker): Promise<Read<T>> => {
    const under = readings.get(name);
    if (under?.begun === true) return begin(name, asker, under.answer);
    const waits = under !== undefined && !isBefore(asker, under.asker);
    return waits ? under.answer : begin(name, asker);
  };

  /**
   * The read takes the place of one that is under way, which then is not remembered. `after`: so
   * that one bucket that everybody asks for is read one time after the other.
   */
  const begin = async (name: string, asker: Asker, after?: Promise<Read<T>>): Promise<Read<T>> => {
    const { promise, resolve } = Promise.withResolvers<Read<T>>();
    const reading: Reading<T> = { asker, begun: false, answer: promise };
    readings.set(name, reading);
    try {
      await after?.catch(() => undefined);
      resolve(within(read(name, reading), patienceMs, late));
      return await promise;
    } finally {
      if (readings.get(name) === reading) readings.delete(name);
    }
  };

  const late = (): Fault => {
    heard(false);
    onRead?.(false);
    return unreadable(noAnswer(patienceMs));
  };

  const read = async (name: string, reading: Reading<T>): Promise<Read<T>> => {
    if (!(await slots.take(reading.asker))) return err(fault("SlowDown"));
    reading.begun = true;
    const since = now();
    const stored = await store.read(name).finally(() => slots.give(reading.asker));
    heard(stored.ok);
    onRead?.(stored.ok);
    if (!stored.ok) return err(unreadable(stored.error));
    const record = stored.value?.record;
    const value =
      record === undefined || !isInForce(record) ? ok(undefined) : await compile(name, record);
    if (!value.ok) return err(unreadable(value.error));
    // Unless it was invalidated, or another has begun, meanwhile.
    if (readings.get(name) === reading) remember(name, { read: value, since });
    return value;
  };

  const remember = (name: string, entry: Entry<T>): void => {
    forget(name);
    (entry.read.value === undefined ? absences : entries).set(name, entry);
  };

  const forget = (name: string): void => {
    entries.delete(name);
    absences.delete(name);
  };

  const heard = (worked: boolean): void => {
    healthy = worked;
  };
  const invalidate = (name: string): void => {
    forget(name);
    readings.delete(name);
  };

  return {
    look,
    fetchFresh,
    find,
    fetch,
    invalidate,
    store: observed(store, heard, invalidate, patienceMs),
    get healthy() {
      return healthy;
    },
  };
}

function unreadable(detail: string): Fault {
  const message = "The gateway's record of this bucket cannot be read";
  return fault("ServiceUnavailable", message, { rule: `state: ${detail}` });
}

/** `store`, telling of each call whether it worked and of each change that it was made. */
function observed(
  store: StateStore,
  heard: (worked: boolean) => void,
  invalidate: (name: string) => void,
  patienceMs: number,
): StateStore {
  const patient = <R>(work: Promise<Result<R, string>>): Promise<Result<R, string>> =>
    within(work, patienceMs, () => noAnswer(patienceMs));
  const hear = <R>(result: Result<R, string>): Result<R, string> => {
    heard(result.ok);
    return result;
  };
  const change = <R>(name: string, result: Result<R, string>): Result<R, string> => {
    // The entry is invalid after any result: after a conflict something else is stored, after an
    // error perhaps.
    invalidate(name);
    return hear(result);
  };
  return {
    read: async (name) => hear(await patient(store.read(name))),
    write: async (name, record, expected) =>
      change(name, await patient(store.write(name, record, expected))),
    remove: async (name, expected) => change(name, await patient(store.remove(name, expected))),
    close: store.close,
  };
}
