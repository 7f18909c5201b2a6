import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { endOfMask, indexOfText, maskOf } from "../../../src/lib/search.ts";

/** Repeats, so that a search has many beginnings to give up. */
const repeated = (unitMax: number, timesMax: number): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: unitMax }),
        fc.nat(timesMax),
      ),
      { maxLength: 4 },
    )
    .map((runs) => runs.map(([unit, times]) => unit.repeat(times)).join(""));

test("indexOfText() finds what indexOf finds, also for long needles", () => {
  fc.assert(
    fc.property(repeated(4, 200), repeated(4, 80), fc.nat(40), (text, needle, from) => {
      assert.equal(indexOfText(text, needle, from), text.indexOf(needle, from));
    }),
    { numRuns: 3_000 },
  );
});

test("indexOfText() finds a long needle after a false beginning of it", () => {
  const needle = `${"a".repeat(300)}b`;
  assert.equal(indexOfText(`${"a".repeat(500)}b`, needle, 0), 200);
  assert.equal(indexOfText("a".repeat(5000), needle, 0), -1);
});

/** The plain definition, over code points. */
function endByTrying(points: readonly number[], text: string, from: number): number {
  const units = Array.from(text.slice(from), (character) => character.codePointAt(0) ?? 0);
  let end = from;
  for (let start = 0; start + points.length <= units.length; start++) {
    if (points.every((point, i) => point < 0 || point === units[start + i])) {
      for (const unit of units.slice(0, start + points.length)) end += unit > 0xffff ? 2 : 1;
      return end;
    }
  }
  return -1;
}

const point = fc.constantFrom(-1, -1, 0x61, 0x62, 0xe9, 0x20ac, 0x1f600);
const text = fc
  .array(fc.constantFrom("a", "a", "b", "é", "€", "😀"), { maxLength: 150 })
  .map((list) => list.join(""));

test("endOfMask() ends where the first fit ends, for masks of several words too", () => {
  const points = fc.oneof(
    fc.array(point, { minLength: 1, maxLength: 6 }),
    fc.array(fc.constantFrom(-1, -1, -1, 0x61), { minLength: 30, maxLength: 100 }),
  );
  fc.assert(
    fc.property(points, text, (mask, plain) => {
      assert.equal(endOfMask(maskOf(mask), plain, 0), endByTrying(mask, plain, 0));
    }),
    { numRuns: 5_000 },
  );
});
