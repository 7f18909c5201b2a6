import type { PolicySet } from "../policy/policy-set.ts";
import type { BucketId } from "../s3/bucket.ts";
import type { Account } from "./principal.ts";

/** The gateway's own knowledge of a bucket. */
export type BucketRecord = {
  /** The id of the bucket, under which the record is kept. */
  readonly id: BucketId;
  /** True if the record stands in the configuration, where no request can change it. */
  readonly configured: boolean;
  readonly owner: Account;
  /** The bucket's policy and its shares; `undefined` if it has neither. */
  readonly policy: PolicySet | undefined;
  /** The policy as it was put, to be returned byte for byte; `undefined` if there is none. */
  readonly policyText: string | undefined;
  /** True if the policy opens something to everybody without a condition. */
  readonly isPublic: boolean;
};

export type BucketRecords = ReadonlyMap<BucketId, BucketRecord>;
