import { OPERATION_LIST, type OperationName } from "./operations.ts";

/**
 * The operations that any store does, even one of unknown kind. A store that does not know a
 * parameter ignores it. Then `DELETE /b?cors` deletes the bucket, `PUT /b/k?legal-hold` overwrites
 * the object, and `GET /b?versions` shows a list of keys to a caller who may see versions alone. So
 * an operation stands here only for one of these reasons:
 */
export const GENERIC: readonly OperationName[] = [
  // Operations that method and path alone decide: there is nothing to ignore.
  "CreateBucket",
  "DeleteBucket",
  "DeleteObject",
  "GetObject",
  "HeadBucket",
  "HeadObject",
  "ListBuckets",
  "ListObjects",
  "PutObject",
  // A store without browser forms or CORS refuses a POST to a bucket and an OPTIONS.
  "PostObject",
  "Preflight",
  // It is ListObjects without its parameter: the same keys by the same permission.
  "ListObjectsV2",
  // A POST that is nothing without its parameter, and so is refused.
  "CompleteMultipartUpload",
  "CreateMultipartUpload",
  "DeleteObjects",
  // They would be PutObject and DeleteObject without their header or parameter. But clients take
  // copies (2008) and uploads in parts (2010) for granted, and no upload id exists if nobody gave
  // one out. Copies of parts and the lists of uploads and parts are not taken for granted.
  "AbortMultipartUpload",
  "CopyObject",
  "UploadPart",
  // A list of keys instead of a place, where it is not known. It is as old as S3, and Cyberduck,
  // s3cmd and MinIO's clients ask for it before anything else.
  "GetBucketLocation",
];

/**
 * The operations that Ceph and MinIO have alike: the part of S3 that clients use from day to day.
 */
const COMMON: readonly OperationName[] = [
  ...GENERIC,
  "DeleteBucketLifecycle",
  "DeleteBucketPolicy",
  "DeleteBucketReplication",
  "DeleteBucketTagging",
  "DeleteObjectTagging",
  "GetBucketAcl",
  "GetBucketCors",
  "GetBucketLifecycleConfiguration",
  "GetBucketLogging",
  "GetBucketNotificationConfiguration",
  "GetBucketPolicy",
  "GetBucketPolicyStatus",
  "GetBucketReplication",
  "GetBucketRequestPayment",
  "GetBucketTagging",
  "GetBucketVersioning",
  "GetBucketWebsite",
  "GetObjectAcl",
  "GetObjectLegalHold",
  "GetObjectLockConfiguration",
  "GetObjectRetention",
  "GetObjectTagging",
  "ListMultipartUploads",
  "ListObjectVersions",
  "ListParts",
  "PutBucketAcl",
  "PutBucketLifecycleConfiguration",
  "PutBucketNotificationConfiguration",
  "PutBucketPolicy",
  "PutBucketReplication",
  "PutBucketTagging",
  "PutBucketVersioning",
  "PutObjectAcl",
  "PutObjectLegalHold",
  "PutObjectLockConfiguration",
  "PutObjectRetention",
  "PutObjectTagging",
  "SelectObjectContent",
  "UploadPartCopy",
];

/**
 * The operations of RGW, measured on 16.2.15: each was sent, and then the bucket and its objects
 * were looked at. Operations that it refuses with an error of its own stand here too. Later
 * releases know more: `upstream.operations` adds them.
 */
export const CEPH: readonly OperationName[] = [
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

/**
 * The operations of MinIO, measured on that of 2026-02-12 (7aac2a2c5b7c, the newest of its module):
 * those that it does, and those that it has and refuses without effect. It deletes the bucket by
 * DELETE ?publicAccessBlock and other words that it does not know, and makes one by PUT ?website.
 */
export const MINIO: readonly OperationName[] = [
  ...COMMON,
  "DeleteBucketEncryption",
  "DeleteBucketWebsite",
  "GetBucketAccelerateConfiguration",
  "GetBucketEncryption",
  "GetObjectAttributes",
  "PutBucketEncryption",
  "RestoreObject",
];

/**
 * The operations of versitygw, measured on 1.8.0 over a folder, with versions and without: those
 * that its router tells apart, most of which it refuses as not implemented. It deletes the bucket
 * by DELETE ?metadataTable, shows the object by GET ?torrent and overwrites it by PUT
 * ?renameObject.
 */
export const VERSITYGW: readonly OperationName[] = [
  ...COMMON,
  "DeleteBucketAnalyticsConfiguration",
  "DeleteBucketCors",
  "DeleteBucketEncryption",
  "DeleteBucketIntelligentTieringConfiguration",
  "DeleteBucketInventoryConfiguration",
  "DeleteBucketMetricsConfiguration",
  "DeleteBucketOwnershipControls",
  "DeleteBucketWebsite",
  "DeletePublicAccessBlock",
  "GetBucketAccelerateConfiguration",
  "GetBucketAnalyticsConfiguration",
  "GetBucketEncryption",
  "GetBucketIntelligentTieringConfiguration",
  "GetBucketInventoryConfiguration",
  "GetBucketMetricsConfiguration",
  "GetBucketOwnershipControls",
  "GetObjectAttributes",
  "GetPublicAccessBlock",
  "ListBucketAnalyticsConfigurations",
  "ListBucketIntelligentTieringConfigurations",
  "ListBucketInventoryConfigurations",
  "ListBucketMetricsConfigurations",
  "PutBucketAccelerateConfiguration",
  "PutBucketAnalyticsConfiguration",
  "PutBucketCors",
  "PutBucketEncryption",
  "PutBucketIntelligentTieringConfiguration",
  "PutBucketInventoryConfiguration",
  "PutBucketLogging",
  "PutBucketMetricsConfiguration",
  "PutBucketOwnershipControls",
  "PutBucketRequestPayment",
  "PutBucketWebsite",
  "PutPublicAccessBlock",
  "RestoreObject",
];

/**
 * The operations that go to no store, whatever kind it is and whatever `upstream.operations` says.
 * CreateSession's answer is a credential of the store, with which its client would go past the
 * gateway. CreateBucketMetadataTableConfiguration names a bucket of S3 Tables by its ARN, in which
 * the store would write with its own rights, and no action of S3 is about that.
 * WriteGetObjectResponse needs the host name of an Object Lambda route, which no gateway has.
 */
export const NEVER_SENT: ReadonlySet<OperationName> = new Set<OperationName>([
  "CreateBucketMetadataTableConfiguration",
  "CreateSession",
  "WriteGetObjectResponse",
]);

export const AWS: readonly OperationName[] = OPERATION_LIST.map(({ name }) => name).filter(
  (name) => !NEVER_SENT.has(name),
);
