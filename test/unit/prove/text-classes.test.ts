import assert from "node:assert/strict";
import { test } from "node:test";
import { wildcardParts } from "../../../src/lib/glob.ts";
import { textClasses } from "../../../src/prove/text-classes.ts";
import { isLike } from "../../reference/patterns.ts";
import { between, oneOf, randomFrom, SEEDS } from "../../support/seeds.ts";

const SYMBOLS = ["a", "b", "/", "*", "?"] as const;

/** Every text of up to five of three symbols: "k" stands for whatever no pattern writes. */
const TEXTS = everyText(["a", "b", "/", "k"], 5);

function everyText(symbols: readonly string[], longest: number): readonly string[] {
  if (longest === 0) return [""];
  const shorter = everyText(symbols, longest - 1);
  return ["", ...shorter.flatMap((text) => symbols.map((symbol) => symbol + text))];
}

for (const seed of SEEDS) {
  test(`a text of every class of patterns is found, seed ${seed}`, () => {
    const random = randomFrom(seed);
    const pattern = (): string =>
      Array.from({ length: between(random, 1, 5) }, () => oneOf(random, SYMBOLS)).join("");
    for (let n = 0; n < 60; n += 1) {
      const universe = random() < 0.5 ? "*" : pattern();
      const patterns = Array.from({ length: between(random, 0, 4) }, pattern);
      const begun = patterns.map((one) => ({ parts: wildcardParts(one), before: "" }));
      const found = textClasses(wildcardParts(universe), begun, 1) ?? [];
      const classOf = (text: string): string =>
        patterns.map((one) => isLike(text, one, undefined)).join(" ");
      const expected = TEXTS.filter((text) => text !== "" && isLike(text, universe, undefined));
      const classes = new Set(found.map(classOf));
      const say = `${universe} with ${patterns.join(", ")}`;
      assert.equal(classes.size, found.length, `a class twice: ${say}`);
      for (const text of expected) assert(classes.has(classOf(text)), `${text} of ${say}`);
      for (const text of found)
        assert(isLike(text, universe, undefined), `${text} is not of ${say}`);
    }
  });
}

test("the part before the text is read first, as the bucket before a key", () => {
  const begun = [{ parts: wildcardParts("dat?/raw/*"), before: "data/" }];
  assert.deepEqual(textClasses(wildcardParts("*"), begun, 1), ["k", "raw/"]);
});

test("nothing is decided beyond a number of states", () => {
  const begun = Array.from({ length: 12 }, (_, i) => ({
    parts: wildcardParts(`*${"a?".repeat(8)}${i}*`),
    before: "",
  }));
  assert.equal(textClasses(wildcardParts("*"), begun, 1), undefined);
});
