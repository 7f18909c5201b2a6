import type { BucketId } from "../s3/bucket.ts";

/**
 * What a request changes of what the gateway remembers of a bucket. `name`: of the record; `owner` and
 * `by`: account, and whoever changed it as `account` or `account:subuser`.
 */
export type RecordChange =
  /** The policy is put, or (undefined) deleted. `owner`: whose the bucket was when this was judged. */
  | {
      readonly kind: "policy";
      readonly name: BucketId;
      readonly owner: string;
      readonly by: string;
      readonly policy: string | undefined;
    }
  /** The store made the bucket. */
  | {
      readonly kind: "created";
      readonly name: BucketId;
      readonly owner: string;
      readonly by: string;
    }
  /** The store has the bucket no more. */
  | { readonly kind: "removed"; readonly name: BucketId };
