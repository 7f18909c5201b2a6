import { createLocalJWKSet } from "jose";
import type { IssuerConfig } from "../config/issuers.ts";
import type { KeySet } from "../config/jwks.ts";
import { freshnessOf } from "../identity/freshness.ts";
import { Health } from "../identity/health.ts";
import type { Result } from "../lib/result.ts";

/** Finds the key of a token by its header. */
export type KeyFinder = ReturnType<typeof createLocalJWKSet>;

/** Keys of an issuer as they were when it was asked. */
export type KnownKeys = {
  readonly find: KeyFinder;
  /** The number of keys. */
  readonly size: number;
  /** The time of asking, on the clock that only goes forward. */
  readonly askedMs: number;
};

/** The functions by which an issuer is asked. */
export type KeyPorts = {
  readonly fetch: () => Promise<Result<KeySet, string>>;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Receives the result of every question: `undefined` if it was answered, or why not. */
  readonly onAnswer: (failure: string | undefined) => void;
};

/** The state of an issuer that an operator sees. */
export type IssuerHealth = {
  readonly name: string;
  readonly url: string;
  /** `away`: it did not answer last, and its keys still count; `lost`: there are none. */
  readonly state: "ok" | "away" | "lost" | "unasked";
  readonly keys: number;
  /**
   * The time since the keys were asked for; `undefined` if there are none, or they are in a file.
   */
  readonly ageMs: number | undefined;
  readonly failure: string | undefined;
};

/**
 * The time for which unknown keys do not cause another question. After keys were asked for because
 * of a token whose key nobody knew, no other such token makes them asked for again so soon. Tokens
 * with invented names of keys cost an issuer no more than that.
 */
export const UNKNOWN_KEY_MS = 10_000;

/**
 * The most tokens that wait for an issuer's answer: beyond it their senders learn at once that it
 * does not answer. Each holds its request in memory meanwhile.
 */
export const KEY_WAITERS_MAX = 64;

/** The keys of one issuer: asked for when first needed, remembered, and kept while it is away. */
export class IssuerKeys {
  readonly config: IssuerConfig;
  readonly #ports: KeyPorts;
  readonly #health = new Health();
  #known: KnownKeys | undefined;
  #asking: Promise<KnownKeys | undefined> | undefined;
  #waiting = 0;
  #unknownMs = Number.NEGATIVE_INFINITY;
  #failure: string | undefined;
  #answered = false;

  /** `before`: the same issuer in the configuration before. */
  constructor(config: IssuerConfig, ports: KeyPorts, before?: IssuerKeys) {
    this.config = config;
    this.#ports = ports;
    if (config.keys.kind === "file") this.#known = knownOf(config.keys.set, 0);
    else if (before !== undefined) {
      this.#known = before.#known;
      this.#unknownMs = before.#unknownMs;
      this.#failure = before.#failure;
      this.#answered = before.#answered;
    }
  }

  /**
   * Returns the keys that count now, waiting for the issuer if there are none. `undefined` if it
   * does not answer.
   */
  async current(): Promise<KnownKeys | undefined> {
    if (this.config.keys.kind === "file") return this.#known;
    const kept = this.#kept();
    switch (kept?.freshness) {
      case "fresh":
        return kept.keys;
      case "ageing":
        void this.#ask();
        return kept.keys;
      case "stale":
        return (await this.#ask()) ?? kept.keys;
      case undefined:
        return this.#ask();
    }
  }

  /**
   * Returns newer keys than `known`, which does not have the key of a token. `undefined` if there
   * are none, or they were asked for a moment ago.
   */
  async newerThan(known: KnownKeys): Promise<KnownKeys | undefined> {
    if (this.config.keys.kind === "file") return undefined;
    if (this.#known !== undefined && this.#known.askedMs > known.askedMs) return this.#known;
    if (this.#asking !== undefined) return this.#ask();
    const nowMs = this.#ports.nowMs();
    if (nowMs - this.#unknownMs < UNKNOWN_KEY_MS) return undefined;
    this.#unknownMs = nowMs;
    return this.#ask();
  }

  /** Asks for the keys unless they are there, so that the first token need not wait for them. */
  warm(): void {
    if (this.config.keys.kind !== "file" && this.#kept() === undefined) void this.#ask();
  }

  get health(): IssuerHealth {
    const { name, url, keys } = this.config;
    if (keys.kind === "file") {
      return {
        name,
        url,
        state: "ok",
        keys: keys.set.keys.length,
        ageMs: undefined,
        failure: undefined,
      };
    }
    const kept = this.#kept()?.keys;
    const failed = this.#failure !== undefined;
    const missing = failed ? "lost" : this.#answered ? "ok" : "unasked";
    return {
      name,
      url,
      state: kept === undefined ? missing : failed ? "away" : "ok",
      keys: kept?.size ?? 0,
      ageMs: kept === undefined ? undefined : this.#ports.nowMs() - kept.askedMs,
      failure: this.#failure,
    };
  }

  #kept():
    | { readonly keys: KnownKeys; readonly freshness: "fresh" | "ageing" | "stale" }
    | undefined {
    const keys = this.#known;
    if (keys === undefined) return undefined;
    const freshness = freshnessOf(this.#ports.nowMs() - keys.askedMs, this.config);
    return freshness === "gone" ? undefined : { keys, freshness };
  }

  /** Asks one question at a time, for which only so many wait. */
  async #ask(): Promise<KnownKeys | undefined> {
    this.#asking ??= this.#asked().finally(() => (this.#asking = undefined));
    if (this.#waiting >= KEY_WAITERS_MAX) return undefined;
    this.#waiting++;
    try {
      return await this.#asking;
    } finally {
      this.#waiting--;
    }
  }

  async #asked(): Promise<KnownKeys | undefined> {
    const { nowMs, fetch, onAnswer } = this.#ports;
    const askedMs = nowMs();
    const tried = await this.#health.tried(nowMs, this.config.url, async () => {
      const set = await fetch();
      return { answered: set.ok, set };
    });
    if (tried === undefined) return undefined;
    const { set } = tried;
    this.#failure = set.ok ? undefined : set.error;
    this.#answered ||= set.ok;
    onAnswer(this.#failure);
    if (!set.ok) return undefined;
    this.#known = knownOf(set.value, askedMs);
    return this.#known;
  }
}

function knownOf(set: KeySet, askedMs: number): KnownKeys {
  return { find: createLocalJWKSet(set), size: set.keys.length, askedMs };
}
