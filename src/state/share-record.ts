import { err, ok, type Result } from "../lib/result.ts";
import { isInForce, type StoredShare } from "./record.ts";
import type { StateStore } from "./state-store.ts";
import { isUnderWay } from "./store-change.ts";

/** The most attempts: somebody else may write the record meanwhile; then it is read again. */
const ATTEMPTS_MAX = 20;

/**
 * Puts `change` of its shares into the record of the bucket `name`, whoever else writes meanwhile.
 * `nowMs`: milliseconds since the epoch. Returns the shares as they are now. Error: a sentence,
 * also if no account is known to own the bucket.
 */
export async function changeShares(
  store: StateStore,
  name: string,
  change: (shares: readonly StoredShare[]) => readonly StoredShare[],
  nowMs: number,
): Promise<Result<readonly StoredShare[], string>> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const stored = await store.read(name);
    if (!stored.ok) return stored;
    const { record, revision } = stored.value ?? {};
    if (record === undefined || !isInForce(record)) return err(NOBODYS);
    if (isUnderWay(record, nowMs)) return err("A gateway is removing it. Try again in a minute");
    const shares = change(record.shares ?? []);
    const { shares: _before, ...rest } = record;
    const next = { ...rest, ...(shares.length > 0 && { shares }), at: nowMs, by: OPERATOR };
    const written = await store.write(name, next, revision);
    if (!written.ok) return written;
    if (written.value === "written") return ok(shares);
  }
  return err("Others write it all the time: try again");
}

/** The name of the writer of a record that a command changed; no account can have it. */
const OPERATOR = "operator!";

const NOBODYS =
  "the gateway does not know whose it is. Record its owner first: s3warden adopt BUCKET --account NAME";
