import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address } from "../../../src/s3/address.ts";
import { arnOf } from "../../../src/s3/asks.ts";
import { asksOfDocument, needsOfDocument } from "../../../src/s3/document-asks.ts";
import { readDocument } from "../../../src/s3/document-reader.ts";
import type { OperationName } from "../../../src/s3/operations.ts";

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const BUCKET: Address = { kind: "bucket", bucket: { tenant: undefined, name: "source" } };
const OBJECT: Address = { ...BUCKET, kind: "object", key: "k" };

/** The actions with their resources, or the code of the error. */
function asked(
  operation: OperationName,
  xml: string | Buffer,
  headers: readonly string[] = [],
): unknown {
  const address = operation === "RestoreObject" || operation.startsWith("PutObject");
  const document = readDocument(operation, headers, Buffer.from(xml));
  if (!document.ok) {
    const { code, why } = document.error;
    // AWS's message says too little to mend anything.
    if (code.startsWith("Malformed")) assert.match(why ?? "", /\w/);
    return code;
  }
  const asks = asksOfDocument(operation, address ? OBJECT : BUCKET, document.value);
  if (!asks.ok) return asks.error.code;
  assert.ok(asks.value.every((ask) => ask.operation === operation));
  return asks.value.map((ask) => `${ask.action} ${arnOf(ask)}`);
}

function logging(inner: string): string {
  return `<BucketLoggingStatus ${XMLNS}><LoggingEnabled>${inner}</LoggingEnabled></BucketLoggingStatus>`;
}

function inventory(inner: string): string {
  return `<InventoryConfiguration ${XMLNS}><Id>1</Id><Destination><S3BucketDestination>${inner}</S3BucketDestination></Destination><Filter><Prefix>p</Prefix></Filter></InventoryConfiguration>`;
}

function analytics(inner: string): string {
  return `<AnalyticsConfiguration ${XMLNS}><Id>1</Id><StorageClassAnalysis>${inner}</StorageClassAnalysis></AnalyticsConfiguration>`;
}

function dataExport(inner: string): string {
  return analytics(
    `<DataExport><OutputSchemaVersion>V_1</OutputSchemaVersion><Destination><S3BucketDestination>${inner}</S3BucketDestination></Destination></DataExport>`,
  );
}

function replication(...rules: readonly string[]): string {
  const written = rules.map((rule) => `<Rule><Status>Enabled</Status>${rule}</Rule>`);
  return `<ReplicationConfiguration ${XMLNS}><Role>r</Role>${written.join("")}</ReplicationConfiguration>`;
}

function restore(inner: string): string {
  return `<RestoreRequest ${XMLNS}><Type>SELECT</Type><OutputLocation><S3>${inner}</S3></OutputLocation></RestoreRequest>`;
}

function tagging(tags: string): string {
  return `<Tagging ${XMLNS}><TagSet>${tags}</TagSet></Tagging>`;
}

const TAG = "<Tag><Key>a</Key><Value>b</Value></Tag>";

const OWNER = "<Owner><ID>o</ID><DisplayName>Owner</DisplayName></Owner>";
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function acl(grants: string): string {
  return `<AccessControlPolicy ${XMLNS}>${OWNER}<AccessControlList>${grants}</AccessControlList></AccessControlPolicy>`;
}

function grant(type: string, identity: string, permission = "READ"): string {
  return `<Grant><Grantee ${XSI} xsi:type="${type}">${identity}</Grantee><Permission>${permission}</Permission></Grant>`;
}

const ARN = "<Bucket>arn:aws:s3:::dest</Bucket>";
const NO_MARKERS = "<DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication>";
const PUBLIC = "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>";

const documents: readonly (readonly [string, OperationName, string, readonly string[]])[] = [
  [
    "logs under a prefix",
    "PutBucketLogging",
    logging("<TargetBucket>logs</TargetBucket><TargetPrefix>a/b-</TargetPrefix>"),
    ["s3:PutObject arn:aws:s3:::logs/a/b-*"],
  ],
  [
    "logs without a prefix, as Ceph takes them, and Ceph's own elements",
    "PutBucketLogging",
    logging("<TargetBucket>t:logs</TargetBucket><LoggingType>Journal</LoggingType>"),
    ["s3:PutObject arn:aws:s3::t:logs/*"],
  ],
  [
    "grants on logs",
    "PutBucketLogging",
    logging(
      `<TargetBucket>logs</TargetBucket><TargetGrants>${grant("Group", PUBLIC)}</TargetGrants><TargetPrefix/>`,
    ),
    ["s3:PutObject arn:aws:s3:::logs/*", "s3:PutObjectAcl arn:aws:s3:::logs/*"],
  ],
  ["the end of logging", "PutBucketLogging", `<BucketLoggingStatus ${XMLNS}/>`, []],
  [
    "an inventory's destination, and not its filter",
    "PutBucketInventoryConfiguration",
    inventory(`<AccountId>1</AccountId>${ARN}<Format>CSV</Format><Prefix>inv/</Prefix>`),
    ["s3:PutObject arn:aws:s3:::dest/inv/*"],
  ],
  [
    "an analysis' destination",
    "PutBucketAnalyticsConfiguration",
    dataExport("<Format>CSV</Format><Bucket>arn:aws-cn:s3:::dest</Bucket><Prefix>an</Prefix>"),
    ["s3:PutObject arn:aws:s3:::dest/an*"],
  ],
  ["an analysis without an export", "PutBucketAnalyticsConfiguration", analytics(""), []],
  [
    "the prefix of a replication's rule, of its filter, and of both parts of that",
    "PutBucketReplication",
    replication(
      `${NO_MARKERS}<Prefix>logs/</Prefix><Destination>${ARN}</Destination>`,
      `${NO_MARKERS}<Filter><Prefix>old/</Prefix></Filter><Destination>${ARN}</Destination>`,
      `${NO_MARKERS}<Filter><And><Prefix>and/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Destination>${ARN}</Destination>`,
      `${NO_MARKERS}<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Destination>${ARN}</Destination>`,
      `${NO_MARKERS}<Prefix>a/</Prefix><Filter><Prefix>b/</Prefix></Filter><Destination>${ARN}</Destination>`,
    ),
    [
      "s3:PutObject arn:aws:s3:::dest/logs/*",
      "s3:PutObject arn:aws:s3:::dest/old/*",
      "s3:PutObject arn:aws:s3:::dest/and/*",
      "s3:PutObject arn:aws:s3:::dest/*",
      "s3:PutObject arn:aws:s3:::dest/*",
    ],
  ],
  [
    "every destination of a replication",
    "PutBucketReplication",
    replication(
      `${NO_MARKERS}<Destination>${ARN}<StorageClass>COLD</StorageClass></Destination>`,
      `${NO_MARKERS}<Destination><Bucket>other</Bucket></Destination>`,
    ),
    ["s3:PutObject arn:aws:s3:::dest/*", "s3:PutObject arn:aws:s3:::other/*"],
  ],
  [
    "that delete markers are replicated unless that is disabled",
    "PutBucketReplication",
    replication(`<Destination>${ARN}</Destination>`),
    ["s3:PutObject arn:aws:s3:::dest/*", "s3:DeleteObject arn:aws:s3:::dest/*"],
  ],
  [
    "as deletions what is not plainly disabled",
    "PutBucketReplication",
    replication(
      `<DeleteMarkerReplication/><DeleteReplication/><Destination>${ARN}</Destination>`,
      `${NO_MARKERS.replace("Disabled", "Disabled ")}<Destination>${ARN}</Destination>`,
      `${NO_MARKERS}<DeleteReplication><Status> Disabled</Status></DeleteReplication><Destination>${ARN}</Destination>`,
    ),
    [
      "s3:PutObject arn:aws:s3:::dest/*",
      "s3:DeleteObject arn:aws:s3:::dest/*",
      "s3:DeleteObjectVersion arn:aws:s3:::dest/*",
      "s3:PutObject arn:aws:s3:::dest/*",
      "s3:DeleteObject arn:aws:s3:::dest/*",
      "s3:PutObject arn:aws:s3:::dest/*",
      "s3:DeleteObjectVersion arn:aws:s3:::dest/*",
    ],
  ],
  [
    "MinIO's destination and its deleting of versions",
    "PutBucketReplication",
    replication(
      `${NO_MARKERS}<DeleteReplication><Status>Enabled</Status></DeleteReplication><Destination><Bucket>arn:minio:replication::c5be6b16:dest</Bucket></Destination>`,
    ),
    ["s3:PutObject arn:aws:s3:::dest/*", "s3:DeleteObjectVersion arn:aws:s3:::dest/*"],
  ],
  [
    "a restore in place",
    "RestoreObject",
    `<RestoreRequest ${XMLNS}><Days>3</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters></RestoreRequest>`,
    [],
  ],
  ["a restore without a document", "RestoreObject", "", []],
  [
    "a restore to another bucket",
    "RestoreObject",
    restore(
      "<BucketName>out</BucketName><Prefix>r/</Prefix><CannedACL>private</CannedACL><StorageClass>STANDARD</StorageClass>",
    ),
    [
      "s3:PutObject arn:aws:s3:::out/r/*",
      "s3:GetObject arn:aws:s3:::source/k",
      "s3:GetObjectVersion arn:aws:s3:::source/k",
    ],
  ],
  [
    "a restore that makes public and tags",
    "RestoreObject",
    restore(
      "<BucketName>out</BucketName><Prefix/><CannedACL>public-read</CannedACL><Tagging><TagSet/></Tagging>",
    ),
    [
      "s3:PutObject arn:aws:s3:::out/*",
      "s3:PutObjectAcl arn:aws:s3:::out/*",
      "s3:PutObjectTagging arn:aws:s3:::out/*",
      "s3:GetObject arn:aws:s3:::source/k",
      "s3:GetObjectVersion arn:aws:s3:::source/k",
    ],
  ],
  [
    "grants on what is restored",
    "RestoreObject",
    restore(
      `<BucketName>out</BucketName><Prefix/><AccessControlList>${grant("Group", PUBLIC)}</AccessControlList>`,
    ),
    [
      "s3:PutObject arn:aws:s3:::out/*",
      "s3:PutObjectAcl arn:aws:s3:::out/*",
      "s3:GetObject arn:aws:s3:::source/k",
      "s3:GetObjectVersion arn:aws:s3:::source/k",
    ],
  ],
  ["a new bucket without a document", "CreateBucket", "", []],
  [
    "a new bucket's region and type",
    "CreateBucket",
    `<CreateBucketConfiguration ${XMLNS}><LocationConstraint>eu</LocationConstraint><Bucket><Type>Directory</Type></Bucket><New>1</New></CreateBucketConfiguration>`,
    [],
  ],
  [
    "a new bucket's tags",
    "CreateBucket",
    "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag><Tag><Key>c</Key><Value>d</Value></Tag></Tags></CreateBucketConfiguration>",
    ["s3:TagResource arn:aws:s3:::source"],
  ],
  [
    "a notification",
    "PutBucketNotificationConfiguration",
    `<NotificationConfiguration ${XMLNS}><TopicConfiguration><Topic>arn:aws:sns:::t</Topic><Event>s3:ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>`,
    [],
  ],
  [
    "lifecycle rules",
    "PutBucketLifecycleConfiguration",
    "<LifecycleConfiguration><Rule><ID>1</ID></Rule><Rule><ID>2</ID><Brand><New/></Brand></Rule></LifecycleConfiguration>",
    [],
  ],
  [
    "versioning",
    "PutBucketVersioning",
    `<VersioningConfiguration ${XMLNS}><MfaDelete>Disabled</MfaDelete><Status>Enabled</Status></VersioningConfiguration>`,
    [],
  ],
  [
    "MinIO's exceptions from versioning",
    "PutBucketVersioning",
    "<VersioningConfiguration><Status>Enabled</Status><ExcludedPrefixes><Prefix>a</Prefix></ExcludedPrefixes><ExcludedPrefixes><Prefix>b</Prefix></ExcludedPrefixes><ExcludeFolders>true</ExcludeFolders></VersioningConfiguration>",
    [],
  ],
  ["a legal hold", "PutObjectLegalHold", "<LegalHold><Status>ON</Status></LegalHold>", []],
  [
    "a retention",
    "PutObjectRetention",
    "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate><EventHold>ON</EventHold><EventHoldDuration><Days>1</Days></EventHoldDuration></Retention>",
    [],
  ],
  ["a retention that is taken away", "PutObjectRetention", "<Retention/>", []],
  [
    "a lock configuration",
    "PutObjectLockConfiguration",
    "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days><DefaultEventHold><Years>1</Years></DefaultEventHold></DefaultRetention></Rule></ObjectLockConfiguration>",
    [],
  ],
  [
    "a bucket's ACL with every kind of grantee and permission",
    "PutBucketAcl",
    acl(
      grant("CanonicalUser", "<ID>u</ID><DisplayName>U</DisplayName>", "FULL_CONTROL") +
        grant("AmazonCustomerByEmail", "<EmailAddress>u@example.org</EmailAddress>", "WRITE") +
        grant("Group", PUBLIC, "READ") +
        grant("Group", PUBLIC, "READ_ACP") +
        grant("CanonicalUser", "<ID>u</ID>", "WRITE_ACP"),
    ),
    [],
  ],
  ["an object's ACL without grants", "PutObjectAcl", acl(""), []],
  [
    "MinIO's own ACL, which s3cmd puts back",
    "PutObjectAcl",
    acl(grant("CanonicalUser", "<Type>CanonicalUser</Type>", "FULL_CONTROL")),
    [],
  ],
  [
    "an inventory's optional fields",
    "PutBucketInventoryConfiguration",
    inventory(`${ARN}<Prefix/>`).replace(
      "</Id>",
      "</Id><OptionalFields><Field>Size</Field><Field>ETag</Field></OptionalFields>",
    ),
    ["s3:PutObject arn:aws:s3:::dest/*"],
  ],
  ["a bucket's tags", "PutBucketTagging", tagging("<Tag><Value>b</Value><Key>a</Key></Tag>"), []],
  ["an object without tags", "PutObjectTagging", tagging(""), []],
  ["no document of another operation", "PutBucketWebsite", "<Website", []],
  ["no document of an operation without one", "GetObject", "", []],
];

for (const [name, operation, xml, wanted] of documents) {
  test(`asksOfDocument() reads ${name}`, () => assert.deepEqual(asked(operation, xml), wanted));
}

test("needsOfDocument() tells the operations of which a document here needs more", () => {
  const needing = new Set(
    documents.flatMap(([, operation, , asks]) => (asks.length > 0 ? [operation] : [])),
  );
  for (const [, operation] of documents)
    assert.equal(needsOfDocument(operation), needing.has(operation), operation);
});

test("asksOfDocument() reads as many as 1000 rules, and no more", () => {
  const rules = (count: number): string =>
    replication(
      ...Array.from({ length: count }, () => `${NO_MARKERS}<Destination>${ARN}</Destination>`),
    ).replace("<Role>r</Role>", "");
  const most = asked("PutBucketReplication", rules(1000));
  assert.deepEqual(most, Array(1000).fill("s3:PutObject arn:aws:s3:::dest/*"));
  assert.equal(asked("PutBucketReplication", rules(1001)), "MalformedXML");
});

const TARGET = "<TargetBucket>logs</TargetBucket>";
const GRANT = grant("CanonicalUser", "<ID>u</ID>");

const refused: readonly (readonly [string, OperationName, string, string])[] = [
  ["no document", "PutBucketLogging", "", "MissingRequestBodyError"],
  ["no ACL at all", "PutBucketAcl", "", "MissingSecurityHeader"],
  ["JSON", "PutBucketVersioning", '{"Status":"Enabled"}', "MalformedXML"],
  [
    "a document type",
    "PutBucketVersioning",
    "<!DOCTYPE a><VersioningConfiguration/>",
    "MalformedXML",
  ],
  ["another root", "PutBucketVersioning", "<Versioning/>", "MalformedXML"],
  ["a root with a prefix", "PutObjectLegalHold", '<s:LegalHold xmlns:s="s"/>', "MalformedXML"],
  [
    "MinIO's other root for lifecycle rules",
    "PutBucketLifecycleConfiguration",
    "<BucketLifecycleConfiguration/>",
    "MalformedXML",
  ],
  // The same thing twice: readers differ in which they take.
  ["two target buckets", "PutBucketLogging", logging(TARGET + TARGET), "MalformedXML"],
  [
    "two prefixes",
    "PutBucketLogging",
    logging(`${TARGET}<TargetPrefix/><TargetPrefix/>`),
    "MalformedXML",
  ],
  [
    "two LoggingEnabled",
    "PutBucketLogging",
    logging(`${TARGET}</LoggingEnabled><LoggingEnabled>${TARGET}`),
    "MalformedXML",
  ],
  [
    "two destinations of a rule",
    "PutBucketReplication",
    replication(`<Destination>${ARN}</Destination><Destination>${ARN}</Destination>`),
    "MalformedXML",
  ],
  ...(
    [
      ["DeleteMarkerReplication", "Status"],
      ["DeleteReplication", "Status"],
      ["Filter", "Prefix"],
      ["And", "Prefix"],
    ] as const
  ).map(([place, name]) => {
    const twice = `<${place}><${name}>Disabled</${name}><${name}/></${place}>`;
    const element = place === "And" ? `<Filter>${twice}</Filter>` : twice;
    const xml = replication(`${element}<Destination>${ARN}</Destination>`);
    return [`${name} twice in ${place}`, "PutBucketReplication", xml, "MalformedXML"] as const;
  }),
  [
    "two states",
    "PutBucketVersioning",
    "<VersioningConfiguration><Status>Enabled</Status><Status>Suspended</Status></VersioningConfiguration>",
    "MalformedXML",
  ],
  [
    "two regions",
    "CreateBucket",
    "<CreateBucketConfiguration><LocationConstraint>a</LocationConstraint><LocationConstraint>b</LocationConstraint></CreateBucketConfiguration>",
    "MalformedXML",
  ],
  // What stores that go by local names would read.
  [
    "an element with a prefix",
    "PutBucketLogging",
    `<BucketLoggingStatus xmlns:a="a"><a:LoggingEnabled>${TARGET}</a:LoggingEnabled></BucketLoggingStatus>`,
    "MalformedXML",
  ],
  [
    "a prefix deep inside what is open",
    "PutBucketLifecycleConfiguration",
    '<LifecycleConfiguration xmlns:a="a"><Rule><a:Expiration/></Rule></LifecycleConfiguration>',
    "MalformedXML",
  ],
  // A bucket that nobody would judge.
  [
    "Ceph's source bucket of a replication",
    "PutBucketReplication",
    replication(`<Source><Bucket>other</Bucket></Source><Destination>${ARN}</Destination>`),
    "MalformedXML",
  ],
  [
    "a target bucket at another place",
    "PutBucketLogging",
    `<BucketLoggingStatus>${TARGET}</BucketLoggingStatus>`,
    "MalformedXML",
  ],
  [
    "a bucket name at another place",
    "RestoreObject",
    "<RestoreRequest><OutputLocation><S3><BucketName>out</BucketName></S3><S4><BucketName>b</BucketName></S4></OutputLocation></RestoreRequest>",
    "MalformedXML",
  ],
  // No destination where there must be one.
  ["logging to nowhere", "PutBucketLogging", logging(""), "MalformedXML"],
  [
    "an inventory to nowhere",
    "PutBucketInventoryConfiguration",
    "<InventoryConfiguration/>",
    "MalformedXML",
  ],
  [
    "an inventory without a bucket",
    "PutBucketInventoryConfiguration",
    inventory("<Prefix>p</Prefix>"),
    "MalformedXML",
  ],
  [
    "an export to nowhere",
    "PutBucketAnalyticsConfiguration",
    analytics("<DataExport/>"),
    "MalformedXML",
  ],
  ["a rule to nowhere", "PutBucketReplication", replication(""), "MalformedXML"],
  [
    "more than 1000 rules",
    "PutBucketReplication",
    replication(...Array.from({ length: 1001 }, () => `<Destination>${ARN}</Destination>`)),
    "MalformedXML",
  ],
  [
    "a restore to nowhere",
    "RestoreObject",
    "<RestoreRequest><OutputLocation/></RestoreRequest>",
    "MalformedXML",
  ],
  [
    "a query's result to nowhere",
    "RestoreObject",
    "<RestoreRequest><SelectParameters/></RestoreRequest>",
    "MalformedXML",
  ],
  // Buckets that are none.
  [
    "an encoded bucket",
    "PutBucketLogging",
    logging("<TargetBucket>lo%67s</TargetBucket>"),
    "MalformedXML",
  ],
  [
    "a bucket with a key",
    "PutBucketLogging",
    logging("<TargetBucket>logs/a</TargetBucket>"),
    "InvalidBucketName",
  ],
  [
    "a bucket with white space",
    "PutBucketLogging",
    logging("<TargetBucket> logs</TargetBucket>"),
    "InvalidBucketName",
  ],
  [
    "a restore to a reserved bucket",
    "RestoreObject",
    restore("<BucketName>admin</BucketName>"),
    "InvalidBucketName",
  ],
  [
    "every bucket",
    "PutBucketReplication",
    replication("<Destination><Bucket>*</Bucket></Destination>"),
    "InvalidBucketName",
  ],
  [
    "a reserved bucket",
    "PutBucketReplication",
    replication("<Destination><Bucket>arn:aws:s3:::admin</Bucket></Destination>"),
    "InvalidBucketName",
  ],
  [
    "an access point",
    "PutBucketReplication",
    replication("<Destination><Bucket>arn:aws:s3:us-east-1:1:accesspoint/a</Bucket></Destination>"),
    "MalformedXML",
  ],
  [
    "an ARN with a region",
    "PutBucketReplication",
    replication("<Destination><Bucket>arn:aws:s3:eu::dest</Bucket></Destination>"),
    "MalformedXML",
  ],
  [
    "an ARN with an account",
    "PutBucketReplication",
    replication("<Destination><Bucket>arn:aws:s3::t:dest</Bucket></Destination>"),
    "MalformedXML",
  ],
  [
    "an ARN with too much",
    "PutBucketReplication",
    replication("<Destination><Bucket>arn:aws:s3:::t:dest</Bucket></Destination>"),
    "MalformedXML",
  ],
  [
    "an ARN of another service",
    "PutBucketReplication",
    replication("<Destination><Bucket>arn:aws:sqs:::dest</Bucket></Destination>"),
    "MalformedXML",
  ],
  [
    "a short ARN",
    "PutBucketReplication",
    replication("<Destination><Bucket>arn:aws:s3</Bucket></Destination>"),
    "MalformedXML",
  ],
  [
    "a prefix that a store might trim",
    "PutBucketLogging",
    logging(`${TARGET}<TargetPrefix> p</TargetPrefix>`),
    "MalformedXML",
  ],
  [
    "a prefix longer than a key",
    "PutBucketLogging",
    logging(`${TARGET}<TargetPrefix>${"p".repeat(1025)}</TargetPrefix>`),
    "KeyTooLongError",
  ],
  [
    "markup inside the bucket",
    "PutBucketLogging",
    logging("<TargetBucket>logs<a/></TargetBucket>"),
    "MalformedXML",
  ],
  // Closed documents.
  [
    "an unknown part of versioning",
    "PutBucketVersioning",
    "<VersioningConfiguration><State>Enabled</State></VersioningConfiguration>",
    "MalformedXML",
  ],
  [
    "an unknown part of a legal hold",
    "PutObjectLegalHold",
    "<LegalHold><Status>ON</Status><Until/></LegalHold>",
    "MalformedXML",
  ],
  [
    "an unknown part of a retention",
    "PutObjectRetention",
    "<Retention><mode>GOVERNANCE</mode></Retention>",
    "MalformedXML",
  ],
  [
    "a second rule of a lock configuration",
    "PutObjectLockConfiguration",
    "<ObjectLockConfiguration><Rule/><Rule/></ObjectLockConfiguration>",
    "MalformedXML",
  ],
  ["two lists of tags", "PutObjectTagging", tagging(`${TAG}</TagSet><TagSet>`), "MalformedXML"],
  ["no list of tags", "PutBucketTagging", "<Tagging/>", "MalformedXML"],
  [
    "a tag beside the list",
    "PutBucketTagging",
    `<Tagging>${TAG}<TagSet/></Tagging>`,
    "MalformedXML",
  ],
  ["a tag in a tag", "PutObjectTagging", tagging(`<Tag>${TAG}</Tag>`), "MalformedXML"],
  [
    "two values of a tag",
    "PutObjectTagging",
    tagging("<Tag><Key>a</Key><Value>b</Value><Value>c</Value></Tag>"),
    "MalformedXML",
  ],
  [
    "a tag without a key",
    "PutObjectTagging",
    tagging("<Tag><Value>b</Value></Tag>"),
    "MalformedXML",
  ],
  ["a tag without a value", "PutObjectTagging", tagging("<Tag><Key>a</Key></Tag>"), "MalformedXML"],
  [
    "a key that a store might trim",
    "PutObjectTagging",
    tagging("<Tag><Key> a</Key><Value/></Tag>"),
    "MalformedXML",
  ],
  [
    "a value that a store might trim",
    "PutObjectTagging",
    tagging("<Tag><Key>a</Key><Value>b\n</Value></Tag>"),
    "MalformedXML",
  ],
  ["a tag without a name", "PutObjectTagging", tagging("<Tag><Key/><Value/></Tag>"), "InvalidTag"],
  [
    "a line break in a tag",
    "PutObjectTagging",
    tagging("<Tag><Key>a</Key><Value>b&#10;c</Value></Tag>"),
    "InvalidTag",
  ],
  ["a tag given twice", "PutBucketTagging", tagging(TAG + TAG), "InvalidTag"],
  [
    "a tag given twice to a new bucket",
    "CreateBucket",
    `<CreateBucketConfiguration><Tags>${TAG}${TAG}</Tags></CreateBucketConfiguration>`,
    "InvalidTag",
  ],
  [
    "an unknown part of a new bucket's tags",
    "CreateBucket",
    "<CreateBucketConfiguration><Tags><TagSet/></Tags></CreateBucketConfiguration>",
    "MalformedXML",
  ],
  [
    "tags of what is restored in another form",
    "RestoreObject",
    restore(`<BucketName>out</BucketName><Tagging>${TAG}</Tagging>`),
    "MalformedXML",
  ],
  [
    "two lists of optional fields",
    "PutBucketInventoryConfiguration",
    inventory(ARN).replace("</Id>", "</Id><OptionalFields/><OptionalFields/>"),
    "MalformedXML",
  ],
  [
    "an unknown part of the optional fields",
    "PutBucketInventoryConfiguration",
    inventory(ARN).replace("</Id>", "</Id><OptionalFields><field/></OptionalFields>"),
    "MalformedXML",
  ],
  ["an ACL without a list", "PutBucketAcl", "<AccessControlPolicy/>", "MalformedACLError"],
  ["an unknown part of an ACL", "PutObjectAcl", acl(`${GRANT}<Deny/>`), "MalformedACLError"],
  [
    "two lists of grants",
    "PutObjectAcl",
    acl(`${GRANT}</AccessControlList><AccessControlList>`),
    "MalformedACLError",
  ],
  ["a grant to nobody", "PutObjectAcl", acl("<Grant/>"), "MalformedACLError"],
  [
    "a grant of everything to nobody",
    "PutObjectAcl",
    acl("<Grant><Permission>FULL_CONTROL</Permission></Grant>"),
    "MalformedACLError",
  ],
  [
    "a bad grant behind a good one",
    "PutObjectAcl",
    acl(GRANT + grant("CanonicalUser", PUBLIC)),
    "MalformedACLError",
  ],
  [
    "a grant of nothing",
    "PutObjectAcl",
    acl(grant("CanonicalUser", "<ID>u</ID>", "")),
    "MalformedACLError",
  ],
  ...(
    [
      ["of another type", grant("CanonicalUser", "<Type>Group</Type>", "FULL_CONTROL")],
      ["of a group", grant("Group", "<Type>Group</Type>", "FULL_CONTROL")],
      ["with less", grant("CanonicalUser", "<Type>CanonicalUser</Type>", "READ")],
      [
        "beside an ID",
        grant("CanonicalUser", "<Type>CanonicalUser</Type><ID>u</ID>", "FULL_CONTROL"),
      ],
      ["beside a group", grant("Group", `<Type>CanonicalUser</Type>${PUBLIC}`, "FULL_CONTROL")],
      [
        "twice",
        grant(
          "CanonicalUser",
          "<Type>CanonicalUser</Type><Type>CanonicalUser</Type>",
          "FULL_CONTROL",
        ),
      ],
      ["as a group", grant("Group", "<Type>CanonicalUser</Type>", "FULL_CONTROL")],
      [
        "by a name for people",
        grant("CanonicalUser", "<DisplayName>CanonicalUser</DisplayName>", "FULL_CONTROL"),
      ],
      ["with nothing in it", grant("CanonicalUser", "", "FULL_CONTROL")],
    ] as const
  ).map(
    ([name, xml]) =>
      [`MinIO's owner ${name}`, "PutObjectAcl", acl(xml), "MalformedACLError"] as const,
  ),
  [
    "an unknown permission",
    "PutObjectAcl",
    acl(grant("CanonicalUser", "<ID>u</ID>", "ALL")),
    "MalformedACLError",
  ],
  ["an unknown grantee", "PutObjectAcl", acl(grant("Everybody", PUBLIC)), "MalformedACLError"],
  [
    "a grantee unlike its type",
    "PutObjectAcl",
    acl(grant("CanonicalUser", PUBLIC)),
    "MalformedACLError",
  ],
  [
    "two grantees in one",
    "PutObjectAcl",
    acl(grant("CanonicalUser", `<ID>u</ID>${PUBLIC}`)),
    "MalformedACLError",
  ],
  ["an empty grantee", "PutObjectAcl", acl(grant("CanonicalUser", "<ID/>")), "MalformedACLError"],
  [
    "a grantee without a type",
    "PutObjectAcl",
    acl("<Grant><Grantee><ID>u</ID></Grantee><Permission>READ</Permission></Grant>"),
    "MalformedACLError",
  ],
];

for (const [name, operation, xml, code] of refused) {
  test(`asksOfDocument() refuses ${name}`, () => assert.equal(asked(operation, xml), code));
}

test("asksOfDocument() takes an ACL from the headers or from the body, not from both", () => {
  for (const header of ["x-amz-acl", "x-amz-grant-read"]) {
    assert.deepEqual(asked("PutBucketAcl", "", [header, "private"]), []);
    assert.equal(asked("PutBucketAcl", acl(GRANT), [header, "private"]), "UnexpectedContent");
    assert.deepEqual(asked("PutBucketAcl", acl(GRANT), ["x-amz-meta", header]), []);
    assert.equal(asked("PutBucketLogging", "", [header, "private"]), "MissingRequestBodyError");
  }
});

test("asksOfDocument() refuses what is not UTF-8", () => {
  assert.equal(asked("CreateBucket", Buffer.from([0xff, 0xfe, 0x3c, 0])), "MalformedXML");
});
