import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKSUM_ALGORITHMS } from "../../../src/s3/checksums.ts";
import { frame, framedLength } from "../../../src/s3/aws-chunked-write.ts";

async function* pieces(list: readonly string[], trailer: string): AsyncGenerator<Buffer, string> {
  for (const piece of list) yield Buffer.from(piece);
  return trailer;
}

async function framed(list: readonly string[], field = "x-amz-checksum-crc32"): Promise<string> {
  const out: Buffer[] = [];
  for await (const bytes of frame(pieces(list, "AAAAAA=="), field)) out.push(bytes);
  return Buffer.concat(out).toString("latin1");
}

test("frame() writes chunks and the trailer as S3 documents them", async () => {
  assert.equal(
    await framed(["hello", " ", "world"]),
    "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
  );
});

test("frame() writes only the trailer for no data", async () => {
  assert.equal(await framed([]), "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
});

test("frame() cuts chunks of 64 KiB, however the data comes", async () => {
  const whole = await framed(["x".repeat(65_536), "yy"]);
  assert.equal(await framed(["x".repeat(30_000), "x".repeat(35_536) + "y", "y"]), whole);
  assert.match(whole, /^10000\r\nx{65536}\r\n2\r\nyy\r\n0\r\n/);
});

for (const length of [0, 1, 15, 16, 65_535, 65_536, 65_537, 131_072, 1_000_000]) {
  test(`framedLength() is what frame() writes for ${length} bytes`, async () => {
    const written = await framed([Buffer.alloc(length, 0x61).toString()]);
    assert.equal(framedLength(length, "x-amz-checksum-crc32"), written.length);
  });
}

test("framedLength() knows how long each checksum is", () => {
  const empty = (field: string): number =>
    framedLength(0, field) - "0\r\n:\r\n\r\n".length - field.length;
  assert.deepEqual(
    CHECKSUM_ALGORITHMS.map((name) => [name, empty(`x-amz-checksum-${name}`)]),
    [
      ["crc32", 8],
      ["crc32c", 8],
      ["crc64nvme", 12],
      ["md5", 24],
      ["sha1", 28],
      ["sha256", 44],
      ["sha512", 88],
      ["xxhash128", 24],
      ["xxhash3", 12],
      ["xxhash64", 12],
    ],
  );
});
