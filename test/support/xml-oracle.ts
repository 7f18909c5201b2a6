import { XMLParser, XMLValidator } from "fast-xml-parser";
import { decodeUtf8 } from "../../src/lib/utf8.ts";
import type { XmlElement } from "../../src/s3/xml.ts";

/*
 * The reader that s3warden had before the one that reads bytes as they come: fast-xml-parser, and
 * what was refused besides. Kept as a second opinion for test/property/xml.test.ts.
 */

/**
 * The highest depth of a document; S3's deepest request document that is read here has three
 * levels.
 */
const DEPTH_MAX = 12;

const ATTRIBUTES = ":@";
const TEXT = "#text";
const CDATA = "#cdata";
const COMMENT = "#comment";
const DECLARATION = "?xml";

// Numbers are not guessed and references are not resolved: one place here does the latter.
const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: CDATA,
  commentPropName: COMMENT,
  maxNestedTags: DEPTH_MAX,
});

/** Returns the tree of a whole document; `undefined` if it is refused. */
export function parseWithOracle(body: Buffer): XmlElement | undefined {
  // A byte order mark is no part of the document (section 4.3.3).
  const text = decodeUtf8(body)?.replace(/^\uFEFF/, "");
  if (text === undefined || hasIllegalCharacter(text) || text.includes("<!D")) return undefined;
  const nodes = parseNodes(text);
  const [root, ...more] = nodes?.filter((node) => !isBesideRoot(node)) ?? [];
  return root === undefined || more.length > 0 ? undefined : readElement(root);
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["apos", "'"],
  ["gt", ">"],
  ["lt", "<"],
  ["quot", '"'],
]);
/**
 * Returns the parser's reading of `text`, which is foreign data; `undefined` if the parser refuses
 * it.
 */
function parseNodes(text: string): readonly unknown[] | undefined {
  try {
    // The parser itself accepts unclosed elements, and both accept text after the root.
    if (XMLValidator.validate(text) !== true || !text.trimEnd().endsWith(">")) return undefined;
    const nodes: unknown = PARSER.parse(text);
    return Array.isArray(nodes) ? nodes : undefined;
  } catch {
    return undefined; // The parser throws plain Errors for anything that it refuses.
  }
}

/**
 * Returns true for white space, comments and the declaration of UTF-8, which may stand around the
 * root.
 */
function isBesideRoot(node: unknown): boolean {
  const name = nodeName(node);
  if (name === COMMENT) return true;
  if (name === TEXT) return typeof member(node, TEXT) === "string" && isBlank(member(node, TEXT));
  if (name !== DECLARATION) return false;
  const encoding = readAttributes(node)?.get("encoding");
  return encoding === undefined || encoding.toLowerCase() === "utf-8";
}

function isBlank(text: unknown): boolean {
  return typeof text === "string" && text.trim() === "";
}

/** Returns the element that a parser's node stands for; `undefined` for anything but an element. */
function readElement(node: unknown): XmlElement | undefined {
  const name = nodeName(node);
  if (name === undefined || "#?!".includes(name.charAt(0))) return undefined;
  const content = member(node, name);
  const attributes = readAttributes(node);
  if (!Array.isArray(content) || attributes === undefined) return undefined;
  const children: XmlElement[] = [];
  let text = "";
  for (const inner of content) {
    const piece = characterData(inner);
    if (piece !== undefined) {
      text += piece;
      continue;
    }
    const child = readElement(inner);
    if (child === undefined) return undefined;
    children.push(child);
  }
  return { name, attributes, children, text };
}

/**
 * Returns the characters of a text, CDATA or comment node; `undefined` for an element or a bad
 * reference.
 */
function characterData(node: unknown): string | undefined {
  const name = nodeName(node);
  if (name === COMMENT) return "";
  if (name === CDATA) {
    const inner: unknown = member(node, CDATA);
    const text: unknown = Array.isArray(inner) ? member(inner[0], TEXT) : undefined;
    return typeof text === "string" ? text : "";
  }
  const text = name === TEXT ? member(node, TEXT) : undefined;
  return typeof text === "string" ? resolveReferences(text) : undefined;
}

function readAttributes(node: unknown): ReadonlyMap<string, string> | undefined {
  const group = member(node, ATTRIBUTES);
  const attributes = new Map<string, string>();
  if (typeof group !== "object" || group === null) return attributes;
  for (const [name, raw] of Object.entries(group)) {
    const value = typeof raw === "string" ? resolveReferences(raw) : undefined;
    if (value === undefined) return undefined;
    attributes.set(name, value);
  }
  return attributes;
}

/** Returns the name of a parser's node: its one member besides the attributes. */
function nodeName(node: unknown): string | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  return Object.keys(node).find((key) => key !== ATTRIBUTES);
}

function member(node: unknown, name: string): unknown {
  if (typeof node !== "object" || node === null) return undefined;
  return Object.getOwnPropertyDescriptor(node, name)?.value;
}

/**
 * Returns `text` with the five entities and character references resolved; `undefined` for any
 * other.
 */
function resolveReferences(text: string): string | undefined {
  const pieces = text.split("&");
  let out = pieces[0] ?? "";
  for (const piece of pieces.slice(1)) {
    const end = piece.indexOf(";");
    const character = end < 0 ? undefined : referenced(piece.slice(0, end));
    if (character === undefined) return undefined;
    out += character + piece.slice(end + 1);
  }
  return out;
}

function referenced(name: string): string | undefined {
  if (!name.startsWith("#")) return NAMED.get(name);
  if (!/^#(?:[0-9]{1,7}|x[0-9A-Fa-f]{1,6})$/.test(name)) return undefined;
  const code = name.startsWith("#x") ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  return isCharacter(code) ? String.fromCodePoint(code) : undefined;
}

/** Returns true for the production `Char`, XML 1.0 section 2.2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return (
    code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
  );
}

// oxlint-disable-next-line no-control-regex -- Which control characters XML has is the question.
const ILLEGAL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;

function hasIllegalCharacter(text: string): boolean {
  return ILLEGAL.test(text);
}
