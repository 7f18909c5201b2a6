import type { PolicySet } from "../policy/policy-set.ts";
import type { Bucket, BucketId } from "../s3/bucket.ts";
import type { Account } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** What the gateway itself knows of a bucket. */
export type BucketRecord = {
  /** Of the bucket, under which the record is kept. */
  readonly id: BucketId;
  /** It stands in the configuration, where no request can change it. */
  readonly configured: boolean;
  readonly owner: Account;
  /** Its policy and what it is shared for; undefined: neither. */
  readonly policy: PolicySet | undefined;
  /** The policy as it was put, to be given back byte for byte; undefined: none. */
  readonly policyText: string | undefined;
  /** Whether the policy opens something to everybody without a condition. */
  readonly isPublic: boolean;
};

export type BucketRecords = ReadonlyMap<BucketId, BucketRecord>;

/** Whether the gateway may know anything of any bucket. */
export function keepsRecords({ buckets, elsewhere }: Snapshot): boolean {
  return buckets.size > 0 || elsewhere.records;
}

/**
 * What is known of `bucket`; undefined: nothing. The decision has asked for it before, so that each
 * part of it sees the same record: an absent answer would be a bug, and must not pass for "nothing".
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
 * Whether `bucket` with `record` is the account's own. A tenant has its buckets in itself alone: in a
 * store with tenants an account's namesake in another one owns nothing of it.
 */
export function isOwnedBy(
  { store }: Snapshot,
  bucket: Bucket,
  { owner }: BucketRecord,
  account: Account,
): boolean {
  if (owner.name !== account.name) return false;
  return !store.naming.tenants || bucket.home === account.tenant;
}
