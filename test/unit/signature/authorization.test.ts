import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { KnownAuthorizations, readAuthorization } from "../../../src/signature/authorization.ts";
import { RULES } from "./heads.ts";

/** Headers of a request that has as many as it names. */
const HEADERS = ["host", "h", "x-amz-date", "20130524T000000Z"];
const SIGNATURE = "0123456789abcdef".repeat(4);

/** Returns a header without its signature. */
function before(signedHeaders = "host;x-amz-date", accessKeyId = "AKID"): string {
  const credential = `${accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=`;
}

const GOOD = `${before()}${SIGNATURE}`;

test("KnownAuthorizations reads what it knows as what it sees for the first time", () => {
  const known = new KnownAuthorizations();
  const [first, second] = [1, 2].map(() => known.read(GOOD, HEADERS, RULES));
  assert.ok(first?.ok && second?.ok);
  assert.deepEqual(first, readAuthorization(GOOD, HEADERS, RULES));
  assert.deepEqual(second, first);
  assert.equal(second.value.credential, first.value.credential, "it was read anew");
  const other = known.read(`${before()}${"f".repeat(64)}`, HEADERS, RULES);
  assert.equal(other.ok && other.value.signature, "f".repeat(64));
});

test("KnownAuthorizations knows nothing of other rules", () => {
  const known = new KnownAuthorizations();
  assert.ok(known.read(GOOD, HEADERS, RULES).ok);
  assert.ok(!known.read(GOOD, HEADERS, { ...RULES, regions: ["eu-west-1"] }).ok);
  assert.ok(known.read(GOOD, HEADERS, RULES).ok);
});

test("KnownAuthorizations tells keys apart, and counts the names anew for each request", () => {
  const known = new KnownAuthorizations();
  const names = `host;${"abcdefghij".split("").join(";")}`;
  const text = `${before(names)}${SIGNATURE}`;
  const many = names.split(";").flatMap((name) => [name, "v"]);
  assert.ok(known.read(text, many, RULES).ok);
  assert.ok(!known.read(text, HEADERS, RULES).ok);
  const other = known.read(`${before(names, "AKIE")}${SIGNATURE}`, many, RULES);
  assert.equal(other.ok && other.value.credential.accessKeyId, "AKIE");
});

// None of them is the signature that it seems to be, or all of it.
for (const odd of [
  `${"a".repeat(31)},${"b".repeat(32)}`,
  `${"a".repeat(60)},X=1`,
  `${"a".repeat(63)} `,
  `${"a".repeat(63)}\xa0`,
  ` ${"a".repeat(63)}`,
  `${"a".repeat(63)}\u20ac`,
]) {
  test(`KnownAuthorizations reads as ever one that ends with ${JSON.stringify(odd)}`, () => {
    const known = new KnownAuthorizations();
    assert.ok(known.read(GOOD, HEADERS, RULES).ok);
    const text = `${before()}${odd}`;
    assert.deepEqual(known.read(text, HEADERS, RULES), readAuthorization(text, HEADERS, RULES));
  });
}

test("KnownAuthorizations reads components in any order, however often they come", () => {
  const known = new KnownAuthorizations();
  const [credential] = before().split(",", 1);
  const text = `${credential}, Signature=${SIGNATURE}, SignedHeaders=host;${"n".repeat(80)}`;
  for (const one of [text, text, text.replace(/n$/, "m"), text]) {
    assert.ok(known.read(one, HEADERS, RULES).ok);
    assert.deepEqual(known.read(one, HEADERS, RULES), readAuthorization(one, HEADERS, RULES));
  }
});

// The mark does not begin the last component, which has more than the signature behind it.
for (const [where, start] of [
  ["a signature", `${before()}Signature=`],
  [
    "an access key",
    `AWS4-HMAC-SHA256 Signature=${SIGNATURE}, SignedHeaders=host, Credential=Signature=`,
  ],
] as const) {
  test(`KnownAuthorizations reads as ever one with a mark within ${where}`, () => {
    const known = new KnownAuthorizations();
    const key = `${"A".repeat(29)}/20130524/us-east-1/s3/aws4_request`;
    assert.equal(key.length, 64);
    known.read(`${start}${key}`, HEADERS, RULES);
    for (const end of [key, SIGNATURE]) {
      const text = `${start}${end}`;
      assert.deepEqual(known.read(text, HEADERS, RULES), readAuthorization(text, HEADERS, RULES));
    }
  });
}

test("KnownAuthorizations reads as ever, whatever the components are", () => {
  const known = new KnownAuthorizations();
  const end = fc.constantFrom(
    SIGNATURE,
    "f".repeat(64),
    `${"a".repeat(31)},${"b".repeat(32)}`,
    `${"a".repeat(63)} `,
    `${"A".repeat(29)}/20130524/us-east-1/s3/aws4_request`,
  );
  const component = fc.constantFrom(
    "Credential=AKID/20130524/us-east-1/s3/aws4_request",
    "Credential=",
    "SignedHeaders=host",
    "SignedHeaders=",
    `Signature=${SIGNATURE}`,
    "Signature=",
    "Signature=Signature=",
    "XSignature=",
    "",
  );
  const components = fc.array(component, { minLength: 1, maxLength: 4 });
  const comma = fc.constantFrom(",", ", ", " , ", ",\t", ",\xa0");
  const between = fc.constantFrom("", "Signature=", "Credential=Signature=");
  const start = fc
    .tuple(components, comma, between)
    .map(([all, mark, last]) => `AWS4-HMAC-SHA256 ${all.join(mark)}${last}`);
  fc.assert(
    fc.property(start, end, end, (all, first, second) => {
      known.read(`${all}${first}`, HEADERS, RULES);
      const text = `${all}${second}`;
      assert.deepEqual(known.read(text, HEADERS, RULES), readAuthorization(text, HEADERS, RULES));
    }),
    { numRuns: 2000 },
  );
});

/** Returns true if a header with these signed names is read once. */
function isRemembered(names: string): boolean {
  const known = new KnownAuthorizations();
  const headers = names.split(";").flatMap((name) => [name, "v"]);
  const text = `${before(names)}${SIGNATURE}`;
  const [first, second] = [1, 2].map(() => known.read(text, headers, RULES));
  assert.ok(first?.ok && second?.ok);
  return second.value.credential === first.value.credential;
}

test("KnownAuthorizations remembers 512 characters before the signature, and none longer", () => {
  const rest = before("host;").length;
  assert.ok(isRemembered(`host;${"n".repeat(512 - rest)}`));
  assert.ok(!isRemembered(`host;${"n".repeat(513 - rest)}`));
});

test("KnownAuthorizations remembers 16 signed headers, and no more", () => {
  const names = Array.from({ length: 16 }, (_, i) => `n${i}`);
  assert.ok(isRemembered(["host", ...names.slice(1)].join(";")));
  assert.ok(!isRemembered(["host", ...names].join(";")));
});

test("KnownAuthorizations remembers a thousand headers", () => {
  const known = new KnownAuthorizations();
  const readOf = (accessKeyId: string) =>
    known.read(`${before("host", accessKeyId)}${SIGNATURE}`, HEADERS, RULES);
  const first = readOf("first");
  for (let i = 0; i < 999; i++) readOf(`${i}`);
  const again = readOf("first");
  assert.ok(first.ok && again.ok);
  assert.equal(again.value.credential, first.value.credential);
  for (let i = 0; i < 1000; i++) readOf(`other${i}`);
  const anew = readOf("first");
  assert.ok(anew.ok);
  assert.notEqual(anew.value.credential, first.value.credential);
});
