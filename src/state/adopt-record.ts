import { err, ok, type Result } from "../lib/result.ts";
import { isInForce, type StoredRecord } from "./record.ts";
import type { StateStore } from "./state-store.ts";
import { isUnderWay } from "./store-change.ts";

/**
 * The account that a bucket is to belong to. `from`: the account that has it now; `undefined` if
 * none has.
 */
export type Adoption = {
  readonly name: string;
  readonly account: string;
  readonly from: string | undefined;
  /**
   * The policy that the bucket is to have, as text, if it has none; `undefined` if none was given.
   */
  readonly policy: string | undefined;
};

/** `taken`: from another account, and without the policy that it had there. */
export type Adopted = "adopted" | "already" | "taken";

/**
 * Remembers that an account owns a bucket, for `s3warden adopt`, if nothing else is written
 * meanwhile. `nowMs`: milliseconds since the epoch. Error: a sentence, also if another account than
 * `from` owns it.
 */
export async function adoptRecord(
  store: StateStore,
  { name, account, from, policy }: Adoption,
  nowMs: number,
): Promise<Result<Adopted, string>> {
  const stored = await store.read(name);
  if (!stored.ok) return stored;
  const record = stored.value?.record;
  if (record !== undefined && isUnderWay(record, nowMs)) {
    return err("A gateway is making or removing it right now. Try again in a minute");
  }
  const before = record !== undefined && isInForce(record) ? record : undefined;
  const next = adopted(before, account, from);
  if (!next.ok) return next;
  if (next.value.policy !== undefined && policy !== undefined) {
    return err("It has a policy already, which its owner can replace or delete");
  }
  if (before?.owner === account && before.pending === undefined && policy === undefined) {
    return ok("already");
  }
  const kept = { ...next.value, policy: next.value.policy ?? policy };
  const whole = { owner: account, ...kept, at: nowMs, by: account };
  const written = await store.write(name, whole, stored.value?.revision);
  if (!written.ok) return written;
  if (written.value === "conflict") return err("Somebody else writes it: try again");
  return ok(before === undefined || before.owner === account ? "adopted" : "taken");
}

/**
 * Returns the policy and shares with which the bucket changes hands: a policy that let others into
 * the bucket of `from` says nothing of the next owner's wishes.
 */
function adopted(
  before: StoredRecord | undefined,
  account: string,
  from: string | undefined,
): Result<Pick<StoredRecord, "policy" | "shares">, string> {
  if (before?.owner === account) {
    const { policy, shares } = before;
    return ok({ policy, ...(shares && { shares }) });
  }
  if (before?.owner === from) return ok({ policy: undefined });
  if (before === undefined) return err("No account owns it: leave out --from");
  const { owner } = before;
  const remedy = `To take it from that account, add --from ${owner}`;
  return err(`The bucket belongs to the account "${owner}". ${remedy}`);
}
