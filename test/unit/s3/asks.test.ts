import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTarget, queryValue } from "../../../src/http/target.ts";
import { ACTIONS } from "../../../src/s3/actions.ts";
import { parseAddress } from "../../../src/s3/address.ts";
import { arnOf, asksOf, asksOfDelete, type Ask } from "../../../src/s3/asks.ts";
import { classify } from "../../../src/s3/classify.ts";
import { copySourceOf } from "../../../src/s3/copy-source.ts";
import { OPERATION_LIST } from "../../../src/s3/operations.ts";

/** The asks of `METHOD target` as "Action resource", or the error's code. */
function asked(request: string, headers: readonly string[] = []): readonly string[] | string {
  const [method = "", raw = ""] = request.split(" ");
  const target = parseTarget(raw);
  assert.ok(target.ok);
  const { query } = target.value;
  const located = parseAddress(target.value.path, undefined, { domains: [], accountDomains: [] });
  assert.ok(located.ok);
  const { address } = located.value;
  const operation = classify(method, address, query, headers);
  assert.ok(operation.ok, `${request} is not an operation`);
  const source = copySourceOf(operation.value, headers);
  if (!source.ok) return source.error.code;
  const versionId = queryValue(query, "versionId");
  return asksOf(operation.value, address, versionId, headers, source.value).map(written);
}

function written(ask: Ask): string {
  return `${ask.action} ${arnOf(ask).replace("arn:aws:s3:::", "")}`;
}

const COPY = ["x-amz-copy-source", "src/from"];
const COPY_VERSION = ["x-amz-copy-source", "src/from?versionId=v"];
const REPLACE = ["x-amz-tagging-directive", "REPLACE"];
const BYPASS = ["x-amz-bypass-governance-retention", "true"];

const plain = [
  ["GET /", ["s3:ListAllMyBuckets *"]],
  ["GET /bucket", ["s3:ListBucket bucket"]],
  ["HEAD /bucket", ["s3:ListBucket bucket"]],
  ["GET /bucket?versions", ["s3:ListBucketVersions bucket"]],
  ["GET /bucket?uploads", ["s3:ListBucketMultipartUploads bucket"]],
  ["DELETE /bucket", ["s3:DeleteBucket bucket"]],
  ["DELETE /bucket?cors", ["s3:PutBucketCORS bucket"]],
  ["DELETE /bucket?encryption", ["s3:PutEncryptionConfiguration bucket"]],
  ["GET /bucket/a//b", ["s3:GetObject bucket/a//b"]],
  ["GET /bucket/k?versionId=null", ["s3:GetObjectVersion bucket/k"]],
  ["HEAD /bucket/k", ["s3:GetObject bucket/k"]],
  ["HEAD /bucket/k?versionId=v", ["s3:GetObjectVersion bucket/k"]],
  ["GET /bucket/k?attributes", ["s3:GetObject bucket/k", "s3:GetObjectAttributes bucket/k"]],
  [
    "GET /bucket/k?attributes&versionId=v",
    ["s3:GetObjectVersion bucket/k", "s3:GetObjectVersionAttributes bucket/k"],
  ],
  ["GET /bucket/k?acl&versionId=v", ["s3:GetObjectVersionAcl bucket/k"]],
  ["PUT /bucket/k?acl&versionId=v", ["s3:PutObjectVersionAcl bucket/k"]],
  ["GET /bucket/k?tagging&versionId=v", ["s3:GetObjectVersionTagging bucket/k"]],
  ["PUT /bucket/k?tagging&versionId=v", ["s3:PutObjectVersionTagging bucket/k"]],
  ["DELETE /bucket/k?tagging&versionId=v", ["s3:DeleteObjectVersionTagging bucket/k"]],
  ["GET /bucket/k?retention&versionId=v", ["s3:GetObjectRetention bucket/k"]],
  ["GET /bucket/k?torrent", ["s3:GetObject bucket/k"]],
  ["DELETE /bucket/k", ["s3:DeleteObject bucket/k"]],
  ["DELETE /bucket/k?versionId=null", ["s3:DeleteObjectVersion bucket/k"]],
  ["DELETE /bucket/k?uploadId=u", ["s3:AbortMultipartUpload bucket/k"]],
  ["POST /bucket/k?uploadId=u", ["s3:PutObject bucket/k"]],
  ["PUT /bucket/k?uploadId=u&partNumber=1", ["s3:PutObject bucket/k"]],
  ["POST /bucket?delete", []],
  ["PUT /tenant:bucket/k", ["s3:PutObject arn:aws:s3::tenant:bucket/k"]],
  ["GET /:bucket", ["s3:ListBucket bucket"]],
  [
    "GET /?max-directory-buckets=1",
    ["s3express:ListAllMyDirectoryBuckets *", "s3:ListAllMyBuckets *"],
  ],
] as const;

for (const [request, wanted] of plain) {
  test(`asksOf() needs ${wanted.join(" and ") || "nothing"} for ${request}`, () => {
    assert.deepEqual(asked(request), wanted);
  });
}

/** What each header adds to `PUT /bucket/k`, and in the same way to CreateMultipartUpload. */
const onWrite = [
  [["x-amz-acl", "public-read"], ["s3:PutObjectAcl"]],
  [["x-amz-acl", "private"], []],
  [["x-amz-acl", "bucket-owner-full-control"], []],
  [["x-amz-acl", "aws-exec-read"], ["s3:PutObjectAcl"]],
  [["x-amz-grant-read", "id=x"], ["s3:PutObjectAcl"]],
  [["x-amz-grant-read-acp", "id=x"], ["s3:PutObjectAcl"]],
  [["x-amz-grant-write-acp", "id=x"], ["s3:PutObjectAcl"]],
  [["x-amz-grant-full-control", "id=x"], ["s3:PutObjectAcl"]],
  [["x-amz-acl", "private", "x-amz-grant-write", "id=x"], ["s3:PutObjectAcl"]],
  [["x-amz-tagging", "a=b"], ["s3:PutObjectTagging"]],
  [["x-amz-tagging", ""], ["s3:PutObjectTagging"]],
  [["x-amz-object-lock-mode", "GOVERNANCE"], ["s3:PutObjectRetention"]],
  [["x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"], ["s3:PutObjectRetention"]],
  [["x-amz-object-lock-event-hold", "ON"], ["s3:PutObjectRetention"]],
  [["x-amz-object-lock-event-hold-duration-days", "1"], ["s3:PutObjectRetention"]],
  [["x-amz-object-lock-legal-hold", "ON"], ["s3:PutObjectLegalHold"]],
  [["x-amz-object-lock-legal-hold", "OFF"], ["s3:PutObjectLegalHold"]],
  [["x-amz-meta-x", "x-amz-grant-read"], []],
  [["x-amz-meta-x", "x-amz-object-lock-mode"], []],
  [
    ["x-amz-acl", "public-read", "x-amz-tagging", "a=b", "x-amz-object-lock-mode", "COMPLIANCE"],
    ["s3:PutObjectAcl", "s3:PutObjectTagging", "s3:PutObjectRetention"],
  ],
] as const;

for (const [headers, added] of onWrite) {
  test(`asksOf() adds ${added.join(" and ") || "nothing"} to a write with ${headers.join(" ")}`, () => {
    const wanted = ["s3:PutObject", ...added].map((action) => `${action} bucket/k`);
    assert.deepEqual(asked("PUT /bucket/k", headers), wanted);
    assert.deepEqual(asked("POST /bucket/k?uploads", headers), wanted);
    const copied = asked("PUT /bucket/k", [...headers, ...COPY, ...REPLACE]);
    assert.deepEqual(copied, [...wanted, "s3:GetObject src/from"]);
    // The head of a part decides nothing of the object.
    assert.deepEqual(asked("PUT /bucket/k?uploadId=u&partNumber=1", headers), [
      "s3:PutObject bucket/k",
    ]);
  });
}

const withHeaders = [
  [
    "PUT /bucket/k",
    COPY,
    ["s3:PutObject bucket/k", "s3:GetObject src/from", "s3:GetObjectTagging src/from"],
  ],
  [
    "PUT /bucket/k",
    COPY_VERSION,
    [
      "s3:PutObject bucket/k",
      "s3:GetObjectVersion src/from",
      "s3:GetObjectVersionTagging src/from",
    ],
  ],
  [
    "PUT /bucket/k",
    [...COPY_VERSION, ...REPLACE],
    ["s3:PutObject bucket/k", "s3:GetObjectVersion src/from"],
  ],
  [
    "PUT /bucket/k",
    [...COPY, ...REPLACE, "x-amz-object-annotation-directive", "COPY"],
    [
      "s3:PutObject bucket/k",
      "s3:PutObjectAnnotation bucket/k",
      "s3:GetObject src/from",
      "s3:GetObjectAnnotation src/from",
    ],
  ],
  [
    "PUT /bucket/k",
    [...COPY_VERSION, ...REPLACE, "x-amz-object-annotation-directive", "COPY"],
    [
      "s3:PutObject bucket/k",
      "s3:PutObjectAnnotation bucket/k",
      "s3:GetObjectVersion src/from",
      "s3:GetObjectVersionAnnotation src/from",
    ],
  ],
  [
    "PUT /bucket/k",
    [...COPY, ...REPLACE, "x-amz-object-annotation-directive", "EXCLUDE"],
    ["s3:PutObject bucket/k", "s3:GetObject src/from"],
  ],
  [
    "PUT /bucket/k",
    [...REPLACE, "x-amz-copy-source", "other:src/a%2Fb%3FversionId=1"],
    ["s3:PutObject bucket/k", "s3:GetObject arn:aws:s3::other:src/a/b?versionId=1"],
  ],
  [
    "PUT /bucket/k?uploadId=u&partNumber=1",
    COPY,
    ["s3:PutObject bucket/k", "s3:GetObject src/from"],
  ],
  [
    "PUT /bucket/k?uploadId=u&partNumber=1",
    COPY_VERSION,
    ["s3:PutObject bucket/k", "s3:GetObjectVersion src/from"],
  ],
  [
    "PUT /bucket/k?renameObject",
    ["x-amz-rename-source", "bucket/old"],
    ["s3:PutObject bucket/k", "s3:GetObject bucket/old", "s3:DeleteObject bucket/old"],
  ],
  ["PUT /bucket", ["x-amz-acl", "private"], ["s3:CreateBucket bucket"]],
  [
    "PUT /bucket",
    ["x-amz-acl", "public-read"],
    ["s3:CreateBucket bucket", "s3:PutBucketAcl bucket"],
  ],
  [
    "PUT /bucket",
    ["x-amz-acl", "bucket-owner-full-control"],
    ["s3:CreateBucket bucket", "s3:PutBucketAcl bucket"],
  ],
  [
    "PUT /bucket",
    ["x-amz-grant-write", "id=x"],
    ["s3:CreateBucket bucket", "s3:PutBucketAcl bucket"],
  ],
  [
    "PUT /bucket",
    ["x-amz-bucket-object-lock-enabled", "True"],
    [
      "s3:CreateBucket bucket",
      "s3:PutBucketObjectLockConfiguration bucket",
      "s3:PutBucketVersioning bucket",
    ],
  ],
  ["PUT /bucket", ["x-amz-bucket-object-lock-enabled", "False"], ["s3:CreateBucket bucket"]],
  [
    "PUT /bucket",
    ["x-amz-object-ownership", "ObjectWriter"],
    ["s3:CreateBucket bucket", "s3:PutBucketOwnershipControls bucket"],
  ],
  [
    "DELETE /bucket/k",
    BYPASS,
    ["s3:DeleteObject bucket/k", "s3:BypassGovernanceRetention bucket/k"],
  ],
  [
    "DELETE /bucket/k?versionId=v",
    BYPASS,
    ["s3:DeleteObjectVersion bucket/k", "s3:BypassGovernanceRetention bucket/k"],
  ],
  [
    "DELETE /bucket/k",
    ["x-amz-bypass-governance-retention", "false"],
    ["s3:DeleteObject bucket/k"],
  ],
  [
    "DELETE /bucket/k",
    ["x-amz-bypass-governance-retention", "1"],
    ["s3:DeleteObject bucket/k", "s3:BypassGovernanceRetention bucket/k"],
  ],
  [
    "PUT /bucket/k?retention",
    BYPASS,
    ["s3:PutObjectRetention bucket/k", "s3:BypassGovernanceRetention bucket/k"],
  ],
] as const;

for (const [request, headers, wanted] of withHeaders) {
  test(`asksOf() needs ${wanted.join(" and ")} for ${request} with ${headers.join(" ")}`, () => {
    assert.deepEqual(asked(request, headers), wanted);
  });
}

const refused = [
  ["an empty copy source", "PUT /bucket/k", ["x-amz-copy-source", ""], "InvalidArgument"],
  [
    "a part from an empty source",
    "PUT /bucket/k?uploadId=u&partNumber=1",
    ["x-amz-copy-source", ""],
    "InvalidArgument",
  ],
  ["a copy source without a key", "PUT /bucket/k", ["x-amz-copy-source", "src"], "InvalidArgument"],
  [
    "a rename from a bare key",
    "PUT /bucket/k?renameObject",
    ["x-amz-rename-source", "old"],
    "InvalidArgument",
  ],
] as const;

for (const [name, request, headers, code] of refused) {
  test(`asksOf() is not asked for ${name}, which copySourceOf() refuses`, () =>
    assert.equal(asked(request, headers), code));
}

test("asksOf() says for which operation each ask is", () => {
  const target = parseAddress("/bucket/k", undefined, { domains: [], accountDomains: [] });
  assert.ok(target.ok);
  const headers = [...COPY, ...REPLACE];
  const source = copySourceOf("CopyObject", headers);
  assert.ok(source.ok);
  const asks = asksOf("CopyObject", target.value.address, undefined, headers, source.value);
  assert.deepEqual(asks, [
    {
      action: "s3:PutObject",
      operation: "CopyObject",
      bucket: { tenant: undefined, name: "bucket" },
      key: "k",
    },
    {
      action: "s3:GetObject",
      operation: "CopyObject",
      bucket: { tenant: undefined, name: "src" },
      key: "from",
    },
  ]);
});

const deletions = [
  [undefined, [], ["s3:DeleteObject bucket/k"]],
  ["null", [], ["s3:DeleteObjectVersion bucket/k"]],
  ["v", BYPASS, ["s3:DeleteObjectVersion bucket/k", "s3:BypassGovernanceRetention bucket/k"]],
] as const;

for (const [versionId, headers, wanted] of deletions) {
  test(`asksOfDelete() needs ${wanted.join(" and ")} for version ${versionId}`, () => {
    const entry = {
      key: "k",
      versionId,
      eTag: undefined,
      lastModifiedTime: undefined,
      size: undefined,
    };
    const asks = asksOfDelete({ tenant: undefined, name: "bucket" }, entry, headers);
    assert.deepEqual(asks.map(written), wanted);
    assert.ok(asks.every(({ operation }) => operation === "DeleteObjects"));
  });
}

test("every operation but DeleteObjects, PostObject and the preflight needs an action", () => {
  const without = OPERATION_LIST.filter(({ actions }) => actions.length === 0);
  assert.deepEqual(
    without.map(({ name }) => name),
    ["DeleteObjects", "PostObject", "Preflight"],
  );
  assert.ok(
    OPERATION_LIST.every(
      ({ actions, versionedActions }) => actions.length === versionedActions.length,
    ),
  );
});

test("every action is one that some request needs", () => {
  const needed = new Set<string>([
    ...OPERATION_LIST.flatMap(({ actions }) => actions),
    ...OPERATION_LIST.flatMap(({ versionedActions }) => versionedActions),
    ...withHeaders.flatMap(([, , wanted]) => wanted.map((ask) => ask.split(" ")[0] ?? "")),
    ...onWrite.flatMap(([, added]) => added),
    // The tags in the document of CreateBucket: see document-asks.test.ts.
    "s3:TagResource",
  ]);
  assert.deepEqual([...needed].sort(), [...ACTIONS].sort());
});
