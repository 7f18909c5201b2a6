import assert from "node:assert/strict";
import { test } from "node:test";
import { createDigest } from "../../../src/checksum/digest.ts";

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

// CRC check values: "Catalogue of parametrised CRC algorithms" (CRC-32/ISO-HDLC, CRC-32/ISCSI,
// CRC-64/NVME). Hashes of "123456789": RFC 1321 appendix A.5 has no such line, so sha1sum(1),
// sha256sum(1) and md5sum(1) say them.
const CHECK_VALUES = [
  ["crc32", "cbf43926"],
  ["crc32c", "e3069283"],
  ["crc64nvme", "ae8b14860a799888"],
  ["md5", "25f9e794323b453885f5181f1b624d0b"],
  ["sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
  ["sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"],
] as const;

for (const [algorithm, hex] of CHECK_VALUES) {
  test(`createDigest() gives the published value of ${algorithm}`, async () => {
    const digest = createDigest(algorithm);
    digest.update(Buffer.from("123456789"));
    assert.equal(await digest.base64(), base64(hex));
  });

  test(`createDigest() takes ${algorithm} in pieces`, async () => {
    const digest = createDigest(algorithm);
    for (const piece of ["1", "", "2345678", "9"]) digest.update(Buffer.from(piece));
    assert.equal(await digest.base64(), base64(hex));
  });
}

const OF_NOTHING = [
  ["crc32", "AAAAAA=="],
  ["crc32c", "AAAAAA=="],
  ["crc64nvme", "AAAAAAAAAAA="],
  ["md5", "1B2M2Y8AsgTpgAmY7PhCfg=="],
  ["sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
] as const;

for (const [algorithm, expected] of OF_NOTHING) {
  test(`createDigest() knows ${algorithm} of an empty body`, async () => {
    assert.equal(await createDigest(algorithm).base64(), expected);
  });
}
