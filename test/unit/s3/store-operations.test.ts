/** The lists of operations of each kind of store, against what real stores were seen to do. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { NEVER_SENT } from "../../../src/s3/store-operations.ts";
import type { StoreKind } from "../../../src/s3/store-kinds.ts";
import { storeTraits } from "../../../src/s3/stores.ts";
import { MEASURED } from "./measured-operations.ts";

/**
 * Operations that a store was seen to refuse and that the gateway refuses itself: to the client it is
 * the same, and nobody knows what a later release makes of them.
 */
const LEFT_OUT: ReadonlyMap<StoreKind, readonly string[]> = new Map([
  ["ceph", ["CreateBucketMetadataConfiguration"]],
  [
    "minio",
    [
      "CreateBucketMetadataConfiguration",
      "DeleteBucketCors",
      "GetBucketAnalyticsConfiguration",
      "GetBucketIntelligentTieringConfiguration",
      "GetBucketInventoryConfiguration",
      "GetBucketMetricsConfiguration",
      "GetBucketOwnershipControls",
      "GetObjectTorrent",
      "GetPublicAccessBlock",
      "ListBucketAnalyticsConfigurations",
      "ListBucketIntelligentTieringConfigurations",
      "ListBucketInventoryConfigurations",
      "ListBucketMetricsConfigurations",
      "PutBucketCors",
    ],
  ],
  ["versitygw", ["CreateBucketMetadataConfiguration"]],
]);

for (const [kind, { done, refused }] of MEASURED) {
  const operations: ReadonlySet<string> = storeTraits(kind).operations;
  test(`a store of the kind ${kind} is sent what it executes`, () => {
    assert.deepEqual(
      done.filter((name) => !operations.has(name)),
      [],
    );
  });
  test(`a store of the kind ${kind} is sent nothing that it takes for something else`, () => {
    const understood = new Set([...done, ...refused]);
    assert.deepEqual(
      [...operations].filter((name) => !understood.has(name)),
      [],
    );
  });
  test(`a store of the kind ${kind} is sent what it has and refuses by itself`, () => {
    const never: ReadonlySet<string> = NEVER_SENT;
    const unsent = refused.filter((name) => !operations.has(name) && !never.has(name));
    assert.deepEqual(unsent, LEFT_OUT.get(kind));
  });
}
