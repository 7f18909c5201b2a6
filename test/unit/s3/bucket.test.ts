import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalBucket, spelledFor, type BucketNaming } from "../../../src/s3/bucket.ts";

const CEPH: BucketNaming = {
  tenants: true,
  tenantsKnown: true,
  aliases: false,
  addressing: "path",
  prefix: undefined,
};
const AWS: BucketNaming = { ...CEPH, tenants: false, aliases: true };

const named = [
  ["a bare name, of the asker's tenant", CEPH, undefined, "vault", "T", "T:vault"],
  ["a bare name, of nobody's", CEPH, undefined, "vault", "", "vault"],
  ["the empty tenant", CEPH, "", "vault", "T", "vault"],
  ["a tenant", CEPH, "U", "vault", "T", "U:vault"],
  ["a bare name without tenants at the store", AWS, undefined, "vault", "T", "vault"],
  ["a tenant without tenants at the store", AWS, "U", "vault", "T", "vault"],
  ["capitals in path style", CEPH, undefined, "VAULT", "", "VAULT"],
] as const;

for (const [what, naming, tenant, name, asker, id] of named) {
  test(`canonicalBucket() returns the id ${id} for ${what}`, () => {
    const bucket = canonicalBucket({ tenant, name }, asker, naming);
    assert.equal(bucket.ok && bucket.value.id, id);
  });
}

const refused = [
  ["a tenant where tenants are not known", { ...CEPH, tenantsKnown: false }, "U", "vault"],
  ["an alias of an access point", AWS, undefined, "ap-metadata-s3alias"],
  ["an alias of an Object Lambda access point", AWS, undefined, "ap-123--ol-s3"],
  ["capitals that a host would lose", { ...AWS, addressing: "virtual" }, undefined, "VAULT"],
  ["an underscore that no host has", { ...AWS, addressing: "virtual" }, undefined, "a_b"],
  ["a name too long for a host", { ...AWS, addressing: "virtual" }, undefined, "a".repeat(64)],
] as const;

for (const [what, naming, tenant, name] of refused) {
  test(`canonicalBucket() refuses ${what}`, () => {
    const bucket = canonicalBucket({ tenant, name }, "", naming);
    assert.equal(!bucket.ok && bucket.error.code, "InvalidBucketName");
  });
}

test("spelledFor() names the tenant unless it is the signer's", () => {
  const bucket = canonicalBucket({ tenant: undefined, name: "vault" }, "T", CEPH);
  assert.ok(bucket.ok);
  assert.equal(spelledFor(bucket.value, "T").tenant, undefined);
  assert.equal(spelledFor(bucket.value, "").tenant, "T");
});
