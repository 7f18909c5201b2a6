import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { canonicalBucket, type BucketNaming } from "../../../src/s3/bucket.ts";
import {
  entryWithShownName,
  fieldWithShownName,
  mappedName,
  nameBehind,
  parseBucketPrefix,
  withShownNames,
  withShownPrefix,
} from "../../../src/s3/mapped-names.ts";

describe("parseBucketPrefix()", () => {
  for (const [text, before, after] of [
    ["{account}-", "", "-"],
    ["{account}.", "", "."],
    ["warden-{account}-", "warden-", "-"],
    ["a.b-{account}.", "a.b-", "."],
  ] as const) {
    test(`reads ${text}`, () => {
      assert.deepEqual(parseBucketPrefix(text), { ok: true, value: { before, after } });
    });
  }
  for (const text of [
    "",
    "-",
    "{account}",
    "{account}x",
    "{account}--",
    "{account}-x",
    "warden{account}-",
    "Warden-{account}-",
    "-{account}-",
    "{tenant}-",
    "{account}-{account}-",
    `${"w".repeat(40)}-{account}-`,
  ]) {
    test(`refuses "${text}"`, () => assert.equal(parseBucketPrefix(text).ok, false));
  }
});

/** Whatever somebody may come to be called, whom no configuration has seen. */
const TENANTS = fc.string({ unit: fc.constantFrom("a", "1", "-", ".", "A", "_"), maxLength: 6 });
const NAMES = fc.string({ unit: fc.constantFrom("a", "1", "-", "."), minLength: 1, maxLength: 8 });
const PREFIXES = fc.constantFrom(
  { before: "", after: "-" },
  { before: "", after: "." },
  { before: "a-", after: "-" },
);

test("mappedName() never returns one name for two buckets, and nameBehind() takes each to its tenant alone", () => {
  fc.assert(
    fc.property(PREFIXES, TENANTS, NAMES, TENANTS, NAMES, (prefix, one, name, two, other) => {
      const stored = mappedName(prefix, one, name);
      const its = mappedName(prefix, two, other);
      if (stored === undefined) return nameBehind(prefix, one, `${one}-${name}`) === undefined;
      assert.equal(nameBehind(prefix, one, stored), name);
      if (one !== two) assert.equal(nameBehind(prefix, two, stored), undefined);
      if (one !== two || name !== other) assert.notEqual(its, stored);
      return true;
    }),
    { numRuns: 5000 },
  );
});

test("nameBehind() knows no bucket without a name, and none of what cannot be a tenant", () => {
  const prefix = { before: "", after: "-" };
  assert.equal(nameBehind(prefix, "one", "one-"), undefined);
  assert.equal(nameBehind(prefix, "one", "one"), undefined);
  assert.equal(nameBehind(prefix, "", "-data"), undefined);
  assert.equal(nameBehind(prefix, "two-da", "two-da-ta"), undefined);
});

test("withShownPrefix() takes the tenant's part from the prefix that was asked for", () => {
  const list = (prefix: string): string =>
    `<Buckets></Buckets><Prefix>${prefix}</Prefix><ContinuationToken>one-</ContinuationToken>`;
  assert.equal(withShownPrefix(list("one-da"), "one-"), list("da"));
  assert.equal(withShownPrefix(list("one-"), "one-"), list(""));
  assert.equal(withShownPrefix(list("two-one-"), "one-"), list("two-one-"));
});

describe("canonicalBucket() where buckets are named after their accounts", () => {
  const naming: BucketNaming = {
    tenants: true,
    tenantsKnown: true,
    aliases: true,
    addressing: "path",
    prefix: { before: "", after: "-" },
  };
  const storedAs = (tenant: string | undefined, name: string, asker: string): string => {
    const bucket = canonicalBucket({ tenant, name }, asker, naming);
    return bucket.ok ? (bucket.value.stored ?? "none") : bucket.error.code;
  };
  for (const [what, tenant, name, asker, expected] of [
    ["the asker's own", undefined, "data", "one", "one-data"],
    ["another's, by its name", "two", "data", "one", "two-data"],
    ["a name that looks as another's", undefined, "two-data", "one", "one-two-data"],
    ["nobody's", undefined, "data", "", "NoSuchBucket"],
    ["that of no tenant", "", "two-data", "one", "NoSuchBucket"],
    ["that of a tenant with the mark in its name", "two-da", "ta", "one", "NoSuchBucket"],
    ["that of a tenant in capitals", "TWO", "data", "one", "NoSuchBucket"],
    ["a name of 59 characters", undefined, "b".repeat(59), "one", `one-${"b".repeat(59)}`],
    ["a name of 60 characters", undefined, "b".repeat(60), "one", "InvalidBucketName"],
    ["one that becomes an alias", undefined, "data-s3alias", "one", "InvalidBucketName"],
  ] as const) {
    test(`reads ${what}: ${expected}`, () => assert.equal(storedAs(tenant, name, asker), expected));
  }
});

const NAMED = [{ stored: "one-data", shown: "data" }];

test("withShownNames() changes names of buckets, and neither keys nor what begins alike", () => {
  const kept =
    "<Key>one-data</Key><Prefix>one-data</Prefix><Name>one-data2</Name><Resource>/one-data2/k</Resource>";
  assert.equal(
    withShownNames(
      `<Name>one-data</Name><Bucket>one-data</Bucket><BucketName>one-data</BucketName><Resource>/one-data</Resource><Resource>/one-data/one-data</Resource>${kept}`,
      NAMED,
    ),
    `<Name>data</Name><Bucket>data</Bucket><BucketName>data</BucketName><Resource>/data</Resource><Resource>/data/one-data</Resource>${kept}`,
  );
});

test("entryWithShownName() changes the name and the ARN of an entry", () => {
  const entry = (name: string): string =>
    `<Bucket><Name>${name}</Name><BucketArn>arn:aws:s3:::${name}</BucketArn></Bucket>`;
  assert.equal(
    entryWithShownName(entry("one-data"), { stored: "one-data", shown: "data" }),
    entry("data"),
  );
});

for (const [name, value, expected] of [
  ["location", "/one-data", "/data"],
  ["location", "http://one-data.store:9000/", "http://one-data.store:9000/"],
  ["location", "http://store:9000/one-data/", "/data"],
  ["location", "/one-data2", "/one-data2"],
  ["x-amz-bucket-arn", "arn:aws:s3:::one-data", "arn:aws:s3:::data"],
  ["x-amz-bucket-arn", "arn:aws:s3:::two-data", "arn:aws:s3:::two-data"],
  ["x-amz-bucket-arn", "arn:aws:s3:::zone-data", "arn:aws:s3:::zone-data"],
  ["x-amz-meta-note", "/one-data", "/one-data"],
  ["x-amz-meta-note", "arn:aws:s3:::one-data", "arn:aws:s3:::one-data"],
] as const) {
  test(`fieldWithShownName() answers ${name}: ${expected} for ${value}`, () => {
    assert.equal(fieldWithShownName(name, value, NAMED), expected);
  });
}
