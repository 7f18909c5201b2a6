import { err, ok, type Result } from "../lib/result.ts";
import { readDocument } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { tagsOfTagging, type Tags } from "../s3/tags.ts";
import type { BucketRecord } from "./buckets.ts";
import type { Key } from "./principal.ts";
import type { StoreRequest } from "./verdict.ts";

/** What decisions needed from elsewhere, and the shell has fetched for them. */
export type Known = {
  /** By access key id; undefined: nobody has it. */
  readonly keys: ReadonlyMap<string, Key | undefined>;
  /** By name; undefined: nothing is known of the bucket. */
  readonly buckets: ReadonlyMap<string, BucketRecord | undefined>;
  /** Of objects and buckets, by the name of their Need; no tags, or nothing there: empty. */
  readonly tags: ReadonlyMap<string, Tags>;
};

export const NOTHING_KNOWN: Known = { keys: new Map(), buckets: new Map(), tags: new Map() };

/** Something that a decision depends on: fetch it, then ask again with it known. */
export type Need =
  /** Whose key it is. */
  | { readonly kind: "key"; readonly accessKeyId: string }
  /** What is known of a bucket. */
  | { readonly kind: "bucket"; readonly name: string }
  /** Tags that the store has; the request is signed as the one that needs them will be. */
  | { readonly kind: "tags"; readonly name: string; readonly request: StoreRequest };

/** The most that an answer with tags is read of, in bytes; S3 has 50 tags at most. */
export const TAGS_BYTES_MAX = 64 * 1024;

/**
 * The tags in the store's answer to a Need. What is not there has none; of what cannot be read
 * nothing is known, which must not pass for none (S3-AUTHORIZATION section 2.3).
 * Error: ServiceUnavailable.
 */
export function tagsOfAnswer(status: number, body: Buffer): Result<Tags, Fault> {
  if (status === 404) return ok(new Map());
  const document = status === 200 ? readDocument("PutObjectTagging", [], body) : undefined;
  const tags =
    document?.ok === true && document.value.kind === "xml"
      ? tagsOfTagging(document.value.root)
      : undefined;
  if (tags?.ok === true) return tags;
  const message = "The store does not tell the tags that this decision depends on";
  return err(fault("ServiceUnavailable", message, { detail: `tags: status ${status}` }));
}
