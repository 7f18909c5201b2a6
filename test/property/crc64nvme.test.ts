import assert from "node:assert/strict";
import { test } from "node:test";
import { Crc64Nvme } from "@aws-sdk/crc64-nvme";
import { CRC64NVME_OF_NOTHING, crc64nvme } from "../../src/checksum/crc64nvme.ts";
import { between, randomFrom, SEEDS } from "../support/seeds.ts";

/** Computes the checksum by the SDK's own function, in JavaScript. */
async function oracle(bytes: Uint8Array): Promise<bigint> {
  const state = new Crc64Nvme();
  state.update(bytes);
  return Buffer.from(await state.digest()).readBigUInt64BE();
}

for (const seed of SEEDS) {
  test(`crc64nvme() is the SDK's checksum, however the bytes are cut (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    // More than the memory of the function, so that one piece is read in several steps.
    const all = Uint8Array.from({ length: 300_000 }, () => between(random, 0, 255));
    for (let i = 0; i < 300; i++) {
      const length = i % 10 === 0 ? between(random, 0, 250_000) : between(random, 0, 200);
      const start = between(random, 0, 40);
      const bytes = all.subarray(start, start + length);
      let value = CRC64NVME_OF_NOTHING;
      for (let at = 0; at < bytes.length;) {
        const size = between(random, 1, random() < 0.5 ? 40 : 200_000);
        value = crc64nvme(bytes.subarray(at, at + size), value);
        at += size;
      }
      assert.equal(value, await oracle(bytes), `${length} bytes from ${start}`);
    }
  });
}
