import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import {
  hmac,
  hmacSha1,
  sameSignature,
  sha256OfBytes,
  signingKeyOf,
} from "../../../src/signature/hmac.ts";
import { KeyRing } from "../../../src/signature/key-ring.ts";

// RFC 4231, test cases 1, 2, 6 and 7: short key, shorter key, key longer than a block, long data.
const RFC_4231 = [
  ["0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    "4a656665",
    "what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "aa".repeat(131),
    "Test Using Larger Than Block-Size Key - Hash Key First",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
  [
    "aa".repeat(131),
    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  ],
] as const;

for (const [key, text, expected] of RFC_4231) {
  test(`hmac() computes RFC 4231's value for "${text.slice(0, 20)}"`, () => {
    assert.equal(hmac(signingKeyOf(Buffer.from(key, "hex")), text), expected);
    assert.equal(hmac(signingKeyOf(Buffer.from(key, "hex")), Buffer.from(text)), expected);
  });
}

test("hmac() takes a string for its UTF-8 bytes, keys of 63 to 65 bytes included", () => {
  for (const length of [0, 63, 64, 65]) {
    const key = Buffer.alloc(length, 0xe9);
    const expected = createHmac("sha256", key).update("é漢😀").digest("hex");
    assert.equal(hmac(signingKeyOf(key), "é漢😀"), expected);
  }
});

test("hmac() takes texts of every length, whatever was hashed with the key before", () => {
  const key = signingKeyOf(Buffer.from("key"));
  for (const length of [0, 1, 63, 64, 383, 384, 385, 386, 387, 388, 389, 1000, 2, 384, 0]) {
    for (const text of ["a".repeat(length), "\u00e9".repeat(length), "\u6f22".repeat(length)]) {
      const expected = createHmac("sha256", "key").update(text).digest("hex");
      assert.equal(hmac(key, text), expected);
      assert.equal(hmac(key, Buffer.from(text)), expected);
    }
  }
});

test("hmacSha1() takes each character for one byte", () => {
  const expected = createHmac("sha1", "key")
    .update(Buffer.from([0xe9, 0x41]))
    .digest("base64");
  assert.equal(hmacSha1("key", "\u00e9A"), expected);
});

test("sha256OfBytes() takes each character for one byte", () => {
  for (const text of ["", "plain", "caf\u00e9", "\u00ff\u0080"]) {
    const expected = createHash("sha256").update(Buffer.from(text, "latin1")).digest("hex");
    assert.equal(sha256OfBytes(text), expected);
  }
});

test("sameSignature() refuses another length and characters that are the same cut to a byte", () => {
  assert.equal(sameSignature("00ff", "00ff"), true);
  for (const other of ["", "00f", "00fe", "00ff0", "\u013000ff".slice(0, 4), "00f\u0166"]) {
    assert.equal(sameSignature("00ff", other), false);
  }
});

test("sameSignature() compares all digits of a signature of version 4, and those of this one only", () => {
  const digits = "0123456789abcdef".repeat(4);
  for (let at = 0; at < 64; at++) {
    assert.equal(sameSignature(digits, digits), true);
    for (const other of ["g", "\u00e9", "\u20ac", "\u0130"]) {
      const claimed = digits.slice(0, at) + other + digits.slice(at + 1);
      assert.equal(sameSignature(digits, claimed), false, claimed);
    }
  }
  for (const other of [`${digits}0`, digits.slice(1), ""]) {
    assert.equal(sameSignature(digits, other), false);
  }
  assert.equal(sameSignature("AbC=", "AbC="), true);
  // As many characters as such a signature has, and twice the bytes.
  const wide = "\u00e9".repeat(63);
  assert.equal(sameSignature(`${wide}a`, `${wide}a`), true);
  assert.equal(sameSignature(`${wide}a`, `${wide}b`), false);
});

test("KeyRing derives the signing key of AWS's example", () => {
  // "Examples of how to derive a signing key", SigV4: 20150830, us-east-1, iam.
  const key = new KeyRing(1).signingKey(
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "20150830",
    "us-east-1",
    "iam",
  );
  const expected = signingKeyOf(
    Buffer.from("c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9", "hex"),
  );
  assert.deepEqual(key, expected);
});

test("KeyRing keeps keys apart by secret, date, region and service", () => {
  const ring = new KeyRing(10);
  const scopes = [
    ["secret", "20130524", "us-east-1", "s3"],
    ["rotated", "20130524", "us-east-1", "s3"],
    ["secret", "20130525", "us-east-1", "s3"],
    ["secret", "20130524", "us-east-2", "s3"],
    ["secret", "20130524", "us-east-1", "s4"],
  ] as const;
  const signatures = scopes.map(([secret, date, region, service]) =>
    hmac(ring.signingKey(secret, date, region, service), "text"),
  );
  assert.equal(new Set(signatures).size, scopes.length);
});

test("KeyRing returns the same key again, until newer ones took its place", () => {
  const ring = new KeyRing(2);
  const first = ring.signingKey("a", "20130524", "r", "s3");
  assert.equal(ring.signingKey("a", "20130524", "r", "s3"), first);
  ring.signingKey("b", "20130524", "r", "s3");
  ring.signingKey("c", "20130524", "r", "s3");
  const again = ring.signingKey("a", "20130524", "r", "s3");
  assert.notEqual(again, first);
  assert.deepEqual(again, first);
});
