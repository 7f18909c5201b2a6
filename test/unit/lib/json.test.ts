import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type JsonNode, placesOf, readJson } from "../../../src/lib/json.ts";

const DEPTH = 8;

/** What JSON.parse makes of the same text. */
function valueOf(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.members.map(({ name, value }) => [name, valueOf(value)]));
    case "array":
      return node.items.map(valueOf);
    case "string":
      return node.text;
    case "number":
      return Number(node.text);
    case "boolean":
      return node.text === "true";
    case "null":
      return null;
  }
}

test("readJson() reads what JSON.stringify() writes", () => {
  const values = fc.jsonValue({ maxDepth: 4, stringUnit: "binary" });
  fc.assert(
    fc.property(values, fc.constantFrom("", " ", "\t"), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const document = readJson(text, DEPTH);
      assert.ok(document.ok, text);
      assert.deepEqual(valueOf(document.value.root), JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test("readJson() keeps a doubled name, and says where each stands", () => {
  const document = readJson('{"a":1,\n "a":2}', DEPTH);
  assert.ok(document.ok && document.value.root.kind === "object");
  assert.deepEqual(
    document.value.root.members.map(({ name, at }) => [name, at]),
    [
      ["a", 1],
      ["a", 9],
    ],
  );
  assert.equal(document.value.spaces, 2);
});

const REFUSED = [
  ["", 0, "Expected a value"],
  ["[1,]", 3, "Expected a value"],
  ['{"a":1,}', 7, "Expected a field name in double quotes"],
  ["{a:1}", 1, "Expected a field name in double quotes"],
  ['{"a" 1}', 5, "Expected a colon"],
  ["[1 2]", 3, 'Expected a comma or "]"'],
  ["[1] x", 4, "Expected the end of the document"],
  ["// no comments", 0, "Expected a value"],
  ["\ufeff1", 0, "Expected a value"],
  ["\u00a01", 0, "Expected a value"],
  ["01", 1, "Expected the end of the document"],
  ["+1", 0, "Expected a value"],
  ["NaN", 0, "Expected a value"],
  ['"a', 0, "Cannot read the string: it is not closed, or has a bad escape in it"],
  ['"\\x41"', 0, "Cannot read the string: it is not closed, or has a bad escape in it"],
  ['"\t"', 0, "Cannot read the string: it is not closed, or has a bad escape in it"],
  ['"\\ud800"', 0, "Cannot read the string: it has half of a surrogate pair in it"],
  ["[[[[[[[[[", 8, "The document is nested too deeply"],
] as const;

for (const [text, at, message] of REFUSED) {
  test(`readJson() refuses ${JSON.stringify(text)}`, () => {
    assert.deepEqual(readJson(text, DEPTH), { ok: false, error: { at, message } });
  });
}

test("placesOf() counts lines and columns from 1", () => {
  const text = "ab\ncd";
  assert.deepEqual(
    [0, 2, 3, 4].map((offset) => placesOf(text)(offset)),
    [
      { line: 1, column: 1 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 2, column: 2 },
    ],
  );
});
