import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ChunkedReader } from "../../../src/wire/chunked.ts";
import { CHUNK_END, chunkStart, lastChunk } from "../../../src/wire/write.ts";
import { eachByte } from "./parts.ts";

const TRAILER_BYTES_MAX = 100;

/** What a body in pieces is: its data, and how it ends. */
function read(bytes: Buffer, cuts: readonly number[]): unknown {
  const reader = new ChunkedReader(TRAILER_BYTES_MAX);
  let data = "";
  let at = 0;
  for (const to of [...cuts, bytes.length]) {
    for (;;) {
      const what = reader.step(bytes, at, to);
      if (what === "bad") return { problem: reader.problem };
      at = reader.at;
      if (what === "data") data += bytes.toString("latin1", reader.dataFrom, at);
      if (what === "end") {
        return { data, trailers: reader.trailers, rest: bytes.toString("latin1", at) };
      }
      if (what === "more") break;
    }
  }
  return { data, unfinished: true };
}

test("a body is read from its chunks, with its trailers and the bytes after it", () => {
  const text =
    '5\r\nhello\r\n00A;a;b=c;d="e;\\"\\\xe9"\r\n, big world\r\n0\r\nX-A:  b \r\nc:\r\n\r\nGET';
  const bytes = Buffer.from(text.replace(", big world", ", big worl"), "latin1");
  const found = { data: "hello, big worl", trailers: ["x-a", "b", "c", ""], rest: "GET" };
  assert.deepEqual(read(bytes, []), found);
  assert.deepEqual(read(bytes, eachByte(bytes)), found);
});

/** RFC 9112 section 7.1. */
const BAD: readonly (readonly [text: string, problem: string])[] = [
  ["\r\n", "chunk"],
  ["g\r\n", "chunk"],
  [" 5\r\nhello\r\n", "chunk"],
  ["5 \r\nhello\r\n", "chunk"],
  ["5\nhello\r\n", "chunk"],
  ["5\r\r\nhello", "chunk"],
  ["0x5\r\nhello\r\n", "chunk"],
  ["-5\r\nhello\r\n", "chunk"],
  ["+5\r\nhello\r\n", "chunk"],
  ["5\r\nhelloo\r\n", "chunk"],
  ["5\r\nhello\n", "chunk"],
  ["5\r\nhello0\r\n", "chunk"],
  ["fffffffffffffffff\r\n", "chunk"],
  ["20000000000000\r\n", "chunk"],
  ["00000000000000005\r\n", "chunk"],
  ["5;\r\nhello\r\n", "chunk"],
  ["5;a b\r\nhello\r\n", "chunk"],
  ["5;a=\r\nhello\r\n", "chunk"],
  ["5;a\nhello\r\n", "chunk"],
  ['5;a="b\r\nhello\r\n', "chunk"],
  ['5;a="b"c\r\nhello\r\n', "chunk"],
  [`5;a=${"b".repeat(16 * 1024)}\r\nhello\r\n`, "chunk"],
  ["0\r\na\r\n\r\n", "field"],
  ["0\r\na: content-length\r\nContent-Length: 5\r\n\r\n", "field"],
  ["0\r\ntransfer-encoding: chunked\r\n\r\n", "field"],
  ["0\r\na : b\r\n\r\n", "field"],
  ["0\r\na: b\r\n c\r\n\r\n", "field"],
  ["0\r\na: \0\r\n\r\n", "field"],
  ["0\r\na: b\n\r\n", "chunk"],
  ["0\r\n\n", "chunk"],
  [`0\r\na: ${"b".repeat(TRAILER_BYTES_MAX)}\r\n\r\n`, "trailer-bytes"],
];

for (const [text, problem] of BAD) {
  test(`refused: ${JSON.stringify(text.slice(0, 40))}`, () => {
    const bytes = Buffer.from(text, "latin1");
    assert.deepEqual(read(bytes, []), { problem });
    assert.deepEqual(read(bytes, eachByte(bytes)), { problem });
  });
}

test("extensions are bounded over the whole body, not by chunk", () => {
  const chunk = `1;a=${"b".repeat(100)}\r\nx\r\n`;
  assert.deepEqual(read(Buffer.from(chunk.repeat(1_000)), []), { problem: "chunk" });
});

test("the reader reads the writer's chunks, in whatever pieces they come", () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.array(fc.nat(200), { maxLength: 6 }),
      (pieces, at) => {
        const parts = pieces.flatMap((bytes) => [
          Buffer.from(chunkStart(bytes.length)),
          Buffer.from(bytes),
          Buffer.from(CHUNK_END),
        ]);
        const bytes = Buffer.concat([
          ...parts,
          Buffer.from(lastChunk(["a", "b"])),
          Buffer.from("next"),
        ]);
        const data = Buffer.concat(pieces).toString("latin1");
        const found = { data, trailers: ["a", "b"], rest: "next" };
        const cuts = at.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b);
        assert.deepEqual(read(bytes, cuts), found);
        assert.deepEqual(read(bytes, eachByte(bytes)), found);
      },
    ),
  );
});
