import type { LookedUp, OwnerNeed } from "../admission/outgoing.ts";
import type { Key } from "../admission/principal.ts";
import type { Found } from "./key-source.ts";

/** The facts about one source that an operator is shown. */
export type IdentityState = {
  readonly kind: "ceph" | "http";
  /** The URL of the source. */
  readonly endpoint: string;
  /** `refused`: the gateway's own credential; `away`: it did not answer when it was last asked. */
  readonly state: "ok" | "refused" | "away" | "unasked";
  /** Keys in memory. */
  readonly keys: number;
};

/** One system outside the configuration that knows keys. */
export type Source = {
  /** Returns the memory of an access key. */
  readonly find: (accessKeyId: string) => Key | "nobody" | "unknown";
  readonly key: (accessKeyId: string) => Promise<Found>;
  /** Returns why its last answer about an access key could not be used; `undefined` if it could. */
  readonly unusable: (accessKeyId: string) => string | undefined;
  /** The same of an account: one of its own keys. "nobody": it is no user there, or has none. */
  readonly findOwner: (owner: OwnerNeed) => Key | "nobody" | "unknown";
  readonly owner: (owner: OwnerNeed) => Promise<Found>;
  /** Keys of a holder (`account`, `account:subuser`), asked for now and not remembered. */
  readonly keysOf: (holder: string) => Promise<readonly Key[] | "unavailable">;
  /**
   * Returns true if its word now differs from the credential that signed a request (see
   * `KeySource`).
   */
  readonly hasChanged: (used: LookedUp, sure: boolean) => Promise<boolean>;
  /** Returns true if it refused the gateway's own credential when it was last asked. */
  readonly refused: () => boolean;
  /** Returns how it does, for people. */
  readonly state: () => IdentityState;
  /** Asks, if that is not known. */
  readonly proveOwn: () => Promise<void>;
  /** Forgets the looked-up keys. */
  readonly drop: () => void;
  readonly close: () => Promise<void>;
};

/** A complaint about one source is written once in this time. */
export const COMPLAINT_MS = 60_000;

/** The names under which answers of every source are counted. */
export const RESULTS = { user: "found", nobody: "nobody", unavailable: "unavailable" } as const;

/** Returns `tell`, called once within `ms` at most. */
export function atMostEvery<T extends readonly unknown[]>(
  ms: number,
  tell: (...what: T) => void,
): (...what: T) => void {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (...what) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < ms) return;
    toldMs = nowMs;
    tell(...what);
  };
}
