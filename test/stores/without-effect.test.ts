/**
 * Tests headers that real stores accept and ignore, sent through the gateway. A request for
 * encryption, a lock, a redirect, a condition or an owner is refused, or carried out. The headers
 * that still pass without effect are listed.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { StoreKind } from "../../src/s3/store-kinds.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { measureHeaders } from "../support/measure-headers.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

/**
 * Headers that still pass. A client that is told of success loses nothing by these: see
 * docs/stores.md.
 */
const STILL_PASSED: Partial<Record<StoreKind, readonly string[]>> = {
  ceph: [
    "CopyObject: x-amz-tagging",
    "CreateMultipartUpload: x-amz-tagging",
    "CopyObject: x-amz-tagging-directive",
    "CopyObject: x-amz-object-annotation-directive",
    "CreateBucket: x-amz-object-ownership",
    "CreateBucket: x-amz-bucket-namespace",
  ],
  minio: [
    "CopyObject: x-amz-object-annotation-directive",
    "CreateBucket: x-amz-object-ownership",
    "CreateBucket: x-amz-bucket-namespace",
  ],
  versitygw: [
    "PutObject: x-amz-storage-class",
    "CopyObject: x-amz-storage-class",
    "CreateMultipartUpload: x-amz-storage-class",
    "CopyObject: x-amz-object-annotation-directive",
    "CreateBucket: x-amz-bucket-namespace",
  ],
};

const KEY = { accessKey: "AKLAB000000000000000", secretKey: "secret-of-lab" };

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`headers that ${name} ignores, through the gateway`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    before(async () => {
      store = await start();
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        accounts: [{ name: "lab", upstream: store.key, keys: [KEY] }],
      });
    });
    after(async () => {
      await gateway?.stop();
      await store?.stop();
    });

    test("are refused, except for the listed ones", async () => {
      const measured = await measureHeaders({ endpoint: gateway.endpoint, key: KEY });
      assert.ok(measured.length > 50);
      const passed = measured
        .filter(({ ignored }) => ignored)
        .map(({ operation, header }) => `${operation}: ${header}`);
      assert.deepEqual(passed, STILL_PASSED[kind]);
    });
  });
}
