import { OPERATION_LIST, type OperationName } from "./operations.ts";

/** The kinds of store, by what they understand. */
export const STORE_KINDS = ["aws", "ceph", "minio"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/**
 * The operations that a store of this kind understands as what they are. Any other must not reach
 * it: RGW ignores a query parameter that it does not know, and so executes `DELETE /b?encryption`
 * as DeleteBucket and `PUT /b/k?renameObject` as PutObject.
 */
export function operationsOf(kind: StoreKind): ReadonlySet<OperationName> {
  return OPERATIONS[kind];
}

/** What every store here has: the part of S3 that clients use from day to day. */
const COMMON: readonly OperationName[] = [
  "AbortMultipartUpload",
  "CompleteMultipartUpload",
  "CopyObject",
  "CreateBucket",
  "CreateMultipartUpload",
  "DeleteBucket",
  "DeleteBucketLifecycle",
  "DeleteBucketPolicy",
  "DeleteBucketReplication",
  "DeleteBucketTagging",
  "DeleteObject",
  "DeleteObjectTagging",
  "DeleteObjects",
  "GetBucketAcl",
  "GetBucketCors",
  "GetBucketLifecycleConfiguration",
  "GetBucketLocation",
  "GetBucketLogging",
  "GetBucketNotificationConfiguration",
  "GetBucketPolicy",
  "GetBucketPolicyStatus",
  "GetBucketReplication",
  "GetBucketRequestPayment",
  "GetBucketTagging",
  "GetBucketVersioning",
  "GetBucketWebsite",
  "GetObject",
  "GetObjectAcl",
  "GetObjectLegalHold",
  "GetObjectLockConfiguration",
  "GetObjectRetention",
  "GetObjectTagging",
  "HeadBucket",
  "HeadObject",
  "ListBuckets",
  "ListMultipartUploads",
  "ListObjectVersions",
  "ListObjects",
  "ListObjectsV2",
  "ListParts",
  "PostObject",
  "Preflight",
  "PutBucketAcl",
  "PutBucketLifecycleConfiguration",
  "PutBucketNotificationConfiguration",
  "PutBucketPolicy",
  "PutBucketReplication",
  "PutBucketTagging",
  "PutBucketVersioning",
  "PutObject",
  "PutObjectAcl",
  "PutObjectLegalHold",
  "PutObjectLockConfiguration",
  "PutObjectRetention",
  "PutObjectTagging",
  "SelectObjectContent",
  "UploadPart",
  "UploadPartCopy",
];

/**
 * Measured on RGW 16.2: each operation was sent, and it was looked at what became of the bucket
 * and the object. What it refuses with an error of its own stands here too. Later releases know
 * more: `upstream.operations` adds them.
 */
const CEPH: readonly OperationName[] = [
  ...COMMON,
  "DeleteBucketCors",
  "DeleteBucketWebsite",
  "DeletePublicAccessBlock",
  "GetObjectTorrent",
  "GetPublicAccessBlock",
  "PutBucketCors",
  "PutBucketLogging",
  "PutBucketRequestPayment",
  "PutBucketWebsite",
  "PutPublicAccessBlock",
  "RestoreObject",
];

/** From MinIO's own list of what it supports; not measured. */
const MINIO: readonly OperationName[] = [
  ...COMMON,
  "DeleteBucketEncryption",
  "GetBucketAccelerateConfiguration",
  "GetBucketEncryption",
  "GetObjectAttributes",
  "PutBucketEncryption",
  "RestoreObject",
];

/** WriteGetObjectResponse needs the host name of an Object Lambda route, which no gateway has. */
const AWS: readonly OperationName[] = OPERATION_LIST.map(({ name }) => name).filter(
  (name) => name !== "WriteGetObjectResponse",
);

const OPERATIONS: Readonly<Record<StoreKind, ReadonlySet<OperationName>>> = {
  aws: new Set(AWS),
  ceph: new Set(CEPH),
  minio: new Set(MINIO),
};
