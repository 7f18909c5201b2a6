import { err, ok, type Result } from "../lib/result.ts";
import { recordNameOf } from "./record-name.ts";
import type { StoredRecord } from "./record.ts";

/**
 * A stored record. `revision`: the opaque revision that was read; a conditional write compares it.
 */
export type Stored = { readonly record: StoredRecord; readonly revision: string };

/** "conflict": something else is stored by now than the writer believed; nothing was changed. */
export type Change = "written" | "conflict";

/**
 * The place of the records of buckets, by `bucket` or `tenant:bucket`. Any number of gateways may
 * share one. An error is a sentence of what failed: after that of a change, it may have happened or
 * not.
 */
export type StateStore = {
  /**
   * Reads a record; `undefined` if nothing is stored. Error: a sentence of why it cannot be read.
   */
  readonly read: (name: string) => Promise<Result<Stored | undefined, string>>;
  /**
   * Writes if the stored revision still is `expected`; `undefined` means only if nothing is stored.
   */
  readonly write: (
    name: string,
    record: StoredRecord,
    expected: string | undefined,
  ) => Promise<Result<Change, string>>;
  /** Removes if the stored revision still is `expected`. */
  readonly remove: (name: string, expected: string) => Promise<Result<Change, string>>;
  readonly close: () => Promise<void>;
};

/** The state for code that only reads. */
export type StateReader = Pick<StateStore, "read" | "close"> & {
  /**
   * Returns the names of all that has a record, in no order, and perhaps of what was removed. The error is a
   * sentence: they cannot be read, are more than RECORDS_MAX, or one is too long to be told.
   */
  readonly list: () => Promise<Result<readonly string[], string>>;
};

/** Commands that look at all records hold so many names at most. */
export const RECORDS_MAX = 1_000_000;

/** Returns the names whose records `files` keep, other files left out. Errors as of `list`. */
export function namesOfFiles(files: Iterable<string>): Result<readonly string[], string> {
  const names: string[] = [];
  for (const file of files) {
    const name = recordNameOf(file);
    if (!name.ok) return name;
    if (name.value === undefined) continue;
    if (names.push(name.value) > RECORDS_MAX)
      return err(`There are more than ${RECORDS_MAX} records`);
  }
  return ok(names);
}
