import type { BucketRecord } from "./record.ts";
import type { Bucket } from "../s3/bucket.ts";
import type { Account } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** Returns true if the gateway can know anything of any bucket. */
export function keepsRecords({ buckets, elsewhere }: Snapshot): boolean {
  return buckets.size > 0 || elsewhere.records;
}

/**
 * Returns the record of `bucket`; `undefined` if nothing is known. The decision has asked for it
 * before, so that each part of it sees the same record. An absent answer would be a bug, and must
 * not pass for "nothing".
 */
export function recordOf({ known }: Subject, bucket: Bucket): BucketRecord | undefined {
  const { records } = known;
  if (records === undefined) return undefined;
  const record = records.get(bucket.id);
  if (record === undefined && !records.has(bucket.id)) {
    throw new Error(`The record of "${bucket.id}" was not asked for`);
  }
  return record;
}

/**
 * Returns true if `bucket` with `record` is the account's own. A tenant has its buckets in itself
 * alone: in a store with tenants an account's namesake in another one owns nothing of it.
 */
export function isOwnedBy(
  { store }: Snapshot,
  bucket: Bucket,
  { owner }: Pick<BucketRecord, "owner">,
  account: Account,
): boolean {
  if (owner.name !== account.name) return false;
  return !store.naming.tenants || bucket.home === account.tenant;
}
