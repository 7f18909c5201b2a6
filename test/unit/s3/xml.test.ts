import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SMALL } from "../../../src/s3/documents.ts";
import { createXmlReader } from "../../../src/s3/xml-reader.ts";
import { createXmlTree } from "../../../src/s3/xml-tree.ts";
import { xmlElement, xmlEscape } from "../../../src/s3/xml.ts";
import { parseXml } from "../../support/documents.ts";

function textIn(xml: string): string | undefined {
  const root = parseXml(Buffer.from(xml));
  return root.ok ? root.value.text : root.error.code;
}

const texts = [
  ["plain text", "<a>x</a>", "x"],
  ["the five entities", "<a>&lt;&gt;&amp;&apos;&quot;</a>", "<>&'\""],
  ["character references", "<a>&#10;&#xD;&#x1F600;</a>", "\n\r😀"],
  ["an escaped reference once", "<a>&amp;lt;</a>", "&lt;"],
  ["CDATA as it stands", "<a>1<![CDATA[<b>&amp;]]>2</a>", "1<b>&amp;2"],
  ["text around a comment", "<a>1<!-- <b/> -->2</a>", "12"],
  ["white space as it stands", "<a>  x </a>", "  x "],
  ["line ends as XML reads them", "<a>1\r\n2\r3</a>", "1\n2\n3"],
  ["numbers as text", "<a>0010</a>", "0010"],
  ["a declaration of UTF-8", '<?xml version="1.0" encoding="utf-8"?>\n<a>x</a>\n', "x"],
  ["a declaration without an encoding", '<?xml version="1.0"?><a>x</a>', "x"],
  ["a declaration that stands alone", "<?xml version='1.0' standalone='yes'?><a>x</a>", "x"],
  ["a byte order mark", "\uFEFF<a>x</a>", "x"],
  ["nothing", "<a/>", ""],
] as const;

for (const [name, xml, wanted] of texts) {
  test(`parseXml() reads ${name}`, () => assert.equal(textIn(xml), wanted));
}

test("parseXml() reads elements with their attributes, in order", () => {
  const root = parseXml(Buffer.from('<a x="1&amp;2"><b/><c y="">t</c><b>u</b></a>'));
  assert.deepEqual(root.ok && root.value, {
    name: "a",
    attributes: new Map([["x", "1&2"]]),
    children: [
      { name: "b", attributes: new Map(), children: [], text: "" },
      { name: "c", attributes: new Map([["y", ""]]), children: [], text: "t" },
      { name: "b", attributes: new Map(), children: [], text: "u" },
    ],
    text: "",
  });
});

const refused = [
  ["nothing", ""],
  ["white space", "  \n"],
  ["text", "hello"],
  ["an open element", "<a>"],
  ["crossed elements", "<a><b></a></b>"],
  ["an element closed by another name", "<a></b>"],
  ["two roots", "<a/><b/>"],
  ["text behind the root", "<a/>x"],
  ["text before the root", "x<a/>"],
  ["a DTD", "<!DOCTYPE a><a/>"],
  ["an entity of its own", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ["a DTD that loads a file", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
  ["an unknown entity", "<a>&nbsp;</a>"],
  ["a bare ampersand", "<a>1 & 2</a>"],
  ["an unknown entity in an attribute", '<a b="&x;"/>'],
  ["a reference to NUL", "<a>&#0;</a>"],
  ["a reference to a control character", "<a>&#x1;</a>"],
  ["a reference to a surrogate", "<a>&#xD800;</a>"],
  ["a reference beyond Unicode", "<a>&#x110000;</a>"],
  ["a reference with a sign", "<a>&#-1;</a>"],
  ["an empty reference", "<a>&#;</a>"],
  ["a raw control character", "<a>\u0001</a>"],
  ["a raw NUL", "<a>\u0000</a>"],
  ["a processing instruction", "<a><?php x?></a>"],
  ["a processing instruction before the root", "<?x y?><a/>"],
  ["version 1.1", '<?xml version="1.1"?><a/>'],
  ["a version of later days", '<?xml version="2.0" encoding="utf-8"?><a/>'],
  ["two byte order marks", "\uFEFF\uFEFF<a/>"],
  ["another encoding", '<?xml version="1.0" encoding="UTF-16"?><a/>'],
  ["an element called __proto__", "<__proto__/>"],
  ["an element called constructor inside", "<a><constructor/></a>"],
  ["too many levels", "<a>".repeat(40) + "</a>".repeat(40)],
  ["an attribute twice", '<a b="1" b="2"/>'],
  ["an attribute without a value", "<a b/>"],
] as const;

for (const [name, xml] of refused) {
  test(`parseXml() refuses ${name}`, () => assert.equal(textIn(xml), "MalformedXML"));
}

for (const [what, bytes] of [
  ["a byte that UTF-8 does not have", ["<a>", [0xff], "</a>"]],
  ["half a character inside", ["<a>", [0xc3], "</a>"]],
  ["half a character behind the root", ["<a/>", [0xc3]]],
  ["three bytes of four behind the root", ["<a/>", [0xf0, 0x9f, 0x98]]],
] as const) {
  test(`parseXml() refuses ${what}`, () => {
    const root = parseXml(Buffer.concat(bytes.map((part) => Buffer.from(part))));
    assert.equal(root.ok ? "" : root.error.code, "MalformedXML");
  });
}

const BLOCK = 16 * 1024;

/** The blocks of 16 KiB after which a document has met a bound, and is read no further. */
const hostile = [
  ["open elements", 1, "<a>".repeat(150_000)],
  ["openings", 1, "<".repeat(500_000)],
  ["ampersands", 5, `<a>${"&".repeat(500_000)}</a>`],
  ["references", 5, `<a>${"&amp;".repeat(100_000)}</a>`],
  ["attributes", 1, `<a ${Array.from({ length: 40_000 }, (_, i) => `a${i}=""`).join(" ")}/>`],
  ["spaces in a tag", 5, `<a${" ".repeat(500_000)}`],
  ["comments", 2, `<a>${"<!---->".repeat(60_000)}</a>`],
] as const;

for (const [name, blocks, xml] of hostile) {
  test(`a reader refuses 500 kB of ${name} after ${blocks * 16} KiB`, () => {
    const reader = createXmlReader(SMALL, createXmlTree());
    const bytes = Buffer.from(xml);
    let read = 0;
    while (reader.push(bytes.subarray(read * BLOCK, ++read * BLOCK)) === undefined) {
      assert(read < blocks, `${read} blocks were read`);
    }
    assert.equal(read, blocks);
  });
}

const escapes = [
  ["plain", "plain"],
  ["<a>&\"'", "&lt;a&gt;&amp;&quot;&apos;"],
  ["\n\r\t", "&#10;&#13;&#9;"],
  ["\u007f\u0085\u009f\u00a0", "&#127;&#133;&#159;\u00a0"],
  ["\u0000\u0001\u000b\u001f", "\uFFFD\uFFFD\uFFFD\uFFFD"],
  [" ~\ud7ff\ue000\ufffd\u{10000}\u{10ffff}", " ~\ud7ff\ue000\ufffd\u{10000}\u{10ffff}"],
  ["\uFFFE\uFFFF\uD800x", "\uFFFD\uFFFD\uFFFDx"],
  ["é😀", "é😀"],
] as const;

for (const [text, wanted] of escapes) {
  test(`xmlEscape() writes ${JSON.stringify(text)} as ${JSON.stringify(wanted)}`, () => {
    assert.equal(xmlEscape(text), wanted);
  });
}

test("xmlElement() writes the text of an element, and leaves quotes as AWS does", () => {
  assert.equal(xmlElement("Key", "a/b"), "<Key>a/b</Key>");
  assert.equal(xmlElement("ETag", '"e"'), '<ETag>"e"</ETag>');
  assert.equal(
    xmlElement("Key", "'<a>' & \"b\"\n\u0000"),
    "<Key>'&lt;a&gt;' &amp; \"b\"&#10;\uFFFD</Key>",
  );
});

/** What XML 1.0 has no way to say (section 2.2): all control characters but three, and two more. */
function isSayable(text: string): boolean {
  return Array.from(text).every((character) => {
    const code = character.codePointAt(0) ?? 0;
    return (code >= 0x20 && code !== 0xfffe && code !== 0xffff) || "\t\n\r".includes(character);
  });
}

test("parseXml() reads back the text of xmlEscape(), for any text XML can have", () => {
  const text = fc
    .string({ unit: "binary", maxLength: 60 })
    .filter((drawn) => drawn.isWellFormed() && isSayable(drawn));
  fc.assert(
    fc.property(text, (drawn) => assert.equal(textIn(`<a>${xmlEscape(drawn)}</a>`), drawn)),
    { numRuns: 300 },
  );
});
