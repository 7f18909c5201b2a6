import assert from "node:assert/strict";
import { test } from "node:test";
import { indexByPrefix, itemsFor } from "../../../src/policy/prefix-index.ts";

/** The items that are found for a text, by looking at each prefix. */
const naive = (items: readonly (readonly string[])[], text: string) =>
  items.filter((prefixes) => prefixes.some((prefix) => text.startsWith(prefix)));

const LETTERS = ["", "a", "b", "ab", "ba", "aa", "aab", "abb", "bab", "b/", "a/b"];

test("itemsFor() finds what looking at each prefix finds, whichever are filed", () => {
  for (let chosen = 0; chosen < 2 ** LETTERS.length; chosen += 7) {
    const items = LETTERS.filter((_, i) => (chosen >> i) % 2 === 1).map((prefix) => [prefix]);
    const index = indexByPrefix(items, (item) => item);
    for (const text of [...LETTERS, "aabb", "abba", "c", "a/bc", "bb"]) {
      const found = new Set(itemsFor(index, text).flat());
      assert.deepEqual(found, new Set(naive(items, text)), `${items.join()} for "${text}"`);
    }
  }
});

test("an item under several prefixes is found by each, and one twice under one only once", () => {
  const items = [["a", "ab", "a"], ["ab"], ["b"]];
  const index = indexByPrefix(items, (item) => item);
  assert.deepEqual(itemsFor(index, "ac").flat(), [items[0]]);
  assert.deepEqual(itemsFor(index, "b").flat(), [items[2]]);
  assert.deepEqual(new Set(itemsFor(index, "abc").flat()), new Set([items[0], items[1]]));
  assert.deepEqual(itemsFor(index, "c"), []);
  const same = [["a"], ["a"], ["a"]];
  const all = itemsFor(
    indexByPrefix(same, (item) => item),
    "ab",
  ).flat();
  assert.deepEqual(all, same);
});
