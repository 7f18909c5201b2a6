import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import type { XmlElement } from "../../src/s3/xml.ts";
import { parseXml } from "../support/documents.ts";
import { XML_DOCUMENT, XML_MUTANT } from "../support/xml-documents.ts";
import { parseWithOracle } from "../support/xml-oracle.ts";

/**
 * A difference between the reader and the one before it (fast-xml-parser). `xml`: an example;
 * `applies`: matches every document that may differ for this reason.
 */
type Difference = {
  readonly what: string;
  readonly why: string;
  readonly xml: string;
  readonly applies: RegExp;
};

const REFUSED_NOW: readonly Difference[] = [
  {
    what: "white space of Unicode around the root",
    why: "XML has four characters of white space (section 2.3)",
    xml: "<a/>\u00a0",
    applies: /^\uFEFF?\s*[^\S \t\r\n]|[^\S \t\r\n]\s*(?:$|<!--)|>\s*[^\S \t\r\n]/,
  },
  {
    what: "text after the root that ends in >",
    why: "nothing but comments and white space follows the root (section 2.1)",
    xml: "<a/>x>",
    applies: />[^<]*>/,
  },
  {
    what: "a declaration without a version, in another version or behind others",
    why: "an XML declaration has one, first, and 1.1 ends lines by other characters (section 2.8)",
    xml: '<?xml encoding="UTF-8"?><a/>',
    applies: /<?\?.*xml/s,
  },
  {
    what: "]]> in a text",
    why: "it must be written ]]&gt; (section 2.4)",
    xml: "<a>]]></a>",
    applies: /\]\]>/,
  },
  {
    what: "two hyphens in a comment",
    why: "they end it (section 2.5); readers differ in what follows",
    xml: "<a><!-- -- --></a>",
    applies: /<!--(?:(?!-->).)*?--(?!>)/s,
  },
  {
    what: "< in an attribute",
    why: "it must be written &lt; (section 3.1)",
    xml: '<a b="<"/>',
    applies: /=\s*(?:"[^"]*<|'[^']*<)/,
  },
  {
    what: "an attribute without a name",
    why: "it has one (section 3.1)",
    xml: "<a\n=>x</a>",
    applies: /<[^>]*\s=/,
  },
  {
    what: "an end tag that ends as an empty element does",
    why: "it has a name and nothing else (section 3.1)",
    xml: "<a/><!--c--></a/>",
    applies: /<\/[^>]*\/>/,
  },
  {
    what: "invalid markup",
    why: "<! begins a comment, a CDATA section or what is refused",
    xml: '<a><![CD"ATA[]]></a>',
    applies: /<!(?!--|\[CDATA\[)/,
  },
];

const READ_NOW: readonly Difference[] = [
  {
    what: "more than seven digits of a character reference",
    why: "leading zeros change nothing for any reader (section 4.1)",
    xml: "<a>&#000000065;</a>",
    applies: /&#(?:\d{8,}|x[0-9a-fA-F]{7,});/,
  },
  {
    what: "<!D where it is text",
    why: "it begins a DTD only where markup can stand",
    xml: "<a><![CDATA[<!DOCTYPE]]></a>",
    applies: /<!D/,
  },
  {
    what: "a byte order mark within a tag's name",
    why: "it is a character of names (section 2.3), and no element of S3's has it in its name",
    xml: "<\uFEFFa/>",
    applies: /<[^>]*\uFEFF/,
  },
];

const READ_OTHERWISE: readonly Difference[] = [
  {
    what: "names of methods",
    why: "the reader before put underscores in front of them",
    xml: "<toString/>",
    applies: /toString/,
  },
  {
    what: "line breaks and tabs in an attribute",
    why: "each is a space (section 3.3.3); nothing here reads an attribute that may have one",
    xml: '<a b="\n\t"/>',
    applies: /[\r\n\t]/,
  },
];

const FIXED_SEED = 20130524;

type Outcome = "same" | "refused now" | "read now" | "read otherwise";

function outcomeOf(xml: string): Outcome {
  const before = parseWithOracle(Buffer.from(xml));
  const now = parseXml(Buffer.from(xml));
  if (!now.ok) return before === undefined ? "same" : "refused now";
  if (before === undefined) return "read now";
  return isDeepStrictEqual(before, now.value) ? "same" : "read otherwise";
}

const DIFFERENCES = {
  "refused now": REFUSED_NOW,
  "read now": READ_NOW,
  "read otherwise": READ_OTHERWISE,
} as const satisfies Record<Exclude<Outcome, "same">, readonly Difference[]>;

for (const [outcome, differences] of Object.entries(DIFFERENCES)) {
  for (const { what, why, xml, applies } of differences) {
    test(`${outcome}: ${what}, since ${why}`, () => {
      assert.equal(outcomeOf(xml), outcome);
      assert.match(xml, applies);
    });
  }
}

function sameBut(xml: string, outcomes: readonly Outcome[]): void {
  const outcome = outcomeOf(xml);
  if (outcome === "same" || !outcomes.includes(outcome)) return;
  const reason = DIFFERENCES[outcome].find(({ applies }) => applies.test(xml));
  assert.ok(reason !== undefined, `${outcome}: ${JSON.stringify(xml)}`);
}

test("no document is read that was refused or read differently before, except for these reasons", () => {
  fc.assert(
    fc.property(XML_MUTANT, (xml) => sameBut(xml, ["read now", "read otherwise"])),
    { numRuns: 5_000 },
  );
});

// A random run could find one more construct that the reader before ignores: so the documents are
// the same each time.
test("no document is refused that was read before, except for these reasons", () => {
  fc.assert(
    fc.property(XML_MUTANT, (xml) => sameBut(xml, ["refused now"])),
    { numRuns: 10_000, seed: FIXED_SEED },
  );
});

test("well-formed documents are not refused by chance: most of the random ones are read", () => {
  const read = fc
    .sample(XML_DOCUMENT, { numRuns: 500, seed: FIXED_SEED })
    .filter((xml) => parseXml(Buffer.from(xml)).ok);
  assert.ok(read.length > 150, `only ${read.length} of 500`);
});

/** Returns `bytes` cut at any places, with empty pieces among them. */
function piecesOf(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((start, i) => bytes.subarray(start, places[i] ?? bytes.length));
}

/** Returns the reader's result for all bytes, the sentence of a refusal included. */
function said(pieces: readonly Buffer[]): XmlElement | string {
  const root = parseXml(pieces, { elements: 40, children: 5, textLength: 20_000 });
  return root.ok ? root.value : root.error.message;
}

/**
 * The size of the reader's blocks, 16 KiB: every part of a document must come to lie on their edge
 * once.
 */
const BLOCK_BYTES = 16 * 1024;

test("any split of the bytes has the same result, also at the edge of a block", () => {
  const cuts = fc.array(fc.nat(40_000), { maxLength: 8 });
  fc.assert(
    fc.property(XML_MUTANT, fc.nat(200), fc.nat(3), cuts, (xml, before, blocks, places) => {
      const padding = " ".repeat(Math.max(0, blocks * BLOCK_BYTES - before));
      const bytes = Buffer.from(padding === "" ? xml : `<!--${padding}-->${xml}`);
      const whole = said([bytes]);
      assert.deepEqual(said(piecesOf(bytes, places)), whole);
    }),
    { numRuns: 2_000 },
  );
});

test("one byte at a time has the same result, also for documents that are not UTF-8", () => {
  fc.assert(
    fc.property(XML_MUTANT, fc.nat(400), fc.nat(255), (xml, at, byte) => {
      const bytes = Buffer.from(xml);
      if (at < bytes.length) bytes[at] = byte;
      assert.deepEqual(said(Array.from(bytes, (one) => Buffer.of(one))), said([bytes]));
    }),
    { numRuns: 2_000 },
  );
});
