import assert from "node:assert/strict";
import { test } from "node:test";
import { openPageToken, sealPageToken } from "../../../src/admission/page-token.ts";
import type { Key } from "../../../src/admission/principal.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";

const ACCOUNTS = `accounts:
  - { name: lab, upstream: { accessKey: SA, secretKey: sa }, keys: [{ accessKey: A, secretKey: a }, { accessKey: A2, secretKey: a2 }] }
  - { name: other, upstream: { accessKey: SB, secretKey: sb }, keys: [{ accessKey: B, secretKey: b }] }
  - { name: own, keys: [{ accessKey: O, secretKey: o }, { accessKey: O2, secretKey: o2 }] }
`;
const { keys } = compileSnapshot(goodConfig({ "accounts.yaml": ACCOUNTS }), 1);

function keyWithId(accessKeyId: string): Key {
  return keys.get(accessKeyId) ?? assert.fail(accessKeyId);
}

const TOKENS = [
  "a",
  "secret",
  "x".repeat(63),
  "t+/==",
  "ü\u0001\u0000",
  "\u0001",
  "y".repeat(1000),
];
for (const token of TOKENS) {
  test(`the token ${JSON.stringify(token).slice(0, 20)} comes back to its account, by any of its keys`, () => {
    const sealed = sealPageToken(token, keyWithId("A"));
    assert.match(sealed, /^[\w-]+$/);
    assert.equal(openPageToken(sealed, keyWithId("A2")), token);
    assert.equal(openPageToken(sealed, keyWithId("B")), undefined);
  });
}

test("a token is none of another account's that the store takes for the same", () => {
  const sealed = sealPageToken("secret", keyWithId("A"));
  const { account, ...key } = keyWithId("A");
  assert.equal(openPageToken(sealed, { ...key, account: { ...account, name: "twin" } }), undefined);
});

test("a key that signs for itself at the store opens what it was given, and no other key does", () => {
  const sealed = sealPageToken("secret", keyWithId("O"));
  assert.equal(openPageToken(sealed, keyWithId("O")), "secret");
  assert.equal(openPageToken(sealed, keyWithId("O2")), undefined);
});

test("keys for which one key signs at the store open each other's tokens", () => {
  const signing = { accessKeyId: "S", secret: "s" };
  const sealed = sealPageToken("secret", { ...keyWithId("O"), signing });
  assert.equal(openPageToken(sealed, { ...keyWithId("O2"), signing }), "secret");
  assert.equal(openPageToken(sealed, keyWithId("O2")), undefined);
});

test("a token of more than 4,096 characters is not opened", () => {
  const key = keyWithId("A");
  for (const [length, opens] of [
    [2_900, true],
    [3_100, false],
  ] as const) {
    const token = "x".repeat(length);
    const sealed = sealPageToken(token, key);
    assert.equal(sealed.length > 4_096, !opens);
    assert.equal(openPageToken(sealed, key), opens ? token : undefined);
  }
});

test("names of buckets of any length are sealed to one length", () => {
  const lengths = ["abc", "x".repeat(63)].map((name) => sealPageToken(name, keyWithId("A")).length);
  assert.equal(new Set(lengths).size, 1);
});

test("a token with one bit changed, or with less or more of it, is nobody's", () => {
  const sealed = sealPageToken("secret", keyWithId("A"));
  const bytes = Buffer.from(sealed, "base64url");
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    assert.equal(
      openPageToken(changed.toString("base64url"), keyWithId("A")),
      undefined,
      `byte ${i}`,
    );
  }
  for (const other of ["", "secret", sealed.slice(0, -4), `${sealed}AAAA`, "A".repeat(5_000)]) {
    assert.equal(openPageToken(other, keyWithId("A")), undefined, other);
  }
});
