import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATION_LIST, operationNamed } from "../../../src/s3/operations.ts";
import { NEVER_SENT } from "../../../src/s3/store-operations.ts";
import { isIgnored } from "../../../src/s3/ignored-headers.ts";
import { STORE_KINDS } from "../../../src/s3/store-kinds.ts";
import { knowsVersions, storeTraits } from "../../../src/s3/stores.ts";

for (const kind of STORE_KINDS) {
  const { operations } = storeTraits(kind);
  test(`a store of the kind ${kind} is never asked for its credentials`, () => {
    assert.deepEqual(
      [...NEVER_SENT].filter((operation) => operations.has(operation)),
      [],
    );
    assert.equal(operations.has("CreateSession"), false);
  });
  test(`a store of the kind ${kind} has all that every store has`, () => {
    for (const operation of storeTraits("generic").operations) assert(operations.has(operation));
  });
}

test("a store of the kind aws has all that goes to any store", () => {
  assert.equal(storeTraits("aws").operations.size, OPERATION_LIST.length - NEVER_SENT.size);
});

test("at a generic store, subresources delete and put only parts of uploads", () => {
  const told = [...storeTraits("generic").operations]
    .map(operationNamed)
    .filter(
      ({ method, required }) => (method === "DELETE" || method === "PUT") && required.length > 0,
    );
  assert.deepEqual(
    told.map(({ name }) => name),
    ["AbortMultipartUpload", "UploadPart"],
  );
});

test("nothing is assumed of a generic store: tenants, trailers, versions, headers", () => {
  const { operations, tenants, trailers, ignoredHeaders } = storeTraits("generic");
  assert.deepEqual([tenants, trailers, knowsVersions(operations)], [false, false, false]);
  assert(isIgnored(ignoredHeaders, "PutObject", "x-amz-tagging"));
  assert(!isIgnored(ignoredHeaders, "CopyObject", "x-amz-metadata-directive"));
});

test("only Ceph has tenants", () => {
  const having = STORE_KINDS.filter((kind) => storeTraits(kind).tenants);
  assert.deepEqual(having, ["ceph"]);
});
