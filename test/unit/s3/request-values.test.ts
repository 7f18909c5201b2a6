import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-s3";
import type { HeaderList } from "../../../src/http/headers.ts";
import { readDocument } from "../../../src/s3/document-reader.ts";
import type { OperationName } from "../../../src/s3/operations.ts";
import { putFromForm } from "../../../src/s3/post-object.ts";
import { requestValues, speaksInDocument } from "../../../src/s3/request-values.ts";

/** What is said, without what is not; maps as lists of pairs. Or the code of the error. */
function valuesOf(
  operation: OperationName,
  headers: HeaderList,
  xml: string | undefined,
): Record<string, unknown> | string {
  const document =
    xml === undefined ? undefined : readDocument(operation, headers, Buffer.from(xml));
  if (document?.ok === false) return document.error.code;
  const values = requestValues(operation, headers, document?.value);
  if (!values.ok) return values.error.code;
  const { lock, ...rest } = values.value;
  return { ...said(rest), ...said(lock) };
}

function said(values: object): Record<string, unknown> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Map ? [...value] : value]),
  );
}

/** Headers and body of the request that the SDK makes. */
async function sent(
  send: (client: sdk.S3Client) => Promise<unknown>,
): Promise<{ readonly headers: HeaderList; readonly body: string | undefined }> {
  let headers: HeaderList = [];
  let body: string | undefined;
  const client = new sdk.S3Client({
    region: "eu-central-1",
    endpoint: "http://gateway.example.org",
    maxAttempts: 1,
    credentials: { accessKeyId: "AKEXAMPLE", secretAccessKey: "SKEXAMPLE" },
    requestHandler: {
      handle: (request: { headers: Record<string, string>; body?: unknown }) => {
        headers = Object.entries(request.headers).flatMap(([name, value]) => [
          name.toLowerCase(),
          value,
        ]);
        body = typeof request.body === "string" ? request.body : undefined;
        return Promise.reject(new Error("captured"));
      },
    },
  });
  await assert.rejects(send(client), { message: "captured" });
  return { headers, body };
}

const HERE = { Bucket: "b-1", Key: "k" };
const UNTIL = new Date("2030-01-02T03:04:05Z");
const LOCKED = {
  ObjectLockMode: "GOVERNANCE",
  ObjectLockRetainUntilDate: UNTIL,
  ObjectLockLegalHoldStatus: "ON",
  ObjectLockEventHold: "OFF",
  ObjectLockEventHoldDurationYears: 2,
} as const;
const LOCK = {
  mode: "GOVERNANCE",
  retainUntil: "2030-01-02T03:04:05Z",
  legalHold: "ON",
  eventHold: "OFF",
  eventHoldDays: 730,
};
const TagSet = [
  { Key: "Grüße & mehr", Value: "a=b + <c>" },
  { Key: "empty", Value: "" },
];
const TAGS = [
  ["Grüße & mehr", "a=b + <c>"],
  ["empty", ""],
];
const Tagging = "Gr%C3%BC%C3%9Fe%20%26%20mehr=a%3Db+%2B+%3Cc%3E&empty=";
const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery";
const Owner = { ID: "o" };

function granted(URI: string): sdk.AccessControlPolicy {
  return { Owner, Grants: [{ Grantee: { Type: "Group", URI }, Permission: "READ" }] };
}

type Row = readonly [
  what: string,
  operation: OperationName,
  send: (client: sdk.S3Client) => Promise<unknown>,
  wanted: Record<string, unknown>,
];

const fromSdk: readonly Row[] = [
  [
    "tags and lock of an upload",
    "PutObject",
    (c) => c.send(new sdk.PutObjectCommand({ ...HERE, ...LOCKED, Tagging, Body: "x" })),
    { objectTags: TAGS, ...LOCK },
  ],
  [
    "an upload that says nothing",
    "PutObject",
    (c) => c.send(new sdk.PutObjectCommand({ ...HERE, Body: "x" })),
    {},
  ],
  [
    "tags and lock of an upload in parts",
    "CreateMultipartUpload",
    (c) => c.send(new sdk.CreateMultipartUploadCommand({ ...HERE, ...LOCKED, Tagging })),
    { objectTags: TAGS, ...LOCK },
  ],
  [
    "tags and lock of a copy",
    "CopyObject",
    (c) =>
      c.send(
        new sdk.CopyObjectCommand({
          ...HERE,
          ...LOCKED,
          Tagging,
          CopySource: "b/k",
          TaggingDirective: "REPLACE",
        }),
      ),
    { objectTags: TAGS, ...LOCK },
  ],
  [
    "a copy that keeps the tags",
    "CopyObject",
    (c) =>
      c.send(new sdk.CopyObjectCommand({ ...HERE, CopySource: "b/k", TaggingDirective: "COPY" })),
    {},
  ],
  [
    "an object's new tags",
    "PutObjectTagging",
    (c) => c.send(new sdk.PutObjectTaggingCommand({ ...HERE, Tagging: { TagSet } })),
    { objectTags: TAGS },
  ],
  [
    "that an object shall have no tags",
    "PutObjectTagging",
    (c) => c.send(new sdk.PutObjectTaggingCommand({ ...HERE, Tagging: { TagSet: [] } })),
    { objectTags: [] },
  ],
  [
    "a bucket's new tags",
    "PutBucketTagging",
    (c) => c.send(new sdk.PutBucketTaggingCommand({ Bucket: "b-1", Tagging: { TagSet } })),
    { bucketTags: TAGS },
  ],
  [
    "tags, place and ACL of a new bucket",
    "CreateBucket",
    (c) =>
      c.send(
        new sdk.CreateBucketCommand({
          Bucket: "b-1",
          ACL: "public-read",
          CreateBucketConfiguration: { LocationConstraint: "eu-west-1", Tags: TagSet },
        }),
      ),
    { bucketTags: TAGS, locationConstraint: "eu-west-1", grantsPublic: true },
  ],
  [
    "a retention",
    "PutObjectRetention",
    (c) =>
      c.send(
        new sdk.PutObjectRetentionCommand({
          ...HERE,
          Retention: {
            Mode: "COMPLIANCE",
            RetainUntilDate: UNTIL,
            EventHold: "ON",
            EventHoldDuration: { Days: 30 },
          },
        }),
      ),
    {
      mode: "COMPLIANCE",
      retainUntil: "2030-01-02T03:04:05Z",
      eventHold: "ON",
      eventHoldDays: 30,
    },
  ],
  [
    "that a retention is taken away",
    "PutObjectRetention",
    (c) => c.send(new sdk.PutObjectRetentionCommand({ ...HERE, Retention: {} })),
    {},
  ],
  [
    "a legal hold",
    "PutObjectLegalHold",
    (c) => c.send(new sdk.PutObjectLegalHoldCommand({ ...HERE, LegalHold: { Status: "OFF" } })),
    { legalHold: "OFF" },
  ],
  [
    "an inventory's optional fields",
    "PutBucketInventoryConfiguration",
    (c) =>
      c.send(
        new sdk.PutBucketInventoryConfigurationCommand({
          Bucket: "b-1",
          Id: "i",
          InventoryConfiguration: {
            Id: "i",
            IsEnabled: true,
            IncludedObjectVersions: "All",
            Schedule: { Frequency: "Daily" },
            Destination: { S3BucketDestination: { Bucket: "arn:aws:s3:::d", Format: "CSV" } },
            OptionalFields: ["Size", "ObjectAccessControlList"],
          },
        }),
      ),
    { inventoryFields: ["Size", "ObjectAccessControlList"] },
  ],
  [
    "an object's ACL in a document",
    "PutObjectAcl",
    (c) =>
      c.send(new sdk.PutObjectAclCommand({ ...HERE, AccessControlPolicy: granted(ALL_USERS) })),
    { grantsPublic: true },
  ],
  [
    "a bucket's ACL in a document",
    "PutBucketAcl",
    (c) =>
      c.send(
        new sdk.PutBucketAclCommand({
          Bucket: "b-1",
          AccessControlPolicy: granted(AUTHENTICATED),
        }),
      ),
    { grantsPublic: true },
  ],
  [
    "an ACL for the writers of logs",
    "PutBucketAcl",
    (c) =>
      c.send(
        new sdk.PutBucketAclCommand({ Bucket: "b-1", AccessControlPolicy: granted(LOG_DELIVERY) }),
      ),
    { grantsPublic: false },
  ],
  [
    "an ACL for one account",
    "PutObjectAcl",
    (c) =>
      c.send(
        new sdk.PutObjectAclCommand({
          ...HERE,
          AccessControlPolicy: {
            Owner,
            Grants: [{ Grantee: { Type: "CanonicalUser", ID: "u" }, Permission: "READ" }],
          },
        }),
      ),
    { grantsPublic: false },
  ],
  [
    "an ACL in headers alone",
    "PutObjectAcl",
    (c) => c.send(new sdk.PutObjectAclCommand({ ...HERE, GrantRead: `uri="${ALL_USERS}"` })),
    { grantsPublic: true },
  ],
  [
    "who may read the logs",
    "PutBucketLogging",
    (c) =>
      c.send(
        new sdk.PutBucketLoggingCommand({
          Bucket: "b-1",
          BucketLoggingStatus: {
            LoggingEnabled: {
              TargetBucket: "logs",
              TargetPrefix: "p",
              TargetGrants: [{ Grantee: { Type: "Group", URI: ALL_USERS }, Permission: "READ" }],
            },
          },
        }),
      ),
    { grantsPublic: true },
  ],
  [
    "ACL and tags of what is restored elsewhere",
    "RestoreObject",
    (c) =>
      c.send(
        new sdk.RestoreObjectCommand({
          ...HERE,
          RestoreRequest: {
            OutputLocation: {
              S3: {
                BucketName: "out",
                Prefix: "p",
                CannedACL: "private",
                AccessControlList: [
                  { Grantee: { Type: "Group", URI: ALL_USERS }, Permission: "READ" },
                ],
                Tagging: { TagSet },
              },
            },
          },
        }),
      ),
    { objectTags: TAGS, grantsPublic: true },
  ],
  [
    "nothing in a restore in place",
    "RestoreObject",
    (c) => c.send(new sdk.RestoreObjectCommand({ ...HERE, RestoreRequest: { Days: 1 } })),
    {},
  ],
  ["nothing in a read", "GetObject", (c) => c.send(new sdk.GetObjectCommand(HERE)), {}],
];

for (const [what, operation, send, wanted] of fromSdk) {
  test(`requestValues() reads ${what}, as the SDK sends it`, async () => {
    const { headers, body } = await sent(send);
    assert.deepEqual(valuesOf(operation, headers, body), wanted);
    // Without the document, only the headers speak.
    const expectsBody = body !== undefined && speaksInDocument(operation);
    if (!expectsBody) assert.deepEqual(valuesOf(operation, headers, undefined), wanted);
  });
}

test("requestValues() reads a form's tags, as the PutObject it stands for", () => {
  const document = `<Tagging><TagSet><Tag><Key>a b</Key><Value>c+d=ü</Value></Tag></TagSet></Tagging>`;
  const put = putFromForm(new Map(Object.entries({ key: "k", tagging: document })), "b");
  assert.ok(put.ok);
  assert.deepEqual(valuesOf("PutObject", put.value.headers, undefined), {
    objectTags: [["a b", "c+d=ü"]],
  });
});

test("requestValues() takes a document that is not read yet for silent", () => {
  const headers = ["x-amz-acl", "private"];
  assert.deepEqual(valuesOf("CreateBucket", headers, undefined), { grantsPublic: false });
  assert.deepEqual(valuesOf("CreateBucket", headers, ""), { grantsPublic: false });
  assert.deepEqual(valuesOf("PutObjectTagging", [], undefined), {});
});

test("speaksInDocument() knows whose document matters", () => {
  const speaking = ["CreateBucket", "PutBucketAcl", "PutObjectTagging", "RestoreObject"] as const;
  for (const operation of speaking) assert.equal(speaksInDocument(operation), true, operation);
  for (const operation of ["PutObject", "CopyObject", "PutBucketCors", "GetObject"] as const) {
    assert.equal(speaksInDocument(operation), false, operation);
  }
});

const taggings: readonly (readonly [string, readonly (readonly [string, string])[] | string])[] = [
  ["a=b", [["a", "b"]]],
  ["a+b=c+d", [["a b", "c d"]]],
  ["a%2Bb=%2B", [["a+b", "+"]]],
  ["a=b=c", [["a", "b=c"]]],
  ["a", [["a", ""]]],
  ["a=", [["a", ""]]],
  ["", []],
  ["%61=%C3%BC", [["a", "ü"]]],
  [
    "a=1&A=2",
    [
      ["a", "1"],
      ["A", "2"],
    ],
  ],
  ["__proto__=1", [["__proto__", "1"]]],
  // One tag under two spellings: stores differ in which value they keep.
  ["a=1&a=2", "InvalidArgument"],
  ["a=1&%61=2", "InvalidArgument"],
  ["a+b=1&a%20b=2", "InvalidArgument"],
  ["=b", "InvalidArgument"],
  ["a=b&", "InvalidArgument"],
  ["&a=b", "InvalidArgument"],
  ["a=%", "InvalidArgument"],
  ["%=b", "InvalidArgument"],
  ["%FF=b", "InvalidArgument"],
  ["a=%4", "InvalidArgument"],
  ["a=%zz", "InvalidArgument"],
  ["a=%FF", "InvalidArgument"],
  ["a=%ED%A0%80", "InvalidArgument"],
  ["a=%00", "InvalidArgument"],
  ["a%0A=b", "InvalidArgument"],
  ["a=b;c=d", "InvalidArgument"],
  ["a;c=d", "InvalidArgument"],
  ["a=b c", "InvalidArgument"],
  ["a=b ", "InvalidArgument"],
  // UTF-8 as it comes from the wire, not encoded.
  ["a=\u00c3\u00bc", "InvalidArgument"],
];

for (const [text, wanted] of taggings) {
  test(`requestValues() of x-amz-tagging ${JSON.stringify(text)}`, () => {
    const values = valuesOf("PutObject", ["x-amz-tagging", text], undefined);
    assert.deepEqual(values, typeof wanted === "string" ? wanted : { objectTags: wanted });
  });
}

const inHeaders: readonly (readonly [
  OperationName,
  HeaderList,
  Record<string, unknown> | string,
])[] = [
  // Tags that S3 would pass over.
  ["CopyObject", ["x-amz-tagging", "a=b"], "InvalidArgument"],
  ["CopyObject", ["x-amz-tagging", "a=b", "x-amz-tagging-directive", "COPY"], "InvalidArgument"],
  ["CopyObject", ["x-amz-tagging", "a=b", "x-amz-tagging-directive", "replace"], "InvalidArgument"],
  ["CopyObject", ["x-amz-tagging-directive", "REPLACE"], {}],
  ["UploadPart", ["x-amz-tagging", "%"], {}],
  ["PutObject", ["x-amz-object-lock-mode", "governance"], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-mode", ""], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-legal-hold", "on"], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-event-hold", "true"], "InvalidArgument"],
  [
    "PutObject",
    ["x-amz-object-lock-retain-until-date", "2030-01-02T03:04:05.678901Z"],
    { retainUntil: "2030-01-02T03:04:05.678901Z" },
  ],
  ["PutObject", ["x-amz-object-lock-retain-until-date", "2030-02-31T00:00:00Z"], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-retain-until-date", "2030-01-02T24:00:00Z"], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-retain-until-date", "2030-01-02"], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-retain-until-date", "1893456000"], "InvalidArgument"],
  [
    "PutObject",
    ["x-amz-object-lock-retain-until-date", "2030-01-02T03:04:05+14:00"],
    "InvalidArgument",
  ],
  ...[
    // A year of six digits is one in ISO 8601's longer form.
    "+002030-01-02T03:04:05Z",
    "2030-01-02T03:04:05Z[Europe/Berlin]",
    "2030-01-02T03:04:05.Z",
    "2030-01-02T03:04:05.1234567890Z",
  ].map(
    (date) =>
      ["PutObject", ["x-amz-object-lock-retain-until-date", date], "InvalidArgument"] as const,
  ),
  ["PutObject", ["x-amz-object-lock-event-hold-duration-days", "7"], { eventHoldDays: 7 }],
  ["PutObject", ["x-amz-object-lock-event-hold-duration-days", "0"], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-event-hold-duration-days", "1e3"], "InvalidArgument"],
  ["PutObject", ["x-amz-object-lock-event-hold-duration-years", "-1"], "InvalidArgument"],
  [
    "PutObject",
    [
      "x-amz-object-lock-event-hold-duration-days",
      "1",
      "x-amz-object-lock-event-hold-duration-years",
      "1",
    ],
    "InvalidArgument",
  ],
  ["PutObject", ["x-amz-acl", "public-read"], { grantsPublic: true }],
  ["PutObject", ["x-amz-acl", "public-read-write"], { grantsPublic: true }],
  ["PutObject", ["x-amz-acl", "authenticated-read"], { grantsPublic: true }],
  ["PutObject", ["x-amz-acl", "Public-Read"], { grantsPublic: true }],
  ["PutObject", ["x-amz-acl", "bucket-owner-full-control"], { grantsPublic: false }],
  ["PutBucketAcl", ["x-amz-acl", "log-delivery-write"], { grantsPublic: false }],
  ["CopyObject", ["x-amz-grant-read", `uri="${AUTHENTICATED}"`], { grantsPublic: true }],
  ["CreateBucket", ["x-amz-grant-write", `uri=${ALL_USERS}`], { grantsPublic: true }],
  [
    "CreateMultipartUpload",
    ["x-amz-grant-read", `id="a", emailAddress="b@example.org",uri="${LOG_DELIVERY}"`],
    { grantsPublic: false },
  ],
  ["PutObject", ["x-amz-grant-read", `id="a", URI = "${ALL_USERS}"`], { grantsPublic: true }],
  ["PutObject", ["x-amz-grant-read", `id="a" uri="${ALL_USERS}"`], { grantsPublic: true }],
  ["PutObject", ["x-amz-grant-read", `id="a,uri=${ALL_USERS}"`], { grantsPublic: true }],
  [
    "PutObject",
    ["x-amz-grant-read", 'uri="http://acs.amazonaws.com/groups/global/%41llUsers"'],
    { grantsPublic: true },
  ],
  [
    "PutObject",
    ["x-amz-acl", "private", "x-amz-grant-read-acp", `uri="${ALL_USERS}"`],
    { grantsPublic: true },
  ],
  ["PutObject", ["x-amz-grant-read", `id="a uri=${ALL_USERS}"`], { grantsPublic: true }],
  ["PutObject", ["x-amz-grant-read", `uri=${LOG_DELIVERY},`], { grantsPublic: false }],
  ["PutObject", ["x-amz-grant-read", ""], { grantsPublic: false }],
  ["PutObject", ["x-amz-meta-acl", "x-amz-acl", "etag", "public-read"], {}],
  ["GetObject", ["x-amz-acl", "public-read"], {}],
];

for (const [operation, headers, wanted] of inHeaders) {
  test(`requestValues() of ${operation} with ${headers.join(" ")}`, () => {
    assert.deepEqual(valuesOf(operation, headers, undefined), wanted);
  });
}

const TAG = "<Tag><Key>a</Key><Value>b</Value></Tag>";

function tagging(tags: string): string {
  return `<Tagging><TagSet>${tags}</TagSet></Tagging>`;
}

function inventory(inner: string): string {
  return `<InventoryConfiguration>${inner}</InventoryConfiguration>`;
}

function restored(inner: string): string {
  return `<RestoreRequest><OutputLocation><S3>${inner}</S3></OutputLocation></RestoreRequest>`;
}

function creation(inner: string): string {
  return `<CreateBucketConfiguration>${inner}</CreateBucketConfiguration>`;
}

function acl(grantee: string, type = "Group"): string {
  return `<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="x" xsi:type="${type}">${grantee}</Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`;
}

const inDocuments: readonly (readonly [OperationName, string, Record<string, unknown> | string])[] =
  [
    [
      "PutObjectTagging",
      tagging("<Tag><Key>a</Key><Value>b + c</Value></Tag>"),
      { objectTags: [["a", "b + c"]] },
    ],
    [
      "PutObjectTagging",
      tagging("<Tag><Value>b</Value><Key>a</Key></Tag>"),
      { objectTags: [["a", "b"]] },
    ],
    [
      "PutObjectTagging",
      tagging("<Tag><Key>a<!-- --></Key><Value><![CDATA[<]]></Value></Tag>"),
      { objectTags: [["a", "<"]] },
    ],
    ["PutObjectTagging", tagging(TAG + TAG), "InvalidTag"],
    [
      "PutObjectTagging",
      tagging(`${TAG}<Tag><Key>&#97;</Key><Value>c</Value></Tag>`),
      "InvalidTag",
    ],
    ["PutObjectTagging", tagging(`${TAG}</TagSet><TagSet>`), "MalformedXML"],
    ["PutObjectTagging", `<Tagging>${TAG}</Tagging>`, "MalformedXML"],
    ["PutObjectTagging", '<t:Tagging xmlns:t="t"><t:TagSet/></t:Tagging>', "MalformedXML"],
    [
      "PutObjectTagging",
      tagging('<t:Tag xmlns:t="t"><Key>a</Key><Value/></t:Tag>'),
      "MalformedXML",
    ],
    ["PutObjectTagging", tagging("<Tag><Key>a<b/></Key><Value/></Tag>"), "MalformedXML"],
    ["PutObjectTagging", tagging("<Tag><Key>a</Key></Tag>"), "MalformedXML"],
    ["PutObjectTagging", tagging("<Tag><Key>a</Key><Value/><key/></Tag>"), "MalformedXML"],
    [
      "CreateBucket",
      creation("<Tags><Tag><Key>a</Key><Key>b</Key><Value/></Tag></Tags>"),
      "MalformedXML",
    ],
    ["PutObjectTagging", tagging("<Tag><Key>a</Key><Value> b</Value></Tag>"), "MalformedXML"],
    ["PutObjectTagging", "", "MissingRequestBodyError"],
    ["PutBucketTagging", tagging(""), { bucketTags: [] }],
    // The condition keys of bucket tags ignore letter case, those of object tags do not.
    ["PutBucketTagging", tagging(`${TAG}<Tag><Key>A</Key><Value>c</Value></Tag>`), "InvalidTag"],
    // The Kelvin sign is a k, too, for whoever compares in lower case.
    [
      "PutBucketTagging",
      tagging("<Tag><Key>k</Key><Value/></Tag><Tag><Key>\u212a</Key><Value/></Tag>"),
      "InvalidTag",
    ],
    ["PutBucketTagging", tagging(TAG + TAG), "InvalidTag"],
    ["CreateBucket", creation(`<Tags>${TAG}${TAG}</Tags>`), "InvalidTag"],
    [
      "PutObjectTagging",
      tagging(`${TAG}<Tag><Key>A</Key><Value>c</Value></Tag>`),
      {
        objectTags: [
          ["a", "b"],
          ["A", "c"],
        ],
      },
    ],
    [
      "CreateBucket",
      creation(`<Tags>${TAG}<Tag><Key>A</Key><Value>c</Value></Tag></Tags>`),
      "InvalidTag",
    ],
    ["CreateBucket", creation(`<Tags>${TAG}</Tags><Tags/>`), "MalformedXML"],
    ["CreateBucket", creation(`<TagSet>${TAG}</TagSet>`), {}],
    ["CreateBucket", creation("<LocationConstraint/>"), { locationConstraint: "" }],
    [
      "CreateBucket",
      creation("<LocationConstraint>default:fast</LocationConstraint>"),
      { locationConstraint: "default:fast" },
    ],
    ["CreateBucket", creation("<LocationConstraint> eu</LocationConstraint>"), "MalformedXML"],
    [
      "CreateBucket",
      creation(
        "<LocationConstraint>a</LocationConstraint><LocationConstraint>b</LocationConstraint>",
      ),
      "MalformedXML",
    ],
    [
      "CreateBucket",
      creation('<l:LocationConstraint xmlns:l="l">a</l:LocationConstraint>'),
      "MalformedXML",
    ],
    ["PutObjectRetention", "<Retention><Mode>compliance</Mode></Retention>", "MalformedXML"],
    ["PutObjectRetention", "<Retention><Mode> COMPLIANCE</Mode></Retention>", "MalformedXML"],
    [
      "PutObjectRetention",
      "<Retention><RetainUntilDate>tomorrow</RetainUntilDate></Retention>",
      "MalformedXML",
    ],
    [
      "PutObjectRetention",
      "<Retention><EventHold>ON</EventHold><EventHold>OFF</EventHold></Retention>",
      "MalformedXML",
    ],
    [
      "PutObjectRetention",
      "<Retention><EventHoldDuration><Years>1</Years></EventHoldDuration></Retention>",
      { eventHoldDays: 365 },
    ],
    [
      "PutObjectRetention",
      "<Retention><EventHoldDuration><Years>1</Years><Days>1</Days></EventHoldDuration></Retention>",
      "MalformedXML",
    ],
    ["PutObjectRetention", "<Retention><EventHoldDuration/></Retention>", {}],
    ["PutObjectLegalHold", "<LegalHold/>", "MalformedXML"],
    ["PutObjectLegalHold", "<LegalHold><Status>Off</Status></LegalHold>", "MalformedXML"],
    ["PutBucketInventoryConfiguration", inventory(""), {}],
    ["PutBucketInventoryConfiguration", inventory("<OptionalFields/>"), { inventoryFields: [] }],
    [
      "PutBucketInventoryConfiguration",
      inventory("<OptionalFields><Field>Size </Field></OptionalFields>"),
      "MalformedXML",
    ],
    [
      "PutBucketInventoryConfiguration",
      inventory("<OptionalFields/><OptionalFields/>"),
      "MalformedXML",
    ],
    [
      "PutObjectAcl",
      acl("<URI>https://acs.amazonaws.com/groups/global/AllUsers</URI>"),
      { grantsPublic: true },
    ],
    ["PutObjectAcl", acl("<ID>AllUsers</ID>", "CanonicalUser"), { grantsPublic: false }],
    [
      "PutObjectAcl",
      acl(`<ID>u</ID><URI>${ALL_USERS}</URI>`, "CanonicalUser"),
      "MalformedACLError",
    ],
    ["PutBucketLogging", "<BucketLoggingStatus/>", {}],
    ["RestoreObject", restored("<CannedACL>private</CannedACL>"), { grantsPublic: false }],
    ["RestoreObject", restored("<CannedACL>public-read</CannedACL>"), { grantsPublic: true }],
    ["RestoreObject", restored("<StorageClass>STANDARD</StorageClass>"), {}],
    ["RestoreObject", restored("<AccessControlList/>"), { grantsPublic: false }],
    ["RestoreObject", restored(`<Tagging><TagSet>${TAG}${TAG}</TagSet></Tagging>`), "InvalidTag"],
    ["RestoreObject", restored("<Tagging/>"), "MalformedXML"],
    ["RestoreObject", "", {}],
    // Its document is read, and has none of these values.
    [
      "PutBucketVersioning",
      "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
      {},
    ],
    // No document of these is read.
    ["PutObject", "<Tagging", {}],
  ];

for (const [operation, xml, wanted] of inDocuments) {
  test(`requestValues() of ${operation} with ${xml}`, () => {
    assert.deepEqual(valuesOf(operation, [], xml), wanted);
  });
}

test("requestValues() does not choose between an ACL in headers and one in the body", () => {
  const document = acl(`<URI>${LOG_DELIVERY}</URI>`);
  assert.equal(valuesOf("PutBucketAcl", ["x-amz-acl", "private"], document), "UnexpectedContent");
});
