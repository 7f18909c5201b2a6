import type { PolicySet } from "../policy/policy-set.ts";
import type { BucketId } from "../s3/bucket.ts";
import type { Account } from "./principal.ts";

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
