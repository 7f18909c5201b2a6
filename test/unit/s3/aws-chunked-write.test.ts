import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKSUM_ALGORITHMS } from "../../../src/s3/checksums.ts";
import { frame, framedLength, frameWhole } from "../../../src/s3/aws-chunked-write.ts";

async function* pieces(list: readonly string[], trailer: string): AsyncGenerator<Buffer, string> {
  for (const piece of list) yield Buffer.from(piece);
  return trailer;
}

async function framed(list: readonly string[], field = "x-amz-checksum-crc32"): Promise<string> {
  const out: Buffer[] = [];
  const length = list.join("").length;
  for await (const bytes of frame(pieces(list, "AAAAAA=="), field, length)) out.push(bytes);
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

test("frame() cuts chunks of 1 MiB, however the data comes", async () => {
  const whole = await framed(["x".repeat(1_048_576), "yy"]);
  assert.equal(await framed(["x".repeat(48_576), "", "x".repeat(1_000_000) + "y", "y"]), whole);
  assert.equal(whole.slice(0, 10), "100000\r\nxx");
  assert.equal(whole.slice(8, 8 + 1_048_576), "x".repeat(1_048_576));
  assert.equal(
    whole.slice(8 + 1_048_576),
    "\r\n2\r\nyy\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
  );
});

test("frame() yields pieces of the data as they are, and each before the next is asked for", async () => {
  let asked = 0;
  async function* data(): AsyncGenerator<Buffer, string> {
    for (const piece of [Buffer.from("one"), Buffer.from("two")]) {
      asked++;
      yield piece;
      // Whoever gave it takes it back.
      piece.fill("!");
    }
    return "AAAAAA==";
  }
  const seen: string[] = [];
  for await (const bytes of frame(data(), "x-amz-checksum-crc32", 6)) {
    seen.push(`${asked} ${bytes.toString()}`);
  }
  assert.deepEqual(seen.slice(0, 3), ["1 6\r\n", "1 one", "2 two"]);
});

test("frame() throws rather than write more than was announced", async () => {
  const written: string[] = [];
  await assert.rejects(async () => {
    const more = frame(pieces(["abc", "d"], "AAAAAA=="), "x-amz-checksum-crc32", 3);
    for await (const bytes of more) written.push(bytes.toString());
  }, RangeError);
  assert.equal(written.join(""), "3\r\nabc");
});

for (const length of [
  0, 1, 15, 16, 65_536, 1_048_575, 1_048_576, 1_048_577, 3_145_728, 5_000_000,
]) {
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

test("frame() lets go of the data when its reader stops", async () => {
  let closed = false;
  async function* data(): AsyncGenerator<Buffer, string> {
    try {
      for (;;) yield Buffer.from("more");
    } finally {
      closed = true;
    }
  }
  for await (const _bytes of frame(data(), "x-amz-checksum-crc32", 1000)) break;
  assert.equal(closed, true);
});

test("frameWhole() writes what frame() does", async () => {
  for (const text of ["", "a", "x".repeat(65_536)]) {
    const content = Buffer.from(text);
    async function* data(): AsyncGenerator<Buffer, string, undefined> {
      if (text !== "") yield content;
      return "AAAAAA==";
    }
    const pieces: Buffer[] = [];
    for await (const piece of frame(data(), "x-amz-checksum-crc32", content.length)) {
      pieces.push(Buffer.from(piece));
    }
    const whole = frameWhole(content, "x-amz-checksum-crc32", "AAAAAA==");
    assert.deepEqual(whole, Buffer.concat(pieces));
    assert.equal(whole.length, framedLength(content.length, "x-amz-checksum-crc32"));
  }
});

test("frameWhole() writes no more than one chunk takes", async () => {
  const most = Buffer.alloc(1_048_576, "x");
  const whole = frameWhole(most, "x-amz-checksum-crc32", "AAAAAA==");
  assert.equal(whole.toString(), await framed([most.toString()]));
  const more = Buffer.alloc(1_048_577);
  assert.throws(() => frameWhole(more, "x-amz-checksum-crc32", "AAAAAA=="), RangeError);
});

test("framedLength() is known of checksums only", () => {
  for (const trailer of ["x-amz-meta-a", "x-amz-checksum-mode", "X-Amz-Checksum-CRC32", ""]) {
    assert.throws(() => framedLength(1, trailer), RangeError);
  }
});
