import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTarget } from "../../../src/http/target.ts";
import { liftHeaders } from "../../../src/s3/lifted-headers.ts";

const HEADERS = ["host", "s3.example.org", "x-amz-meta-own", "1"];

function lifted(query: string): readonly string[] | string {
  const target = parseTarget(`/bucket/k?${query}`);
  assert.ok(target.ok);
  const headers = liftHeaders(target.value.query, HEADERS);
  return headers.ok ? headers.value : headers.error.code;
}

test("liftHeaders() returns the very list if there is nothing to lift", () => {
  assert.equal(lifted("X-Amz-Signature=s&X-Amz-Date=d&versionId=v"), HEADERS);
  assert.equal(lifted(""), HEADERS);
});

test("liftHeaders() lifts what a V4 presigned URL carries", () => {
  assert.deepEqual(lifted("x-amz-checksum-mode=ENABLED&X-Amz-Signature=s&x-amz-meta-name=%C3%A9"), [
    ...HEADERS,
    "x-amz-checksum-mode",
    "ENABLED",
    "x-amz-meta-name",
    "\u00c3\u00a9",
  ]);
});

test("liftHeaders() lifts nothing without a V4 signature, for V2 does not sign it", () => {
  assert.equal(lifted("x-amz-acl=public-read"), HEADERS);
  assert.equal(lifted("x-amz-acl=public-read&AWSAccessKeyId=a&Signature=s&Expires=1"), HEADERS);
});

test("liftHeaders() lifts no part of the signature, in any case", () => {
  // "Authenticating requests: using query parameters", S3 API Reference.
  for (const name of [
    "X-Amz-Algorithm",
    "x-amz-content-sha256",
    "X-Amz-Credential",
    "x-amz-date",
    "X-Amz-Expires",
    "x-amz-security-token",
    "x-amz-signature",
    "X-Amz-SignedHeaders",
  ]) {
    assert.equal(lifted(`X-Amz-Signature=s&${name}=x`), HEADERS, name);
  }
});

test("liftHeaders() lifts only x-amz- names, in any case, as the SDK for Go writes them", () => {
  assert.deepEqual(lifted("X-Amz-Signature=s&X-Amz-Acl=public-read&content-type=a&acl="), [
    ...HEADERS,
    "x-amz-acl",
    "public-read",
  ]);
});

test("liftHeaders() ignores the checksum of nothing that an SDK presigns, as S3 does", () => {
  const checksum = "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32";
  assert.equal(lifted(`X-Amz-Signature=s&${checksum}`), HEADERS);
});

test("liftHeaders() lifts a value without the blanks at its ends, as a header's reader would", () => {
  assert.deepEqual(lifted("X-Amz-Signature=s&x-amz-meta-a=%20b%20c%20%20"), [
    ...HEADERS,
    "x-amz-meta-a",
    "b c",
  ]);
});

test("liftHeaders() lifts a value of blanks as an empty one", () => {
  assert.deepEqual(lifted("X-Amz-Signature=s&x-amz-meta-a=%20%20"), [
    ...HEADERS,
    "x-amz-meta-a",
    "",
  ]);
});

test("liftHeaders() takes no header's value for the name of one", () => {
  const target = parseTarget("/bucket/k?X-Amz-Signature=s&x-amz-acl=private");
  assert.ok(target.ok);
  const headers = ["x-amz-meta-own", "x-amz-acl"];
  const all = liftHeaders(target.value.query, headers);
  assert.deepEqual(all.ok && all.value, [...headers, "x-amz-acl", "private"]);
});

const refused = [
  ["a header in both places", "X-Amz-Signature=s&x-amz-meta-own=2"],
  ["a header twice in the query", "X-Amz-Signature=s&x-amz-acl=a&x-amz-acl=b"],
  ["a header twice in two cases", "X-Amz-Signature=s&x-amz-acl=a&X-Amz-Acl=b"],
  ["a line break", "X-Amz-Signature=s&x-amz-meta-a=b%0D%0Ax-amz-acl:%20public-read"],
  ["NUL", "X-Amz-Signature=s&x-amz-meta-a=%00"],
  ["DEL", "X-Amz-Signature=s&x-amz-meta-a=b%7F"],
  ["a blank in a name", "X-Amz-Signature=s&x-amz-meta-a%20b=1"],
  ["a line break in a name", "X-Amz-Signature=s&x-amz-meta-a%0D%0Ab=1"],
  ["a colon in a name", "X-Amz-Signature=s&x-amz-meta-a%3Ab=1"],
  ["a name that is not ASCII", "X-Amz-Signature=s&x-amz-meta-%C3%A4=1"],
] as const;

for (const [name, query] of refused) {
  test(`liftHeaders() refuses ${name}`, () => assert.equal(lifted(query), "InvalidArgument"));
}
