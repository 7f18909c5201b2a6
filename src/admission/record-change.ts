import type { BucketId } from "../s3/bucket.ts";
import type { StoreRequest } from "./outgoing.ts";

/**
 * The change by which the policy of a bucket is put, or deleted (`undefined`), in the gateway's
 * record. `owner`: the bucket's owner when this was judged.
 */
export type RecordChange = Change & {
  readonly kind: "policy";
  readonly judged: Judged;
  readonly policy: string | undefined;
};

/**
 * A change of a bucket that the store is asked for, and the gateway must remember if the store
 * makes it.
 */
export type StoreChange =
  /** `owner` makes it. `presence`: asks the store in its name whether the bucket is there. */
  | (Change & { readonly kind: "created"; readonly presence: StoreRequest | undefined })
  /** The bucket is removed. `owner`: its owner when this was judged. */
  | (Change & { readonly kind: "removed"; readonly judged: Judged });

/** The bucket's policy by which this was judged, as it was put; `undefined` if there was none. */
type Judged = string | undefined;

/** `name`: of the bucket; `owner`: an account; `by`: who changes it, `account` or `account:subuser`. */
type Change = { readonly name: BucketId; readonly owner: string; readonly by: string };
