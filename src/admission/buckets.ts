import type { PolicySet } from "../policy/policy-set.ts";
import type { BucketName } from "../s3/address.ts";
import type { Account } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";

/** What the gateway itself knows of a bucket. */
export type BucketRecord = {
  readonly owner: Account;
  /** Its policy and what it is shared for; undefined: neither. */
  readonly policy: PolicySet | undefined;
  /** The policy as it was put, to be given back byte for byte; undefined: none. */
  readonly policyText: string | undefined;
  /** Whether the policy opens something to everybody without a condition. */
  readonly isPublic: boolean;
};

/** By name, with its tenant as `tenant:bucket` where it has one. */
export type BucketRecords = ReadonlyMap<string, BucketRecord>;

/**
 * What is known of `bucket` as the caller of `subject` means it; undefined: nothing. In Ceph a bare
 * name is one of the caller's own tenant, and a tenant's prefix may also be left out of a record.
 */
export function recordOf(
  { buckets }: Snapshot,
  { caller }: Subject,
  { tenant, name }: BucketName,
): BucketRecord | undefined {
  if (buckets.size === 0) return undefined;
  if (tenant !== undefined) return buckets.get(`${tenant}:${name}`) ?? buckets.get(name);
  const own =
    caller.kind === "known" ? buckets.get(`${caller.key.account.name}:${name}`) : undefined;
  return own ?? buckets.get(name);
}
