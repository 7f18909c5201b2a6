import { hasHeader, type HeaderList } from "../http/headers.ts";
import { connectionOptions } from "../http/hop-by-hop.ts";
import { copySourceHeader, type CopySource } from "../s3/copy-source.ts";
import type { OperationName } from "../s3/operations.ts";
import { DROPPED_HEADERS, isUnknownAmzHeader } from "../s3/known-headers.ts";
import { writeTagging } from "../s3/tags.ts";
import { codingsOfContent } from "./plan-body.ts";
import type { StoreSettings } from "./snapshot.ts";
import { isChecksumHeader, isWithheld } from "./store-checksums.ts";
import type { Subject } from "./subject.ts";

/**
 * The standard fields with a meaning for a store (RFC 9110, RFC 9111, Fetch's CORS). Others, save
 * the known `x-amz-*`, stay behind: no signature need cover them, and stores and the servers before
 * them may give them a meaning of their own (`x-forwarded-for`, `cookie`,
 * `x-http-method-override`).
 */
const FORWARDED: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "access-control-request-headers",
  "access-control-request-method",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-md5",
  "content-type",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "origin",
  "range",
  "referer",
  "user-agent",
]);

/**
 * The known `x-amz-*` fields that stay behind: those of the client's signature and framing are
 * written anew, the others mean nothing to a store.
 */
const KEPT_BACK: ReadonlySet<string> = new Set([
  ...DROPPED_HEADERS.keys(),
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-decoded-content-length",
  "x-amz-security-token",
  "x-amz-trailer",
]);

/** The headers that tell the store about the body. */
export type StoreBody = {
  /** The Content-MD5 of a document written anew, for which no checksum of the client's is true. */
  readonly md5: string | undefined;
  /** `x-amz-content-sha256` for the store. */
  readonly payload: string;
  /** The Content-Length in bytes; `undefined` if there is no body. */
  readonly length: number | undefined;
  /** True if aws-chunked framing was removed, so that no header may mention it any more. */
  readonly deframed: boolean;
  /** Fields that framing and signature need besides. */
  readonly headers: HeaderList;
};

/**
 * Adds the client's fields that the store gets to `out`, and what `body` adds. `source`: of a copy
 * or rename, as the store must read it.
 */
export function pushForwarded(
  out: string[],
  store: StoreSettings,
  subject: Subject,
  body: StoreBody,
  source: CopySource | undefined,
): void {
  const { headers, values } = subject;
  const plain = isReadHere(subject);
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!isForwarded(name) || (plain && name === "accept-encoding")) continue;
    const given = headers[i + 1] ?? "";
    if (isChecksumHeader(name)) {
      if (body.md5 !== undefined || isWithheld(store, subject, body.headers, name, given)) continue;
    } else if (body.md5 !== undefined && name === "content-md5") continue;
    const value = valueFor(name, given, { body, values, source });
    if (value !== undefined) out.push(name, value);
  }
  if (body.md5 !== undefined) out.push("content-md5", body.md5);
  out.push(...body.headers);
}

/**
 * Returns true if the gateway reads the store's answer, or may have to, and so must not get it
 * compressed: MinIO compresses it from 1,000 bytes on.
 */
function isReadHere({ operation, address }: Subject): boolean {
  if (READ_HERE.has(operation)) return true;
  const isRenamed = address.kind !== "service" && address.bucket.stored !== undefined;
  return isRenamed && NAMES_BUCKETS.has(operation);
}

const READ_HERE: ReadonlySet<OperationName> = new Set<OperationName>([
  "CompleteMultipartUpload",
  "CreateBucket",
  "DeleteBucket",
  "DeleteObjects",
  "GetBucketLocation",
  "ListBuckets",
  "ListDirectoryBuckets",
]);

/** Operations whose answers name buckets, or may be an error although their status is 200. */
export const NAMES_BUCKETS: ReadonlySet<OperationName> = new Set<OperationName>([
  "CompleteMultipartUpload",
  "CopyObject",
  "CreateMultipartUpload",
  "ListMultipartUploads",
  "ListObjects",
  "ListObjectsV2",
  "ListObjectVersions",
  "ListParts",
  "UploadPartCopy",
]);

/**
 * Returns true if the field goes on. Unknown names came this far only if `policy.ignoredHeaders`
 * lists them: they end here.
 */
function isForwarded(name: string): boolean {
  if (FORWARDED.has(name)) return true;
  return name.startsWith("x-amz-") && !KEPT_BACK.has(name) && !isUnknownAmzHeader(name);
}

/** The facts that a field's value may depend on. */
type Rewriting = {
  readonly body: StoreBody;
  readonly values: Subject["values"];
  readonly source: CopySource | undefined;
};

/**
 * Returns the value that the store reads; `undefined` if the field goes no further. A value that
 * came empty goes on empty: to metadata it is a value as any other, and a field that must not be
 * empty was refused by `classify` (said-values.ts).
 */
function valueFor(
  name: string,
  value: string,
  { body, values, source }: Rewriting,
): string | undefined {
  switch (name) {
    case "x-amz-tagging":
      // Ceph takes a `+` for itself and S3 for a space: the store must read what was judged.
      return values?.objectTags === undefined ? value : writeTagging(values.objectTags);
    case "content-encoding":
      return body.deframed ? withoutFraming(value, body) : value;
    case "x-amz-copy-source":
    case "x-amz-rename-source":
      return written(source);
    default:
      return value;
  }
}

/**
 * Returns the codings without aws-chunked; `undefined` if none is left, or `body` brings a field of
 * its own.
 */
function withoutFraming(value: string, body: StoreBody): string | undefined {
  if (hasHeader(body.headers, "content-encoding")) return undefined;
  const codings = codingsOfContent(value);
  return codings.length === 0 ? undefined : codings.join(",");
}

/** Writes the parsed source, so that the store reads what policy judged. */
function written(source: CopySource | undefined): string {
  if (source === undefined) throw new Error("An admitted copy source was not read");
  return copySourceHeader(source);
}

/** A field that `Connection` declares hop-by-hop would be dropped by a strict reader. */
export function droppedByConnection(headers: HeaderList): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== "connection") continue;
    const dropped = connectionOptions(headers[i + 1] ?? "").find(isIndispensable);
    if (dropped !== undefined) return dropped;
  }
  return undefined;
}

function isIndispensable(name: string): boolean {
  return isForwarded(name) || name === "host";
}
