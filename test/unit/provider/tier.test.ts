import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTier, type Tier, tierGrants } from "../../../src/provider/tier.ts";
import { ACTIONS } from "../../../src/s3/actions.ts";
import { OPERATION_LIST } from "../../../src/s3/operations.ts";
import { shipped } from "./providers.ts";

const KNOWN: ReadonlySet<string> = new Set(ACTIONS);

/** RGW's bits READ and WRITE (S3-AUTHORIZATION section 4.1), as far as requests can ask them. */
const RGW_READ = [
  "s3:GetObject",
  "s3:GetObjectVersion",
  "s3:GetObjectTagging",
  "s3:GetObjectVersionTagging",
  "s3:GetObjectRetention",
  "s3:GetObjectLegalHold",
  "s3:GetObjectAttributes",
  "s3:GetObjectVersionAttributes",
  "s3:ListAllMyBuckets",
  "s3:ListBucket",
  "s3:ListBucketVersions",
  "s3:ListBucketMultipartUploads",
  "s3:ListMultipartUploadParts",
];
const RGW_WRITE = [
  "s3:AbortMultipartUpload",
  "s3:CreateBucket",
  "s3:DeleteBucket",
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:PutObject",
  "s3:PutObjectTagging",
  "s3:PutObjectVersionTagging",
  "s3:DeleteObjectTagging",
  "s3:DeleteObjectVersionTagging",
  "s3:RestoreObject",
  "s3:PutObjectRetention",
  "s3:PutObjectLegalHold",
];
const BOTH = ["s3:GetBucketLocation", "s3:GetBucketVersioning"];

const tiers = { READ: tier("READ"), WRITE: tier("WRITE"), READWRITE: tier("READWRITE") };

/** One of the gateway's own, which are those of the provider `aws`. */
function tier(name: string): Tier {
  const found = shipped("aws").tiers.get(name);
  assert.ok(found);
  return found;
}

/** Of an operation that some request does it by. */
function tierAllows(one: Tier, action: string): boolean {
  const known = ACTIONS.find((each) => each === action);
  const operation = OPERATION_LIST.find(({ actions }) => actions.some((each) => each === action));
  return known !== undefined && tierGrants(one, known, operation?.name ?? "GetObject");
}

const own = (...patterns: readonly string[]) =>
  compileTier({ name: "OWN", kind: "access", patterns, operationNames: false });

test("READ allows what RGW's READ allows, and WRITE nothing of it", () => {
  for (const action of RGW_READ) {
    assert.equal(tierAllows(tiers.READ, action), true, action);
    assert.equal(tierAllows(tiers.WRITE, action), false, action);
    assert.equal(tierAllows(tiers.READWRITE, action), true, action);
  }
});

test("WRITE allows what RGW's WRITE allows, and READ nothing of it", () => {
  for (const action of RGW_WRITE) {
    assert.equal(tierAllows(tiers.WRITE, action), true, action);
    assert.equal(tierAllows(tiers.READ, action), false, action);
    assert.equal(tierAllows(tiers.READWRITE, action), true, action);
  }
});

test("every tier may ask where a bucket is and whether it is versioned", () => {
  for (const {
    name,
    set: { actions },
  } of Object.values(tiers)) {
    for (const action of BOTH) assert.ok(actions.has(action), `${name} ${action}`);
  }
});

test("no tier but FULL sees or changes policies, ACLs or the configuration of buckets", () => {
  const forFull = /^s3:(Get|Put|Delete)(Bucket|Object(Version)?Acl|\w+Configuration)/;
  for (const {
    name,
    set: { actions },
  } of Object.values(tiers)) {
    for (const action of actions) {
      if (BOTH.includes(action) || action === "s3:DeleteBucket") continue;
      assert.doesNotMatch(action, forFull, name);
    }
  }
});

test("no tier but FULL destroys what is under governance retention", () => {
  for (const {
    name,
    set: { actions },
  } of Object.values(tiers)) {
    assert.equal(actions.has("s3:BypassGovernanceRetention"), false, name);
  }
});

test("the default tiers name only actions that a request can need", () => {
  for (const {
    name,
    set: { actions },
  } of Object.values(tiers)) {
    assert.deepEqual(
      [...actions].filter((action) => !KNOWN.has(action)),
      [],
      name,
    );
  }
});

test("tierAllows() refuses an action that nobody has listed", () => {
  assert.equal(tierAllows(tiers.READWRITE, "s3:Unheard"), false);
  assert.equal(tierAllows(tiers.READWRITE, "s3:getobject"), false);
});

test("FULL allows every action that a request can need", () => {
  const full = tier("FULL");
  for (const action of ACTIONS) assert.equal(tierAllows(full, action), true, action);
});

test("compileTier() expands patterns in any letter case to canonical names", () => {
  const compiled = own("s3:getobjectt*", "s3:ListBucket");
  assert.ok(compiled.ok);
  for (const action of ["s3:GetObjectTagging", "s3:ListBucket"]) {
    assert.equal(tierAllows(compiled.value, action), true, action);
  }
  for (const action of ["s3:GetObject", "s3:ListBucketVersions"]) {
    assert.equal(tierAllows(compiled.value, action), false, action);
  }
});

test("compileTier() grants DeleteObject without DeleteObjectVersion", () => {
  const compiled = own("s3:DeleteObject");
  assert.ok(compiled.ok);
  assert.deepEqual([...compiled.value.set.actions], ["s3:DeleteObject"]);
});

test("compileTier() refuses a pattern that fits nothing", () => {
  const compiled = own("s3:GetObject", "s3:GetObjct");
  assert.equal(compiled.ok, false);
});

/** Operations whose actions stand in the body: the names stand for what they always need. */
for (const [operation, action, other] of [
  ["PostObject", "s3:PutObject", "s3:PutObjectAcl"],
  ["DeleteObjects", "s3:DeleteObject", "s3:DeleteObjectVersion"],
] as const) {
  test(`tierGrants() takes s3:${operation} for ${action}, if names of operations are permissions`, () => {
    const patterns = [`s3:${operation}`];
    for (const operationNames of [true, false]) {
      const tier = compileTier({ name: "OWN", kind: "access", patterns, operationNames });
      assert.ok(tier.ok);
      assert.equal(tierGrants(tier.value, action, operation), operationNames);
      assert.equal(tierGrants(tier.value, other, operation), false);
      assert.equal(tierGrants(tier.value, action, "PutObject"), false);
    }
  });
}
