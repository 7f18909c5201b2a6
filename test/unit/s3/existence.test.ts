import assert from "node:assert/strict";
import { test } from "node:test";
import { hidesExistence, listBucketAsk } from "../../../src/s3/existence.ts";
import { OPERATION_LIST } from "../../../src/s3/operations.ts";

const BUCKET = { tenant: undefined, name: "bucket" };

const hiding: ReadonlySet<string> = new Set([
  "CopyObject",
  "DeleteObject",
  "DeleteObjectAnnotation",
  "DeleteObjectTagging",
  "GetObject",
  "GetObjectAcl",
  "GetObjectAnnotation",
  "GetObjectAttributes",
  "GetObjectLegalHold",
  "GetObjectRetention",
  "GetObjectTagging",
  "GetObjectTorrent",
  "HeadObject",
  "ListObjectAnnotations",
  "PutObjectAcl",
  "PutObjectAnnotation",
  "PutObjectLegalHold",
  "PutObjectRetention",
  "PutObjectTagging",
  "RenameObject",
  "RestoreObject",
  "SelectObjectContent",
  "UpdateObjectEncryption",
  "UploadPartCopy",
]);

for (const { name, level } of OPERATION_LIST) {
  const hides = hiding.has(name);
  test(`hidesExistence() ${hides ? "hides" : "shows"} a 404 of ${name}`, () => {
    assert.equal(hidesExistence(name, 404), hides);
    assert.ok(!hides || level === "object");
  });
}

test("hidesExistence() shows every other status", () => {
  for (const status of [200, 204, 206, 304, 400, 403, 405, 412, 416, 500]) {
    assert.equal(hidesExistence("GetObject", status), false, String(status));
  }
});

test("listBucketAsk() is about the bucket, whatever the key", () => {
  const ask = {
    action: "s3:ListBucket",
    operation: "ListObjectsV2",
    bucket: BUCKET,
    key: undefined,
  };
  assert.deepEqual(listBucketAsk({ kind: "object", bucket: BUCKET, key: "k" }), ask);
  assert.deepEqual(listBucketAsk({ kind: "bucket", bucket: BUCKET }), ask);
  assert.throws(() => listBucketAsk({ kind: "service" }), /no bucket/);
});
