import type { GatedHead } from "../http/field-gate.ts";
import type { MappedName } from "../s3/mapped-names.ts";
import type { Credential } from "../signature/credential.ts";

/** A request that the store will receive, signed for it. */
export type StoreRequest = {
  /**
   * Its target is canonically encoded from what was judged. Only the gate of http/field-gate.ts can
   * make a head, so that no other reaches the store.
   */
  readonly head: GatedHead;
  /** The owner of the key that signed: a credential error of the store is about that key. */
  readonly signedBy: "gateway" | "client" | "nobody";
  /** The credential that signed, if it was looked up outside the configuration. */
  readonly lookedUp: LookedUp | undefined;
  /** The names in the store's answer that differ from the client's; `undefined` if none does. */
  readonly renamed: Renamed | undefined;
};

/** Buckets that have other names at the store. */
export type Renamed = {
  readonly names: readonly MappedName[];
  /** True if an answer without an error has the names, too; else its content may be an object's. */
  readonly inAnswer: boolean;
};

/** A credential as its source returned it, which may have changed there since. */
export type LookedUp = {
  /** The need that was asked. */
  readonly need: OwnerNeed | { readonly kind: "key"; readonly accessKeyId: string };
  readonly credential: Credential;
};

/**
 * A key that the store knows an account by, which is not of the configuration. `tenant`: of its
 * buckets, "" for none.
 */
export type OwnerNeed = {
  readonly kind: "owner";
  readonly account: string;
  readonly tenant: string;
};
