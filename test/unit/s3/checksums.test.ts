import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CHECKSUM_ALGORITHMS,
  checksumNamed,
  checksumOf,
  isChecksumField,
} from "../../../src/s3/checksums.ts";

/** The names of "ChecksumAlgorithm", Amazon S3 API Reference. */
const NAMES = [
  ["CRC32", "crc32"],
  ["CRC32C", "crc32c"],
  ["CRC64NVME", "crc64nvme"],
  ["MD5", "md5"],
  ["SHA1", "sha1"],
  ["SHA256", "sha256"],
  ["SHA512", "sha512"],
  ["XXHASH128", "xxhash128"],
  ["XXHASH3", "xxhash3"],
  ["XXHASH64", "xxhash64"],
] as const;

test("every algorithm is named as S3 names it, in any case, and has a field", () => {
  assert.deepEqual(
    NAMES.map(([, algorithm]) => algorithm),
    CHECKSUM_ALGORITHMS,
  );
  for (const [name, algorithm] of NAMES) {
    assert.equal(checksumNamed(name), algorithm);
    assert.equal(checksumNamed(algorithm), algorithm);
    assert.equal(checksumOf(`x-amz-checksum-${algorithm}`), algorithm);
    assert.equal(isChecksumField(`x-amz-checksum-${algorithm}`), true);
  }
});

test("another name is no algorithm", () => {
  for (const name of ["", "CRC", "CRC16", "crc32 ", "x-amz-checksum-crc32", "mode"]) {
    assert.equal(checksumNamed(name), undefined, name);
  }
});

test("isChecksumField() finds the fields that carry a value, even one of a new algorithm", () => {
  assert.equal(isChecksumField("x-amz-checksum-blake3"), true);
  for (const field of [
    "x-amz-checksum-algorithm",
    "x-amz-checksum-mode",
    "x-amz-checksum-type",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-meta-x-amz-checksum-crc32",
    "content-md5",
  ]) {
    assert.equal(isChecksumField(field), false, field);
  }
});
