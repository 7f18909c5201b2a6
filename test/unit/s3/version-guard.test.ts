import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTarget } from "../../../src/http/target.ts";
import type { S3Document } from "../../../src/s3/document-reader.ts";
import { endangersHistory, entryEndangersHistory } from "../../../src/s3/version-guard.ts";
import { OPERATION_LIST, type OperationName } from "../../../src/s3/operations.ts";
import { parseXml } from "../../support/documents.ts";

const BYPASS = ["x-amz-bypass-governance-retention", "true"];

type Request = {
  readonly query?: string;
  readonly headers?: readonly string[];
  /** Absent: not read yet. */
  readonly xml?: string;
};

function danger(operation: OperationName, request: Request): string | undefined {
  const target = parseTarget(`/b/k?${request.query ?? ""}`);
  assert.ok(target.ok);
  const document = request.xml === undefined ? undefined : documentIn(request.xml);
  return endangersHistory(operation, target.value.query, request.headers ?? [], document);
}

/** Without the shapes of `documents.ts`, so that the guard alone is seen. */
function documentIn(xml: string): S3Document {
  const bytes = Buffer.from(xml);
  const root = parseXml(bytes);
  return root.ok ? { kind: "xml", bytes, root: root.value } : { kind: "none", bytes };
}

function described(operation: string, { query, headers, xml }: Request): string {
  const parts = [operation, query, headers?.join(" "), xml];
  return parts.filter((part) => part !== undefined).join(" ");
}

function versioning(inner: string): Request {
  return { xml: `<VersioningConfiguration>${inner}</VersioningConfiguration>` };
}

function lifecycle(...parts: readonly string[]): Request {
  const rules = parts.map((part) => `<Rule><ID>r</ID><Status>Enabled</Status>${part}</Rule>`);
  return { xml: `<LifecycleConfiguration>${rules.join("")}</LifecycleConfiguration>` };
}

const ABORT =
  "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
const LATER = "<RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>";

/** Operation, request, how the sentence begins, and why that is dangerous. */
const dangerous: readonly (readonly [OperationName, Request, string, string])[] = [
  ["DeleteObject", { query: "versionId=v1" }, "Deleting a version", "the version is gone"],
  ["DeleteObject", { query: "versionId=null" }, "Deleting a version", "null is a version"],
  ["DeleteObject", { query: "versionId=" }, "Deleting a version", "a store may read it as null"],
  ["DeleteObject", { query: "versionId" }, "Deleting a version", "a store may read it as null"],
  [
    "DeleteObject",
    { query: "x-id=DeleteObject&versionId=v1" },
    "Deleting a version",
    "the order of the query says nothing",
  ],
  ["DeleteObject", { headers: BYPASS }, "Bypassing", "governance is for this very case"],
  [
    "DeleteObject",
    { query: "versionId=v1", headers: BYPASS },
    "Bypassing",
    "governance is for this very case",
  ],
  ["DeleteObjects", { headers: BYPASS }, "Bypassing", "it holds for every entry"],
  [
    "PutObjectRetention",
    { headers: BYPASS, xml: "<Retention/>" },
    "Bypassing",
    "the retention is removed",
  ],
  [
    "PutObjectRetention",
    { headers: ["x-amz-bypass-governance-retention", "TRUE"] },
    "Bypassing",
    "Ceph compares without case",
  ],
  [
    "PutObjectRetention",
    { headers: ["x-amz-bypass-governance-retention", "1"] },
    "Bypassing",
    "a store may take it for a yes",
  ],
  [
    "PutObject",
    {
      headers: [
        "x-amz-bypass-governance-retention",
        "false",
        "x-amz-bypass-governance-retention",
        "true",
      ],
    },
    "Bypassing",
    "a store may read the second",
  ],
  ["GetObject", { headers: BYPASS }, "Bypassing", "no read needs it"],
  [
    "PutObjectRetention",
    { xml: "<Retention><EventHold>OFF</EventHold></Retention>" },
    "Releasing an event hold",
    "no bypass is needed for it",
  ],
  ["PutObjectRetention", { xml: "<Retention" }, "Releasing an event hold", "nobody can read it"],
  ["DeleteBucket", {}, "Deleting a bucket", "Ceph may purge it"],
  ["DeleteBucketLifecycle", {}, "Removing the lifecycle", "it is the operator's"],
  ["DeleteBucketReplication", {}, "Removing replication", "the copies end"],
  [
    "PutBucketReplication",
    { xml: "<ReplicationConfiguration/>" },
    "Changing replication",
    "it replaces the rules",
  ],
  ["PutObjectLockConfiguration", {}, "Changing the object lock", "it may be shorter"],
  [
    "PutObjectLockConfiguration",
    {
      xml: "<ObjectLockConfiguration><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>9</Years></DefaultRetention></Rule></ObjectLockConfiguration>",
    },
    "Changing the object lock",
    "what it was is not known",
  ],
  ["UpdateObjectEncryption", {}, "Encrypting an existing", "its key may be destroyed"],
  ["DeleteObjectAnnotation", { query: "versionId=v" }, "Deleting an annotation", "of a version"],
  ["PutObjectAnnotation", { query: "versionId=v" }, "Replacing an annotation", "of a version"],
  [
    "PutObjectLegalHold",
    { xml: "<LegalHold><Status>OFF</Status></LegalHold>" },
    "Releasing a legal hold",
    "the hold ends",
  ],
  [
    "PutObjectLegalHold",
    { xml: "<LegalHold><Status>Off</Status></LegalHold>" },
    "Releasing a legal hold",
    "anything but ON may be OFF",
  ],
  ["PutObjectLegalHold", { xml: "<LegalHold/>" }, "Releasing a legal hold", "it says nothing"],
  [
    "PutObjectLegalHold",
    { xml: "<LegalHold><Status>ON</Status><Status>OFF</Status></LegalHold>" },
    "Releasing a legal hold",
    "a store may read the second",
  ],
  [
    "PutObjectLegalHold",
    { xml: '<LegalHold xmlns:a="a"><Status>ON</Status><a:Status>OFF</a:Status></LegalHold>' },
    "Releasing a legal hold",
    "a store may go by local names",
  ],
  ["PutObjectLegalHold", { xml: "" }, "Releasing a legal hold", "nobody can read it"],
  [
    "PutBucketVersioning",
    versioning("<Status>Suspended</Status>"),
    "Anything but enabling",
    "the next PUT overwrites",
  ],
  [
    "PutBucketVersioning",
    versioning("<Status>suspended</Status>"),
    "Anything but enabling",
    "a store may ignore case",
  ],
  [
    "PutBucketVersioning",
    versioning("<Status>Enabled</Status><Status>Suspended</Status>"),
    "Anything but enabling",
    "a store may read the second",
  ],
  [
    "PutBucketVersioning",
    versioning("<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>"),
    "Anything but enabling",
    "deleting gets easier",
  ],
  [
    "PutBucketVersioning",
    versioning("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>"),
    "Anything but enabling",
    "only the thief has the device",
  ],
  [
    "PutBucketVersioning",
    versioning("<Status>Enabled</Status><ExcludedPrefixes><Prefix>*</Prefix></ExcludedPrefixes>"),
    "Anything but enabling",
    "MinIO then keeps no versions there",
  ],
  [
    "PutBucketVersioning",
    versioning("<Status>enabled</Status>"),
    "Anything but enabling",
    "a store that compares exactly may suspend",
  ],
  ["PutBucketVersioning", versioning(""), "Anything but enabling", "it says nothing"],
  ["PutBucketVersioning", { xml: "" }, "Anything but enabling", "nobody can read it"],
  [
    "PutBucketVersioning",
    {
      xml: "<!DOCTYPE a><VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    },
    "Anything but enabling",
    "a DTD may change it",
  ],
  [
    "PutBucketLifecycleConfiguration",
    lifecycle("<Expiration><Days>1</Days></Expiration>"),
    "A lifecycle rule",
    "current versions expire",
  ],
  [
    "PutBucketLifecycleConfiguration",
    lifecycle("<Expiration><Days>36500</Days></Expiration>"),
    "A lifecycle rule",
    "the limit is the operator's to set",
  ],
  [
    "PutBucketLifecycleConfiguration",
    lifecycle(
      "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
    ),
    "A lifecycle rule",
    "delete markers expire",
  ],
  [
    "PutBucketLifecycleConfiguration",
    lifecycle(
      "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>",
    ),
    "A lifecycle rule",
    "older versions expire",
  ],
  [
    "PutBucketLifecycleConfiguration",
    lifecycle("<DelMarkerExpiration><Days>1</Days></DelMarkerExpiration>"),
    "A lifecycle rule",
    "MinIO's own kind of expiry",
  ],
  [
    "PutBucketLifecycleConfiguration",
    lifecycle(ABORT, "<Expiration><Days>1</Days></Expiration>"),
    "A lifecycle rule",
    "one rule is enough",
  ],
  [
    "PutBucketLifecycleConfiguration",
    {
      xml: "<LifecycleConfiguration><Rule><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    },
    "A lifecycle rule",
    "a disabled rule replaces an enabled one",
  ],
  [
    "PutBucketLifecycleConfiguration",
    {
      xml: '<LifecycleConfiguration xmlns:a="a"><Rule><a:Expiration><Days>1</Days></a:Expiration></Rule></LifecycleConfiguration>',
    },
    "A lifecycle rule",
    "a store may go by local names",
  ],
  [
    "PutBucketLifecycleConfiguration",
    { xml: "<LifecycleConfiguration><Rules/></LifecycleConfiguration>" },
    "A lifecycle rule",
    "nobody knows what that is",
  ],
  ["PutBucketLifecycleConfiguration", { xml: "" }, "A lifecycle rule", "nobody can read it"],
];

for (const [operation, request, begins, why] of dangerous) {
  test(`endangersHistory() stops ${described(operation, request)}: ${why}`, () => {
    const sentence = danger(operation, request);
    assert.ok(sentence?.startsWith(begins), sentence);
    assert.match(
      sentence ?? "",
      / is not allowed here, because it could destroy the history of objects$/,
    );
  });
}

const harmless: readonly (readonly [OperationName, Request, string])[] = [
  ["GetObject", { query: "versionId=v" }, "it reads"],
  ["HeadObject", { query: "versionId=v" }, "it reads"],
  ["ListObjectVersions", {}, "it reads"],
  ["GetBucketVersioning", {}, "it reads"],
  ["Preflight", {}, "it reads"],
  ["DeleteObject", {}, "it adds a delete marker"],
  ["DeleteObject", { query: "x-id=DeleteObject" }, "it adds a delete marker"],
  [
    "DeleteObject",
    { headers: ["x-amz-bypass-governance-retention", "false"] },
    "nothing is bypassed",
  ],
  ["DeleteObjects", {}, "its entries are asked one by one"],
  ["PutObject", {}, "it adds a version"],
  ["PutObject", { headers: ["x-amz-object-lock-mode", "GOVERNANCE"] }, "it locks the new version"],
  ["CopyObject", { headers: ["x-amz-copy-source", "b/k?versionId=v"] }, "it adds a version"],
  ["CompleteMultipartUpload", { xml: "<CompleteMultipartUpload/>" }, "it adds a version"],
  ["AbortMultipartUpload", { query: "uploadId=u" }, "an unfinished upload is no version"],
  ["PostObject", {}, "it adds a version"],
  ["CreateBucket", { xml: "" }, "it is new"],
  ["PutObjectAcl", { query: "versionId=v" }, "the content stays"],
  ["PutObjectTagging", { query: "versionId=v" }, "the content stays"],
  ["DeleteObjectTagging", { query: "versionId=v" }, "the content stays"],
  ["DeleteObjectAnnotation", {}, "no version is named"],
  ["PutObjectAnnotation", {}, "no version is named"],
  ["PutBucketPolicy", { xml: "{}" }, "whoever it lets in comes through the guard"],
  ["PutObjectRetention", { xml: "<Retention><Mode>GOVERNANCE</Mode></Retention>" }, "no bypass"],
  [
    "PutObjectRetention",
    { xml: `<Retention><Mode>COMPLIANCE</Mode>${LATER}</Retention>` },
    "the store does not shorten it",
  ],
  [
    "PutObjectRetention",
    { xml: "<Retention><EventHold>ON</EventHold></Retention>" },
    "a hold begins",
  ],
  ["PutObjectLegalHold", { xml: "<LegalHold><Status>ON</Status></LegalHold>" }, "a hold begins"],
  ["PutBucketVersioning", versioning("<Status>Enabled</Status>"), "more is kept"],
  ["PutBucketVersioning", versioning("\n  <Status>Enabled</Status>\n"), "white space says nothing"],
  [
    "PutBucketVersioning",
    versioning("<Status>\nEnabled </Status>"),
    "no store takes it for anything else",
  ],
  [
    "PutObjectLegalHold",
    { xml: "<LegalHold><Status> ON\n</Status></LegalHold>" },
    "no store takes it for anything else",
  ],
  ["PutBucketLifecycleConfiguration", lifecycle(ABORT), "unfinished uploads are no versions"],
  [
    "PutBucketLifecycleConfiguration",
    lifecycle(
      "<Filter><Prefix>a</Prefix></Filter><Transition><Days>1</Days><StorageClass>COLD</StorageClass></Transition>",
      "<Prefix/><NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionTransition>",
    ),
    "versions move and stay",
  ],
  ["RestoreObject", { xml: "<RestoreRequest/>" }, "it brings back"],
];

for (const [operation, request, why] of harmless) {
  test(`endangersHistory() lets ${described(operation, request)} pass: ${why}`, () => {
    assert.equal(danger(operation, request), undefined);
  });
}

const needingBody = [
  "PutBucketLifecycleConfiguration",
  "PutBucketVersioning",
  "PutObjectLegalHold",
  "PutObjectRetention",
];

test("endangersHistory() waits for the body only if the head cannot decide", () => {
  const waiting = OPERATION_LIST.map(({ name }) => name).filter(
    (name) => danger(name, {}) === undefined && danger(name, { xml: "no XML" }) !== undefined,
  );
  assert.deepEqual(waiting, needingBody);
});

/** Writes whose heads alone, without any parameter or header, are a danger. */
const always: ReadonlySet<string> = new Set([
  "DeleteBucket",
  "DeleteBucketLifecycle",
  "DeleteBucketReplication",
  "PutBucketReplication",
  "PutObjectLockConfiguration",
  "UpdateObjectEncryption",
]);

for (const { name } of OPERATION_LIST) {
  const stopped = always.has(name);
  test(`endangersHistory() ${stopped ? "always stops" : "may let pass"} ${name}`, () => {
    assert.equal(danger(name, {}) !== undefined, stopped);
  });
}

const entries = [
  [undefined, [], undefined],
  ["v1", [], /^Deleting a version is not allowed here/],
  ["null", [], /^Deleting a version is not allowed here/],
  [undefined, BYPASS, /^Bypassing governance retention is not allowed here/],
  ["v1", ["x-amz-bypass-governance-retention", "false"], /^Deleting a version/],
] as const;

for (const [versionId, headers, wanted] of entries) {
  test(`entryEndangersHistory() of version ${versionId} with ${headers.join(" ")}`, () => {
    const sentence = entryEndangersHistory(
      { key: "k", versionId, eTag: undefined, lastModifiedTime: undefined, size: undefined },
      headers,
    );
    if (wanted === undefined) assert.equal(sentence, undefined);
    else assert.match(sentence ?? "", wanted);
  });
}
