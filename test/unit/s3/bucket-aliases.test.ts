import assert from "node:assert/strict";
import { test } from "node:test";
import { isBucketAlias } from "../../../src/s3/bucket-aliases.ts";

/** Endings as in "Bucket naming rules", S3 User Guide; names as in AWS's own examples. */
const ALIASES = [
  "my-access-point-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias",
  "my-object-lambda-acc-1a4n8yjrb3kda96f67zwrwiiuse1a--ol-s3",
  "test-accessp-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3",
  "mfzwi23gnjvgw.mrap",
  "63a8e430-6e0b-46f5-k833abtwr6s8tmtsycedn8s4yc3xhuse1b--table-s3",
  "VAULT-S3ALIAS",
  "a.MRAP",
];
const BUCKETS = ["s3alias", "mrap", "a-s3alias-b", "photos", "ol-s3", "a--x-s3", "table-s3", ""];

for (const name of ALIASES) {
  test(`isBucketAlias() finds ${name}`, () => assert.equal(isBucketAlias(name), true));
}
for (const name of BUCKETS) {
  test(`isBucketAlias() passes over "${name}"`, () => assert.equal(isBucketAlias(name), false));
}
