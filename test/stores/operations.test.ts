/**
 * Tests the lists of `storeTraits` against real stores. Each operation is sent to them as it is,
 * past the gateway. Then the bucket and its objects are examined. An operation that a store takes
 * for another one must not be in its list, and every operation that it executes must be.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { OperationName } from "../../src/s3/operations.ts";
import { NEVER_SENT } from "../../src/s3/store-operations.ts";
import { type StoreKind } from "../../src/s3/store-kinds.ts";
import { knowsVersions, storeTraits } from "../../src/s3/stores.ts";
import {
  measureOperations,
  measureVersions,
  type Measured,
} from "../support/measure-operations.ts";
import { MEASURED } from "../unit/s3/measured-operations.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

/**
 * Operations that a kind of store takes for another one, with the effect. Without the lists, a
 * client's slip would be a loss.
 */
const TAKEN: Partial<Record<StoreKind, readonly (readonly [OperationName, RegExp])[]>> = {
  ceph: [
    ["DeleteBucketEncryption", /^bucket gone: /],
    ["DeleteBucketOwnershipControls", /^bucket gone: /],
    ["PutBucketEncryption", /^bucket made: /],
    ["DeleteObjectAnnotation", /^k gone: /],
    ["GetBucketEncryption", /answered with ListBucketResult$/],
    ["GetObjectAttributes", /answered with the object$/],
    ["RenameObject", /k is another than it says$/],
    ["UpdateObjectEncryption", /^k written: /],
    ["CreateSession", /answered with ListBucketResult$/],
  ],
  minio: [
    ["DeletePublicAccessBlock", /^bucket gone: /],
    ["DeleteBucketMetricsConfiguration", /^bucket gone: /],
    ["PutBucketWebsite", /^bucket made: /],
    ["DeleteObjectAnnotation", /^k gone: /],
    ["PutObjectAnnotation", /^k written: /],
  ],
  versitygw: [
    ["DeleteBucketMetadataTableConfiguration", /^bucket gone: /],
    ["PutBucketAbac", /^bucket made: /],
    ["DeleteObjectAnnotation", /^k gone: /],
    ["GetObjectTorrent", /answered with the object$/],
    ["RenameObject", /k is another than it says$/],
    ["UpdateObjectEncryption", /^k written: /],
  ],
};

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`${name}, as store: ${kind}`, { skip }, () => {
    const { operations } = storeTraits(kind);
    let store: Running;
    let measured: Measured;
    before(async () => {
      store = await start();
      measured = await measureOperations(store);
    });
    after(() => store.stop());

    test("understands every operation that it is sent", () => {
      const mistaken = [...measured.mistakes].filter(([operation]) => operations.has(operation));
      assert.deepEqual(mistaken, []);
    });
    test("is sent every operation that it executes", () => {
      const missing = [...measured.done].filter(
        (operation) => !operations.has(operation) && !NEVER_SENT.has(operation),
      );
      assert.deepEqual(missing, []);
    });
    test("is as it was recorded for the unit tests", () => {
      const { done, understood } = measured;
      const refused = [...understood].filter((operation) => !done.has(operation));
      const found = { done: [...done].toSorted(), refused: refused.toSorted() };
      assert.deepEqual(found, MEASURED.get(kind));
    });
    test("takes no version for the object itself", async () => {
      assert.equal(await measureVersions(store), knowsVersions(operations));
    });
    test("has all operations of a generic store", () => {
      const { operations: least } = storeTraits("generic");
      assert.deepEqual(
        [...least].filter((operation) => !measured.understood.has(operation)),
        [],
      );
    });
    for (const [operation, mistake] of TAKEN[kind] ?? []) {
      test(`would do something else for ${operation}`, () => {
        assert(!operations.has(operation));
        const sentences = measured.mistakes.get(operation) ?? [];
        assert(
          sentences.some((sentence) => mistake.test(sentence)),
          sentences.join("; "),
        );
      });
    }
  });
}
