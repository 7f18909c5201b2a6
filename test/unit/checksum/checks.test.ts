import assert from "node:assert/strict";
import { test } from "node:test";
import {
  algorithmOf,
  checkOf,
  checksumChecks,
  digestMismatch,
  trailerNames,
} from "../../../src/checksum/checks.ts";

const CRC32 = "y/Q5Jg==";
const CRC32C = "4waSgw==";
const MD5 = "JfnnlDI7RTiF9RgfG2JNCw==";
const SHA256 = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=";

test("checksumChecks() finds Content-MD5 and one checksum among other headers", () => {
  const headers = ["host", "h", "content-md5", MD5, "x-amz-checksum-crc32", CRC32];
  assert.deepEqual(checksumChecks(headers), {
    ok: true,
    value: [
      { algorithm: "md5", field: "content-md5", expectedBase64: MD5 },
      { algorithm: "crc32", field: "x-amz-checksum-crc32", expectedBase64: CRC32 },
    ],
  });
});

test("checksumChecks() takes no header that names an algorithm or a mode for a value", () => {
  const headers = [
    ["x-amz-checksum-algorithm", "CRC32"],
    ["x-amz-sdk-checksum-algorithm", "CRC32"],
    ["x-amz-checksum-type", "FULL_OBJECT"],
    ["x-amz-checksum-mode", "ENABLED"],
  ].flat();
  assert.deepEqual(checksumChecks(headers), { ok: true, value: [] });
});

const refused = [
  [
    "a Content-MD5 that is not base64",
    ["content-md5", "not base64!"],
    "InvalidDigest",
    /^The Content-Md5 you specified is not valid\.$/,
  ],
  ["a Content-MD5 of the wrong length", ["content-md5", "MTIz"], "InvalidDigest", /not valid/],
  ["an empty Content-MD5", ["content-md5", ""], "InvalidDigest", /not valid/],
  ["two Content-MD5", ["content-md5", MD5, "content-md5", MD5], "InvalidDigest", /more than once/],
  [
    "a crc32 of the wrong length",
    ["x-amz-checksum-crc32", "AAAA"],
    "InvalidRequest",
    /^Value for x-amz-checksum-crc32 header is invalid\.$/,
  ],
  [
    "a crc32 in hex",
    ["x-amz-checksum-crc32", "cbf43926"],
    "InvalidRequest",
    /crc32 header is invalid/,
  ],
  [
    "a crc32 without padding",
    ["x-amz-checksum-crc32", "y/Q5Jg"],
    "InvalidRequest",
    /crc32 header is invalid/,
  ],
  [
    "a crc32 in base64url",
    ["x-amz-checksum-crc32", "y_Q5Jg=="],
    "InvalidRequest",
    /crc32 header is invalid/,
  ],
  [
    "a crc32 with bits after its end",
    ["x-amz-checksum-crc32", "y/Q5Jh=="],
    "InvalidRequest",
    /crc32 header is invalid/,
  ],
  [
    "a part count behind a checksum",
    ["x-amz-checksum-crc32", "y/Q5Jg==-3"],
    "InvalidRequest",
    /crc32 header is invalid/,
  ],
  [
    "checksums of two algorithms",
    ["x-amz-checksum-crc32", CRC32, "x-amz-checksum-crc32c", CRC32C],
    "InvalidRequest",
    /^Expecting a single x-amz-checksum- header/,
  ],
  [
    "one checksum twice",
    ["x-amz-checksum-crc32", CRC32, "x-amz-checksum-crc32", CRC32],
    "InvalidRequest",
    /^Expecting a single x-amz-checksum- header/,
  ],
  [
    "an algorithm that it cannot compute",
    ["x-amz-checksum-md4", "AAAAAAAAAAA="],
    "InvalidRequest",
    /x-amz-checksum-md4/,
  ],
] as const;

for (const [name, headers, code, message] of refused) {
  test(`checksumChecks() refuses ${name}`, () => {
    const result = checksumChecks(headers);
    assert.ok(!result.ok);
    assert.equal(result.error.code, code);
    assert.match(result.error.message, message);
  });
}

test("checkOf() refuses a field that is no checksum", () => {
  assert.equal(checkOf("x-amz-meta-a", CRC32).ok, false);
});

test("algorithmOf() knows trailers by their names", () => {
  assert.equal(algorithmOf("x-amz-checksum-crc64nvme"), "crc64nvme");
  assert.equal(algorithmOf("x-amz-checksum-mode"), undefined);
});

test("trailerNames() is empty without x-amz-trailer", () => {
  assert.deepEqual(trailerNames(["host", "h"]), { ok: true, value: [] });
});

test("trailerNames() lowers the announced name", () => {
  assert.deepEqual(trailerNames(["x-amz-trailer", "X-Amz-Checksum-CRC32"]), {
    ok: true,
    value: ["x-amz-checksum-crc32"],
  });
});

const refusedTrailers = [
  ["no name", [""]],
  ["a field that is no checksum", ["x-amz-meta-a"]],
  ["an algorithm that it cannot compute", ["x-amz-checksum-md4"]],
  ["Content-MD5", ["content-md5"]],
  ["two names", ["x-amz-checksum-crc32,x-amz-checksum-sha1"]],
  ["the header twice", ["x-amz-checksum-crc32", "x-amz-checksum-crc32"]],
] as const;

for (const [name, values] of refusedTrailers) {
  test(`trailerNames() refuses ${name}`, () => {
    const result = trailerNames(values.flatMap((value) => ["x-amz-trailer", value]));
    assert.ok(!result.ok);
    assert.equal(result.error.code, "InvalidRequest");
  });
}

test("mismatch() is silent where the value is the promised one", () => {
  const check = {
    algorithm: "crc32",
    field: "x-amz-checksum-crc32",
    expectedBase64: CRC32,
  } as const;
  assert.equal(digestMismatch(check, CRC32), undefined);
});

test("mismatch() names the algorithm as S3 does", () => {
  const crc = { algorithm: "crc32", field: "x-amz-checksum-crc32", expectedBase64: CRC32 } as const;
  assert.equal(digestMismatch(crc, CRC32C)?.code, "BadDigest");
  assert.match(
    digestMismatch(crc, CRC32C)?.message ?? "",
    /^The CRC32 you specified did not match/,
  );
  const md5 = { algorithm: "md5", field: "content-md5", expectedBase64: MD5 } as const;
  assert.match(
    digestMismatch(md5, CRC32C)?.message ?? "",
    /^The Content-MD5 you specified did not match/,
  );
});

test("mismatch() reads x-amz-content-sha256 as hex and shows both values", () => {
  const hex = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
  const check = {
    algorithm: "sha256",
    field: "x-amz-content-sha256",
    expectedBase64: hex,
  } as const;
  assert.equal(digestMismatch(check, SHA256), undefined);
  const problem = digestMismatch(check, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  assert.equal(problem?.code, "XAmzContentSHA256Mismatch");
  assert.deepEqual(problem?.elements, [
    ["ClientComputedContentSHA256", hex],
    ["S3ComputedContentSHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ]);
});
