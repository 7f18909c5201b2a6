import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnedBy } from "../../../src/admission/buckets.ts";
import { canonicalBucket } from "../../../src/s3/bucket.ts";
import { gatewayOf } from "./people.ts";

/** Whether the account `lab` of the tenant `t1` owns a bucket whose record names `owner`. */
function owns(store: string, tenant: string | undefined, owner: string): boolean {
  const people = { store: { store }, accounts: { lab: { tenant: "t1" }, other: { tenant: "t2" } } };
  const gateway = gatewayOf(people);
  const account = [...gateway.keys.values()].find((key) => key.account.name === "lab")?.account;
  assert(account !== undefined);
  const bucket = canonicalBucket({ tenant, name: "data" }, "t1", gateway.store.naming);
  assert(bucket.ok);
  return isOwnedBy(gateway, bucket.value, { owner: { ...account, name: owner } }, account);
}

test("an account owns the buckets of its tenant whose records name it", () => {
  assert.equal(owns("ceph", undefined, "lab"), true);
  assert.equal(owns("ceph", "t1", "lab"), true);
  assert.equal(owns("ceph", "t1", "other"), false);
});

test("an account's namesake in another tenant owns nothing of it", () => {
  assert.equal(owns("ceph", "t2", "lab"), false);
  assert.equal(owns("ceph", "", "lab"), false);
});
