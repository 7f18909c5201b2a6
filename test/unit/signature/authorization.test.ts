import assert from "node:assert/strict";
import { test } from "node:test";
import { readAuthorization } from "../../../src/signature/authorization.ts";
import { RULES } from "./heads.ts";

/** Headers of a request that has as many as it names. */
const HEADERS = ["host", "h", "x-amz-date", "20130524T000000Z"];
const SIGNATURE = "0123456789abcdef".repeat(4);

let keys = 0;
/** Returns a header without its signature that nobody has read before. */
function fresh(signedHeaders = "host;x-amz-date", service = "s3"): string {
  const credential = `AKID${keys++}/20130524/us-east-1/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=`;
}

test("readAuthorization() reads what it remembers as what it sees for the first time", () => {
  const before = fresh();
  const first = readAuthorization(`${before}${SIGNATURE}`, HEADERS, RULES);
  const second = readAuthorization(`${before}${SIGNATURE}`, HEADERS, RULES);
  assert.ok(first.ok && second.ok);
  assert.deepEqual(second, first);
  assert.equal(second.value.credential, first.value.credential, "it was read anew");
  const other = readAuthorization(`${before}${"f".repeat(64)}`, HEADERS, RULES);
  assert.equal(other.ok && other.value.signature, "f".repeat(64));
});

test("readAuthorization() remembers nothing of other rules", () => {
  const text = `${fresh()}${SIGNATURE}`;
  assert.ok(readAuthorization(text, HEADERS, RULES).ok);
  assert.ok(!readAuthorization(text, HEADERS, { ...RULES, regions: ["eu-west-1"] }).ok);
  assert.ok(readAuthorization(text, HEADERS, RULES).ok);
});

test("readAuthorization() remembers nothing of another service", () => {
  const text = `${fresh("host", "sts")}${SIGNATURE}`;
  assert.ok(readAuthorization(text, HEADERS, RULES, "sts").ok);
  assert.ok(!readAuthorization(text, HEADERS, RULES).ok);
});

test("readAuthorization() counts the names anew for each request", () => {
  const names = `host;${"abcdefghij".split("").join(";")}`;
  const text = `${fresh(names)}${SIGNATURE}`;
  const many = names.split(";").flatMap((name) => [name, "v"]);
  assert.ok(readAuthorization(text, many, RULES).ok);
  assert.ok(!readAuthorization(text, HEADERS, RULES).ok);
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
  test(`readAuthorization() reads alike, known or not, one that ends with ${JSON.stringify(odd)}`, () => {
    const known = fresh();
    assert.ok(readAuthorization(`${known}${SIGNATURE}`, HEADERS, RULES).ok);
    const told = (before: string): unknown => {
      const read = readAuthorization(`${before}${odd}`, HEADERS, RULES);
      return read.ok ? read.value.signature : read.error;
    };
    assert.deepEqual(told(known), told(fresh()));
  });
}

test("readAuthorization() reads components in any order, however often they come", () => {
  const names = ["host", "n".repeat(80)].join(";");
  const [scheme, credential] = fresh().split(",", 1)[0]?.split(" ") ?? [];
  const text = `${scheme} ${credential}, Signature=${SIGNATURE}, SignedHeaders=${names}`;
  for (const one of [text, text, text.replace(/n$/, "m"), text]) {
    const read = readAuthorization(one, HEADERS, RULES);
    assert.ok(read.ok);
    assert.equal(read.value.signature, SIGNATURE);
    assert.deepEqual(read.value.signedHeaders, one.slice(one.lastIndexOf("=") + 1).split(";"));
  }
});

test("readAuthorization() counts names that the request lacks, known or not", () => {
  const names = ["host", ..."abcdefghi".split("")].join(";");
  const text = `${fresh(names)}${SIGNATURE}`;
  for (let time = 0; time < 2; time++) assert.ok(readAuthorization(text, HEADERS, RULES).ok);
});

/** Returns true if the second reading of that list of names is the first one. */
function isRemembered(before: string): boolean {
  const names = before
    .slice(before.indexOf("SignedHeaders=") + 14, before.lastIndexOf(","))
    .split(";");
  const headers = names.flatMap((name) => [name, "v"]);
  const [first, second] = [1, 2].map(() =>
    readAuthorization(`${before}${SIGNATURE}`, headers, RULES),
  );
  assert.ok(first?.ok && second?.ok);
  return second.value.credential === first.value.credential;
}

test("readAuthorization() remembers 512 characters before the signature, and none longer", () => {
  const rest = fresh("host;").length;
  assert.ok(isRemembered(fresh(`host;${"n".repeat(512 - rest)}`)));
  assert.ok(!isRemembered(fresh(`host;${"n".repeat(513 - rest)}`)));
});

test("readAuthorization() remembers 16 signed headers, and no more", () => {
  const names = Array.from({ length: 16 }, (_, i) => `n${i}`);
  assert.ok(isRemembered(fresh(["host", ...names.slice(1)].join(";"))));
  assert.ok(!isRemembered(fresh(["host", ...names].join(";"))));
});
