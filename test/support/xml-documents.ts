import * as fc from "fast-check";

/** Draws a value from `usual`, or seldom one from `odd`. */
function mostly(
  usual: readonly string[],
  odd: readonly string[],
  weight = 20,
): fc.Arbitrary<string> {
  return fc.oneof(
    { weight, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
}

function joined(parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.join(""));
}

function several(part: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> {
  return fc.array(part, { maxLength }).map((texts) => texts.join(""));
}

const NAME = mostly(
  ["a", "b", "Key", "x:y", "_z", "é", "a-b", "xml", "A.1"],
  ["toString", "constructor", "1a", ":", "a&b"],
);
const SPACE = fc.constantFrom("", "", " ", "\n", "\t", "  ");
const TEXT = several(
  mostly(
    // prettier-ignore
    ["x", " ", "\n", "\r\n", "\r", "\t", "]", "-", "'", "=", "/", "?", "!", "é", "😀", "\u00a0", "\u0085", "\u2028", "\uFEFF",
      "&amp;", "&lt;", "&gt;", "&apos;", "&quot;", "&#65;", "&#x41;", "&#xD;", "&#0000065;"],
    [
      "]]",
      "]]>",
      "--",
      ">",
      '"',
      "&nbsp;",
      "&",
      "<",
      "\u0001",
      "\uFFFE",
      "&#000000065;",
      "&#0;",
      "&#xD800;",
      "<!D",
    ],
  ),
  4,
);
const ATTRIBUTE = fc
  .tuple(mostly([" ", "\n", "\t "], [""]), NAME, SPACE, SPACE, fc.constantFrom('"', "'"), TEXT)
  .map(([before, name, space, more, quote, value]) =>
    [before, name, space, "=", more, quote, value, quote].join(""),
  );
const MARKUP = fc.oneof(
  { weight: 9, arbitrary: TEXT.map((text) => `<!--${text}-->`) },
  { weight: 9, arbitrary: TEXT.map((text) => `<![CDATA[${text}]]>`) },
  { weight: 1, arbitrary: fc.constantFrom("<?pi x?>", "<!DOCTYPE a>", "<!ELEMENT a>", "<![if]>") },
);
const { element: ELEMENT } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      NAME,
      several(ATTRIBUTE, 2),
      SPACE,
      fc.option(several(fc.oneof(TEXT, tie("element"), MARKUP), 4)),
      SPACE,
    )
    .map(([name, attributes, space, content, more]) =>
      content === null
        ? `<${name}${attributes}${space}/>`
        : `<${name}${attributes}${space}>${content}</${name}${more}>`,
    ),
}));
const DECLARATION = mostly(
  ["", "", "\uFEFF", '<?xml version="1.0"?>', "<?xml version='1.0' encoding='utf-8'?>"],
  [
    '<?xml version="1.1"?>',
    "<?xml?>",
    '<?xml encoding="UTF-8"?>',
    '<?xml version="1.0" encoding="latin1"?>',
    ' <?xml version="1.0"?>',
    '<?xml version="1.0" standalone="yes"?>',
  ],
);
const BESIDE = mostly(["", "", "\n", " ", "<!--c-->"], ["x", "<b/>", "\u00a0", "&#32;", ">"]);

/** Documents, most of them well-formed, with every construct that XML has. */
export const XML_DOCUMENT: fc.Arbitrary<string> = joined([DECLARATION, BESIDE, ELEMENT, BESIDE]);

const EDITS = ["", "<", ">", "/", "&", '"', "!", "]", " ", "-"];

/** The same documents, some with a character or two replaced or added. */
export const XML_MUTANT: fc.Arbitrary<string> = fc
  .tuple(
    XML_DOCUMENT,
    fc.array(fc.tuple(fc.nat(400), fc.nat(1), fc.constantFrom(...EDITS)), { maxLength: 2 }),
  )
  .map(([document, edits]) => {
    const characters = Array.from(document);
    for (const [at, replaced, edit] of edits) {
      characters.splice(at % Math.max(1, characters.length), replaced, edit);
    }
    return characters.join("");
  });
