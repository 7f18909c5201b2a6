import assert from "node:assert/strict";
import { test } from "node:test";
import { hidesExistence, listBucketAsk } from "../../../src/s3/existence.ts";
import { OPERATION_LIST } from "../../../src/s3/operations.ts";
import { membersOf } from "./sdk-model.ts";

const BUCKET = { tenant: undefined, name: "bucket" };

/**
 * By the inputs in the SDK's model: an operation needs an object that is there if it copies from
 * one, or if it names a key and neither an upload nor the metadata of an object that it makes.
 */
function needsObject(operation: string): boolean {
  const inputs = new Set(membersOf(operation).map(({ name }) => name));
  if (inputs.has("CopySource") || inputs.has("RenameSource")) return true;
  return inputs.has("Key") && !inputs.has("UploadId") && !inputs.has("Metadata");
}

for (const { name, level } of OPERATION_LIST) {
  const hides = needsObject(name);
  test(`hidesExistence() ${hides ? "hides" : "shows"} a 404 of ${name}`, () => {
    assert.equal(hidesExistence(name, 404), hides);
    assert.ok(!hides || level === "object");
  });
}

/** S3-AUTHORIZATION section 1.5, from the permissions in the S3 API Reference. */
const DOCUMENTED = ["GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging"] as const;

test("hidesExistence() hides what the documentation names", () => {
  for (const name of DOCUMENTED) assert.equal(hidesExistence(name, 404), true, name);
});

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
