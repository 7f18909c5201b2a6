/**
 * The S3 API as one table: one row per operation of "Actions", Amazon S3 API Reference (112 in
 * @aws-sdk/client-s3), and the two requests outside that model, PostObject and the CORS preflight.
 * Whatever no row describes is refused. To serve a new operation, add its row.
 */

import type { Action } from "./actions.ts";

export const METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"] as const;
export const LEVELS = ["service", "bucket", "object", "any"] as const;

export type Method = (typeof METHODS)[number];
export type Level = (typeof LEVELS)[number];

/** A header that decides between operations of the same method, level and query. */
export type RoutingHeader = "x-amz-copy-source" | "x-amz-rename-source" | "x-amz-request-route";

/** The kind of the request's body, if the operation has one. `xml` and `json` are documents. */
export type BodyKind = "none" | "object" | "xml" | "json" | "form";

export type Row = {
  /**
   * Method, level and the parameters that must be there, the routing one first: `?acl` is a flag,
   * `?uploadId=` has some value, `?list-type=2` has just that value.
   */
  readonly on: `${Method} ${Level}` | `${Method} ${Level}?${string}`;
  readonly header?: RoutingHeader;
  /** Further query parameters the operation takes. */
  readonly query?: readonly string[];
  /** Actions needed on the addressed resource; what headers add is in asks.ts. */
  readonly asks: readonly Action[];
  /** The same if `versionId` is given; absent if there is no difference. */
  readonly versioned?: readonly Action[];
  readonly body?: BodyKind;
};

const VERSION = ["versionId"] as const;
const PAGE = ["continuation-token"] as const;
const READ = [
  "partNumber",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "versionId",
] as const;
const LISTING = ["delimiter", "encoding-type", "max-keys", "prefix"] as const;

export const ROWS = {
  AbortMultipartUpload: { on: "DELETE object?uploadId=", asks: ["s3:AbortMultipartUpload"] },
  CompleteMultipartUpload: { on: "POST object?uploadId=", asks: ["s3:PutObject"], body: "xml" },
  CopyObject: { on: "PUT object", header: "x-amz-copy-source", asks: ["s3:PutObject"] },
  CreateBucket: { on: "PUT bucket", asks: ["s3:CreateBucket"], body: "xml" },
  CreateBucketMetadataConfiguration: {
    on: "POST bucket?metadataConfiguration",
    asks: ["s3:CreateBucketMetadataTableConfiguration"],
    body: "xml",
  },
  CreateBucketMetadataTableConfiguration: {
    on: "POST bucket?metadataTable",
    asks: ["s3:CreateBucketMetadataTableConfiguration"],
    body: "xml",
  },
  CreateMultipartUpload: { on: "POST object?uploads", asks: ["s3:PutObject"] },
  CreateSession: { on: "GET bucket?session", asks: ["s3express:CreateSession"] },
  DeleteBucket: { on: "DELETE bucket", asks: ["s3:DeleteBucket"] },
  DeleteBucketAnalyticsConfiguration: {
    on: "DELETE bucket?analytics&id=",
    asks: ["s3:PutAnalyticsConfiguration"],
  },
  DeleteBucketCors: { on: "DELETE bucket?cors", asks: ["s3:PutBucketCORS"] },
  DeleteBucketEncryption: {
    on: "DELETE bucket?encryption",
    asks: ["s3:PutEncryptionConfiguration"],
  },
  DeleteBucketIntelligentTieringConfiguration: {
    on: "DELETE bucket?intelligent-tiering&id=",
    asks: ["s3:PutIntelligentTieringConfiguration"],
  },
  DeleteBucketInventoryConfiguration: {
    on: "DELETE bucket?inventory&id=",
    asks: ["s3:PutInventoryConfiguration"],
  },
  DeleteBucketLifecycle: { on: "DELETE bucket?lifecycle", asks: ["s3:PutLifecycleConfiguration"] },
  DeleteBucketMetadataConfiguration: {
    on: "DELETE bucket?metadataConfiguration",
    asks: ["s3:DeleteBucketMetadataTableConfiguration"],
  },
  DeleteBucketMetadataTableConfiguration: {
    on: "DELETE bucket?metadataTable",
    asks: ["s3:DeleteBucketMetadataTableConfiguration"],
  },
  DeleteBucketMetricsConfiguration: {
    on: "DELETE bucket?metrics&id=",
    asks: ["s3:PutMetricsConfiguration"],
  },
  DeleteBucketOwnershipControls: {
    on: "DELETE bucket?ownershipControls",
    asks: ["s3:PutBucketOwnershipControls"],
  },
  DeleteBucketPolicy: { on: "DELETE bucket?policy", asks: ["s3:DeleteBucketPolicy"] },
  DeleteBucketReplication: {
    on: "DELETE bucket?replication",
    asks: ["s3:PutReplicationConfiguration"],
  },
  DeleteBucketTagging: { on: "DELETE bucket?tagging", asks: ["s3:PutBucketTagging"] },
  DeleteBucketWebsite: { on: "DELETE bucket?website", asks: ["s3:DeleteBucketWebsite"] },
  DeleteObject: {
    on: "DELETE object",
    query: VERSION,
    asks: ["s3:DeleteObject"],
    versioned: ["s3:DeleteObjectVersion"],
  },
  DeleteObjectAnnotation: {
    on: "DELETE object?annotation&annotationName=",
    query: VERSION,
    asks: ["s3:DeleteObjectAnnotation"],
    versioned: ["s3:DeleteObjectVersionAnnotation"],
  },
  DeleteObjectTagging: {
    on: "DELETE object?tagging",
    query: VERSION,
    asks: ["s3:DeleteObjectTagging"],
    versioned: ["s3:DeleteObjectVersionTagging"],
  },
  // The keys stand in the body: see asksOfDelete().
  DeleteObjects: { on: "POST bucket?delete", asks: [], body: "xml" },
  DeletePublicAccessBlock: {
    on: "DELETE bucket?publicAccessBlock",
    asks: ["s3:PutBucketPublicAccessBlock"],
  },
  GetBucketAbac: { on: "GET bucket?abac", asks: ["s3:GetBucketAbac"] },
  GetBucketAccelerateConfiguration: {
    on: "GET bucket?accelerate",
    asks: ["s3:GetAccelerateConfiguration"],
  },
  GetBucketAcl: { on: "GET bucket?acl", asks: ["s3:GetBucketAcl"] },
  GetBucketAnalyticsConfiguration: {
    on: "GET bucket?analytics&id=",
    asks: ["s3:GetAnalyticsConfiguration"],
  },
  GetBucketCors: { on: "GET bucket?cors", asks: ["s3:GetBucketCORS"] },
  GetBucketEncryption: { on: "GET bucket?encryption", asks: ["s3:GetEncryptionConfiguration"] },
  GetBucketIntelligentTieringConfiguration: {
    on: "GET bucket?intelligent-tiering&id=",
    asks: ["s3:GetIntelligentTieringConfiguration"],
  },
  GetBucketInventoryConfiguration: {
    on: "GET bucket?inventory&id=",
    asks: ["s3:GetInventoryConfiguration"],
  },
  GetBucketLifecycleConfiguration: {
    on: "GET bucket?lifecycle",
    asks: ["s3:GetLifecycleConfiguration"],
  },
  GetBucketLocation: { on: "GET bucket?location", asks: ["s3:GetBucketLocation"] },
  GetBucketLogging: { on: "GET bucket?logging", asks: ["s3:GetBucketLogging"] },
  GetBucketMetadataConfiguration: {
    on: "GET bucket?metadataConfiguration",
    asks: ["s3:GetBucketMetadataTableConfiguration"],
  },
  GetBucketMetadataTableConfiguration: {
    on: "GET bucket?metadataTable",
    asks: ["s3:GetBucketMetadataTableConfiguration"],
  },
  GetBucketMetricsConfiguration: {
    on: "GET bucket?metrics&id=",
    asks: ["s3:GetMetricsConfiguration"],
  },
  GetBucketNotificationConfiguration: {
    on: "GET bucket?notification",
    asks: ["s3:GetBucketNotification"],
  },
  GetBucketOwnershipControls: {
    on: "GET bucket?ownershipControls",
    asks: ["s3:GetBucketOwnershipControls"],
  },
  GetBucketPolicy: { on: "GET bucket?policy", asks: ["s3:GetBucketPolicy"] },
  GetBucketPolicyStatus: { on: "GET bucket?policyStatus", asks: ["s3:GetBucketPolicyStatus"] },
  GetBucketReplication: { on: "GET bucket?replication", asks: ["s3:GetReplicationConfiguration"] },
  GetBucketRequestPayment: {
    on: "GET bucket?requestPayment",
    asks: ["s3:GetBucketRequestPayment"],
  },
  GetBucketTagging: { on: "GET bucket?tagging", asks: ["s3:GetBucketTagging"] },
  GetBucketVersioning: { on: "GET bucket?versioning", asks: ["s3:GetBucketVersioning"] },
  GetBucketWebsite: { on: "GET bucket?website", asks: ["s3:GetBucketWebsite"] },
  GetObject: {
    on: "GET object",
    query: READ,
    asks: ["s3:GetObject"],
    versioned: ["s3:GetObjectVersion"],
  },
  GetObjectAcl: {
    on: "GET object?acl",
    query: VERSION,
    asks: ["s3:GetObjectAcl"],
    versioned: ["s3:GetObjectVersionAcl"],
  },
  GetObjectAnnotation: {
    on: "GET object?annotation&annotationName=",
    query: VERSION,
    asks: ["s3:GetObjectAnnotation"],
    versioned: ["s3:GetObjectVersionAnnotation"],
  },
  GetObjectAttributes: {
    on: "GET object?attributes",
    query: VERSION,
    asks: ["s3:GetObject", "s3:GetObjectAttributes"],
    versioned: ["s3:GetObjectVersion", "s3:GetObjectVersionAttributes"],
  },
  GetObjectLegalHold: {
    on: "GET object?legal-hold",
    query: VERSION,
    asks: ["s3:GetObjectLegalHold"],
  },
  GetObjectLockConfiguration: {
    on: "GET bucket?object-lock",
    asks: ["s3:GetBucketObjectLockConfiguration"],
  },
  GetObjectRetention: {
    on: "GET object?retention",
    query: VERSION,
    asks: ["s3:GetObjectRetention"],
  },
  GetObjectTagging: {
    on: "GET object?tagging",
    query: VERSION,
    asks: ["s3:GetObjectTagging"],
    versioned: ["s3:GetObjectVersionTagging"],
  },
  // Stores that have a torrent action of their own (Ceph) are met by the operation's name: a rule
  // that denies s3:GetObjectTorrent matches it.
  GetObjectTorrent: { on: "GET object?torrent", asks: ["s3:GetObject"] },
  GetPublicAccessBlock: {
    on: "GET bucket?publicAccessBlock",
    asks: ["s3:GetBucketPublicAccessBlock"],
  },
  HeadBucket: { on: "HEAD bucket", asks: ["s3:ListBucket"] },
  HeadObject: {
    on: "HEAD object",
    query: READ,
    asks: ["s3:GetObject"],
    versioned: ["s3:GetObjectVersion"],
  },
  ListBucketAnalyticsConfigurations: {
    on: "GET bucket?analytics",
    query: PAGE,
    asks: ["s3:GetAnalyticsConfiguration"],
  },
  ListBucketIntelligentTieringConfigurations: {
    on: "GET bucket?intelligent-tiering",
    query: PAGE,
    asks: ["s3:GetIntelligentTieringConfiguration"],
  },
  ListBucketInventoryConfigurations: {
    on: "GET bucket?inventory",
    query: PAGE,
    asks: ["s3:GetInventoryConfiguration"],
  },
  ListBucketMetricsConfigurations: {
    on: "GET bucket?metrics",
    query: PAGE,
    asks: ["s3:GetMetricsConfiguration"],
  },
  ListBuckets: {
    on: "GET service",
    query: ["bucket-region", "continuation-token", "max-buckets", "prefix"],
    asks: ["s3:ListAllMyBuckets"],
  },
  // It has the very shape of ListBuckets if `max-directory-buckets` is missing. A store that does
  // not know it answers with the plain list, so both actions are needed.
  ListDirectoryBuckets: {
    on: "GET service?max-directory-buckets=",
    query: PAGE,
    asks: ["s3express:ListAllMyDirectoryBuckets", "s3:ListAllMyBuckets"],
  },
  ListMultipartUploads: {
    on: "GET bucket?uploads",
    query: [
      "delimiter",
      "encoding-type",
      "key-marker",
      "max-uploads",
      "prefix",
      "upload-id-marker",
    ],
    asks: ["s3:ListBucketMultipartUploads"],
  },
  ListObjectAnnotations: {
    on: "GET object?annotation",
    query: ["annotation-prefix", "continuation-token", "max-annotation-results", "versionId"],
    asks: ["s3:ListObjectAnnotations"],
    versioned: ["s3:ListObjectVersionAnnotations"],
  },
  ListObjectVersions: {
    on: "GET bucket?versions",
    query: [...LISTING, "key-marker", "version-id-marker"],
    asks: ["s3:ListBucketVersions"],
  },
  ListObjects: { on: "GET bucket", query: [...LISTING, "marker"], asks: ["s3:ListBucket"] },
  ListObjectsV2: {
    on: "GET bucket?list-type=2",
    query: [...LISTING, "continuation-token", "fetch-owner", "start-after"],
    asks: ["s3:ListBucket"],
  },
  ListParts: {
    on: "GET object?uploadId=",
    query: ["max-parts", "part-number-marker"],
    asks: ["s3:ListMultipartUploadParts"],
  },
  PutBucketAbac: { on: "PUT bucket?abac", asks: ["s3:PutBucketAbac"], body: "xml" },
  PutBucketAccelerateConfiguration: {
    on: "PUT bucket?accelerate",
    asks: ["s3:PutAccelerateConfiguration"],
    body: "xml",
  },
  PutBucketAcl: { on: "PUT bucket?acl", asks: ["s3:PutBucketAcl"], body: "xml" },
  PutBucketAnalyticsConfiguration: {
    on: "PUT bucket?analytics&id=",
    asks: ["s3:PutAnalyticsConfiguration"],
    body: "xml",
  },
  PutBucketCors: { on: "PUT bucket?cors", asks: ["s3:PutBucketCORS"], body: "xml" },
  PutBucketEncryption: {
    on: "PUT bucket?encryption",
    asks: ["s3:PutEncryptionConfiguration"],
    body: "xml",
  },
  PutBucketIntelligentTieringConfiguration: {
    on: "PUT bucket?intelligent-tiering&id=",
    asks: ["s3:PutIntelligentTieringConfiguration"],
    body: "xml",
  },
  PutBucketInventoryConfiguration: {
    on: "PUT bucket?inventory&id=",
    asks: ["s3:PutInventoryConfiguration"],
    body: "xml",
  },
  PutBucketLifecycleConfiguration: {
    on: "PUT bucket?lifecycle",
    asks: ["s3:PutLifecycleConfiguration"],
    body: "xml",
  },
  PutBucketLogging: { on: "PUT bucket?logging", asks: ["s3:PutBucketLogging"], body: "xml" },
  PutBucketMetricsConfiguration: {
    on: "PUT bucket?metrics&id=",
    asks: ["s3:PutMetricsConfiguration"],
    body: "xml",
  },
  PutBucketNotificationConfiguration: {
    on: "PUT bucket?notification",
    asks: ["s3:PutBucketNotification"],
    body: "xml",
  },
  PutBucketOwnershipControls: {
    on: "PUT bucket?ownershipControls",
    asks: ["s3:PutBucketOwnershipControls"],
    body: "xml",
  },
  PutBucketPolicy: { on: "PUT bucket?policy", asks: ["s3:PutBucketPolicy"], body: "json" },
  PutBucketReplication: {
    on: "PUT bucket?replication",
    asks: ["s3:PutReplicationConfiguration"],
    body: "xml",
  },
  PutBucketRequestPayment: {
    on: "PUT bucket?requestPayment",
    asks: ["s3:PutBucketRequestPayment"],
    body: "xml",
  },
  PutBucketTagging: { on: "PUT bucket?tagging", asks: ["s3:PutBucketTagging"], body: "xml" },
  PutBucketVersioning: {
    on: "PUT bucket?versioning",
    asks: ["s3:PutBucketVersioning"],
    body: "xml",
  },
  PutBucketWebsite: { on: "PUT bucket?website", asks: ["s3:PutBucketWebsite"], body: "xml" },
  PutObject: { on: "PUT object", asks: ["s3:PutObject"], body: "object" },
  PutObjectAcl: {
    on: "PUT object?acl",
    query: VERSION,
    asks: ["s3:PutObjectAcl"],
    versioned: ["s3:PutObjectVersionAcl"],
    body: "xml",
  },
  PutObjectAnnotation: {
    on: "PUT object?annotation&annotationName=",
    query: VERSION,
    asks: ["s3:PutObjectAnnotation"],
    versioned: ["s3:PutObjectVersionAnnotation"],
    body: "object",
  },
  PutObjectLegalHold: {
    on: "PUT object?legal-hold",
    query: VERSION,
    asks: ["s3:PutObjectLegalHold"],
    body: "xml",
  },
  PutObjectLockConfiguration: {
    on: "PUT bucket?object-lock",
    asks: ["s3:PutBucketObjectLockConfiguration"],
    body: "xml",
  },
  PutObjectRetention: {
    on: "PUT object?retention",
    query: VERSION,
    asks: ["s3:PutObjectRetention"],
    body: "xml",
  },
  PutObjectTagging: {
    on: "PUT object?tagging",
    query: VERSION,
    asks: ["s3:PutObjectTagging"],
    versioned: ["s3:PutObjectVersionTagging"],
    body: "xml",
  },
  PutPublicAccessBlock: {
    on: "PUT bucket?publicAccessBlock",
    asks: ["s3:PutBucketPublicAccessBlock"],
    body: "xml",
  },
  RenameObject: {
    on: "PUT object?renameObject",
    header: "x-amz-rename-source",
    asks: ["s3:PutObject"],
  },
  RestoreObject: {
    on: "POST object?restore",
    query: VERSION,
    asks: ["s3:RestoreObject"],
    body: "xml",
  },
  SelectObjectContent: {
    on: "POST object?select&select-type=2",
    asks: ["s3:GetObject"],
    body: "xml",
  },
  UpdateBucketMetadataAnnotationTableConfiguration: {
    on: "PUT bucket?metadataAnnotationTable",
    asks: ["s3:UpdateBucketMetadataAnnotationTableConfiguration"],
    body: "xml",
  },
  UpdateBucketMetadataInventoryTableConfiguration: {
    on: "PUT bucket?metadataInventoryTable",
    asks: ["s3:UpdateBucketMetadataInventoryTableConfiguration"],
    body: "xml",
  },
  UpdateBucketMetadataJournalTableConfiguration: {
    on: "PUT bucket?metadataJournalTable",
    asks: ["s3:UpdateBucketMetadataJournalTableConfiguration"],
    body: "xml",
  },
  UpdateObjectEncryption: {
    on: "PUT object?encryption",
    query: VERSION,
    asks: ["s3:UpdateObjectEncryption"],
    body: "xml",
  },
  UploadPart: { on: "PUT object?uploadId=&partNumber=", asks: ["s3:PutObject"], body: "object" },
  UploadPartCopy: {
    on: "PUT object?uploadId=&partNumber=",
    header: "x-amz-copy-source",
    asks: ["s3:PutObject"],
  },
  // S3 Object Lambda's answer, POST /WriteGetObjectResponse: by its path, a POST to a bucket.
  WriteGetObjectResponse: {
    on: "POST bucket",
    header: "x-amz-request-route",
    asks: ["s3-object-lambda:WriteGetObjectResponse"],
    body: "object",
  },

  /** The browser form ("POST Object"): the key and everything else stand in the form. */
  PostObject: { on: "POST bucket", asks: [], body: "form" },
  /** The CORS preflight (Fetch standard, section 4.8): asks for nothing, signed by nobody. */
  Preflight: { on: "OPTIONS any", asks: [] },
} as const satisfies Record<string, Row>;
