import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bucketIdOf,
  canonicalAddress,
  canonicalBucket,
  spelledFor,
  type BucketNaming,
} from "../../../src/s3/bucket.ts";

const CEPH: BucketNaming = {
  tenants: true,
  tenantsKnown: true,
  aliases: false,
  addressing: "path",
  prefix: undefined,
};
const AWS: BucketNaming = { ...CEPH, tenants: false, aliases: true };
const HOSTS: BucketNaming = { ...AWS, addressing: "virtual" };
const UNTOLD: BucketNaming = { ...CEPH, tenantsKnown: false };
const PREFIXED: BucketNaming = { ...AWS, prefix: { before: "", after: "-" } };
/** All characters of "Bucket naming rules", S3 User Guide, and as many as they allow. */
const EVERY_CHARACTER = "abcdefghijklmnopqrstuvwxyz.0123456789-".padEnd(63, "x");

const named = [
  ["a bare name, of the asker's tenant", CEPH, undefined, "vault", "T", "T:vault"],
  ["a bare name, of nobody's", CEPH, undefined, "vault", "", "vault"],
  ["the empty tenant", CEPH, "", "vault", "T", "vault"],
  ["a tenant", CEPH, "U", "vault", "T", "U:vault"],
  ["a bare name without tenants at the store", AWS, undefined, "vault", "T", "vault"],
  ["a tenant without tenants at the store", AWS, "U", "vault", "T", "vault"],
  ["capitals in path style", CEPH, undefined, "VAULT", "", "VAULT"],
  ["a bare name where tenants are not known", UNTOLD, undefined, "vault", "", "vault"],
  ["the empty tenant where tenants are not known", UNTOLD, "", "vault", "", "vault"],
  ["a tenant of no meaning", { ...UNTOLD, tenants: false }, "U", "vault", "", "vault"],
  ["a name that a host can have", HOSTS, undefined, EVERY_CHARACTER, "", EVERY_CHARACTER],
  ["a name with a prefix at the store", PREFIXED, undefined, "vault", "lab", "vault"],
] as const;

for (const [what, naming, tenant, name, asker, id] of named) {
  test(`canonicalBucket() returns the id ${id} for ${what}`, () => {
    const bucket = canonicalBucket({ tenant, name }, asker, naming);
    assert.equal(bucket.ok && bucket.value.id, id);
  });
}

const refused = [
  ["a tenant where tenants are not known", UNTOLD, "U", "vault"],
  ["an alias of an access point", AWS, undefined, "ap-metadata-s3alias"],
  ["an alias of an Object Lambda access point", AWS, undefined, "ap-123--ol-s3"],
  ["capitals that a host would lose", HOSTS, undefined, "VAULT"],
  ["an underscore that no host has", HOSTS, undefined, "a_b"],
  ["a name too long for a host", HOSTS, undefined, "a".repeat(64)],
  ...["`", "{", "/", ":", "~", "A"].map(
    (character) =>
      [`"${character}", which no host has`, HOSTS, undefined, `ab${character}`] as const,
  ),
  ["a name too long behind its prefix", PREFIXED, "lab", "a".repeat(60)],
  ["a name that is an alias only behind its prefix", PREFIXED, "lab", "s3alias"],
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

test("canonicalAddress() keeps the key, and the store's name of the bucket", () => {
  const bucket = { tenant: undefined, name: "vault" };
  const found = canonicalAddress({ kind: "object", bucket, key: "a/b" }, "T", CEPH);
  assert.ok(found.ok && found.value.kind === "object");
  assert.deepEqual([found.value.bucket.id, found.value.key], ["T:vault", "a/b"]);
  const whole = canonicalAddress({ kind: "bucket", bucket }, "lab", PREFIXED);
  assert.ok(whole.ok && whole.value.kind === "bucket");
  assert.equal(whole.value.bucket.stored, "lab-vault");
  const service = { kind: "service" } as const;
  assert.deepEqual(canonicalAddress(service, "T", CEPH), { ok: true, value: service });
});

test("canonicalAddress() refuses the object of a bucket that canonicalBucket() refuses", () => {
  const bucket = { tenant: "U", name: "vault" };
  const found = canonicalAddress({ kind: "object", bucket, key: "k" }, "", UNTOLD);
  assert.equal(!found.ok && found.error.code, "InvalidBucketName");
});

for (const [tenant, owner, tenants, id] of [
  [undefined, "T", true, "T:vault"],
  [undefined, "", true, "vault"],
  ["", "T", true, "vault"],
  ["U", "T", true, "U:vault"],
  ["U", "T", false, "vault"],
  [undefined, "T", false, "vault"],
] as const) {
  test(`bucketIdOf() is ${id} for the tenant ${tenant} of ${owner}, with tenants ${tenants}`, () => {
    assert.equal(bucketIdOf({ tenant, name: "vault" }, owner, tenants), id);
  });
}
