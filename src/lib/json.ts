import { err, ok, type Result } from "./result.ts";

/**
 * A JSON value (RFC 8259) with its place: `at` is the offset of its first character. Members stay
 * in order and doubled names stay visible, because a reader that keeps the last one enforces
 * another policy than the one that was reviewed (S3-AUTHORIZATION section 6.7).
 */
export type JsonNode =
  | { readonly kind: "object"; readonly at: number; readonly members: readonly JsonMember[] }
  | { readonly kind: "array"; readonly at: number; readonly items: readonly JsonNode[] }
  | { readonly kind: "string"; readonly at: number; readonly text: string }
  /** `text` as written: policies compare numbers exactly, beyond what a double holds. */
  | { readonly kind: "number"; readonly at: number; readonly text: string }
  | { readonly kind: "boolean"; readonly at: number; readonly text: "true" | "false" }
  | { readonly kind: "null"; readonly at: number };

export type JsonMember = { readonly name: string; readonly at: number; readonly value: JsonNode };

export type JsonDocument = {
  readonly root: JsonNode;
  /** Characters between tokens, which a size limit on the normalised document does not count. */
  readonly spaces: number;
};

export type JsonFault = { readonly at: number; readonly message: string };

/**
 * Reads one JSON text exactly: no comments, no trailing commas, no byte order mark, no lone
 * surrogates, at most `depthMax` objects and arrays inside each other. A reader of our own, because
 * `JSON.parse` has no places and swallows doubled names. A YAML reader accepts anchors, comments
 * and unquoted text, all of which would have to be found and refused again. The error is the first
 * place that is not JSON.
 */
export function readJson(text: string, depthMax: number): Result<JsonDocument, JsonFault> {
  const cursor: Cursor = { text, at: 0, spaces: 0, depthLeft: depthMax, fault: undefined };
  const root = readValue(cursor);
  skipSpace(cursor);
  if (root !== undefined && cursor.at < text.length) {
    return err({ at: cursor.at, message: "Expected the end of the document" });
  }
  // A missing value always has a fault; the fallback only satisfies the compiler.
  if (root === undefined)
    return err(cursor.fault ?? { at: cursor.at, message: "Expected a value" });
  return ok({ root, spaces: cursor.spaces });
}

/** The place of a character: line and column count from 1, the column in UTF-16 units. */
export type JsonPlace = { readonly line: number; readonly column: number };

/**
 * Returns a function that finds the place of the character at an offset of `text`. Line ends are
 * looked for once, however many places are asked for: a document may be nothing but lines.
 */
export function placesOf(text: string): (offset: number) => JsonPlace {
  let starts: readonly number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return { line: low, column: offset - (starts[low - 1] ?? 0) + 1 };
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    starts.push(end + 1);
  }
  return starts;
}

type Cursor = {
  readonly text: string;
  at: number;
  spaces: number;
  depthLeft: number;
  /** Set once, at the first place that is not JSON; every reader then returns undefined. */
  fault: JsonFault | undefined;
};

function fail(cursor: Cursor, message: string, at = cursor.at): undefined {
  cursor.fault ??= { at, message };
  return undefined;
}

function readValue(cursor: Cursor): JsonNode | undefined {
  skipSpace(cursor);
  const { at } = cursor;
  const first = cursor.text[at];
  if (first === "{") return nested(cursor, readObject);
  if (first === "[") return nested(cursor, readArray);
  if (first === '"') {
    const text = readString(cursor);
    return text === undefined ? undefined : { kind: "string", at, text };
  }
  return readScalar(cursor);
}

function nested(
  cursor: Cursor,
  read: (cursor: Cursor) => JsonNode | undefined,
): JsonNode | undefined {
  if (cursor.depthLeft === 0) return fail(cursor, "The document is nested too deeply");
  cursor.depthLeft--;
  const node = read(cursor);
  cursor.depthLeft++;
  return node;
}

function readObject(cursor: Cursor): JsonNode | undefined {
  const { at } = cursor;
  const members: JsonMember[] = [];
  const closed = readList(cursor, "}", () => {
    skipSpace(cursor);
    const nameAt = cursor.at;
    if (cursor.text[nameAt] !== '"') return fail(cursor, "Expected a field name in double quotes");
    const name = readString(cursor);
    if (name === undefined) return undefined;
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== ":") return fail(cursor, "Expected a colon");
    cursor.at++;
    const value = readValue(cursor);
    return value === undefined ? undefined : members.push({ name, at: nameAt, value });
  });
  return closed ? { kind: "object", at, members } : undefined;
}

function readArray(cursor: Cursor): JsonNode | undefined {
  const { at } = cursor;
  const items: JsonNode[] = [];
  const closed = readList(cursor, "]", () => {
    const value = readValue(cursor);
    return value === undefined ? undefined : items.push(value);
  });
  return closed ? { kind: "array", at, items } : undefined;
}

/**
 * Reads from the opening bracket past `close`, with one `readItem` between commas; returns false at
 * a fault.
 */
function readList(cursor: Cursor, close: "}" | "]", readItem: () => unknown): boolean {
  cursor.at++;
  skipSpace(cursor);
  if (cursor.text[cursor.at] === close) {
    cursor.at++;
    return true;
  }
  for (;;) {
    if (readItem() === undefined) return false;
    skipSpace(cursor);
    const next = cursor.text[cursor.at];
    if (next !== "," && next !== close) {
      fail(cursor, `Expected a comma or "${close}"`);
      return false;
    }
    cursor.at++;
    if (next === close) return true;
  }
}

const STRING =
  /"[\u0020\u0021\u0023-\u005b\u005d-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[\u0020\u0021\u0023-\u005b\u005d-\uffff]*)*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

function readString(cursor: Cursor): string | undefined {
  const { at } = cursor;
  const token = readToken(cursor, STRING);
  if (token === undefined) {
    return fail(cursor, "Cannot read the string: it is not closed, or has a bad escape in it");
  }
  // The token is one valid JSON string, for which JSON.parse is exact.
  const text: unknown = JSON.parse(token);
  if (typeof text !== "string" || !text.isWellFormed()) {
    return fail(cursor, "Cannot read the string: it has half of a surrogate pair in it", at);
  }
  return text;
}

function readScalar(cursor: Cursor): JsonNode | undefined {
  const { at } = cursor;
  const token = readToken(cursor, SCALAR);
  if (token === undefined) return fail(cursor, "Expected a value");
  if (token === "null") return { kind: "null", at };
  if (token === "true" || token === "false") return { kind: "boolean", at, text: token };
  return { kind: "number", at, text: token };
}

/** Reads a token. `pattern` is sticky, so it can only match at the cursor. */
function readToken(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const token = pattern.exec(cursor.text)?.[0];
  if (token !== undefined) cursor.at += token.length;
  return token;
}

function skipSpace(cursor: Cursor): void {
  const start = cursor.at;
  while (isSpace(cursor.text.charCodeAt(cursor.at))) cursor.at++;
  cursor.spaces += cursor.at - start;
}

/** RFC 8259 section 2: space, tab, line feed, carriage return, and nothing of Unicode's. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
