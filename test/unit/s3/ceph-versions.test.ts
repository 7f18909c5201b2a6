import assert from "node:assert/strict";
import { test } from "node:test";
import { laterFeatures, parseCephVersion } from "../../../src/s3/ceph-versions.ts";
import { NEVER_SENT } from "../../../src/s3/store-operations.ts";
import { storeTraits } from "../../../src/s3/stores.ts";

const VERSIONS = ["16", "16.2.15", "17", "17.2.7", "18", "18.2.7", "19", "19.2.6", "20", "20.2.4"];

test("every later Ceph knows what the earlier ones do, and sends nothing that goes to no store", () => {
  let known = storeTraits("ceph").operations;
  for (const version of VERSIONS) {
    const { operations } = storeTraits("ceph", version);
    for (const operation of known) assert(operations.has(operation), `${operation} in ${version}`);
    for (const operation of NEVER_SENT) assert(!operations.has(operation));
    known = operations;
  }
});

test("a Ceph whose version is not written is the one that was measured", () => {
  assert.deepEqual(storeTraits("ceph").operations, storeTraits("ceph", "16.2.15").operations);
  assert.equal(storeTraits("ceph").version, "16");
});

/** `is_bucket_encryption_op` in 17, `is_attributes_op` in 20: src/rgw/rgw_rest_s3.cc. */
const ENCRYPTION = [
  "DeleteBucketEncryption",
  "GetBucketEncryption",
  "PutBucketEncryption",
] as const;
const ATTRIBUTES = [...ENCRYPTION, "GetObjectAttributes"] as const;

for (const [version, learnt, trailers] of [
  ["16", [], false],
  ["16.2.15", [], false],
  ["17", ENCRYPTION, false],
  ["17.0.0", ENCRYPTION, false],
  ["19.99.99", ENCRYPTION, false],
  ["20", ATTRIBUTES, true],
  ["20.2", ATTRIBUTES, true],
] as const) {
  test(`a Ceph ${version} has ${learnt.length} operations that release 16 has not`, () => {
    assert.deepEqual(laterFeatures(version), { operations: [...learnt], trailers });
  });
}

test("no version of Ceph is served what even its newest release takes for DeleteBucket", () => {
  const { operations } = storeTraits("ceph", "20.2.4");
  for (const operation of [
    "DeleteBucketOwnershipControls",
    "DeleteBucketInventoryConfiguration",
    "DeleteObjectAnnotation",
    "RenameObject",
  ] as const) {
    assert(!operations.has(operation));
  }
});

for (const text of ["16", "16.2.15", "18", "18.2", "18.2.7", "20.2.4", "20.12"]) {
  test(`parseCephVersion() takes ${text}`, () => {
    assert.deepEqual(parseCephVersion(text), { ok: true, value: text });
  });
}
for (const text of [
  "",
  "15",
  "21",
  "18.",
  ".18",
  "18.2.7.1",
  "v18",
  "18 ",
  "1８",
  "18.200",
  "1e1",
]) {
  test(`parseCephVersion() refuses "${text}"`, () => {
    assert.equal(parseCephVersion(text).ok, false);
  });
}
