/**
 * What each of the 112 operations must need, written from S3-AUTHORIZATION section 1.2 and not from
 * src/s3/operation-table.ts: two tables made apart must agree. A permission is an action and its
 * resource, `bucket/key`; `*` stands for the service. What the head's extras and a document add
 * follows sections 1.2 (conditional extra actions), 1.3 (forms) and 1.5 (documents).
 */

export type Row = {
  readonly operation: string;
  readonly line: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Fields of a browser's form, which it has instead of a body. */
  readonly form?: Readonly<Record<string, string>>;
  readonly needs: readonly string[];
  /** Actions of other systems that a Deny may name instead (sections 1.2 and 1.6). */
  readonly deniedToo?: readonly string[];
  /** How it ends whatever policies say; absent: it is forwarded if they allow it. */
  readonly ends?: "NotImplemented";
};

const NEW_OBJECT = {
  PutObject: "PUT /bucket/key",
  CreateMultipartUpload: "POST /bucket/key?uploads",
};
const TAGS = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
const GRANT =
  '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>i</ID></Grantee><Permission>READ</Permission></Grant>';
const ACL = `<AccessControlPolicy><AccessControlList>${GRANT}</AccessControlList></AccessControlPolicy>`;

/** Bodies by operation, for rows that bring none of their own. */
export const BODIES: Readonly<Record<string, string>> = {
  CompleteMultipartUpload:
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>",
  CreateBucketMetadataConfiguration: "<MetadataConfiguration/>",
  PutBucketAbac: "<AbacStatus><Status>Enabled</Status></AbacStatus>",
  PutBucketAccelerateConfiguration: "<AccelerateConfiguration/>",
  PutBucketAcl: ACL,
  PutBucketAnalyticsConfiguration:
    "<AnalyticsConfiguration><Id>i</Id><StorageClassAnalysis/></AnalyticsConfiguration>",
  PutBucketCors: "<CORSConfiguration/>",
  PutBucketEncryption: "<ServerSideEncryptionConfiguration/>",
  PutBucketIntelligentTieringConfiguration: "<IntelligentTieringConfiguration/>",
  PutBucketInventoryConfiguration:
    "<InventoryConfiguration><Destination><S3BucketDestination><Bucket>arn:aws:s3:::bucket</Bucket><Prefix>inventory/</Prefix></S3BucketDestination></Destination></InventoryConfiguration>",
  PutBucketLifecycleConfiguration: "<LifecycleConfiguration><Rule/></LifecycleConfiguration>",
  PutBucketLogging: "<BucketLoggingStatus/>",
  PutBucketMetricsConfiguration: "<MetricsConfiguration/>",
  PutBucketNotificationConfiguration: "<NotificationConfiguration/>",
  PutBucketOwnershipControls: "<OwnershipControls/>",
  PutBucketPolicy: '{"Version":"2012-10-17","Statement":[]}',
  PutBucketReplication:
    "<ReplicationConfiguration><Rule><DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::bucket</Bucket></Destination></Rule></ReplicationConfiguration>",
  PutBucketRequestPayment:
    "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
  PutBucketTagging: TAGS,
  PutBucketVersioning:
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
  PutBucketWebsite: "<WebsiteConfiguration/>",
  PutObject: "content",
  PutObjectAcl: ACL,
  PutObjectAnnotation: "annotation",
  PutObjectLegalHold: "<LegalHold><Status>ON</Status></LegalHold>",
  PutObjectLockConfiguration: "<ObjectLockConfiguration/>",
  PutObjectRetention: "<Retention><Mode>GOVERNANCE</Mode></Retention>",
  PutObjectTagging: TAGS,
  PutPublicAccessBlock: "<PublicAccessBlockConfiguration/>",
  RestoreObject: "<RestoreRequest><Days>1</Days></RestoreRequest>",
  SelectObjectContent: "<SelectObjectContentRequest/>",
  UpdateBucketMetadataAnnotationTableConfiguration: "<AnnotationTableConfiguration/>",
  UpdateBucketMetadataInventoryTableConfiguration: "<InventoryTableConfiguration/>",
  UpdateBucketMetadataJournalTableConfiguration: "<JournalTableConfiguration/>",
  UpdateObjectEncryption: "<ObjectEncryption/>",
  UploadPart: "content",
};

/**
 * Operation, request line, permissions. Besides what section 1.2 lists: inventories and
 * replications name the bucket that they write to (1.5), and ListDirectoryBuckets needs what
 * ListBuckets does, since a store that does not know it takes it for that.
 */
const PLAIN = `
AbortMultipartUpload | DELETE /bucket/key?uploadId=u | s3:AbortMultipartUpload bucket/key
CompleteMultipartUpload | POST /bucket/key?uploadId=u | s3:PutObject bucket/key
CreateBucket | PUT /bucket | s3:CreateBucket bucket
CreateBucketMetadataConfiguration | POST /bucket?metadataConfiguration | s3:CreateBucketMetadataTableConfiguration bucket
CreateMultipartUpload | POST /bucket/key?uploads | s3:PutObject bucket/key
DeleteBucket | DELETE /bucket | s3:DeleteBucket bucket
DeleteBucketAnalyticsConfiguration | DELETE /bucket?analytics&id=i | s3:PutAnalyticsConfiguration bucket
DeleteBucketCors | DELETE /bucket?cors | s3:PutBucketCORS bucket
DeleteBucketEncryption | DELETE /bucket?encryption | s3:PutEncryptionConfiguration bucket
DeleteBucketIntelligentTieringConfiguration | DELETE /bucket?id=i&intelligent-tiering | s3:PutIntelligentTieringConfiguration bucket
DeleteBucketInventoryConfiguration | DELETE /bucket?id=i&inventory | s3:PutInventoryConfiguration bucket
DeleteBucketLifecycle | DELETE /bucket?lifecycle | s3:PutLifecycleConfiguration bucket
DeleteBucketMetadataConfiguration | DELETE /bucket?metadataConfiguration | s3:DeleteBucketMetadataTableConfiguration bucket
DeleteBucketMetadataTableConfiguration | DELETE /bucket?metadataTable | s3:DeleteBucketMetadataTableConfiguration bucket
DeleteBucketMetricsConfiguration | DELETE /bucket?id=i&metrics | s3:PutMetricsConfiguration bucket
DeleteBucketOwnershipControls | DELETE /bucket?ownershipControls | s3:PutBucketOwnershipControls bucket
DeleteBucketPolicy | DELETE /bucket?policy | s3:DeleteBucketPolicy bucket
DeleteBucketTagging | DELETE /bucket?tagging | s3:PutBucketTagging bucket
DeleteBucketWebsite | DELETE /bucket?website | s3:DeleteBucketWebsite bucket
DeleteObject | DELETE /bucket/key | s3:DeleteObject bucket/key
DeleteObject | DELETE /bucket/key?versionId=v | s3:DeleteObjectVersion bucket/key
DeleteObject | DELETE /bucket/key?versionId=null | s3:DeleteObjectVersion bucket/key
DeleteObjectAnnotation | DELETE /bucket/key?annotation&annotationName=a | s3:DeleteObjectAnnotation bucket/key
DeleteObjectAnnotation | DELETE /bucket/key?annotation&annotationName=a&versionId=v | s3:DeleteObjectVersionAnnotation bucket/key
DeleteObjectTagging | DELETE /bucket/key?tagging | s3:DeleteObjectTagging bucket/key
DeleteObjectTagging | DELETE /bucket/key?tagging&versionId=v | s3:DeleteObjectVersionTagging bucket/key
DeletePublicAccessBlock | DELETE /bucket?publicAccessBlock | s3:PutBucketPublicAccessBlock bucket
GetBucketAbac | GET /bucket?abac | s3:GetBucketAbac bucket
GetBucketAccelerateConfiguration | GET /bucket?accelerate | s3:GetAccelerateConfiguration bucket
GetBucketAcl | GET /bucket?acl | s3:GetBucketAcl bucket
GetBucketAnalyticsConfiguration | GET /bucket?analytics&id=i | s3:GetAnalyticsConfiguration bucket
GetBucketCors | GET /bucket?cors | s3:GetBucketCORS bucket
GetBucketEncryption | GET /bucket?encryption | s3:GetEncryptionConfiguration bucket
GetBucketIntelligentTieringConfiguration | GET /bucket?id=i&intelligent-tiering | s3:GetIntelligentTieringConfiguration bucket
GetBucketInventoryConfiguration | GET /bucket?id=i&inventory | s3:GetInventoryConfiguration bucket
GetBucketLifecycleConfiguration | GET /bucket?lifecycle | s3:GetLifecycleConfiguration bucket
GetBucketLocation | GET /bucket?location | s3:GetBucketLocation bucket
GetBucketLogging | GET /bucket?logging | s3:GetBucketLogging bucket
GetBucketMetadataConfiguration | GET /bucket?metadataConfiguration | s3:GetBucketMetadataTableConfiguration bucket
GetBucketMetadataTableConfiguration | GET /bucket?metadataTable | s3:GetBucketMetadataTableConfiguration bucket
GetBucketMetricsConfiguration | GET /bucket?id=i&metrics | s3:GetMetricsConfiguration bucket
GetBucketNotificationConfiguration | GET /bucket?notification | s3:GetBucketNotification bucket
GetBucketOwnershipControls | GET /bucket?ownershipControls | s3:GetBucketOwnershipControls bucket
GetBucketPolicy | GET /bucket?policy | s3:GetBucketPolicy bucket
GetBucketPolicyStatus | GET /bucket?policyStatus | s3:GetBucketPolicyStatus bucket
GetBucketReplication | GET /bucket?replication | s3:GetReplicationConfiguration bucket
GetBucketRequestPayment | GET /bucket?requestPayment | s3:GetBucketRequestPayment bucket
GetBucketTagging | GET /bucket?tagging | s3:GetBucketTagging bucket
GetBucketVersioning | GET /bucket?versioning | s3:GetBucketVersioning bucket
GetBucketWebsite | GET /bucket?website | s3:GetBucketWebsite bucket
GetObject | GET /bucket/key | s3:GetObject bucket/key
GetObject | GET /bucket/key?partNumber=1 | s3:GetObject bucket/key
GetObject | GET /bucket/key?versionId=v | s3:GetObjectVersion bucket/key
GetObjectAcl | GET /bucket/key?acl | s3:GetObjectAcl bucket/key
GetObjectAcl | GET /bucket/key?acl&versionId=v | s3:GetObjectVersionAcl bucket/key
GetObjectAnnotation | GET /bucket/key?annotation&annotationName=a | s3:GetObjectAnnotation bucket/key
GetObjectAnnotation | GET /bucket/key?annotation&annotationName=a&versionId=v | s3:GetObjectVersionAnnotation bucket/key
GetObjectAttributes | GET /bucket/key?attributes | s3:GetObject bucket/key + s3:GetObjectAttributes bucket/key
GetObjectAttributes | GET /bucket/key?attributes&versionId=v | s3:GetObjectVersion bucket/key + s3:GetObjectVersionAttributes bucket/key
GetObjectLegalHold | GET /bucket/key?legal-hold | s3:GetObjectLegalHold bucket/key
GetObjectLegalHold | GET /bucket/key?legal-hold&versionId=v | s3:GetObjectLegalHold bucket/key
GetObjectLockConfiguration | GET /bucket?object-lock | s3:GetBucketObjectLockConfiguration bucket
GetObjectRetention | GET /bucket/key?retention | s3:GetObjectRetention bucket/key
GetObjectRetention | GET /bucket/key?retention&versionId=v | s3:GetObjectRetention bucket/key
GetObjectTagging | GET /bucket/key?tagging | s3:GetObjectTagging bucket/key
GetObjectTagging | GET /bucket/key?tagging&versionId=v | s3:GetObjectVersionTagging bucket/key
GetPublicAccessBlock | GET /bucket?publicAccessBlock | s3:GetBucketPublicAccessBlock bucket
ListBucketAnalyticsConfigurations | GET /bucket?analytics | s3:GetAnalyticsConfiguration bucket
ListBucketIntelligentTieringConfigurations | GET /bucket?intelligent-tiering | s3:GetIntelligentTieringConfiguration bucket
ListBucketInventoryConfigurations | GET /bucket?inventory | s3:GetInventoryConfiguration bucket
ListBucketMetricsConfigurations | GET /bucket?metrics | s3:GetMetricsConfiguration bucket
ListBuckets | GET / | s3:ListAllMyBuckets *
ListDirectoryBuckets | GET /?max-directory-buckets=9 | s3express:ListAllMyDirectoryBuckets * + s3:ListAllMyBuckets *
ListMultipartUploads | GET /bucket?uploads | s3:ListBucketMultipartUploads bucket
ListObjectAnnotations | GET /bucket/key?annotation | s3:ListObjectAnnotations bucket/key
ListObjectAnnotations | GET /bucket/key?annotation&versionId=v | s3:ListObjectVersionAnnotations bucket/key
ListObjectVersions | GET /bucket?versions | s3:ListBucketVersions bucket
ListParts | GET /bucket/key?uploadId=u | s3:ListMultipartUploadParts bucket/key
PutBucketAbac | PUT /bucket?abac | s3:PutBucketAbac bucket
PutBucketAccelerateConfiguration | PUT /bucket?accelerate | s3:PutAccelerateConfiguration bucket
PutBucketAcl | PUT /bucket?acl | s3:PutBucketAcl bucket
PutBucketAnalyticsConfiguration | PUT /bucket?analytics&id=i | s3:PutAnalyticsConfiguration bucket
PutBucketCors | PUT /bucket?cors | s3:PutBucketCORS bucket
PutBucketEncryption | PUT /bucket?encryption | s3:PutEncryptionConfiguration bucket
PutBucketIntelligentTieringConfiguration | PUT /bucket?id=i&intelligent-tiering | s3:PutIntelligentTieringConfiguration bucket
PutBucketInventoryConfiguration | PUT /bucket?id=i&inventory | s3:PutInventoryConfiguration bucket + s3:PutObject bucket/inventory/*
PutBucketLifecycleConfiguration | PUT /bucket?lifecycle | s3:PutLifecycleConfiguration bucket
PutBucketLogging | PUT /bucket?logging | s3:PutBucketLogging bucket
PutBucketMetricsConfiguration | PUT /bucket?id=i&metrics | s3:PutMetricsConfiguration bucket
PutBucketNotificationConfiguration | PUT /bucket?notification | s3:PutBucketNotification bucket
PutBucketOwnershipControls | PUT /bucket?ownershipControls | s3:PutBucketOwnershipControls bucket
PutBucketPolicy | PUT /bucket?policy | s3:PutBucketPolicy bucket
PutBucketReplication | PUT /bucket?replication | s3:PutReplicationConfiguration bucket + s3:PutObject bucket/*
PutBucketRequestPayment | PUT /bucket?requestPayment | s3:PutBucketRequestPayment bucket
PutBucketTagging | PUT /bucket?tagging | s3:PutBucketTagging bucket
PutBucketVersioning | PUT /bucket?versioning | s3:PutBucketVersioning bucket
PutBucketWebsite | PUT /bucket?website | s3:PutBucketWebsite bucket
PutObject | PUT /bucket/key | s3:PutObject bucket/key
PutObjectAcl | PUT /bucket/key?acl | s3:PutObjectAcl bucket/key
PutObjectAcl | PUT /bucket/key?acl&versionId=v | s3:PutObjectVersionAcl bucket/key
PutObjectAnnotation | PUT /bucket/key?annotation&annotationName=a | s3:PutObjectAnnotation bucket/key
PutObjectAnnotation | PUT /bucket/key?annotation&annotationName=a&versionId=v | s3:PutObjectVersionAnnotation bucket/key
PutObjectLegalHold | PUT /bucket/key?legal-hold | s3:PutObjectLegalHold bucket/key
PutObjectLegalHold | PUT /bucket/key?legal-hold&versionId=v | s3:PutObjectLegalHold bucket/key
PutObjectLockConfiguration | PUT /bucket?object-lock | s3:PutBucketObjectLockConfiguration bucket
PutObjectRetention | PUT /bucket/key?retention | s3:PutObjectRetention bucket/key
PutObjectRetention | PUT /bucket/key?retention&versionId=v | s3:PutObjectRetention bucket/key
PutObjectTagging | PUT /bucket/key?tagging | s3:PutObjectTagging bucket/key
PutObjectTagging | PUT /bucket/key?tagging&versionId=v | s3:PutObjectVersionTagging bucket/key
PutPublicAccessBlock | PUT /bucket?publicAccessBlock | s3:PutBucketPublicAccessBlock bucket
RestoreObject | POST /bucket/key?restore | s3:RestoreObject bucket/key
RestoreObject | POST /bucket/key?restore&versionId=v | s3:RestoreObject bucket/key
SelectObjectContent | POST /bucket/key?select&select-type=2 | s3:GetObject bucket/key
UpdateBucketMetadataAnnotationTableConfiguration | PUT /bucket?metadataAnnotationTable | s3:UpdateBucketMetadataAnnotationTableConfiguration bucket
UpdateBucketMetadataInventoryTableConfiguration | PUT /bucket?metadataInventoryTable | s3:UpdateBucketMetadataInventoryTableConfiguration bucket
UpdateBucketMetadataJournalTableConfiguration | PUT /bucket?metadataJournalTable | s3:UpdateBucketMetadataJournalTableConfiguration bucket
UpdateObjectEncryption | PUT /bucket/key?encryption | s3:UpdateObjectEncryption bucket/key
UpdateObjectEncryption | PUT /bucket/key?encryption&versionId=v | s3:UpdateObjectEncryption bucket/key
UploadPart | PUT /bucket/key?partNumber=1&uploadId=u | s3:PutObject bucket/key
`;

/** The same, with further names that a Deny can say it by. */
const DENIED_BY_OTHER_NAMES = `
DeleteBucketReplication | DELETE /bucket?replication | s3:PutReplicationConfiguration bucket | s3:DeleteReplicationConfiguration
GetObjectTorrent | GET /bucket/key?torrent | s3:GetObject bucket/key | s3:GetObjectTorrent + s3:GetObjectVersionTorrent
HeadBucket | HEAD /bucket | s3:ListBucket bucket | s3:HeadBucket
HeadObject | HEAD /bucket/key | s3:GetObject bucket/key | s3:HeadObject
HeadObject | HEAD /bucket/key?versionId=v | s3:GetObjectVersion bucket/key | s3:HeadObject
ListObjects | GET /bucket | s3:ListBucket bucket | s3:ListObjects
ListObjectsV2 | GET /bucket?list-type=2 | s3:ListBucket bucket | s3:ListObjects + s3:ListObjectsV2
`;

/** Canned ACLs that give nobody anything need nothing (section 1.2, note 1). */
const NEW_OBJECT_HEADERS = [
  ["x-amz-acl", "private", []],
  ["x-amz-acl", "bucket-owner-full-control", []],
  ["x-amz-acl", "public-read", ["s3:PutObjectAcl"]],
  ["x-amz-grant-full-control", 'id="i"', ["s3:PutObjectAcl"]],
  ["x-amz-grant-read", 'id="i"', ["s3:PutObjectAcl"]],
  ["x-amz-grant-read-acp", 'id="i"', ["s3:PutObjectAcl"]],
  ["x-amz-grant-write-acp", 'id="i"', ["s3:PutObjectAcl"]],
  ["x-amz-object-lock-legal-hold", "ON", ["s3:PutObjectLegalHold"]],
  ["x-amz-object-lock-mode", "GOVERNANCE", ["s3:PutObjectRetention"]],
  ["x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z", ["s3:PutObjectRetention"]],
] as const;
/** What a form has no fields for, or other ones. */
const NO_FORM_HEADERS = [
  ["x-amz-object-lock-event-hold", "ON", ["s3:PutObjectRetention"]],
  ["x-amz-object-lock-event-hold-duration-days", "1", ["s3:PutObjectRetention"]],
  ["x-amz-object-lock-event-hold-duration-years", "1", ["s3:PutObjectRetention"]],
  ["x-amz-tagging", "a=b", ["s3:PutObjectTagging"]],
] as const;
const EVERY_EXTRA = {
  "x-amz-acl": "public-read",
  "x-amz-object-lock-legal-hold": "ON",
  "x-amz-object-lock-mode": "GOVERNANCE",
  "x-amz-tagging": "a=b",
};
const EVERY_EXTRA_NEEDS = [
  "s3:PutObject bucket/key",
  "s3:PutObjectAcl bucket/key",
  "s3:PutObjectLegalHold bucket/key",
  "s3:PutObjectRetention bucket/key",
  "s3:PutObjectTagging bucket/key",
];

const newObjects: readonly Row[] = Object.entries(NEW_OBJECT).flatMap(([operation, line]) => [
  ...[...NEW_OBJECT_HEADERS, ...NO_FORM_HEADERS].map(([name, value, actions]) => ({
    operation,
    line,
    headers: { [name]: value },
    needs: ["s3:PutObject bucket/key", ...actions.map((action) => `${action} bucket/key`)],
  })),
  { operation, line, headers: EVERY_EXTRA, needs: EVERY_EXTRA_NEEDS },
]);

const COPY = "PUT /bucket/key";
const PART_COPY = "PUT /bucket/key?partNumber=1&uploadId=u";
/** Without tags of the source, so that only what a header adds is added. */
const UNTAGGED = { "x-amz-copy-source": "/bucket/from", "x-amz-tagging-directive": "REPLACE" };
const OLD = { "x-amz-copy-source": "/bucket/from?versionId=v" };

const copies: readonly Row[] = [
  ...[...NEW_OBJECT_HEADERS, ...NO_FORM_HEADERS].map(([name, value, actions]) => ({
    operation: "CopyObject",
    line: COPY,
    headers: { ...UNTAGGED, [name]: value },
    needs: [
      "s3:PutObject bucket/key",
      "s3:GetObject bucket/from",
      ...actions.map((action) => `${action} bucket/key`),
    ],
  })),
  {
    operation: "CopyObject",
    line: COPY,
    headers: { ...UNTAGGED, ...EVERY_EXTRA },
    needs: [...EVERY_EXTRA_NEEDS, "s3:GetObject bucket/from"],
  },
  {
    operation: "CopyObject",
    line: COPY,
    headers: { "x-amz-copy-source": "/bucket/from" },
    needs: [
      "s3:PutObject bucket/key",
      "s3:GetObject bucket/from",
      "s3:GetObjectTagging bucket/from",
    ],
  },
  {
    operation: "CopyObject",
    line: COPY,
    headers: { "x-amz-copy-source": "other/from", "x-amz-tagging-directive": "COPY" },
    needs: ["s3:PutObject bucket/key", "s3:GetObject other/from", "s3:GetObjectTagging other/from"],
  },
  {
    operation: "CopyObject",
    line: COPY,
    headers: OLD,
    needs: [
      "s3:PutObject bucket/key",
      "s3:GetObjectVersion bucket/from",
      "s3:GetObjectVersionTagging bucket/from",
    ],
  },
  {
    operation: "CopyObject",
    line: COPY,
    headers: { ...UNTAGGED, "x-amz-object-annotation-directive": "COPY" },
    needs: [
      "s3:PutObject bucket/key",
      "s3:PutObjectAnnotation bucket/key",
      "s3:GetObject bucket/from",
      "s3:GetObjectAnnotation bucket/from",
    ],
  },
  {
    operation: "CopyObject",
    line: COPY,
    headers: { ...UNTAGGED, ...OLD, "x-amz-object-annotation-directive": "COPY" },
    needs: [
      "s3:PutObject bucket/key",
      "s3:PutObjectAnnotation bucket/key",
      "s3:GetObjectVersion bucket/from",
      "s3:GetObjectVersionAnnotation bucket/from",
    ],
  },
  {
    operation: "UploadPartCopy",
    line: PART_COPY,
    headers: { "x-amz-copy-source": "/bucket/from" },
    needs: ["s3:PutObject bucket/key", "s3:GetObject bucket/from"],
  },
  {
    operation: "UploadPartCopy",
    line: PART_COPY,
    headers: { "x-amz-copy-source": "other/from" },
    needs: ["s3:PutObject bucket/key", "s3:GetObject other/from"],
  },
  {
    operation: "UploadPartCopy",
    line: PART_COPY,
    headers: OLD,
    needs: ["s3:PutObject bucket/key", "s3:GetObjectVersion bucket/from"],
  },
  {
    operation: "RenameObject",
    line: "PUT /bucket/key?renameObject",
    headers: { "x-amz-rename-source": "/bucket/from" },
    needs: ["s3:PutObject bucket/key", "s3:GetObject bucket/from", "s3:DeleteObject bucket/from"],
  },
];

const newBuckets: readonly Row[] = (
  [
    ["x-amz-acl", "private", []],
    ["x-amz-acl", "public-read", ["s3:PutBucketAcl"]],
    ["x-amz-grant-full-control", 'id="i"', ["s3:PutBucketAcl"]],
    ["x-amz-grant-read", 'id="i"', ["s3:PutBucketAcl"]],
    ["x-amz-grant-read-acp", 'id="i"', ["s3:PutBucketAcl"]],
    ["x-amz-grant-write", 'id="i"', ["s3:PutBucketAcl"]],
    ["x-amz-grant-write-acp", 'id="i"', ["s3:PutBucketAcl"]],
    ["x-amz-bucket-object-lock-enabled", "false", []],
    [
      "x-amz-bucket-object-lock-enabled",
      "true",
      ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"],
    ],
    ["x-amz-object-ownership", "BucketOwnerEnforced", ["s3:PutBucketOwnershipControls"]],
  ] as const
).map(([name, value, actions]) => ({
  operation: "CreateBucket",
  line: "PUT /bucket",
  headers: { [name]: value },
  needs: ["s3:CreateBucket bucket", ...actions.map((action) => `${action} bucket`)],
}));

const BYPASS = { "x-amz-bypass-governance-retention": "true" };

const bypasses: readonly Row[] = [
  {
    operation: "DeleteObject",
    line: "DELETE /bucket/key",
    headers: BYPASS,
    needs: ["s3:DeleteObject bucket/key", "s3:BypassGovernanceRetention bucket/key"],
  },
  {
    operation: "DeleteObject",
    line: "DELETE /bucket/key?versionId=v",
    headers: BYPASS,
    needs: ["s3:DeleteObjectVersion bucket/key", "s3:BypassGovernanceRetention bucket/key"],
  },
  {
    operation: "PutObjectRetention",
    line: "PUT /bucket/key?retention",
    headers: BYPASS,
    needs: ["s3:PutObjectRetention bucket/key", "s3:BypassGovernanceRetention bucket/key"],
  },
  {
    operation: "PutObjectRetention",
    line: "PUT /bucket/key?retention&versionId=v",
    headers: BYPASS,
    needs: ["s3:PutObjectRetention bucket/key", "s3:BypassGovernanceRetention bucket/key"],
  },
];

const DELETIONS =
  "<Delete><Object><Key>new</Key></Object><Object><Key>old</Key><VersionId>v</VersionId></Object></Delete>";

const documents: readonly Row[] = [
  {
    operation: "DeleteObjects",
    line: "POST /bucket?delete",
    body: DELETIONS,
    needs: ["s3:DeleteObject bucket/new", "s3:DeleteObjectVersion bucket/old"],
  },
  {
    operation: "DeleteObjects",
    line: "POST /bucket?delete",
    headers: BYPASS,
    body: DELETIONS,
    needs: [
      "s3:DeleteObject bucket/new",
      "s3:BypassGovernanceRetention bucket/new",
      "s3:DeleteObjectVersion bucket/old",
      "s3:BypassGovernanceRetention bucket/old",
    ],
  },
  {
    operation: "CreateBucket",
    line: "PUT /bucket",
    body: "<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint></CreateBucketConfiguration>",
    needs: ["s3:CreateBucket bucket"],
  },
  {
    operation: "CreateBucket",
    line: "PUT /bucket",
    body: "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>",
    needs: ["s3:CreateBucket bucket", "s3:TagResource bucket"],
  },
  {
    operation: "PutBucketAcl",
    line: "PUT /bucket?acl",
    headers: { "x-amz-acl": "public-read" },
    body: "",
    needs: ["s3:PutBucketAcl bucket"],
  },
  {
    operation: "PutObjectAcl",
    line: "PUT /bucket/key?acl&versionId=v",
    headers: { "x-amz-acl": "public-read" },
    body: "",
    needs: ["s3:PutObjectVersionAcl bucket/key"],
  },
  {
    operation: "PutBucketLogging",
    line: "PUT /bucket?logging",
    body: "<BucketLoggingStatus><LoggingEnabled><TargetBucket>bucket</TargetBucket><TargetPrefix>logs/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
    needs: ["s3:PutBucketLogging bucket", "s3:PutObject bucket/logs/*"],
  },
  {
    operation: "PutBucketLogging",
    line: "PUT /bucket?logging",
    body: "<BucketLoggingStatus><LoggingEnabled><TargetBucket>other</TargetBucket><TargetPrefix/></LoggingEnabled></BucketLoggingStatus>",
    needs: ["s3:PutBucketLogging bucket", "s3:PutObject other/*"],
  },
  {
    operation: "PutBucketLogging",
    line: "PUT /bucket?logging",
    body: `<BucketLoggingStatus><LoggingEnabled><TargetBucket>bucket</TargetBucket><TargetGrants>${GRANT}</TargetGrants><TargetPrefix>logs/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`,
    needs: [
      "s3:PutBucketLogging bucket",
      "s3:PutObject bucket/logs/*",
      "s3:PutObjectAcl bucket/logs/*",
    ],
  },
  {
    operation: "PutBucketAnalyticsConfiguration",
    line: "PUT /bucket?analytics&id=i",
    body: "<AnalyticsConfiguration><StorageClassAnalysis><DataExport><Destination><S3BucketDestination><Bucket>arn:aws:s3:::bucket</Bucket></S3BucketDestination></Destination></DataExport></StorageClassAnalysis></AnalyticsConfiguration>",
    needs: ["s3:PutAnalyticsConfiguration bucket", "s3:PutObject bucket/*"],
  },
  {
    operation: "PutBucketReplication",
    line: "PUT /bucket?replication",
    body: "<ReplicationConfiguration><Rule><Destination><Bucket>arn:aws:s3:::other</Bucket></Destination></Rule></ReplicationConfiguration>",
    needs: [
      "s3:PutReplicationConfiguration bucket",
      "s3:PutObject other/*",
      "s3:DeleteObject other/*",
    ],
  },
  {
    operation: "PutBucketReplication",
    line: "PUT /bucket?replication",
    body: "<ReplicationConfiguration><Rule><DeleteReplication><Status>Enabled</Status></DeleteReplication><Destination><Bucket>arn:aws:s3:::bucket</Bucket></Destination></Rule></ReplicationConfiguration>",
    needs: [
      "s3:PutReplicationConfiguration bucket",
      "s3:PutObject bucket/*",
      "s3:DeleteObject bucket/*",
      "s3:DeleteObjectVersion bucket/*",
    ],
  },
  // What is written elsewhere is read here; which version, a store may decide by head or body.
  {
    operation: "RestoreObject",
    line: "POST /bucket/key?restore",
    body: "<RestoreRequest><OutputLocation><S3><BucketName>bucket</BucketName><Prefix>out/</Prefix></S3></OutputLocation></RestoreRequest>",
    needs: [
      "s3:RestoreObject bucket/key",
      "s3:PutObject bucket/out/*",
      "s3:GetObject bucket/key",
      "s3:GetObjectVersion bucket/key",
    ],
  },
];

/** Section 1.3: outside the SDK's model, and judged by what stands in the form. */
const forms: readonly Row[] = [
  { form: {}, actions: [] },
  { form: { acl: "public-read" }, actions: ["s3:PutObjectAcl"] },
  { form: { tagging: TAGS }, actions: ["s3:PutObjectTagging"] },
  ...NEW_OBJECT_HEADERS.filter(([name]) => name !== "x-amz-acl").map(([name, value, actions]) => ({
    form: { [name]: value },
    actions,
  })),
].map(({ form, actions }) => ({
  operation: "PostObject",
  line: "POST /bucket",
  headers: { "content-type": "multipart/form-data; boundary=b" },
  form: { key: "key", ...form },
  needs: ["s3:PutObject bucket/key", ...actions.map((action) => `${action} bucket/key`)],
}));

const never: readonly Row[] = [
  // It names a bucket of S3 Tables, which no action of S3 is about.
  {
    operation: "CreateBucketMetadataTableConfiguration",
    line: "POST /bucket?metadataTable",
    body: "<MetadataTableConfiguration/>",
    needs: ["s3:CreateBucketMetadataTableConfiguration bucket"],
    ends: "NotImplemented",
  },
  // Its answer is a credential of the store, with which the client would go past the gateway.
  {
    operation: "CreateSession",
    line: "GET /bucket?session",
    needs: ["s3express:CreateSession bucket"],
    ends: "NotImplemented",
  },
  // The answer of an Object Lambda function: needs a route's host name, which no gateway has.
  {
    operation: "WriteGetObjectResponse",
    line: "POST /WriteGetObjectResponse",
    headers: { "x-amz-request-route": "r", "x-amz-request-token": "t" },
    needs: ["s3-object-lambda:WriteGetObjectResponse *"],
    ends: "NotImplemented",
  },
];

export const ROWS: readonly Row[] = [
  ...rowsOf(PLAIN),
  ...rowsOf(DENIED_BY_OTHER_NAMES),
  ...newObjects,
  ...copies,
  ...newBuckets,
  ...bypasses,
  ...documents,
  ...forms,
  ...never,
].map((row) => {
  const body = BODIES[row.operation];
  return row.body !== undefined || body === undefined ? row : { ...row, body };
});

function rowsOf(table: string): readonly Row[] {
  return table
    .trim()
    .split("\n")
    .map((text) => {
      const [operation = "", line = "", needs = "", deniedToo] = text.split(" | ");
      const row = { operation, line, needs: needs.split(" + ") };
      return deniedToo === undefined ? row : { ...row, deniedToo: deniedToo.split(" + ") };
    });
}
