import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Gathered } from "../../../src/body/gathered.ts";

test("Gathered puts any pieces together, and leaves them as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 20 }), (parts) => {
      const pieces = parts.map((part) => Buffer.from(part));
      const before = Buffer.concat(pieces);
      const gathered = new Gathered();
      for (const piece of pieces) gathered.add(piece);
      assert.equal(gathered.length, before.length);
      assert.ok(gathered.bytes().equals(before));
      assert.ok(Buffer.concat(pieces).equals(before));
    }),
  );
});

test("Gathered keeps a single piece without a copy", () => {
  const gathered = new Gathered();
  const piece = Buffer.alloc(100, "x");
  gathered.add(piece);
  assert.equal(gathered.bytes().buffer, piece.buffer);
});

test("Gathered does not keep a large read in memory for a small piece of it", () => {
  const gathered = new Gathered();
  gathered.add(Buffer.alloc(65_536).subarray(65_000, 65_010));
  assert.equal(gathered.bytes().buffer.byteLength, 10);
});
