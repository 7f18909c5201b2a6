/**
 * Tests tens of thousands of mutated aws-chunked streams, split anywhere. None ends well with other
 * bytes than the signed ones, and the place of a split changes nothing.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { BodyPlan } from "../../src/admission/body-plan.ts";
import { BodyError, provenBody } from "../../src/body/body.ts";
import { cut } from "../support/chunked.ts";
import { decided } from "../support/decided.ts";
import { streamed, type Framing } from "../support/framing.ts";
import { SEEDS, tellSeed } from "../support/seeds.ts";
import { bare, headOf, NOW_MS, OWNER, SCOPE, SNAPSHOT } from "./fuzz/wire.ts";

/** The number of runs for each seed. */
const RUNS = 20_000;

tellSeed();

/** A signed stream: the plan that `admit` made for it, its bytes, and its data. */
type Stream = { readonly plan: BodyPlan; readonly body: Buffer; readonly data: Buffer };

const KINDS = ["signed", "signed-trailer", "unsigned-trailer"] as const;
const CHUNKS = [[], ["a"], ["hello", "world"], ["x".repeat(20), "y".repeat(300), "\r\n0\r\n\r\n"]];
const STREAMS: readonly Stream[] = KINDS.flatMap((kind) =>
  CHUNKS.map((chunks) => streamOf({ kind, chunks })),
);

function streamOf(framing: Framing): Stream {
  const request = streamed(bare("PUT", "/bucket/key"), OWNER, SCOPE, framing);
  const head = headOf(request);
  const verdict = head && decided(SNAPSHOT, head, NOW_MS);
  assert.ok(verdict?.kind === "forward", JSON.stringify(verdict));
  const data = Buffer.from(framing.chunks.join(""), "latin1");
  return { plan: verdict.body, body: request.body, data };
}

/** The bytes for the store, and the end: whole, or a fault. */
type End = { readonly passed: Buffer; readonly end: string };

async function readOf(stream: Stream, bytes: Buffer, offsets: readonly number[]): Promise<End> {
  const passed: Buffer[] = [];
  let end = "whole";
  try {
    for await (const piece of provenBody(cut(bytes, ...offsets), stream.plan)) passed.push(piece);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    end = error.fault.code;
  }
  return { passed: Buffer.concat(passed), end };
}

/** A function that changes a stream; `a` and `b` determine the place and the change. */
type Change = (bytes: Buffer, a: number, b: number) => Buffer;

const NASTY = [
  "\r\n",
  "\n",
  "0",
  "0\r\n\r\n",
  ";chunk-signature=",
  ";",
  ":",
  "x-amz-",
  "\0",
  "A",
  " ",
];

const CHANGES: readonly Change[] = [
  (bytes, a, b) => spliced(bytes, a, 1, Buffer.from([(bytes[a] ?? 0) ^ (1 << (b % 8))])),
  (bytes, a, b) => spliced(bytes, a, 1, Buffer.from([b % 256])),
  (bytes, a, b) => spliced(bytes, a, 0, Buffer.from(NASTY[b % NASTY.length] ?? "")),
  (bytes, a, b) => spliced(bytes, a, 1 + (b % 90), Buffer.alloc(0)),
  (bytes, a) => bytes.subarray(0, a),
  (bytes, a, b) => spliced(bytes, a, 0, bytes.subarray(b % bytes.length, (b % bytes.length) + 90)),
  (bytes) => Buffer.concat([bytes, bytes]),
  (bytes) => Buffer.concat([bytes, Buffer.from("\r\n")]),
  (bytes) => Buffer.from(bytes.toString("latin1").toUpperCase(), "latin1"),
  (bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1"),
  // Signed chunks in another order.
  (bytes) => Buffer.concat(lines(bytes).toReversed()),
  (bytes, a) => {
    const all = lines(bytes);
    return Buffer.concat(all.toSpliced(a % all.length, 1));
  },
  (bytes, a) => {
    const all = lines(bytes);
    return Buffer.concat(all.toSpliced(a % all.length, 0, all[a % all.length] ?? Buffer.alloc(0)));
  },
];

function spliced(bytes: Buffer, at: number, count: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + count)]);
}

/** Returns the lines, each with its end. */
function lines(bytes: Buffer): readonly Buffer[] {
  const texts = bytes.toString("latin1").split(/(?<=\r\n)/);
  return texts.map((text) => Buffer.from(text, "latin1"));
}

const place = fc.nat(10_000);
const change = fc.tuple(fc.constantFrom(...CHANGES), place, place);

function offsetsIn(bytes: Buffer, places: readonly number[]): readonly number[] {
  return places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b);
}

test("provenBody() passes each stream as it was signed", async () => {
  for (const stream of STREAMS) {
    const { passed, end } = await readOf(stream, stream.body, []);
    assert.equal(end, "whole");
    assert.deepEqual(passed, stream.data);
  }
});

test("provenBody() ends no mutated stream well, wherever it is split", async (t) => {
  for (const seed of SEEDS) {
    let whole = 0;
    const property = fc.asyncProperty(
      fc.constantFrom(...STREAMS),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      fc.array(place, { maxLength: 6 }),
      async (stream, changes, places) => {
        let bytes = stream.body;
        for (const [make, a, b] of changes) bytes = make(bytes, a % (bytes.length + 1), b);
        const inOne = await readOf(stream, bytes, []);
        const split = await readOf(stream, bytes, offsetsIn(bytes, places));
        assert.equal(split.end, inOne.end);
        if (inOne.end === "whole") {
          whole++;
          assert.deepEqual(inOne.passed, stream.data);
          assert.deepEqual(split.passed, stream.data);
        }
        for (const { passed, end } of [inOne, split]) {
          // A stream that ends badly has not passed all bytes that the store was promised.
          assert.ok(end === "whole" || passed.length < Math.max(stream.data.length, 1));
        }
      },
    );
    await fc.assert(property, { seed, numRuns: RUNS });
    t.diagnostic(`seed ${seed}: ${whole} of ${RUNS} ended well, for the change was none`);
  }
});
