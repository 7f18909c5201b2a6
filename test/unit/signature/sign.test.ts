import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyRing } from "../../../src/signature/key-ring.ts";
import { signHead } from "../../../src/signature/sign.ts";
import { EXAMPLE } from "./heads.ts";

const HEAD = {
  method: "PUT",
  path: "/b/k%20x",
  query: "acl=",
  headers: [
    ["host", "s3.example.org"],
    ["user-agent", "not signed"],
    ["x-amz-meta-a", " 1  2 "],
    ["content-length", "7"],
    ["content-type", "text/plain"],
    ["content-md5", "m=="],
    ["x-amz-date", "20130524T000000Z"],
    ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
  ].flat(),
} as const;

test("signHead() signs host, x-amz-*, content-md5 and content-type, and nothing else", () => {
  // The signature was computed from a canonical request written by hand, with Python's hmac.
  assert.equal(
    signHead(HEAD, EXAMPLE, "us-east-1", new KeyRing(1)),
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
      "SignedHeaders=content-md5;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-a, " +
      "Signature=a1cb77d75f953aa41d080060188ae0b0ea7d1c579018870411a41696b94893e6",
  );
});

test("signHead() joins repeated metadata under one name", () => {
  // Computed likewise.
  const headers = [
    ["host", "h"],
    ["x-amz-meta-a", "1"],
    ["x-amz-meta-a", "2"],
    ["x-amz-date", "20130524T000000Z"],
    ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
  ].flat();
  const head = { method: "PUT", path: "/b/k", query: "", headers };
  assert.match(
    signHead(head, EXAMPLE, "us-east-1", new KeyRing(1)),
    /SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a, Signature=7215a21ded923c3fa986561d16cc661ae520eeaa45bb6ea07a80e2467736031e$/,
  );
});

test("signHead() signs the same, in whatever order the headers stand", () => {
  const fields = Array.from({ length: HEAD.headers.length / 2 }, (_, i) =>
    HEAD.headers.slice(2 * i, 2 * i + 2),
  );
  const expected = signHead(HEAD, EXAMPLE, "us-east-1", new KeyRing(1));
  const sorted = fields.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  for (const order of [sorted, sorted.toReversed(), [...sorted.slice(3), ...sorted.slice(0, 3)]]) {
    const head = { ...HEAD, headers: order.flat() };
    assert.equal(signHead(head, EXAMPLE, "us-east-1", new KeyRing(1)), expected);
  }
});

for (const name of ["host", "x-amz-date", "x-amz-content-sha256"]) {
  test(`signHead() does not sign a head without ${name}`, () => {
    const headers = HEAD.headers.map((text) => (text === name ? "other" : text));
    assert.throws(
      () => signHead({ ...HEAD, headers }, EXAMPLE, "us-east-1", new KeyRing(1)),
      new TypeError(`Cannot sign a head without ${name}`),
    );
  });
}
