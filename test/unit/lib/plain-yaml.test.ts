import assert from "node:assert/strict";
import { test } from "node:test";
import { readPlainYaml } from "../../../src/lib/plain-yaml.ts";

const read = (text: string) =>
  readPlainYaml(text, { expand: (written) => written, placed: "shares" });

/** What it must not judge: `parseYaml()` refuses it, or makes something else of it. */
const LEFT = [
  ["a repeated name", "a: 1\na: 2\n"],
  ["a repeated name in brackets", "a: { b: 1, b: 2 }\n"],
  ["__proto__", "__proto__: 1\n"],
  ["a name that is no text", "true: 1\n"],
  ["an anchor", "a: &x 1\n"],
  ["an alias", "a: *x\n"],
  ["a tag", "a: !!str 1\n"],
  ["a merge key", "<<: { a: 1 }\n"],
  ["a block scalar", "a: |\n  x\n"],
  ["an escape", 'a: "\\n"\n'],
  ["a doubled quote", "a: 'it''s'\n"],
  ["text on two lines", "a: b\n  c\n"],
  ["quoted text on two lines", 'a: "b\n  c"\n'],
  ["an item on two lines", "a:\n  - b\n    c\n"],
  ["a number with zeros in front", "a: 007\n"],
  ["a number with an exponent", "a: 1e3\n"],
  ["a hexadecimal number", "a: 0x1F\n"],
  ["a number beyond 15 digits", "a: 1234567890123456\n"],
  ["a number below zero", "a: -1\n"],
  ["a fraction", "a: 1.5\n"],
  ["a tab", "a:\t1\n"],
  ["a carriage return", "a: 1\r\n"],
  ["a second document", "a: 1\n---\nb: 2\n"],
  ["a directive", "%YAML 1.1\n---\na: 1\n"],
  ["a map further right than its names", "a: 1\n  b: 2\n"],
  ["two items without a comma", "a: [b\n c]\n"],
  ["brackets further left than their name", "a:\n  b: [\n c]\n"],
  ["a comment at the left within brackets", "a: [b, # c\n# d\n c]\n"],
  ["a comment behind a bracket without a blank", "a: [b]# c\n"],
  ["text behind brackets", "a: [b] c\n"],
  ["a pair in a list in brackets", "a: [b: c]\n"],
  ["a map in a text", "a: b: c\n"],
  ["a list", "- a\n"],
  ["nothing", "# nothing\n"],
] as const;

for (const [name, text] of LEFT) {
  test(`readPlainYaml() leaves ${name} to parseYaml()`, () => {
    assert.equal(read(text), undefined);
  });
}

test("readPlainYaml() reads maps, lists, scalars and comments", () => {
  const text = `---
# users
accounts:
- name: a   # the first
  keys: [{ accessKey: AK, secretKey: "s: #" }, ]
  tier:

  limits: { requests: 10,
    # as agreed
    on: true }
buckets:
    - path: /a/b#c
`;
  assert.deepEqual(read(text)?.data, {
    accounts: [
      {
        name: "a",
        keys: [{ accessKey: "AK", secretKey: "s: #" }],
        tier: null,
        limits: { requests: 10, on: true },
      },
    ],
    buckets: [{ path: "/a/b#c" }],
  });
});

test("readPlainYaml() returns the lines of the items that are asked for", () => {
  const text = `---
shares:
  # first
  - with: a

  -
    with: b
  - { with: c,
      for: d }
other: [{ with: e }]
`;
  assert.deepEqual([...(read(text)?.lines.values() ?? [])], [4, 7, 8]);
});

test("readPlainYaml() returns undefined for a document whose text has no expansion", () => {
  const expand = (written: string): string | undefined => (written === "x" ? undefined : written);
  assert.equal(readPlainYaml("a: x\n", { expand, placed: "" }), undefined);
  assert.notEqual(readPlainYaml("a: y\n", { expand, placed: "" }), undefined);
});
