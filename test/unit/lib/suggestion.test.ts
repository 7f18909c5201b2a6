import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { didYouMean, nearest, suggester, SUGGESTIONS_MAX } from "../../../src/lib/suggestion.ts";

const NAMES = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];

const NEAREST = [
  ["a letter too few", "s3:GetObjct", "s3:GetObject"],
  ["a letter too many", "s3:PutObjects", "s3:PutObject"],
  ["another case", "S3:DELETEOBJECT", "s3:DeleteObject"],
  ["the nearer of two", "s3:FutObject", "s3:PutObject"],
  ["nothing like it", "s3:CreateBucket", undefined],
  ["a short name, of which too much is wrong", "abc", undefined],
  ["nothing", "", undefined],
] as const;

for (const [what, name, expected] of NEAREST) {
  test(`nearest() of ${what} is ${expected ?? "nothing"}`, () => {
    assert.equal(nearest(name, NAMES), expected);
  });
}

test("didYouMean() asks, or says the other thing where nothing is near", () => {
  assert.equal(didYouMean("s3:GetObjct", NAMES, "Add it"), 'Did you mean "s3:GetObject"?');
  assert.equal(didYouMean("x", NAMES, "Add it"), "Add it");
});

/** The textbook table, whole. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

test("nearest() equals the first of the least distances of the whole table", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 14 });
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 6 }), (name, candidates) => {
      const near = candidates.filter((one) => distance(name, one) <= Math.floor(name.length / 4));
      const least = Math.min(...near.map((one) => distance(name, one)));
      assert.equal(
        nearest(name, candidates),
        near.find((one) => distance(name, one) === least),
      );
    }),
    { numRuns: 5_000 },
  );
});

test("nearest() of a name that is too long is nothing, without a look at any other", () => {
  assert.equal(nearest("x".repeat(65), ["x".repeat(65)]), undefined);
});

test("suggester() looks for no more than five names, and words the others", () => {
  let asked = 0;
  const guess = {
    name: "s3:GetObjct",
    candidates: () => {
      asked++;
      return NAMES;
    },
    otherwise: "Add it",
  };
  const suggest = suggester();
  const said = Array.from({ length: 600 }, () => suggest(guess));
  assert.equal(asked, SUGGESTIONS_MAX);
  assert.equal(said[SUGGESTIONS_MAX - 1], 'Did you mean "s3:GetObject"?');
  assert.equal(said[SUGGESTIONS_MAX], "Add it");
  assert.equal(suggest("Rename it"), "Rename it");
});
