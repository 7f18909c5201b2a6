import { malformed } from "./xml.ts";
import type { Fault } from "./faults.ts";

/**
 * The limits of a document, whatever its bytes say. Each is checked while the document is read, so
 * that no larger one is ever built.
 */
export type XmlBounds = {
  /** Elements of the whole document. Its attributes, too, are at most as many. */
  readonly elements: number;
  /** Elements directly inside one element: the entries of a list. */
  readonly children: number;
  /**
   * UTF-16 units of the character data directly inside one element, resolved; and of one piece as
   * sent: a start tag's name, an attribute, a text, a CDATA section, a comment.
   */
  readonly textLength: number;
};

/** S3's deepest request document has six levels (a lifecycle rule's filter). */
const DEPTH_MAX = 12;
/** A grantee has two. Some SDKs write `xmlns` besides. */
const ATTRIBUTES_OF_ELEMENT_MAX = 16;
/** The longest name of elements and attributes, in UTF-16 units. S3's longest has 31. */
const NAME_LENGTH_MAX = 255;
/** An element has a text before and one behind it, so that comments and CDATA sections come besides. */
const PIECES_PER_ELEMENT_MAX = 3;
const PIECES_BESIDES_MAX = 100;

/** The counts of what has been read so far. Mutable: they live as long as one document. */
export type XmlCount = {
  readonly bounds: XmlBounds;
  elements: number;
  attributes: number;
  attributesOfElement: number;
  pieces: number;
  /** The counts of each open element, the outermost first. */
  readonly open: { children: number; textLength: number }[];
};

export function startCount(bounds: XmlBounds): XmlCount {
  return { bounds, elements: 0, attributes: 0, attributesOfElement: 0, pieces: 0, open: [] };
}

/** The name of a start tag has come. Error: MalformedXML. */
export function countElement(count: XmlCount, name: string): Fault | undefined {
  const { bounds, open } = count;
  const parent = open.at(-1);
  count.elements++;
  count.attributesOfElement = 0;
  if (parent !== undefined) parent.children++;
  open.push({ children: 0, textLength: 0 });
  return (
    above(open.length, DEPTH_MAX, "levels") ??
    above(count.elements, bounds.elements, "elements") ??
    above(parent?.children ?? 0, bounds.children, "elements inside one") ??
    wrongName(name)
  );
}

/** Counts an attribute. Error: MalformedXML. */
export function countAttribute(count: XmlCount, name: string): Fault | undefined {
  count.attributes++;
  count.attributesOfElement++;
  return (
    above(count.attributesOfElement, ATTRIBUTES_OF_ELEMENT_MAX, "attributes of one element") ??
    above(count.attributes, count.bounds.elements, "attributes") ??
    wrongName(name)
  );
}

/** A text, CDATA section or comment has come; `length` of it is character data. Error: MalformedXML. */
export function countPiece(count: XmlCount, length: number): Fault | undefined {
  const { bounds, open } = count;
  const parent = open.at(-1);
  count.pieces++;
  if (parent !== undefined) parent.textLength += length;
  const most = bounds.elements * PIECES_PER_ELEMENT_MAX + PIECES_BESIDES_MAX;
  return (
    above(count.pieces, most, "texts, CDATA sections and comments") ??
    above(parent?.textLength ?? 0, bounds.textLength, "characters inside one element")
  );
}

/**
 * Checks the length of one piece as sent, complete or not, in UTF-16 units. Error: MalformedXML.
 */
export function countLength({ bounds }: XmlCount, length: number): Fault | undefined {
  return above(length, bounds.textLength, "characters in one piece");
}

/** An end tag has come. */
export function countEnd({ open }: XmlCount): void {
  open.pop();
}

function above(number: number, most: number, what: string): Fault | undefined {
  return number > most ? malformed(`it has more than ${most} ${what}`) : undefined;
}

/**
 * Returns the fault of a name that S3 does not have. The first three have another meaning in
 * readers written in JavaScript, and a store behind us may be one.
 */
function wrongName(name: string): Fault | undefined {
  if (RESERVED.has(name)) return malformed(`the name "${name}" is not allowed`);
  return above(name.length, NAME_LENGTH_MAX, "characters in a name");
}

const RESERVED: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
