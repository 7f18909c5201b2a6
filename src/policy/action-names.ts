/**
 * Every action of the Service Authorization Reference for Amazon S3 (its data of 2026-09-26: 180
 * names), by the resource it is asked of, and its names in other systems' documents
 * (S3-AUTHORIZATION section 1.6). Actions that the gateway has no use for are known all the same,
 * so that a policy pasted from AWS is not refused for naming them.
 */

/** The actions on a bucket, `arn:aws:s3:::bucket`. */
export const BUCKET_ACTIONS = names(`
  AllowVendedLogDeliveryForResource CreateBucket CreateBucketMetadataTableConfiguration
  DeleteBucket DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite
  GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS
  GetBucketLocation GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification
  GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
  GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging
  GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
  GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration
  GetMetricsConfiguration GetReplicationConfiguration ListBucket ListBucketMultipartUploads
  ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration
  PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging
  PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls
  PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging
  PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
  PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration
  PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource
  UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration
  UpdateBucketMetadataJournalTableConfiguration
`);

/** The actions on an object, `arn:aws:s3:::bucket/key`. */
export const OBJECT_ACTIONS = names(`
  AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation
  DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionAnnotation DeleteObjectVersionTagging
  GetObject GetObjectAcl GetObjectAnnotation GetObjectAttributes GetObjectLegalHold
  GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl
  GetObjectVersionAnnotation GetObjectVersionAnnotationForReplication GetObjectVersionAttributes
  GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent
  InitiateReplication ListMultipartUploadParts ListObjectAnnotations ListObjectVersionAnnotations
  ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectAnnotation PutObjectLegalHold
  PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionAnnotation
  PutObjectVersionTagging ReplicateDelete ReplicateObject ReplicateObjectAnnotation ReplicateTags
  RestoreObject UpdateObjectEncryption
`);

/** The actions on an account, an access point, a job and so on: never in a bucket's policy. */
export const OTHER_ACTIONS = names(`
  AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance
  CreateAccessGrantsLocation CreateAccessPoint CreateAccessPointForObjectLambda CreateJob
  CreateMultiRegionAccessPoint CreateStorageLensGroup DeleteAccessGrant DeleteAccessGrantsInstance
  DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation DeleteAccessPoint
  DeleteAccessPointForObjectLambda DeleteAccessPointPolicy DeleteAccessPointPolicyForObjectLambda
  DeleteJobTagging DeleteMultiRegionAccessPoint DeleteStorageLensConfiguration
  DeleteStorageLensConfigurationTagging DeleteStorageLensGroup DescribeJob
  DescribeMultiRegionAccessPointOperation DissociateAccessGrantsIdentityCenter GetAccessGrant
  GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy
  GetAccessGrantsLocation GetAccessPoint GetAccessPointConfigurationForObjectLambda
  GetAccessPointForObjectLambda GetAccessPointPolicy GetAccessPointPolicyForObjectLambda
  GetAccessPointPolicyStatus GetAccessPointPolicyStatusForObjectLambda GetAccountPublicAccessBlock
  GetDataAccess GetJobTagging GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy
  GetMultiRegionAccessPointPolicyStatus GetMultiRegionAccessPointRoutes
  GetStorageLensConfiguration GetStorageLensConfigurationTagging GetStorageLensDashboard
  GetStorageLensGroup ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations
  ListAccessPoints ListAccessPointsForObjectLambda ListAllMyBuckets ListCallerAccessGrants
  ListJobs ListMultiRegionAccessPoints ListStorageLensConfigurations ListStorageLensGroups
  PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda
  PutAccessPointPolicy PutAccessPointPolicyForObjectLambda PutAccessPointPublicAccessBlock
  PutAccountPublicAccessBlock PutJobTagging PutMultiRegionAccessPointPolicy
  PutStorageLensConfiguration PutStorageLensConfigurationTagging
  SubmitMultiRegionAccessPointRoutes UpdateAccessGrantsLocation UpdateJobPriority UpdateJobStatus
  UpdateStorageLensGroup
`);

/** The actions of other services that some S3 operation asks of a bucket (section 1.2). */
export const FOREIGN_BUCKET_ACTIONS: readonly string[] = ["s3express:CreateSession"];

/** The actions of other services that an S3 operation asks of something else. */
export const FOREIGN_ACTIONS: readonly string[] = [
  "s3express:ListAllMyDirectoryBuckets",
  "s3-object-lambda:WriteGetObjectResponse",
];

/** Names of the S3 API's operations that are no action's name (section 1.2, and PostObject). */
export const OPERATION_NAMES = names(`
  CompleteMultipartUpload CopyObject CreateBucketMetadataConfiguration CreateMultipartUpload
  DeleteBucketAnalyticsConfiguration DeleteBucketCors DeleteBucketEncryption
  DeleteBucketIntelligentTieringConfiguration DeleteBucketInventoryConfiguration
  DeleteBucketLifecycle DeleteBucketMetadataConfiguration DeleteBucketMetricsConfiguration
  DeleteBucketOwnershipControls DeleteBucketReplication DeleteBucketTagging DeleteObjects
  DeletePublicAccessBlock GetBucketAccelerateConfiguration GetBucketAnalyticsConfiguration
  GetBucketEncryption GetBucketIntelligentTieringConfiguration GetBucketInventoryConfiguration
  GetBucketLifecycleConfiguration GetBucketMetadataConfiguration GetBucketMetricsConfiguration
  GetBucketNotificationConfiguration GetBucketReplication GetObjectLockConfiguration
  GetPublicAccessBlock HeadBucket HeadObject ListBucketAnalyticsConfigurations
  ListBucketIntelligentTieringConfigurations ListBucketInventoryConfigurations
  ListBucketMetricsConfigurations ListBuckets ListMultipartUploads ListObjectVersions ListObjects
  ListObjectsV2 ListParts PostObject PutBucketAccelerateConfiguration
  PutBucketAnalyticsConfiguration PutBucketEncryption PutBucketIntelligentTieringConfiguration
  PutBucketInventoryConfiguration PutBucketLifecycleConfiguration PutBucketMetricsConfiguration
  PutBucketNotificationConfiguration PutBucketReplication PutObjectLockConfiguration
  PutPublicAccessBlock RenameObject SelectObjectContent UploadPart UploadPartCopy
`);

/**
 * Actions that no request asks for, since AWS judges their operation by another one, with that
 * operation. A Deny that names one must be heard all the same: Ceph does judge by it.
 */
export const UNASKED_ACTIONS: ReadonlyMap<string, string> = new Map([
  ["s3:GetObjectTorrent", "GetObjectTorrent"],
  ["s3:GetObjectVersionTorrent", "GetObjectTorrent"],
]);

/** Other systems' names for the very same thing: alias (lower-case) to action. */
export const ACTION_ALIASES: ReadonlyMap<string, string> = new Map([
  ["s3:getbucketreplication", "s3:GetReplicationConfiguration"], // Qumulo
  ["s3:getbucketencryption", "s3:GetEncryptionConfiguration"], // Ceph
  ["s3:putbucketencryption", "s3:PutEncryptionConfiguration"], // Ceph
]);

function names(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
