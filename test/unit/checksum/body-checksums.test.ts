import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyChecksums, objectChecksums } from "../../../src/checksum/checks.ts";
import { CHECKSUM_ALGORITHMS, CHECKSUM_BYTES } from "../../../src/s3/checksums.ts";

const MD5 = "JfnnlDI7RTiF9RgfG2JNCw==";
const CRC32 = "y/Q5Jg==";

/** A value that the algorithm can have. */
const valueOf = (bytes: number): string => Buffer.alloc(bytes, 7).toString("base64");

for (const algorithm of CHECKSUM_ALGORITHMS) {
  const field = `x-amz-checksum-${algorithm}`;
  const bytes = CHECKSUM_BYTES[algorithm];
  const named = ["x-amz-sdk-checksum-algorithm", algorithm.toUpperCase()];

  test(`bodyChecksums() takes ${algorithm} as a header and as a trailer, with its name`, () => {
    const expectedBase64 = valueOf(bytes);
    assert.deepEqual(bodyChecksums([...named, field, expectedBase64]), {
      ok: true,
      value: { checks: [{ algorithm, field, expectedBase64 }], trailers: [] },
    });
    assert.deepEqual(bodyChecksums([...named, "x-amz-trailer", field]), {
      ok: true,
      value: { checks: [], trailers: [field] },
    });
  });

  const BAD = [
    ["one byte more", valueOf(bytes + 1)],
    ["one byte less", valueOf(bytes - 1)],
    ["nothing", ""],
    ["hex", Buffer.alloc(bytes, 7).toString("hex")],
    ["a part count behind it", `${valueOf(bytes)}-2`],
    ["a character cut off", valueOf(bytes).slice(0, -1)],
  ] as const;
  for (const [what, value] of BAD) {
    test(`bodyChecksums() refuses ${algorithm} with ${what}`, () => {
      const refused = bodyChecksums([field, value]);
      assert(!refused.ok);
      assert.equal(refused.error.code, "InvalidRequest");
      assert.equal(refused.error.message, `Value for ${field} header is invalid.`);
    });
  }

  test(`objectChecksums() takes ${algorithm} of an object, composite or not`, () => {
    const value = valueOf(bytes);
    const full = ["x-amz-checksum-type", "FULL_OBJECT"];
    const composite = ["x-amz-checksum-type", "COMPOSITE"];
    const taken = (...headers: string[]): boolean => objectChecksums(headers).ok;
    assert.deepEqual(objectChecksums([field, value]), {
      ok: true,
      value: { checks: [], trailers: [] },
    });
    for (const count of ["1", "42", "10000"]) {
      assert(taken(...composite, field, `${value}-${count}`));
      assert(taken(field, `${value}-${count}`));
      assert(!taken(...full, field, `${value}-${count}`));
    }
    assert(taken(...full, field, value));
    for (const bad of ["-0", "-01", "-10001", "-", "--1", "-1-1", "-x", "- 1"]) {
      assert(!taken(...composite, field, value + bad), bad);
    }
    assert(!taken(...composite, field, valueOf(bytes + 1)));
  });
}

const REFUSED = [
  [
    "an algorithm that is not the header's",
    ["x-amz-sdk-checksum-algorithm", "CRC32C", "x-amz-checksum-crc32", CRC32],
    "Value for x-amz-sdk-checksum-algorithm header is invalid.",
  ],
  [
    "an algorithm that is not the trailer's",
    ["x-amz-sdk-checksum-algorithm", "SHA256", "x-amz-trailer", "x-amz-checksum-crc32"],
    "Value for x-amz-sdk-checksum-algorithm header is invalid.",
  ],
  [
    "an unknown algorithm",
    ["x-amz-sdk-checksum-algorithm", "MD4", "x-amz-checksum-crc32", CRC32],
    "Value for x-amz-sdk-checksum-algorithm header is invalid.",
  ],
  [
    "an algorithm twice",
    [
      ["x-amz-sdk-checksum-algorithm", "CRC32", "x-amz-sdk-checksum-algorithm", "CRC32"],
      ["x-amz-checksum-crc32", CRC32],
    ].flat(),
    "Value for x-amz-sdk-checksum-algorithm header is invalid.",
  ],
  [
    "an algorithm without its checksum",
    ["x-amz-sdk-checksum-algorithm", "CRC32"],
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
  ],
  [
    "an algorithm beside a Content-MD5 alone",
    ["x-amz-sdk-checksum-algorithm", "CRC32", "content-md5", MD5],
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
  ],
  [
    "two algorithms, whatever is named",
    [
      ["x-amz-sdk-checksum-algorithm", "sha256", "x-amz-checksum-crc32", CRC32],
      ["x-amz-checksum-md5", MD5],
    ].flat(),
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  ],
  [
    "a header beside the trailer of the same algorithm",
    ["x-amz-checksum-crc32", CRC32, "x-amz-trailer", "x-amz-checksum-crc32"],
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  ],
  [
    "a header beside the trailer of another algorithm",
    ["x-amz-checksum-crc32", CRC32, "x-amz-trailer", "x-amz-checksum-xxhash3"],
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  ],
  [
    "two trailers",
    ["x-amz-trailer", "x-amz-checksum-crc32, x-amz-checksum-xxhash64"],
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  ],
  [
    "a trailer twice",
    ["x-amz-trailer", "x-amz-checksum-crc32", "x-amz-trailer", "x-amz-checksum-crc32"],
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
  ],
] as const;

for (const [name, headers, message] of REFUSED) {
  test(`bodyChecksums() refuses ${name}, as AWS does`, () => {
    const refused = bodyChecksums(headers);
    assert(!refused.ok);
    assert.equal(refused.error.code, "InvalidRequest");
    assert.equal(refused.error.message, message);
  });
}

test("bodyChecksums() takes the algorithm's name in any case, and an MD5 as Content-MD5", () => {
  const named = ["x-amz-sdk-checksum-algorithm", "crc32"];
  assert(bodyChecksums([...named, "x-amz-checksum-crc32", CRC32]).ok);
  assert(bodyChecksums(["x-amz-sdk-checksum-algorithm", "MD5", "content-md5", MD5]).ok);
});

test("objectChecksums() refuses two algorithms and a type that S3 does not have", () => {
  for (const headers of [
    ["x-amz-checksum-crc32", CRC32, "x-amz-checksum-md5", MD5],
    ["x-amz-checksum-crc32", CRC32, "x-amz-checksum-type", "HALF_OBJECT"],
  ]) {
    const refused = objectChecksums(headers);
    assert(!refused.ok);
    assert.equal(refused.error.code, "InvalidRequest");
  }
});
