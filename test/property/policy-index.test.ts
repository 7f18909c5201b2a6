import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { indexByPrefix, itemsFor } from "../../src/policy/prefix-index.ts";

const text = fc
  .array(fc.constantFrom("a", "b", "/", "é", "😀"), { maxLength: 6 })
  .map((letters) => letters.join(""));

test("the prefix index finds exactly the items with a prefix that begins the text", () => {
  const items = fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { maxLength: 12 });
  fc.assert(
    fc.property(items, text, (prefixLists, wanted) => {
      const index = indexByPrefix([...prefixLists.keys()], (item) => prefixLists[item] ?? []);
      const found = new Set(itemsFor(index, wanted).flat());
      const expected = new Set(
        [...prefixLists.keys()].filter((item) =>
          prefixLists[item]?.some((prefix) => wanted.startsWith(prefix)),
        ),
      );
      assert.deepEqual(found, expected);
    }),
    { numRuns: 5_000 },
  );
});
