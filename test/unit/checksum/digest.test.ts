import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createDigest, digestOf, loadDigests } from "../../../src/checksum/digest.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from "../../../src/s3/checksums.ts";
import { CHECK_CONTENT, CHECK_VALUES } from "../../support/check-values.ts";

before(() => loadDigests(CHECKSUM_ALGORITHMS));

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

for (const [algorithm, hex] of CHECK_VALUES) {
  test(`createDigest() computes the published value of ${algorithm}`, () => {
    const digest = createDigest(algorithm);
    digest.update(Buffer.from(CHECK_CONTENT));
    assert.equal(digest.base64(), base64(hex));
  });

  test(`digestOf() computes the published value of ${algorithm}`, () => {
    assert.equal(digestOf(algorithm, Buffer.from(CHECK_CONTENT)), base64(hex));
  });

  test(`createDigest() takes ${algorithm} in pieces`, () => {
    const digest = createDigest(algorithm);
    for (const piece of ["1", "", "2345678", "9"]) digest.update(Buffer.from(piece));
    assert.equal(digest.base64(), base64(hex));
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
  test(`createDigest() knows ${algorithm} of an empty body`, () => {
    assert.equal(createDigest(algorithm).base64(), expected);
  });
}

// The SDK for C++ expects these of "Memento Mori" (ChecksumInterceptorTest): AWS's order of bytes.
const OF_AWS = [
  ["xxhash64", "gpWjYMLp9XA="],
  ["xxhash3", "9RrF7krhuOI="],
  ["xxhash128", "AW5DBY+18wW7VuSsFyNFAg=="],
] as const;

for (const [algorithm, expected] of OF_AWS) {
  test(`createDigest() writes ${algorithm} as AWS does`, () => {
    const digest = createDigest(algorithm);
    digest.update(Buffer.from("Memento Mori"));
    assert.equal(digest.base64(), expected);
  });
}

/** Values of xxHash's own sanity check (cli/xsum_sanity_check.c) with the seed 0, by length. */
const SANITY: readonly (readonly [ChecksumAlgorithm, readonly (readonly [number, string])[]])[] = [
  [
    "xxhash64",
    [
      [0, "ef46db3751d8e999"],
      [1, "e934a84adb052768"],
      [4, "9136a0dca57457ee"],
      [14, "8282dcc4994e35c8"],
      [222, "b641ae8cb691c174"],
    ],
  ],
  [
    "xxhash3",
    [
      [0, "2d06800538d394c2"],
      [1, "c44bdff4074eecdb"],
      [6, "27b56a84cd2d7325"],
      [12, "a713daf0dfbb77e7"],
      [24, "a3fe70bf9d3510eb"],
      [48, "397da259ecba1f11"],
      [80, "bcdefbbb2c47c90a"],
      [195, "cd94217ee362ec3a"],
      [403, "cdeb804d65c6dea4"],
      [512, "617e49599013cb6b"],
      [2048, "dd59e2c3a5f038e0"],
      [2240, "6e73a90539cf2948"],
      [2367, "cb37aeb9e5d361ed"],
    ],
  ],
  [
    "xxhash128",
    [
      [0, "99aa06d3014798d86001c324468d497f"],
      [1, "a6cd5e9392000f6ac44bdff4074eecdb"],
      [6, "082afe0b8162d12a3e7039bdda43cfc6"],
      [12, "6e3efd8fc7802b18061a192713f69ad9"],
      [24, "0ce966e4678d37611e7044d28b1b901d"],
      [48, "a002ac4e5478227ef942219aed80f67b"],
      [81, "4952f58181ab00425e8bafb9f95fb803"],
      [222, "337e09641b948717f1aebd597cec6b3a"],
      [403, "1b6de21e332dd73dcdeb804d65c6dea4"],
      [512, "18d2d110dcc9bca1617e49599013cb6b"],
      [2048, "f736557fd47073a5dd59e2c3a5f038e0"],
      [2240, "ccb134fbfa7ce49d6e73a90539cf2948"],
      [2367, "e89c0f6ff369b427cb37aeb9e5d361ed"],
    ],
  ],
];

/** Its test buffer: the highest byte of each power of a prime. */
const SANITY_BYTES = sanityBytes(2367);

function sanityBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 2_654_435_761n;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(state >> 56n);
    state = BigInt.asUintN(64, state * 11_400_714_785_074_694_797n);
  }
  return bytes;
}

for (const [algorithm, rows] of SANITY) {
  for (const [length, hex] of rows) {
    test(`createDigest() computes xxHash's value of ${algorithm} over ${length} bytes, however cut`, () => {
      const bytes = SANITY_BYTES.subarray(0, length);
      for (const size of [1, 7, 64, 255, 4096]) {
        const digest = createDigest(algorithm);
        // Another body of the same algorithm, at the same time.
        const other = createDigest(algorithm);
        for (let at = 0; at < length; at += size) {
          digest.update(bytes.subarray(at, at + size));
          other.update(Buffer.from("other"));
        }
        assert.equal(digest.base64(), base64(hex));
      }
    });
  }
}
