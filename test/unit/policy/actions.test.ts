import assert from "node:assert/strict";
import { test } from "node:test";
import { suggester } from "../../../src/lib/suggestion.ts";
import { BUCKET_ACTIONS, OBJECT_ACTIONS, OTHER_ACTIONS } from "../../../src/policy/action-names.ts";
import {
  type ActionSet,
  compileActions,
  isAboutActions,
  namesAction,
} from "../../../src/policy/actions.ts";

function setOf(...patterns: readonly string[]): ActionSet {
  const set = compileActions(patterns);
  assert.ok(set.ok);
  return set.value;
}

/** Whether the patterns name `action`, asked for by `operation`. */
function names(
  pattern: string,
  action: string,
  operation?: string,
  operationNames = false,
): boolean {
  return namesAction(setOf(pattern), action, operation, operationNames);
}

test("all 180 actions of the reference are known, each once", () => {
  const all = [...BUCKET_ACTIONS, ...OBJECT_ACTIONS, ...OTHER_ACTIONS];
  assert.equal(all.length, 180);
  assert.equal(new Set(all.map((name) => name.toLowerCase())).size, 180);
});

test("an action is compared without letter case, its wildcards anywhere in the name", () => {
  assert.equal(names("S3:GETobject", "s3:GetObject"), true);
  assert.equal(names("s3:Get*", "s3:GetObjectAcl"), true);
  assert.equal(names("s3:*Acl", "s3:GetObjectAcl"), true);
  assert.equal(names("s3:?etObject", "s3:GetObject"), true);
  assert.equal(names("s3:Get*", "s3:PutObject"), false);
  assert.equal(names("s3:GetObject", "s3:GetObjectVersion"), false);
});

test("a star is every service's every action, s3:* only S3's", () => {
  assert.equal(names("*", "s3express:CreateSession"), true);
  assert.equal(names("s3:*", "s3express:CreateSession"), false);
  assert.equal(names("s3express:*", "s3express:CreateSession"), true);
});

test("a wildcard also fits an action that is not known yet", () => {
  assert.equal(names("s3:Get*", "s3:GetSomethingNew"), true);
  assert.equal(names("s3:Put*", "s3:GetSomethingNew"), false);
});

const ALIASES = [
  ["s3:ListBucketMultiPartUploads", "s3:ListBucketMultipartUploads"],
  ["s3:GetBucketReplication", "s3:GetReplicationConfiguration"],
  ["s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"],
  ["s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"],
  ["s3:PutBucketABAC", "s3:PutBucketAbac"],
] as const;

for (const [alias, action] of ALIASES) {
  test(`${alias} is another name of ${action}`, () => {
    assert.equal(names(alias, action), true);
  });
}

const OPERATIONS = [
  ["s3:HeadObject", "s3:GetObject", "HeadObject"],
  ["s3:HeadBucket", "s3:ListBucket", "HeadBucket"],
  ["s3:ListObjects", "s3:ListBucket", "ListObjects"],
  ["s3:ListObjects", "s3:ListBucket", "ListObjectsV2"],
  ["s3:ListMultipartUploads", "s3:ListBucketMultipartUploads", "ListMultipartUploads"],
  ["s3:ListObjectVersions", "s3:ListBucketVersions", "ListObjectVersions"],
  ["s3:CreateMultipartUpload", "s3:PutObject", "CreateMultipartUpload"],
  ["s3:DeleteMultipleObjects", "s3:DeleteObject", "DeleteObjects"],
  ["s3:PutBucketLifecycle", "s3:PutLifecycleConfiguration", "PutBucketLifecycleConfiguration"],
  ["s3:Head*", "s3:GetObject", "HeadObject"],
] as const;

for (const [pattern, action, operation] of OPERATIONS) {
  test(`${pattern} names the operation ${operation} where operation names count`, () => {
    assert.equal(names(pattern, action, operation, true), true);
    assert.equal(names(pattern, action, operation, false), false);
    assert.equal(names(pattern, action, "AnotherOperation", true), false);
  });
}

test("s3:DeleteReplicationConfiguration is the DELETE alone, with no switch", () => {
  const pattern = "s3:DeleteReplicationConfiguration";
  assert.equal(names(pattern, "s3:PutReplicationConfiguration", "DeleteBucketReplication"), true);
  assert.equal(names(pattern, "s3:PutReplicationConfiguration", "PutBucketReplication"), false);
});

for (const pattern of ["s3:GetObjectTorrent", "s3:GetObjectVersionTorrent", "s3:*Torrent"]) {
  test(`${pattern}, which no request asks for, names its operation where such names count`, () => {
    assert.equal(names(pattern, "s3:GetObject", "GetObjectTorrent", true), true);
    assert.equal(names(pattern, "s3:GetObject", "GetObjectTorrent", false), false);
    assert.equal(names(pattern, "s3:GetObject", "GetObject", true), false);
  });
}

test("a pattern that fits an action is not about operations", () => {
  // On AWS a Deny on s3:Create* stops no multipart upload, and one on DeleteObject no version.
  assert.equal(names("s3:Create*", "s3:PutObject", "CreateMultipartUpload", true), false);
  assert.equal(names("s3:DeleteObject", "s3:DeleteObjectVersion", "DeleteObject", true), false);
});

const UNKNOWN = [
  ["s3:GetObjekt", 'Did you mean "s3:GetObject"?'],
  ["GetObject", 'Did you mean "s3:GetObject"?'],
  ["s3:", "Name an S3 action, such as s3:GetObject, or s3:*"],
  ["s*:GetObject", 'Did you mean "s3:GetObject"?'],
  ["**", "Name an S3 action, such as s3:GetObject, or s3:*"],
  ["s3:Get Object", 'Did you mean "s3:GetObject"?'],
  ["", "Name an S3 action, such as s3:GetObject, or s3:*"],
] as const;

for (const [pattern, remedy] of UNKNOWN) {
  test(`compileActions() refuses ${JSON.stringify(pattern)}`, () => {
    const message = `Policy has invalid action: got "${pattern}"`;
    const compiled = compileActions(["s3:GetObject", pattern]);
    assert.ok(!compiled.ok);
    assert.equal(compiled.error.message, message);
    assert.equal(suggester()(compiled.error.remedy), remedy);
  });
}

test("isAboutActions() knows what compileActions() compiles", () => {
  const patterns = [
    "*",
    "s3:*",
    "S3:getobject",
    "s3:HeadObject",
    "s3:DeleteReplicationConfiguration",
  ];
  for (const pattern of [...patterns, ...UNKNOWN.map(([unknown]) => unknown)]) {
    assert.equal(isAboutActions(pattern), compileActions([pattern]).ok, pattern);
  }
  assert.ok(patterns.every(isAboutActions));
});
