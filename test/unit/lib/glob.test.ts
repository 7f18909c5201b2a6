import assert from "node:assert/strict";
import { test } from "node:test";
import { globOf, literalOf, matchesGlob, wildcardParts } from "../../../src/lib/glob.ts";

const MATCHES = [
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["*", "a/b\nc", true],
  ["?", "", false],
  ["?", "\n", true],
  ["?", "😀", true],
  ["??", "😀", false],
  ["*?", "😀", true],
  ["*??", "😀", false],
  ["?*?", "é😀", true],
  ["a*", "b", false],
  ["a*b", "ab", true],
  ["a*b", "aXXb", true],
  ["a*b", "aXXbc", false],
  ["ab*ba", "aba", false],
  ["*ab*ab", "ab", false],
  ["*a?c*", "xxabcxx", true],
  ["*a?", "aab", true],
  ["*?a", "aa", true],
  ["private/*", "private/x\ny", true],
  ["private/*", "private/\u2028\u0000\r", true],
  ["bucket/*", "bucket", false],
  ["bucket/*", "bucket/", true],
  ["bucket*", "bucket-of-another/key", true],
  ["a.c", "abc", false],
  ["[a-z]+(", "[a-z]+(", true],
  ["é", "e\u0301", false],
] as const;

for (const [pattern, text, expected] of MATCHES) {
  const verb = expected ? "matches" : "does not match";
  test(`${JSON.stringify(pattern)} ${verb} ${JSON.stringify(text)}`, () => {
    assert.equal(matchesGlob(globOf(wildcardParts(pattern)), text), expected);
  });
}

test("globOf() takes wildcards in a literal part as themselves", () => {
  const glob = globOf([{ kind: "text", text: "home/*?/" }, { kind: "many" }]);
  assert.equal(matchesGlob(glob, "home/*?/a"), true);
  assert.equal(matchesGlob(glob, "home/ab/a"), false);
});

test("globOf() joins literal parts around a wildcard for one character", () => {
  const glob = globOf([
    { kind: "text", text: "a" },
    { kind: "text", text: "b" },
    { kind: "one" },
    { kind: "text", text: "c" },
    { kind: "text", text: "d" },
  ]);
  assert.equal(matchesGlob(glob, "ab😀cd"), true);
  assert.equal(matchesGlob(glob, "abcd"), false);
});

test("a pattern made to backtrack looks at each character once", () => {
  const glob = globOf(wildcardParts(`${"*a".repeat(500)}*b*`));
  const budget = { stepsLeft: 100_000 };
  assert.equal(matchesGlob(glob, "a".repeat(1024), [], budget), false);
  assert.equal(100_000 - budget.stepsLeft, 1024);
});

const literals = [
  ["s3:GetObject", "s3:GetObject"],
  ["", ""],
  ["s3:Get*", undefined],
  ["*", undefined],
  ["s3:GetObjec?", undefined],
] as const;
for (const [pattern, text] of literals) {
  test(`literalOf() returns ${text === undefined ? "nothing" : "the text"} for "${pattern}"`, () => {
    assert.equal(literalOf(globOf(wildcardParts(pattern))), text);
  });
}

test("matchesGlob() takes what fills a hole as a literal", () => {
  const glob = globOf([
    { kind: "many" },
    { kind: "hole", number: 0 },
    { kind: "text", text: "/a" },
  ]);
  assert.equal(matchesGlob(glob, "home/*/a", ["*"]), true);
  assert.equal(matchesGlob(glob, "home/b/a", ["*"]), false);
  assert.throws(() => matchesGlob(glob, "home/b/a"), /not filled/);
});
