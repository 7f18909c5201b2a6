import assert from "node:assert/strict";
import { test } from "node:test";
import { awsFault, type Fault } from "../../../src/s3/faults.ts";
import { parseTagging, tagsIn, tagsOfTagging, valueIgnoringCase } from "../../../src/s3/tags.ts";
import { parseXml } from "../../support/documents.ts";

test("valueIgnoringCase() finds a bucket's tag however its key is written", () => {
  const tags = new Map([
    ["Other", "1"],
    ["CostCenter", "2"],
  ]);
  assert.equal(valueIgnoringCase(tags, "costcenter"), "2");
  assert.equal(valueIgnoringCase(tags, "other"), "1");
  assert.equal(valueIgnoringCase(tags, "cost"), undefined);
  assert.equal(valueIgnoringCase(new Map(), "other"), undefined);
  assert.equal(valueIgnoringCase(undefined, "other"), undefined);
});

test("parseTagging() refuses in AWS's words, and names the header and its value", () => {
  const tags = parseTagging("a=b&a=c");
  const elements = [
    ["ArgumentName", "x-amz-tagging"],
    ["ArgumentValue", "a=b&a=c"],
  ] as const;
  assert.deepEqual(tags, { ok: false, error: awsFault("TaggingHeader", { elements }) });
});

function refusal(list: string): Fault | undefined {
  const root = parseXml(Buffer.from(`<TagSet>${list}</TagSet>`));
  assert(root.ok);
  const tags = tagsIn(root.value);
  return tags.ok ? undefined : tags.error;
}

function tag(key: string, value: string): string {
  return `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
}

/** Lists of tags, the refusal, and the elements of the error document that name the tag. */
const refused = [
  ["an empty key", tag("", "v"), "TagKey", [["TagKey", ""]]],
  ["a key with a control character", tag("a&#x7f;b", "v"), "TagKey", [["TagKey", "a\u007fb"]]],
  [
    "a value with a control character",
    tag("a", "b&#x85;c"),
    "TagValue",
    [
      ["TagKey", "a"],
      ["TagValue", "b\u0085c"],
    ],
  ],
  ["a key twice", tag("a", "1") + tag("b", "2") + tag("a", "3"), "TagTwice", [["TagKey", "a"]]],
] as const;

for (const [what, list, name, elements] of refused) {
  test(`tagsIn() refuses ${what}, and names the tag`, () => {
    assert.deepEqual(refusal(list), awsFault(name, { elements }));
  });
}

for (const [what, list] of [
  ["a tag without a key", "<Tag><Value>v</Value></Tag>"],
  ["a tag without a value", "<Tag><Key>a</Key></Tag>"],
  ["a space before a key, which a store could trim", tag(" a", "v")],
  ["a space behind a key, which a store could trim", tag("a ", "v")],
  ["a space before a value, which a store could trim", tag("a", " v")],
  ["a line end behind a value, which a store could trim", tag("a", "v\n")],
] as const) {
  test(`tagsIn() refuses ${what}`, () => {
    assert.equal(refusal(list)?.code, "MalformedXML");
  });
}

test("tagsOfTagging() refuses a document without a TagSet", () => {
  const root = parseXml(Buffer.from("<Tagging/>"));
  assert(root.ok);
  const tags = tagsOfTagging(root.value);
  assert.equal(tags.ok ? undefined : tags.error.code, "MalformedXML");
});
