import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createBlocks } from "../../../src/s3/blocks.ts";

/** The length of a block. */
const WHOLE = 16_384;

/** Pushes `pieces`, and returns the blocks that come of them. */
function blocksOf(pieces: readonly Buffer[]): readonly Buffer[] {
  const taken: Buffer[] = [];
  const blocks = createBlocks((block) => taken.push(block));
  for (const piece of pieces) blocks.push(piece);
  blocks.end();
  return taken;
}

test("createBlocks() cuts the same blocks, however the bytes come", () => {
  const lengths = fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: WHOLE - 2, max: WHOLE + 2 }),
    fc.integer({ min: 0, max: 3 * WHOLE + 1 }),
  );
  fc.assert(
    fc.property(fc.array(lengths, { maxLength: 8 }), (sizes) => {
      const pieces = sizes.map((size, i) => Buffer.alloc(size, `${i} of a body, `));
      const all = Buffer.concat(pieces);
      const blocks = blocksOf(pieces);
      assert.deepEqual(
        blocks.map(({ length }) => length),
        Array.from({ length: Math.ceil(all.length / WHOLE) }, (_, i) =>
          Math.min(WHOLE, all.length - i * WHOLE),
        ),
      );
      assert.ok(Buffer.concat(blocks).equals(all));
    }),
    { numRuns: 300 },
  );
});

test("createBlocks() passes a small document on without a copy, and no empty piece of it", () => {
  const small = Buffer.from("<Delete/>");
  const nothing = Buffer.alloc(0);
  const blocks = blocksOf([nothing, small, nothing]);
  assert.equal(blocks.length, 1);
  assert.equal(blocks[0], small);
});

test("createBlocks() passes whole blocks on as views of what came", () => {
  const large = Buffer.alloc(2 * WHOLE, "x");
  const blocks = blocksOf([large]);
  large.fill("y");
  assert.deepEqual(blocks.map(String), ["y".repeat(WHOLE), "y".repeat(WHOLE)]);
});

test("createBlocks() passes a block on as soon as it is full", () => {
  const taken: number[] = [];
  const blocks = createBlocks(({ length }) => taken.push(length));
  blocks.push(Buffer.alloc(WHOLE - 1));
  assert.deepEqual(taken, []);
  blocks.push(Buffer.alloc(1));
  assert.deepEqual(taken, [WHOLE]);
  blocks.end();
  assert.deepEqual(taken, [WHOLE]);
});
