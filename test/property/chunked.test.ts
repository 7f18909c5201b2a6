import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { BodyPlan } from "../../src/admission/body-plan.ts";
import { readBody } from "../../src/body/body.ts";
import { createDeframer, deframe, unfinished } from "../../src/s3/aws-chunked.ts";
import { KeyRing } from "../../src/signature/key-ring.ts";
import { cut, EXAMPLE, signedBody, unsignedBody } from "../support/chunked.ts";

const SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const KEY = new KeyRing(1).signingKey(EXAMPLE.secret, "20130524", "us-east-1", "s3");

const chunks = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 5 },
);
const splits = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

/** Offsets into `length` bytes from fractions of it, ascending. */
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

test("deframe() gives back any chunks from any splits", () => {
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
      // The size in upper case is the same size: the one change that changes nothing.
      fc.pre(!(bit === 5 && /[a-f]/.test(String.fromCharCode(before)) && inSize(body, at)));
      body[at] = before ^ (1 << bit);
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const source = cut(body, ...offsets(body.length, fractions));
      assert.equal((await readBody(source, 10_000, signedPlan(length))).ok, false);
    }),
    { numRuns: 300 },
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

/** Whether offset `at` lies in the digits before a chunk's `;chunk-signature=`. */
function inSize(body: Buffer, at: number): boolean {
  return /^[0-9a-f]{1,3};chunk-signature=/.test(body.toString("latin1", at, at + 24));
}
