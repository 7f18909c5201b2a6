import assert from "node:assert/strict";
import { test } from "node:test";
import { actionPattern, matchesAction } from "../../../src/s3/action-names.ts";
import { ACTIONS, type Action } from "../../../src/s3/actions.ts";
import type { OperationName } from "../../../src/s3/operations.ts";

function matches(text: string, action: Action, operation?: OperationName): boolean {
  const pattern = actionPattern(text);
  assert.ok(pattern.ok, `"${text}" is unknown`);
  return matchesAction(pattern.value, action, operation);
}

const matching: readonly (readonly [string, Action, OperationName])[] = [
  ["*", "s3express:CreateSession", "CreateSession"],
  ["s3:*", "s3:GetObject", "GetObject"],
  ["S3:*", "s3:GetObject", "GetObject"],
  ["s3:DeleteObjectVersion", "s3:DeleteObjectVersion", "DeleteObject"],
  ["s3:deleteobjectversion", "s3:DeleteObjectVersion", "DeleteObjects"],
  ["s3:Delete*", "s3:DeleteObjectVersion", "DeleteObjects"],
  ["s3:Delete*", "s3:DeleteBucket", "DeleteBucket"],
  ["s3:*Policy", "s3:PutBucketPolicy", "PutBucketPolicy"],
  ["s3:?etObject", "s3:GetObject", "GetObject"],
  // An action that has an operation of its name, asked for by another one.
  ["s3:GetObject", "s3:GetObject", "CopyObject"],
  ["s3:DeleteObject", "s3:DeleteObject", "DeleteObjects"],
  ["s3:**Version", "s3:GetObjectVersion", "GetObject"],
  // Operation names.
  ["s3:HeadBucket", "s3:ListBucket", "HeadBucket"],
  ["s3:HeadObject", "s3:GetObject", "HeadObject"],
  ["s3:UploadPart", "s3:PutObject", "UploadPart"],
  ["s3:CopyObject", "s3:GetObject", "CopyObject"],
  ["s3:DeleteObjects", "s3:DeleteObject", "DeleteObjects"],
  ["s3:ListMultipartUploads", "s3:ListBucketMultipartUploads", "ListMultipartUploads"],
  ["s3:ListObjectVersions", "s3:ListBucketVersions", "ListObjectVersions"],
  ["s3:GetBucketReplication", "s3:GetReplicationConfiguration", "GetBucketReplication"],
  ["s3:PutBucketEncryption", "s3:PutEncryptionConfiguration", "PutBucketEncryption"],
  ["s3:DeleteBucketCors", "s3:PutBucketCORS", "DeleteBucketCors"],
  ["s3:GetObjectTorrent", "s3:GetObject", "GetObjectTorrent"],
  ["s3:PostObject", "s3:PutObject", "PostObject"],
  ["s3:DeleteObject", "s3:DeleteObjectVersion", "DeleteObject"],
  // Aliases.
  ["s3:ListBucketMultiPartUploads", "s3:ListBucketMultipartUploads", "ListMultipartUploads"],
  ["s3:PutBucketABAC", "s3:PutBucketAbac", "PutBucketAbac"],
  [
    "s3:DeleteReplicationConfiguration",
    "s3:PutReplicationConfiguration",
    "DeleteBucketReplication",
  ],
  ["s3:DeleteMultipleObjects", "s3:DeleteObjectVersion", "DeleteObjects"],
  ["s3:ListObjects", "s3:ListBucket", "ListObjectsV2"],
  ["s3:PutBucketLifecycle", "s3:PutLifecycleConfiguration", "PutBucketLifecycleConfiguration"],
  ["s3:GetObjectVersionTorrent", "s3:GetObject", "GetObjectTorrent"],
  ["s3express:*", "s3express:CreateSession", "CreateSession"],
];

for (const [text, action, operation] of matching) {
  test(`actionPattern() takes ${text} to match ${action} of ${operation}`, () => {
    assert.equal(matches(text, action, operation), true);
  });
}

const others: readonly (readonly [string, Action, OperationName])[] = [
  ["s3:DeleteObjectVersion", "s3:DeleteObject", "DeleteObject"],
  ["s3:DeleteObjectVersion", "s3:DeleteObject", "DeleteObjects"],
  ["s3:DeleteObject", "s3:DeleteObjectTagging", "DeleteObjectTagging"],
  ["s3:DeleteReplicationConfiguration", "s3:PutReplicationConfiguration", "PutBucketReplication"],
  ["s3:HeadBucket", "s3:ListBucket", "ListObjects"],
  ["s3:HeadObject", "s3:GetObject", "GetObject"],
  ["s3:GetObjec?", "s3:GetObjectAcl", "GetObjectAcl"],
  ["s3:Delete*", "s3:PutObject", "PutObject"],
];

for (const [text, action, operation] of others) {
  test(`actionPattern() takes ${text} not to match ${action} of ${operation}`, () => {
    assert.equal(matches(text, action, operation), false);
  });
}

test("actionPattern() takes * to match every action, with and without an operation", () => {
  for (const action of ACTIONS) {
    assert.equal(matches("*", action), true);
    assert.equal(matches("*", action, "GetObject"), true);
  }
});

test("actionPattern() matches an action alone by names of actions only", () => {
  assert.equal(matches("s3:ListBucket", "s3:ListBucket"), true);
  assert.equal(matches("s3:HeadBucket", "s3:ListBucket"), false);
});

const unknown = [
  [
    "s3:DeleteObjectVersions",
    'Cannot find the S3 action "s3:DeleteObjectVersions": did you mean "s3:DeleteObjectVersion"?',
  ],
  ["DeleteObject", 'Cannot find the S3 action "DeleteObject": did you mean "s3:DeleteObject"?'],
  ["s3:GetObjct", 'Cannot find the S3 action "s3:GetObjct": did you mean "s3:GetObject"?'],
  ["s3:SomethingElseAltogether", 'Cannot find the S3 action "s3:SomethingElseAltogether"'],
  ["", 'Cannot find the S3 action ""'],
  ["s3:Foo*", 'Cannot find any S3 action that matches "s3:Foo*"'],
  ["s3:(Get|Put).*", 'Cannot find any S3 action that matches "s3:(Get|Put).*"'],
  ["s3:GetObject ", 'Cannot find the S3 action "s3:GetObject ": did you mean "s3:GetObject"?'],
] as const;

for (const [text, message] of unknown) {
  test(`actionPattern() refuses "${text}"`, () => {
    const pattern = actionPattern(text);
    assert.equal(pattern.ok ? "" : pattern.error, message);
  });
}

test("actionPattern() comes to an end with many wildcards", () => {
  assert.equal(actionPattern(`s3:${"*a".repeat(2000)}*`).ok, false);
});
