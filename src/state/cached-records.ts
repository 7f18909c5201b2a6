import { LRUCache } from "lru-cache";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { StoredRecord } from "./record.ts";
import type { StateStore } from "./state-store.ts";

export type CacheOptions<T> = {
  /** The record as decisions want it. The error is a sentence of why it cannot be. */
  readonly compile: (name: string, record: StoredRecord) => Result<T, string>;
  /** After how long what others changed is seen at the latest, in milliseconds. */
  readonly refreshMs: number;
  /** On a clock that only goes forward. */
  readonly nowMs: () => number;
  /** Hears of each reading whether it worked. */
  readonly onRead: (worked: boolean) => void;
  /** Hears of each question whether memory had the answer. */
  readonly onFind: (hit: boolean) => void;
};

/** Records in memory, as far as they are fresh. */
export type CachedRecords<T> = {
  /** What is in memory; "unknown": it must be fetched. */
  readonly find: (name: string) => T | "none" | "unknown";
  /** Error: ServiceUnavailable; what cannot be read is never taken for nothing. */
  readonly fetch: (name: string) => Promise<Result<T | undefined, Fault>>;
  readonly invalidate: (name: string) => void;
  /** Whether the last reading worked. */
  readonly healthy: () => boolean;
};

type Entry<T> = { readonly value: T | undefined; readonly readMs: number };

const ENTRIES_MAX = 100_000;

/**
 * Reads `store` at most twice in `refreshMs` for one name. An answer is given until it is that old; from
 * half of it on it is read again meanwhile, so that a busy bucket never waits.
 */
export function cachedRecords<T extends object>(
  store: StateStore,
  { compile, refreshMs, nowMs, onRead, onFind }: CacheOptions<T>,
): CachedRecords<T> {
  const entries = new LRUCache<string, Entry<T>>({ max: ENTRIES_MAX });
  const reading = new Map<string, Promise<Result<T | undefined, Fault>>>();
  let worked = true;

  const read = async (name: string): Promise<Result<T | undefined, Fault>> => {
    const readMs = nowMs();
    const stored = await store.read(name);
    const value = stored.ok ? compiled(name, stored.value?.record, compile) : stored;
    worked = value.ok;
    onRead(worked);
    if (!value.ok) {
      entries.delete(name);
      return err(fault("ServiceUnavailable", NOT_READ, { detail: value.error }));
    }
    entries.set(name, { value: value.value, readMs });
    return value;
  };
  const fetch = (name: string): Promise<Result<T | undefined, Fault>> => {
    const under = reading.get(name) ?? read(name).finally(() => reading.delete(name));
    reading.set(name, under);
    return under;
  };
  const find = (name: string): T | "none" | "unknown" => {
    const entry = entries.get(name);
    const ageMs = entry === undefined ? Infinity : nowMs() - entry.readMs;
    onFind(ageMs < refreshMs);
    if (entry === undefined || ageMs >= refreshMs) return "unknown";
    if (ageMs >= refreshMs / 2) void fetch(name);
    return entry.value ?? "none";
  };
  return { find, fetch, invalidate: (name) => void entries.delete(name), healthy: () => worked };
}

const NOT_READ = "What the gateway keeps of this bucket cannot be read. Please try again";

function compiled<T>(
  name: string,
  record: StoredRecord | undefined,
  compile: CacheOptions<T>["compile"],
): Result<T | undefined, string> {
  return record === undefined ? ok(undefined) : compile(name, record);
}
