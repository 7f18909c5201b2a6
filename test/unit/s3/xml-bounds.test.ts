import assert from "node:assert/strict";
import { test } from "node:test";
import type { XmlBounds } from "../../../src/s3/xml-bounds.ts";
import { parseXml } from "../../support/documents.ts";

const BOUNDS: XmlBounds = { elements: 40, children: 8, textLength: 30 };

/** What a client reads of why it was refused; undefined if it was not. */
function why(xml: string, bounds = BOUNDS): string | undefined {
  const root = parseXml(Buffer.from(xml), bounds);
  if (root.ok) return undefined;
  assert.equal(root.error.code, "MalformedXML");
  return root.error.why ?? "";
}

function nested(depth: number): string {
  return "<a>".repeat(depth) + "</a>".repeat(depth);
}

function attributes(count: number): string {
  return Array.from({ length: count }, (_, i) => ` a${i}=""`).join("");
}

/** Five lists of seven: 41 elements with the root. */
const FIVE_LISTS = `<l>${"<a/>".repeat(7)}</l>`.repeat(5);
/** Elements that are wide enough for many attributes and pieces. */
const WIDE: XmlBounds = { ...BOUNDS, children: 40 };

/** Each bound: what it just allows, what goes beyond it, and how that is refused. */
const bounds = [
  ["levels", nested(12), nested(13), "it has more than 12 levels", BOUNDS],
  [
    "elements",
    `<r>${FIVE_LISTS.replace("<a/>", "")}</r>`,
    `<r>${FIVE_LISTS}</r>`,
    "it has more than 40 elements",
    BOUNDS,
  ],
  [
    "children",
    `<r>${"<a/>".repeat(8)}</r>`,
    `<r>${"<a/>".repeat(9)}</r>`,
    "it has more than 8 elements inside one",
    BOUNDS,
  ],
  [
    "attributes of an element",
    `<r${attributes(16)}/>`,
    `<r${attributes(17)}/>`,
    "it has more than 16 attributes of one element",
    BOUNDS,
  ],
  [
    "attributes of all elements",
    `<r>${`<a${attributes(8)}/>`.repeat(5)}</r>`,
    `<r>${`<a${attributes(8)}/>`.repeat(5)}<a a=""/></r>`,
    "it has more than 40 attributes",
    BOUNDS,
  ],
  [
    "characters of a name",
    `<${"n".repeat(255)}/>`,
    `<${"n".repeat(256)}/>`,
    "it has more than 255 characters in a name",
    { ...BOUNDS, textLength: 1000 },
  ],
  [
    "characters of an attribute's name",
    `<r ${"n".repeat(255)}=""/>`,
    `<r ${"n".repeat(256)}=""/>`,
    "it has more than 255 characters in a name",
    { ...BOUNDS, textLength: 1000 },
  ],
  [
    "characters inside one element, whatever stands between them",
    `<r>${"0123456789<a/>".repeat(3)}</r>`,
    `<r>${"0123456789<a/>".repeat(3)}x</r>`,
    "it has more than 30 characters inside one element",
    BOUNDS,
  ],
  [
    "characters of CDATA sections inside one element",
    `<r>${"<![CDATA[0123456789]]>".repeat(3)}</r>`,
    `<r>${"<![CDATA[0123456789]]>".repeat(3)}x</r>`,
    "it has more than 30 characters inside one element",
    BOUNDS,
  ],
  [
    "characters of a text as sent",
    `<r>${"&amp;".repeat(5)}</r>`,
    `<r>${"&amp;".repeat(6)}</r>`,
    "it has more than 30 characters in one piece",
    BOUNDS,
  ],
  [
    "characters of a comment",
    `<r><!--${"-x".repeat(10)}--></r>`,
    `<r><!--${"-x".repeat(14)}--></r>`,
    "it has more than 30 characters in one piece",
    BOUNDS,
  ],
  [
    "characters of an attribute",
    `<r a="${"v".repeat(20)}"/>`,
    `<r a="${"v".repeat(30)}"/>`,
    "it has more than 30 characters in one piece",
    BOUNDS,
  ],
  [
    "white space in a tag",
    `<r${" ".repeat(20)}/>`,
    `<r${" ".repeat(30)}/>`,
    "it has more than 30 characters in one piece",
    BOUNDS,
  ],
  [
    "texts, CDATA sections and comments",
    `<r>${"<!---->".repeat(220)}</r>`,
    `<r>${"<!---->".repeat(221)}</r>`,
    "it has more than 220 texts, CDATA sections and comments",
    WIDE,
  ],
  [
    "empty CDATA sections",
    `<r>${"<![CDATA[]]>".repeat(220)}</r>`,
    `<r>${"<![CDATA[]]>".repeat(221)}</r>`,
    "it has more than 220 texts, CDATA sections and comments",
    WIDE,
  ],
] as const;

for (const [what, most, beyond, sentence, within] of bounds) {
  test(`a document is bounded in ${what}`, () => {
    assert.equal(why(most, within), undefined);
    assert.equal(why(beyond, within), sentence);
  });
}

test("a piece may be as long as its bound, wherever blocks of bytes end in it", () => {
  const within = { ...BOUNDS, textLength: 65_536 };
  for (const spaces of [0, 1, 16_000, 16_380]) {
    const xml = `${" ".repeat(spaces)}<r><!--${"é".repeat(65_000)}--></r>`;
    assert.equal(why(xml, within), undefined);
  }
});

const unfinished = [
  ["a name", `<r><${"n".repeat(40_000)}`],
  ["an attribute", `<r a="${"v".repeat(40_000)}`],
  ["a text", `<r>${"t".repeat(40_000)}`],
  ["a reference", `<r>&#${"0".repeat(40_000)}`],
  ["a comment", `<r><!--${"t".repeat(40_000)}`],
  ["a DTD", `<!DOCTYPE ${"t".repeat(40_000)}`],
  ["a processing instruction", `<?x ${"t".repeat(40_000)}`],
] as const;

for (const [what, xml] of unfinished) {
  test(`${what} that does not end is bounded before its end`, () => {
    assert.equal(why(xml), "it has more than 30 characters in one piece");
  });
}

test("an element with another meaning in some reader is refused by its name", () => {
  for (const name of ["__proto__", "constructor", "prototype"]) {
    assert.equal(why(`<r><${name}/></r>`), `the name "${name}" is not allowed`);
    assert.equal(why(`<r ${name}=""/>`), `the name "${name}" is not allowed`);
  }
});
