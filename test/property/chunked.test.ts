import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { BodyPlan } from "../../src/admission/body-plan.ts";
import { readBody, readWhole } from "../../src/body/body.ts";
import { createDigest, loadDigests } from "../../src/checksum/digest.ts";
import { frame, framedLength } from "../../src/s3/aws-chunked-write.ts";
import { createDeframer, deframe, unfinished } from "../../src/s3/aws-chunked.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from "../../src/s3/checksums.ts";
import { KeyRing } from "../../src/signature/key-ring.ts";
import { cut, EXAMPLE, signedBody, unsignedBody } from "../support/chunked.ts";

const SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const KEY = new KeyRing(1).signingKey(EXAMPLE.secret, "20130524", "us-east-1", "s3");

const chunks = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 5 },
);
const splits = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

/** Returns offsets into `length` bytes from fractions of it, ascending. */
const offsets = (length: number, fractions: readonly number[]): readonly number[] =>
  fractions.map((fraction) => Math.floor(fraction * length)).sort((a, b) => a - b);

const signedPlan = (decodedLength: number): BodyPlan => ({
  kind: "deframe",
  decodedLength,
  proof: {
    signingKey: KEY,
    timestamp: EXAMPLE.timestamp,
    scope: EXAMPLE.scope,
    seedSignature: SEED,
  },
  trailers: [],
  checks: [],
});

test("deframe() returns any chunks from any splits", () => {
  fc.assert(
    fc.property(chunks, splits, (chunks, fractions) => {
      const body = unsignedBody(chunks);
      const deframer = createDeframer({ signed: false, trailer: false });
      const pieces: Buffer[] = [];
      let from = 0;
      for (const to of [...offsets(body.length, fractions), body.length]) {
        const tokens = deframe(deframer, body.subarray(from, to));
        assert.equal(deframer.problem, undefined);
        for (const token of tokens) if (token.kind === "data") pieces.push(token.bytes);
        from = to;
      }
      assert.equal(unfinished(deframer), undefined);
      assert.deepEqual(Buffer.concat(pieces), Buffer.concat(chunks));
    }),
  );
});

test("readBody() proves any signed chunks from any splits", async () => {
  await fc.assert(
    fc.asyncProperty(chunks, splits, async (chunks, fractions) => {
      const { body } = signedBody(SEED, chunks);
      const data = Buffer.concat(chunks);
      const source = cut(body, ...offsets(body.length, fractions));
      assert.deepEqual(await readBody(source, 10_000, signedPlan(data.length)), {
        ok: true,
        value: data,
      });
    }),
  );
});

test("readBody() refuses signed framing with any one bit changed", async () => {
  const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  await fc.assert(
    fc.asyncProperty(chunks, splits, position, fc.nat(7), async (chunks, fractions, place, bit) => {
      const { body } = signedBody(SEED, chunks);
      const at = Math.floor(place * body.length);
      const before = body[at] ?? 0;
      // The size in upper case is the same size: the only change without an effect.
      fc.pre(!(bit === 5 && /[a-f]/.test(String.fromCharCode(before)) && inSize(body, at)));
      body[at] = before ^ (1 << bit);
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const source = cut(body, ...offsets(body.length, fractions));
      assert.equal((await readBody(source, 10_000, signedPlan(length))).ok, false);
    }),
    { numRuns: 300 },
  );
});

/** Returns a body with the checksum of its data after it, and the value. */
async function withTrailer(
  algorithm: ChecksumAlgorithm,
  chunks: readonly Buffer[],
): Promise<{ readonly field: string; readonly value: string; readonly length: number }> {
  await loadDigests([algorithm]);
  const digest = createDigest(algorithm);
  for (const chunk of chunks) digest.update(chunk);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return { field: `x-amz-checksum-${algorithm}`, value: digest.base64(), length };
}

const trailerPlan = (decodedLength: number, trailers: readonly string[]): BodyPlan => ({
  kind: "deframe",
  decodedLength,
  proof: undefined,
  trailers,
  checks: [],
});

test("readWhole() proves the trailer of any algorithm from any splits, and returns its value", async () => {
  const algorithms = fc.constantFrom(...CHECKSUM_ALGORITHMS);
  await fc.assert(
    fc.asyncProperty(algorithms, chunks, splits, async (algorithm, chunks, fractions) => {
      const { field, value, length } = await withTrailer(algorithm, chunks);
      const body = unsignedBody(chunks, `${field}:${value}`);
      const source = cut(body, ...offsets(body.length, fractions));
      assert.deepEqual(await readWhole(source, 10_000, trailerPlan(length, [field])), {
        ok: true,
        value: { content: Buffer.concat(chunks), trailer: value },
      });
    }),
  );
});

test("readWhole() refuses any algorithm's trailer with a changed value, data, name or length", async () => {
  const algorithms = fc.constantFrom(...CHECKSUM_ALGORITHMS);
  const wrongs = fc.constantFrom("a bit", "cut", "longer", "parts", "another name", "a second");
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(algorithms, algorithms, wrongs, fc.nat()),
      chunks,
      splits,
      async ([algorithm, other, wrong, place], chunks, fractions) => {
        fc.pre(algorithm !== other);
        const { field, value, length } = await withTrailer(algorithm, chunks);
        const another = `x-amz-checksum-${other}`;
        const bytes = Buffer.from(value, "base64");
        const at = place % bytes.length;
        const flipped = Buffer.from(bytes);
        flipped[at] = (bytes[at] ?? 0) ^ (1 << (place % 8));
        const lines = {
          "a bit": `${field}:${flipped.toString("base64")}`,
          cut: `${field}:${value.slice(0, place % value.length)}`,
          longer: `${field}:${Buffer.concat([bytes, bytes]).toString("base64")}`,
          parts: `${field}:${value}-1`,
          "another name": `${another}:${value}`,
          "a second": `${field}:${value}\r\n${another}:${value}`,
        };
        const body = unsignedBody(chunks, lines[wrong]);
        const source = cut(body, ...offsets(body.length, fractions));
        const read = await readWhole(source, 10_000, trailerPlan(length, [field]));
        assert.equal(read.ok, false, `${lines[wrong]} of ${length} bytes`);
      },
    ),
    { numRuns: 300 },
  );
});

test("frame() makes what readWhole() reads, whatever the size of the body and its pieces", async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 700_000 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(sizes, async (sizes) => {
      const pieces = sizes.map((size, i) => Buffer.alloc(size, 65 + i));
      const { field, value, length } = await withTrailer("crc32", pieces);
      const data = async function* (): AsyncGenerator<Buffer, string> {
        yield* pieces;
        return value;
      };
      let written = 0;
      const counted = async function* (): AsyncGenerator<Buffer> {
        for await (const bytes of frame(data(), field, length)) {
          written += bytes.length;
          yield bytes;
        }
      };
      const read = await readWhole(counted(), 10_000_000, trailerPlan(length, [field]));
      assert(read.ok && read.value.content.equals(Buffer.concat(pieces)));
      assert.equal(written, framedLength(length, field));
    }),
    { numRuns: 30 },
  );
});

test("deframe() never throws and never grows beyond its limits on any bytes", () => {
  const noise = fc.array(
    fc.constantFrom("0", "5", "\r\n", "\n", ";", "a:b", "chunk-signature=", "xyz", "F"),
  );
  fc.assert(
    fc.property(noise, fc.boolean(), fc.boolean(), (parts, signed, trailer) => {
      const deframer = createDeframer({ signed, trailer });
      for (const part of parts) deframe(deframer, Buffer.from(part));
      assert.ok(deframer.line.length <= 1024);
    }),
  );
});

/** Returns true if offset `at` lies in the digits before a chunk's `;chunk-signature=`. */
function inSize(body: Buffer, at: number): boolean {
  return /^[0-9a-f]{1,3};chunk-signature=/.test(body.toString("latin1", at, at + 24));
}
