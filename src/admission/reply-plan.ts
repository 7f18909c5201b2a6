import type { BucketRecord } from "./record.ts";
import type { Need } from "./known.ts";
import type { StoreChange } from "./record-change.ts";
import type { DeniedEntry } from "../s3/delete-objects.ts";
import type { OperationName } from "../s3/operations.ts";
import type { PutFromForm } from "../s3/post-object.ts";

/** The buckets of a list that its caller sees. */
export type ListingFilter = {
  /**
   * Returns the facts that must be known of the bucket called `name` first; `undefined` if there
   * are none.
   */
  readonly needs: (name: string) => (Need & { readonly kind: "record" }) | undefined;
  /**
   * Tests a bucket. `record`: the answer to that need; `undefined` if nothing is known, or nothing
   * was needed.
   */
  readonly keeps: (name: string, record: BucketRecord | undefined) => Judging;
  /**
   * Returns the name that the client reads in place of the store's, of a bucket that is kept;
   * absent if it is the same.
   */
  readonly shows?: (name: string) => string | undefined;
  /** The beginning of all names of the store that are kept; absent if any is. */
  readonly start?: string;
  /**
   * Returns what the client reads in place of the store's continuation token; absent if that names
   * nothing that the filter takes out.
   */
  readonly seals?: (token: string) => string;
};

/**
 * The test of a fact: it yields where others may have their turn. "spent": all tests together have
 * cost so much that no more are made.
 */
export type Judging = Generator<undefined, boolean | "spent">;

/** The way in which the store's answer travels back. */
export type ReplyPlan =
  /** The answer goes on as it comes; only an empty error message is filled. */
  | { readonly kind: "relay" }
  /** The same, with these fields of its vendor's: the answer to an extension. */
  | { readonly kind: "extended"; readonly fields: readonly string[] }
  /**
   * The answer goes on as it comes, but this caller may not learn that a key is missing: 404
   * becomes 403.
   */
  | { readonly kind: "hide-missing"; readonly operation: OperationName }
  /** A list of buckets: those that the filter does not keep are taken out as it passes. */
  | { readonly kind: "filter-buckets"; readonly filter: ListingFilter }
  /** The change is prepared for before the store is asked, and remembered before the client hears. */
  | { readonly kind: "remember"; readonly change: StoreChange }
  /** The XML's `<Location>` names the store: it must name the gateway. */
  | { readonly kind: "location"; readonly url: string }
  /** GetBucketLocation: wherever the store says the bucket is, the provider has no other region. */
  | { readonly kind: "region"; readonly region: string }
  /** DeleteObjects: the keys that were not forwarded are added as errors. */
  | { readonly kind: "merge-delete"; readonly denied: readonly DeniedEntry[] }
  /** PostObject, forwarded as PutObject: the answer must be a form's. */
  | {
      readonly kind: "post";
      readonly put: PutFromForm;
      readonly bucket: string;
      readonly url: string;
    };

export const RELAY: ReplyPlan = { kind: "relay" };
