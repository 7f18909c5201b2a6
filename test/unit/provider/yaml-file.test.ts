/** Problems of a YAML file: each at its place, by its path, with its value. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { readYaml } from "../../../src/provider/yaml-file.ts";

const SCHEMA = z.strictObject({
  kind: z.enum(["access", "ceiling"]).optional(),
  level: z.literal([1, 2]).optional(),
  seconds: z.int().max(10).optional(),
  names: z.array(z.string().regex(/^[a-z]+$/, "Expected letters")).optional(),
  tiers: z.record(z.string(), z.strictObject({ on: z.boolean() })).optional(),
  even: z
    .int()
    .superRefine((number, context) => {
      if (number % 2 === 0) return;
      const params = number === 1 ? { remedy: "Write 2" } : undefined;
      context.addIssue({ code: "custom", message: `Odd: got ${number}`, params });
    })
    .optional(),
});

/** `[what, text, problems as [line, column, path, message, remedy]]`. */
const REFUSED: readonly (readonly [
  string,
  string,
  ...(readonly [number, number, string, string | RegExp, string])[],
])[] = [
  ["text that is no YAML", "kind: [\n", [2, 1, "", /./, ""]],
  [
    "two mistakes",
    "# The first line.\nkind: acces\n\nseconds: 11\n",
    [2, 7, "kind", 'Expected access or ceiling: got "acces"', 'Did you mean "access"?'],
    [4, 10, "seconds", /<=10: got "11"$/, ""],
  ],
  ["a word like none", "kind: x", [1, 7, "kind", 'Expected access or ceiling: got "x"', ""]],
  ["a list for a word", "kind:\n  - a\n", [2, 3, "kind", "Expected access or ceiling", ""]],
  ["a truth for a word", "kind: true", [1, 7, "kind", "Expected access or ceiling", ""]],
  ["a number like none", "level: 3", [1, 8, "level", 'Expected 1 or 2: got "3"', ""]],
  ["a text in a list", "names: [ab, C]", [1, 13, "names[1]", 'Expected letters: got "C"', ""]],
  ["a list for a number", "seconds: [1]", [1, 10, "seconds", /received array$/, ""]],
  [
    "an unknown key",
    "kind: access\nlimit: 1\n",
    [2, 1, "limit", 'Unknown key "limit"', "Remove it"],
  ],
  [
    "unknown keys further down, the same as one above",
    "# A comment.\ntiers:\n  a: { on: true, kind: 1 }\n  b:\n    on: true\n    off: false\n    more: 1\n",
    [3, 18, "tiers.a.kind", 'Unknown key "kind"', "Remove it"],
    [6, 5, "tiers.b.off", 'Unknown key "off"', "Remove it"],
    [7, 5, "tiers.b.more", 'Unknown key "more"', "Remove it"],
  ],
  ["a number as a key", "kind: access\n7: 1\n", [2, 1, "7", 'Unknown key "7"', "Remove it"]],
  [
    "a missing value, at what lacks it",
    "kind: access\ntiers:\n  a: { on: true }\n  b: {}\n",
    [4, 6, "tiers.b.on", /expected boolean/, ""],
  ],
  [
    "an unknown key behind an alias, at the alias",
    "tiers:\n  a: &x { on: true, more: 1 }\n  b: *x\n",
    [2, 21, "tiers.a.more", 'Unknown key "more"', "Remove it"],
    [3, 6, "tiers.b.more", 'Unknown key "more"', "Remove it"],
  ],
  [
    "an unknown key that is an alias, at its map",
    "names: [&k limit]\n*k : 1\n",
    [1, 1, "limit", 'Unknown key "limit"', "Remove it"],
  ],
  ["a list for a file", "# A comment.\n- 1\n", [2, 1, "", /expected object, received array/, ""]],
  ["an empty file", "", [1, 1, "", /expected object/, ""]],
  ["a rule of our own", "names: []\neven: 1\n", [2, 7, "even", "Odd: got 1", "Write 2"]],
  ["a rule without a remedy", "even: 3", [1, 7, "even", "Odd: got 3", ""]],
];
for (const [what, text, ...expected] of REFUSED) {
  test(`readYaml() refuses ${what}`, () => {
    const read = readYaml(text, "own.yaml", SCHEMA);
    assert.ok(!read.ok);
    assert.deepEqual(
      read.error.map(({ file, line, column, path, remedy }) => [file, line, column, path, remedy]),
      expected.map(([line, column, path, , remedy]) => ["own.yaml", line, column, path, remedy]),
    );
    for (const [i, [, , , message]] of expected.entries()) {
      const found = read.error[i]?.message ?? "";
      assert.ok(typeof message === "string" ? found === message : message.test(found), found);
    }
  });
}

for (const [what, text] of [
  ["plain text", "kind: access\nnames: [a, b]\ntiers: { a: { on: true } }\n"],
  ["anchors", 'kind: "\\u0061ccess"\nnames: &all [a, b]\ntiers: { a: { on: true } }\n'],
] as const) {
  test(`readYaml() reads ${what}`, () => {
    assert.deepEqual(readYaml(text, "own.yaml", SCHEMA), {
      ok: true,
      value: { kind: "access", names: ["a", "b"], tiers: { a: { on: true } } },
    });
  });
}
