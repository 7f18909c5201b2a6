import type { HeaderList } from "../http/headers.ts";
import { encodeComponent } from "../http/percent.ts";
import { sha256OfBytes } from "./hmac.ts";

/**
 * The canonical forms of Signature Version 4, which verifying and signing share ("Create a signed
 * AWS API request", steps 1 to 3; for S3 "Authenticating Requests: Using the Authorization
 * Header"). Texts hold one byte per character, as header values are received.
 */

export const ALGORITHM = "AWS4-HMAC-SHA256";

/** The parts that a signature covers, besides the time and the scope. */
export type CanonicalParts = {
  readonly method: string;
  /** The path with its leading `/`, encoded as it was signed. */
  readonly path: string;
  /** The query, from `canonicalQuery`. */
  readonly query: string;
  /** The headers, from `canonicalHeaders`. */
  readonly headers: string;
  /** The signed names joined with `;`. */
  readonly signedHeaders: string;
  /** The value of `x-amz-content-sha256`. */
  readonly payload: string;
};

export function canonicalRequest(parts: CanonicalParts): string {
  const { method, path, query, headers, signedHeaders, payload } = parts;
  return `${method}\n${path}\n${query}\n${headers}\n${signedHeaders}\n${payload}`;
}

/**
 * Returns the text to sign: `timestamp` as `YYYYMMDDTHHMMSSZ`, `scope` as
 * `date/region/s3/aws4_request`.
 */
export function stringToSign(timestamp: string, scope: string, canonical: string): string {
  return `${ALGORITHM}\n${timestamp}\n${scope}\n${sha256OfBytes(canonical)}`;
}

/**
 * The decoded parameters `query`, encoded anew and sorted by encoded name, then value; duplicates
 * stay, and `?acl` becomes `acl=`. `except`: the one name (lower-case) left out, in whatever case.
 */
export function canonicalQuery(
  query: readonly { readonly name: string; readonly value: string }[],
  except?: string,
): string {
  if (query.length === 0) return "";
  const pairs: [name: string, value: string][] = [];
  for (const { name, value } of query) {
    if (except !== undefined && name.toLowerCase() === except) continue;
    pairs.push([encodeComponent(name), encodeComponent(value)]);
  }
  // Pairs and not joined texts are compared: `-` and `.` come before `=`, so `a-b` would precede `a`.
  if (pairs.length > 1) pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  let text = "";
  for (const [name, value] of pairs) text += `${text === "" ? "" : "&"}${name}=${value}`;
  return text;
}

/** Compares by code unit, as canonical forms are sorted; all compared texts are ASCII. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The lines `name:value` of `names` (lower-case, in this order), each with its newline. */
export function canonicalHeaders(headers: HeaderList, names: readonly string[]): string {
  let lines = "";
  if (names.length * headers.length <= SCANNED_MAX) {
    for (const name of names) lines += `${name}:${canonicalValue(headers, name)}\n`;
    return lines;
  }
  const values = canonicalValues(headers);
  for (const name of names) lines += `${name}:${values.get(name)?.join(",") ?? ""}\n`;
  return lines;
}

/** `names` with `;` between them, as a canonical request and an Authorization header list them. */
export function joinedNames(names: readonly string[]): string {
  // Half of what `join()` costs for the few that there are.
  let text = names[0] ?? "";
  for (let i = 1; i < names.length; i++) text += `;${names[i]}`;
  return text;
}

/**
 * The number of name comparisons up to which looking through the fields for each name costs less
 * than an index of them. More come from a client that wants them to cost: a request can name
 * thousands.
 */
const SCANNED_MAX = 1024;

/** The values of every field, by name. */
function canonicalValues(headers: HeaderList): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const value = collapseSpaces(headers[i + 1] ?? "");
    const before = values.get(name);
    if (before === undefined) values.set(name, [value]);
    else before.push(value);
  }
  return values;
}

/** The values of `name` joined with commas; empty if there is none. */
function canonicalValue(headers: HeaderList, name: string): string {
  let joined: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== name) continue;
    const value = collapseSpaces(headers[i + 1] ?? "");
    joined = joined === undefined ? value : `${joined},${value}`;
  }
  return joined ?? "";
}

const SPACES_TO_COLLAPSE = /^ | $| {2}/;

/** `value` without outer spaces and with inner runs as one space: for the signature only. */
function collapseSpaces(value: string): string {
  // Most values have no space at all, which is seen sooner than by the expression.
  const isSimple =
    !value.includes("\t") && (!value.includes(" ") || !SPACES_TO_COLLAPSE.test(value));
  if (isSimple) return value;
  return value.replace(/[ \t]+/g, " ").replace(/^ | $/g, "");
}
