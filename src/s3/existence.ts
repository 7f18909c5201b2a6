import type { Address, BucketName } from "./address.ts";
import type { Ask } from "./asks.ts";
import type { OperationName } from "./operations.ts";

const NOT_FOUND = 404;

/**
 * The operations that need an existing object, so that their 404 tells whether it exists. Not those
 * of a multipart upload: their 404 is about an upload id, which nobody guesses.
 */
const NEEDS_OBJECT: ReadonlySet<OperationName> = new Set<OperationName>([
  "CopyObject",
  "DeleteObject",
  "DeleteObjectAnnotation",
  "DeleteObjectTagging",
  "GetObject",
  "GetObjectAcl",
  "GetObjectAnnotation",
  "GetObjectAttributes",
  "GetObjectLegalHold",
  "GetObjectRetention",
  "GetObjectTagging",
  "GetObjectTorrent",
  "HeadObject",
  "ListObjectAnnotations",
  "PutObjectAcl",
  "PutObjectAnnotation",
  "PutObjectLegalHold",
  "PutObjectRetention",
  "PutObjectTagging",
  "RenameObject",
  "RestoreObject",
  "SelectObjectContent",
  "UpdateObjectEncryption",
  "UploadPartCopy",
]);

/**
 * Returns true if `status` of the store's answer to `operation` must become 403 AccessDenied unless
 * listBucketAsk() is allowed ("GetObject", S3 API Reference, "Permissions": "If you don't have the
 * s3:ListBucket permission, Amazon S3 returns 403"). Every 404, whatever its code: an object
 * without a retention would else differ from no object. The answer's headers must go with it, since
 * `x-amz-delete-marker` tells the same. Not 304 and 412: conditions are put to the store only after
 * the gates, for those who may read or write this very key (CVE-2024-36107 was the reverse).
 */
export function hidesExistence(operation: OperationName, status: number): boolean {
  return status === NOT_FOUND && NEEDS_OBJECT.has(operation);
}

/**
 * Returns the permission that a caller needs in order to learn that the object of `address` is
 * missing; for a copy that is the source. The prefix to judge it with is the key, as in Ceph. An
 * `address` of the service is a bug.
 */
export function listBucketAsk<B extends BucketName>(address: Address<B>): Ask<B> {
  if (address.kind === "service") throw new Error("The service has no bucket to list");
  const { bucket } = address;
  return { action: "s3:ListBucket", operation: "ListObjectsV2", bucket, key: undefined };
}
