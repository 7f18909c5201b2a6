import type { Result } from "../lib/result.ts";
import type { StoredRecord } from "./record.ts";

/** `revision`: opaque, of what was read; it is what a conditional write compares. */
export type Stored = { readonly record: StoredRecord; readonly revision: string };

/** "conflict": something else is stored by now than the writer believed; nothing was changed. */
export type Change = "written" | "conflict";

/**
 * Where records of buckets are kept, by `bucket` or `tenant:bucket`. Any number of gateways may share
 * one. An error is a sentence of what failed: after that of a change, it may have happened or not.
 */
export type StateStore = {
  /** Undefined: nothing is stored. Error: a sentence of why it cannot be read. */
  readonly read: (name: string) => Promise<Result<Stored | undefined, string>>;
  /** Writes if the stored revision still is `expected`; undefined: only if nothing is stored. */
  readonly write: (
    name: string,
    record: StoredRecord,
    expected: string | undefined,
  ) => Promise<Result<Change, string>>;
  /** Removes if the stored revision still is `expected`. */
  readonly remove: (name: string, expected: string) => Promise<Result<Change, string>>;
  readonly close: () => Promise<void>;
};

/** For who only looks. */
export type StateReader = Pick<StateStore, "read" | "close">;
