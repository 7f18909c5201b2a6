import { err, ok, type Result } from "../lib/result.ts";
import { readDocument } from "../s3/documents.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { tagsOfTagging, type Tags } from "../s3/tags.ts";
import type { StoreRequest } from "./verdict.ts";

/** What decisions needed of the store, and the shell has fetched for them. */
export type Known = {
  /** Of objects and buckets, by the name of their Need; no tags, or nothing there: empty. */
  readonly tags: ReadonlyMap<string, Tags>;
};

export const NOTHING_KNOWN: Known = { tags: new Map() };

/** Tags that a decision depends on: fetch them, then ask again with them known. */
export type Need = {
  readonly name: string;
  /** Signed for the store as the request itself will be. */
  readonly request: StoreRequest;
};

/** The most that an answer with tags is read of, in bytes; S3 has 50 tags at most. */
export const TAGS_BYTES_MAX = 64 * 1024;

/**
 * The tags in the store's answer to a Need. What is not there has none; of what cannot be read
 * nothing is known, which must not pass for none (S3-AUTHORIZATION section 2.3).
 * Error: ServiceUnavailable.
 */
export function tagsOfAnswer(status: number, body: Buffer): Result<Tags, Fault> {
  if (status === 404) return ok(new Map());
  const root = status === 200 ? readDocument("PutObjectTagging", [], body) : undefined;
  const tags =
    root?.ok === true && root.value !== undefined ? tagsOfTagging(root.value) : undefined;
  if (tags?.ok === true) return tags;
  const message = "The store does not tell the tags that this decision depends on";
  return err(fault("ServiceUnavailable", message, { detail: `tags: status ${status}` }));
}
