import type { GatedHead } from "../http/field-gate.ts";
import type { MappedName } from "../s3/mapped-names.ts";
import type { Credential } from "../signature/credential.ts";

/**
 * The head that the store will receive, signed for it. Its target is canonically encoded from what
 * was judged; its headers are made for this request and handed over. Only the gate of
 * http/field-gate.ts can make one, so that no other reaches the store.
 */
export type StoreRequest = GatedHead & {
  /** Whose key signed it: what the store says of that key is about them. */
  readonly signedBy: "gateway" | "client" | "nobody";
  /** By what it was signed, if that was looked up outside the configuration. */
  readonly lookedUp: LookedUp | undefined;
  /** What the store's answer calls otherwise than the client does; undefined: nothing. */
  readonly renamed: Renamed | undefined;
};

/** Buckets that have other names at the store. */
export type Renamed = {
  readonly names: readonly MappedName[];
  /** Whether an answer without an error names them, too; else its content may be an object's. */
  readonly inAnswer: boolean;
};

/** A credential as its source told it, which may have changed there since. */
export type LookedUp = {
  /** What was asked for. */
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
