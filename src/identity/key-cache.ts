import { LRUCache } from "lru-cache";
import type { Key } from "../admission/principal.ts";
import { freshnessOf, nobodyMsMax, type Lifetimes } from "./freshness.ts";

/**
 * The memory of an access key. `inherited`: from the configuration before, which may have
 * understood the user otherwise; else it is as `stale`.
 */
export type Remembered<User> =
  | { readonly kind: "fresh" | "ageing" | "stale"; readonly key: Key }
  | { readonly kind: "inherited"; readonly user: User }
  | { readonly kind: "nobody" }
  | { readonly kind: "unknown" };

/** Access keys that are remembered to be nobody's: a flood of them takes no more than this. */
export const NOBODIES_MAX = 10_000;

/** The most of all answers in memory, so that long ones cannot take all of it. */
const ANSWER_BYTES_MAX = 128 * 1024 * 1024;

/** A key in memory. `key` is `undefined` if the user was asked for by the configuration before. */
type Entry<User> = {
  readonly user: User;
  readonly key: Key | undefined;
  readonly askedMs: number;
  readonly bytes: number;
};

/** The answer of a source about a key that is somebody's. */
type FoundKey<User> = {
  readonly user: User;
  readonly key: Key;
  /** The length of the answer; 1 if it is short and bounded otherwise. */
  readonly bytes: number;
};

const NOBODY = { kind: "nobody" } as const;
const UNKNOWN = { kind: "unknown" } as const;

/**
 * The answers of a source about access keys, the least recently used forgotten first. Those that are
 * nobody's have a place of their own, so that a flood of them pushes nobody out.
 */
export class KeyCache<User> {
  readonly #lifetimes: Lifetimes;
  readonly #keys: LRUCache<string, Entry<User>>;
  /** The times of the questions about nobody's keys, by access key. */
  readonly #nobodies: LRUCache<string, number>;

  /** `entries`: of how many keys at most; `bytesMax`: of all their answers. */
  constructor(entries: number, lifetimes: Lifetimes, bytesMax = ANSWER_BYTES_MAX) {
    this.#lifetimes = lifetimes;
    this.#keys = new LRUCache({
      max: entries,
      maxSize: bytesMax,
      sizeCalculation: ({ bytes }) => bytes,
    });
    this.#nobodies = new LRUCache({ max: Math.min(entries, NOBODIES_MAX) });
  }

  /** The number of access keys that are remembered. */
  get size(): number {
    return this.#keys.size + this.#nobodies.size;
  }

  look(accessKeyId: string, nowMs: number): Remembered<User> {
    const known = this.#keys.get(accessKeyId);
    if (known !== undefined) {
      const kind = freshnessOf(nowMs - known.askedMs, this.#lifetimes);
      const { user, key } = known;
      if (kind !== "gone") return key === undefined ? { kind: "inherited", user } : { kind, key };
      this.#keys.delete(accessKeyId);
    }
    const askedMs = this.#nobodies.get(accessKeyId);
    if (askedMs === undefined) return UNKNOWN;
    if (nowMs - askedMs < nobodyMsMax(this.#lifetimes)) return NOBODY;
    this.#nobodies.delete(accessKeyId);
    return UNKNOWN;
  }

  /** Keeps an answer to a question of `askedMs`; `undefined` means that the key is nobody's. */
  keep(accessKeyId: string, found: FoundKey<User> | undefined, askedMs: number): void {
    if (found === undefined) {
      this.#keys.delete(accessKeyId);
      this.#nobodies.set(accessKeyId, askedMs);
    } else {
      this.#keys.set(accessKeyId, { ...found, askedMs });
    }
  }

  /** Takes over what `before` knows of keys that are somebody's. */
  inherit(before: KeyCache<User>): void {
    before.#keys.rforEach((entry, accessKeyId) => {
      this.#keys.set(accessKeyId, { ...entry, key: undefined });
    });
  }

  drop(): void {
    this.#keys.clear();
    this.#nobodies.clear();
  }
}
