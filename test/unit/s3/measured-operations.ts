/**
 * The operations as real stores were seen to treat them: a record of what measure-operations.ts finds.
 * test/stores/operations.test.ts holds it to the stores, and unit tests hold the lists of
 * src/s3/store-operations.ts to it. An operation that is in neither list of a store was taken for
 * another one, or is none of its.
 */

import type { StoreKind } from "../../../src/s3/store-kinds.ts";

type Findings = {
  /** Executed in at least one situation. */
  readonly done: readonly string[];
  /** Refused in every situation, without an effect. */
  readonly refused: readonly string[];
};

const names = (text: string): readonly string[] => text.trim().split(/\s+/);

export const MEASURED: ReadonlyMap<StoreKind, Findings> = new Map([
  // RGW 16.2.15.
  [
    "ceph",
    {
      done: names(`
        AbortMultipartUpload CompleteMultipartUpload CopyObject CreateBucket
        CreateMultipartUpload DeleteBucket DeleteBucketCors DeleteBucketLifecycle
        DeleteBucketPolicy DeleteBucketReplication DeleteBucketTagging DeleteObject
        DeleteObjectTagging DeleteObjects DeletePublicAccessBlock GetBucketAcl
        GetBucketLocation GetBucketLogging GetBucketNotificationConfiguration
        GetBucketPolicyStatus GetBucketReplication GetBucketRequestPayment GetBucketVersioning
        GetObject GetObjectAcl GetObjectTagging GetPublicAccessBlock HeadBucket HeadObject
        ListBuckets ListMultipartUploads ListObjectVersions ListObjects ListObjectsV2
        ListParts PostObject PutBucketLifecycleConfiguration PutBucketPolicy
        PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutObject
        PutObjectTagging PutPublicAccessBlock SelectObjectContent UploadPart
      `),
      refused: names(`
        CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration
        DeleteBucketWebsite GetBucketCors GetBucketLifecycleConfiguration GetBucketPolicy
        GetBucketTagging GetBucketWebsite GetObjectLegalHold GetObjectLockConfiguration
        GetObjectRetention GetObjectTorrent Preflight PutBucketAcl PutBucketCors
        PutBucketLogging PutBucketNotificationConfiguration PutBucketReplication
        PutBucketWebsite PutObjectAcl PutObjectLegalHold PutObjectLockConfiguration
        PutObjectRetention RestoreObject UploadPartCopy WriteGetObjectResponse
      `),
    },
  ],
  // MinIO of 2026-02-12.
  [
    "minio",
    {
      done: names(`
        AbortMultipartUpload CompleteMultipartUpload CopyObject CreateBucket
        CreateMultipartUpload DeleteBucket DeleteBucketEncryption DeleteBucketLifecycle
        DeleteBucketPolicy DeleteBucketTagging DeleteBucketWebsite DeleteObject
        DeleteObjectTagging DeleteObjects GetBucketAccelerateConfiguration GetBucketAcl
        GetBucketLocation GetBucketLogging GetBucketNotificationConfiguration
        GetBucketPolicyStatus GetBucketRequestPayment GetBucketVersioning GetObject
        GetObjectAcl GetObjectTagging HeadBucket HeadObject ListBuckets ListMultipartUploads
        ListObjectVersions ListObjects ListObjectsV2 ListParts PostObject Preflight
        PutBucketNotificationConfiguration PutBucketPolicy PutBucketTagging
        PutBucketVersioning PutObject PutObjectTagging UploadPart UploadPartCopy
      `),
      refused: names(`
        CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration
        DeleteBucketCors DeleteBucketReplication GetBucketAnalyticsConfiguration GetBucketCors
        GetBucketEncryption GetBucketIntelligentTieringConfiguration
        GetBucketInventoryConfiguration GetBucketLifecycleConfiguration
        GetBucketMetricsConfiguration GetBucketOwnershipControls GetBucketPolicy
        GetBucketReplication GetBucketTagging GetBucketWebsite GetObjectAttributes
        GetObjectLegalHold GetObjectLockConfiguration GetObjectRetention GetObjectTorrent
        GetPublicAccessBlock ListBucketAnalyticsConfigurations
        ListBucketIntelligentTieringConfigurations ListBucketInventoryConfigurations
        ListBucketMetricsConfigurations PutBucketAcl PutBucketCors PutBucketEncryption
        PutBucketLifecycleConfiguration PutBucketReplication PutObjectAcl PutObjectLegalHold
        PutObjectLockConfiguration PutObjectRetention RestoreObject SelectObjectContent
        WriteGetObjectResponse
      `),
    },
  ],
  // versitygw 1.8.0 over a folder.
  [
    "versitygw",
    {
      done: names(`
        AbortMultipartUpload CompleteMultipartUpload CopyObject CreateBucket
        CreateMultipartUpload DeleteBucket DeleteBucketCors DeleteBucketOwnershipControls
        DeleteBucketPolicy DeleteBucketTagging DeleteBucketWebsite DeleteObject
        DeleteObjectTagging DeleteObjects GetBucketAcl GetBucketLocation
        GetBucketOwnershipControls GetBucketVersioning GetObject GetObjectTagging HeadBucket
        HeadObject ListBuckets ListMultipartUploads ListObjectVersions ListObjects
        ListObjectsV2 ListParts PostObject PutBucketTagging PutBucketVersioning PutObject
        PutObjectTagging SelectObjectContent UploadPart UploadPartCopy
      `),
      refused: names(`
        CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration
        DeleteBucketAnalyticsConfiguration DeleteBucketEncryption
        DeleteBucketIntelligentTieringConfiguration DeleteBucketInventoryConfiguration
        DeleteBucketLifecycle DeleteBucketMetricsConfiguration DeleteBucketReplication
        DeletePublicAccessBlock GetBucketAccelerateConfiguration
        GetBucketAnalyticsConfiguration GetBucketCors GetBucketEncryption
        GetBucketIntelligentTieringConfiguration GetBucketInventoryConfiguration
        GetBucketLifecycleConfiguration GetBucketLogging GetBucketMetricsConfiguration
        GetBucketNotificationConfiguration GetBucketPolicy GetBucketPolicyStatus
        GetBucketReplication GetBucketRequestPayment GetBucketTagging GetBucketWebsite
        GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectLockConfiguration
        GetObjectRetention GetPublicAccessBlock ListBucketAnalyticsConfigurations
        ListBucketIntelligentTieringConfigurations ListBucketInventoryConfigurations
        ListBucketMetricsConfigurations Preflight PutBucketAccelerateConfiguration
        PutBucketAcl PutBucketAnalyticsConfiguration PutBucketCors PutBucketEncryption
        PutBucketIntelligentTieringConfiguration PutBucketInventoryConfiguration
        PutBucketLifecycleConfiguration PutBucketLogging PutBucketMetricsConfiguration
        PutBucketNotificationConfiguration PutBucketOwnershipControls PutBucketPolicy
        PutBucketReplication PutBucketRequestPayment PutBucketWebsite PutObjectAcl
        PutObjectLegalHold PutObjectLockConfiguration PutObjectRetention PutPublicAccessBlock
        RestoreObject WriteGetObjectResponse
      `),
    },
  ],
]);
