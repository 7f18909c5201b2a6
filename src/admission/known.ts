import type { HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Bucket, BucketId } from "../s3/bucket.ts";
import { readDocument, type S3Document } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { OperationName } from "../s3/operations.ts";
import type { Revocation } from "../session/revocation.ts";
import { tagsOfTagging, type Tags } from "../s3/tags.ts";
import type { BodyPlan, WholeBody } from "./body-plan.ts";
import type { BucketRecord } from "./record.ts";
import type { PendingForm } from "./pending.ts";
import type { Key } from "./principal.ts";
import type { OwnerNeed, StoreRequest } from "./outgoing.ts";

/** The answers that a decision has had so far, as values. */
export type Known = {
  /**
   * The records of buckets. The value is `undefined` if nothing is known of the bucket. The map is
   * `undefined` if the gateway keeps no records.
   */
  readonly records: ReadonlyMap<BucketId, BucketRecord | undefined> | undefined;
  /**
   * The tags of objects and buckets, by the name of their Need; empty if there are no tags, or no
   * object.
   */
  readonly tags: ReadonlyMap<string, Tags>;
  /**
   * The key of its owner's own by which the store knows it, by the bucket's id; `undefined` if
   * there is none. Absent if no owner's key was needed.
   */
  readonly owners?: ReadonlyMap<BucketId, Key | undefined>;
};

/** A fact that a decision depends on and does not have. Each is asked for once. */
export type Need =
  /** The key, with its holder. */
  | { readonly kind: "key"; readonly accessKeyId: string }
  | OwnerNeed
  /** The revoked sessions, besides those in the configuration. */
  | { readonly kind: "revocations" }
  /** The record of a bucket. `fresh`: as of now, since the request may change it. */
  | { readonly kind: "record"; readonly bucket: Bucket; readonly fresh: boolean }
  /** Tags that the store has; the request is signed as the one that needs them will be. */
  | { readonly kind: "tags"; readonly name: string; readonly request: StoreRequest }
  /** The body: a document, to be proved by `plan`. */
  | DocumentNeed
  /** The body: a small one whose trailer the store is to get as a header. */
  | { readonly kind: "body"; readonly plan: BodyPlan }
  /** The body: a browser's form, up to its file. */
  | { readonly kind: "form"; readonly form: PendingForm }
  /** The file of that form, which may be stored: how long it is. */
  | { readonly kind: "file" }
  /** No fact: the decision is long, and others must have their turn. */
  | { readonly kind: "turn" };

/** `operation` and `headers`: by which it is read; `unjudged`: policies must see it first. */
export type DocumentNeed = {
  readonly kind: "document";
  readonly plan: BodyPlan;
  readonly operation: OperationName;
  readonly headers: HeaderList;
  readonly unjudged: boolean;
};

/** The answer to a Need, of the same kind. */
export type Answer =
  /** The key; `undefined` if nobody has it. */
  | { readonly kind: "key"; readonly key: Key | undefined }
  /** The owner's key; `undefined` if there is no such account, or it has no key in force. */
  | { readonly kind: "owner"; readonly key: Key | undefined }
  /** The record; `undefined` if nothing is known. */
  | { readonly kind: "record"; readonly record: BucketRecord | undefined }
  | { readonly kind: "revocations"; readonly revoked: readonly Revocation[] }
  | { readonly kind: "tags"; readonly tags: Tags }
  | { readonly kind: "document"; readonly document: S3Document }
  | { readonly kind: "body"; readonly body: WholeBody }
  | { readonly kind: "form"; readonly head: FormHead }
  /** `length`: bytes. */
  | { readonly kind: "file"; readonly length: number }
  | { readonly kind: "turn" };

/** The part of a form that has been read when its file begins. */
export type FormHead = {
  /** The fields before the file, by lower-case name; `${filename}` in them is replaced. */
  readonly fields: ReadonlyMap<string, string>;
  /** The most bytes that the file can have. It has exactly that many if it is the form's last part. */
  readonly fileBytesMax: number;
};

/** The most that an answer with tags is read of, in bytes; S3 has 50 tags at most. */
export const TAGS_BYTES_MAX = 64 * 1024;

/**
 * Returns the tags in the store's answer to a Need. A missing object has none. If tags cannot be
 * read, nothing is known, which must not pass for none (S3-AUTHORIZATION section 2.3). Error:
 * ServiceUnavailable.
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
  return err(fault("ServiceUnavailable", message, { rule: `tags: status ${status}` }));
}
