import { awsFault, type Fault } from "./faults.ts";

/** An element of a document, read as XML 1.0 without a DTD. */
export type XmlElement = {
  /** The name as written, a namespace prefix included: S3's documents have none. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All character data directly inside, references resolved, white space kept. */
  readonly text: string;
};

/**
 * `text` as character data or attribute value of the XML we write. Line breaks and other control
 * characters become references, so that no reader's end-of-line handling (XML 1.0 section 2.11)
 * changes a key; what XML 1.0 cannot say at all (section 2.2) becomes U+FFFD.
 */
export function xmlEscape(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(ESCAPABLE, escapeCharacter) : text;
}

/**
 * An element without attributes that holds `text`. `name` is taken as it is. Quotes need no escaping
 * there, and AWS does not escape them in its messages and entity tags.
 */
export function xmlElement(name: string, text: string): string {
  const escaped = NEEDS_ESCAPE.test(text) ? text.replace(ESCAPABLE, escapeInText) : text;
  return `<${name}>${escaped}</${name}>`;
}

function escapeInText(character: string): string {
  return character === '"' || character === "'" ? character : escapeCharacter(character);
}

/** Returns MalformedXML in AWS's words. `why` goes to the client beside them. */
export function malformed(why: string): Fault {
  return awsFault("MalformedXML", { why });
}

const ESCAPABLE = /[\p{Cc}&<>"'\p{Cs}\uFFFE\uFFFF]/gu;
const NEEDS_ESCAPE = /[\p{Cc}&<>"'\p{Cs}\uFFFE\uFFFF]/u;
const NAMES: ReadonlyMap<string, string> = new Map([
  ["&", "amp"],
  ["'", "apos"],
  [">", "gt"],
  ["<", "lt"],
  ['"', "quot"],
]);

function escapeCharacter(character: string): string {
  const name = NAMES.get(character);
  if (name !== undefined) return `&${name};`;
  const code = character.codePointAt(0) ?? 0;
  return isSayable(code) ? `&#${code};` : "\uFFFD";
}

/**
 * Returns true if XML 1.0 can say a character of ESCAPABLE that has no name (section 2.2): of control
 * characters below the space only three; no surrogate, U+FFFE or U+FFFF.
 */
function isSayable(code: number): boolean {
  return code === 0x9 || code === 0xa || code === 0xd || (code >= 0x7f && code <= 0x9f);
}
