import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { globOf, matchesGlob, wildcardParts } from "../../src/lib/glob.ts";

/** Matches by the textbook definition over code points, as slow as it is plain. */
function reference(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "*") {
    return reference(rest, text) || (text.length > 0 && reference(pattern, text.slice(1)));
  }
  const [head, ...tail] = text;
  return head !== undefined && (first === "?" || first === head) && reference(rest, tail);
}

const LETTERS = ["a", "b", "/", "\n", "é", "😀", "e\u0301", "\u2028", "."];
const text = fc.array(fc.constantFrom(...LETTERS), { maxLength: 10 }).map((list) => list.join(""));
const pattern = fc
  .array(fc.constantFrom("*", "*", "?", ...LETTERS.slice(0, 6)), { maxLength: 8 })
  .map((list) => list.join(""));

test("the glob equals its reference on random alphabets", () => {
  fc.assert(
    fc.property(pattern, text, (wild, plain) => {
      const expected = reference(Array.from(wild), Array.from(plain));
      assert.equal(matchesGlob(globOf(wildcardParts(wild)), plain), expected);
    }),
    { numRuns: 20_000 },
  );
});

test("the glob made from a text by putting wildcards in matches the text", () => {
  const choices = fc.array(fc.constantFrom("keep", "one", "many"), {
    minLength: 10,
    maxLength: 10,
  });
  fc.assert(
    fc.property(text, choices, (plain, how) => {
      const wild = Array.from(plain, (character, i) =>
        how[i % 10] === "keep" ? character : how[i % 10] === "one" ? "?" : "*",
      ).join("");
      assert.equal(matchesGlob(globOf(wildcardParts(wild)), plain), true);
    }),
    { numRuns: 2_000 },
  );
});

type Parts = Parameters<typeof globOf>[0];

test("a hole matches as the text that fills it would in its place", () => {
  const pieces = fc.array(fc.tuple(fc.boolean(), pattern), { maxLength: 5 });
  fc.assert(
    fc.property(pieces, text, (some, plain) => {
      const fills: string[] = [];
      const holed = some.flatMap(([hole, part]): Parts =>
        hole ? [{ kind: "hole", number: fills.push(part) - 1 }] : wildcardParts(part),
      );
      const filled = some.flatMap(([hole, part]): Parts =>
        hole ? [{ kind: "text", text: part }] : wildcardParts(part),
      );
      const expected = matchesGlob(globOf(filled), plain);
      assert.equal(matchesGlob(globOf(holed), plain, fills), expected);
    }),
    { numRuns: 20_000 },
  );
});

test("the glob equals its reference on long pieces of few letters", () => {
  const run = fc.tuple(
    fc.constantFrom("a", "ab", "aab", "?", "a?", "*"),
    fc.integer({ min: 1, max: 40 }),
  );
  const wild = fc
    .array(run, { maxLength: 5 })
    .map((runs) => runs.map(([unit, times]) => (unit === "*" ? "*" : unit.repeat(times))).join(""));
  const plain = fc
    .array(fc.tuple(fc.constantFrom("a", "b", "ab", "aab"), fc.nat(80)), { maxLength: 4 })
    .map((runs) => runs.map(([unit, times]) => unit.repeat(times)).join(""));
  fc.assert(
    fc.property(wild, plain, (pattern, text) => {
      const matched = matchesGlob(globOf(wildcardParts(pattern)), text);
      assert.equal(matched, byTable(pattern, text));
    }),
    { numRuns: 3_000 },
  );
});

/**
 * Matches by the same definition with a table, since recursion would never end here. ASCII only.
 */
function byTable(pattern: string, text: string): boolean {
  let row = Array.from({ length: text.length + 1 }, (_, i) => i === 0);
  for (const one of pattern) {
    const next = row.map(() => false);
    for (let i = 0; i <= text.length; i++) {
      if (one === "*") next[i] = (row[i] ?? false) || (i > 0 && (next[i - 1] ?? false));
      else if (i > 0) next[i] = (row[i - 1] ?? false) && (one === "?" || one === text[i - 1]);
    }
    row = next;
  }
  return row[text.length] ?? false;
}

test("a glob with a budget returns nothing once that is spent, and the same before", () => {
  fc.assert(
    fc.property(pattern, text, fc.nat(40), (wild, plain, stepsLeft) => {
      const glob = globOf(wildcardParts(wild));
      const budget = { stepsLeft };
      const matched = matchesGlob(glob, plain, [], budget);
      if (budget.stepsLeft >= 0) assert.equal(matched, matchesGlob(glob, plain));
      else assert.equal(matched, false);
    }),
    { numRuns: 5_000 },
  );
});
