import type { Brand } from "../lib/brand.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { isHopByHop } from "./hop-by-hop.ts";

/**
 * Header fields that passed `gateHead`: name, value, name, value, …
 */
export type GatedHeaders = Brand<string[], "GatedHeaders">;
type GatedText = Brand<string, "GatedText">;

/** The head of a request that can be written to a connection as it stands. */
export type GatedHead = {
  readonly method: GatedText;
  /** The path and the query. */
  readonly target: GatedText;
  readonly headers: GatedHeaders;
};

/** The same before the check; `headers` as in `GatedHeaders`. */
export type UngatedHead = {
  readonly method: string;
  readonly target: string;
  readonly headers: string[];
};

/** The part of a head that did not pass. It has no value in it, since values can be secrets. */
export type GateProblem =
  | { readonly part: "method" | "target" }
  /** `at`: the place of its name in `headers`. `why` is about the name or the value. */
  | { readonly part: "field"; readonly at: number; readonly why: FieldProblem };

type FieldProblem = "name" | "value" | "connection" | "repeated" | "length";

/** RFC 9110 section 5.6.2, in lower case: every name here is. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const METHOD = /^[A-Z]+$/;
/** Matches an origin-form in ASCII: every other character is percent-encoded. */
const TARGET = /^\/[\x21-\x7e]*$/;
/** Names that nearly every request has and that need no look at their characters. */
const USUAL: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "authorization",
  "content-length",
  "content-type",
  "host",
  "range",
  "user-agent",
  "x-amz-content-sha256",
  "x-amz-date",
]);
const BEYOND_PRINTABLE = /[^\x20-\x7e]/;
const DIGITS = /^\d{1,16}$/;

/**
 * Checks everything that becomes part of a request to the store: method, target, and the name and
 * value of each header field. It is the one check, wherever they came from (a header, a parameter,
 * a form, a record, the configuration). `store/request-text.ts` asks once more, when the request
 * already has a connection and can only fail.
 *
 * Errors: the first part that is no token, has a byte that no field may have, is about the
 * connection (such fields are written with the head), or repeats a field that must be unique.
 */
export function gateHead(head: UngatedHead): Result<GatedHead, GateProblem> {
  if (!METHOD.test(head.method)) return err({ part: "method" });
  if (!TARGET.test(head.target)) return err({ part: "target" });
  const problem = fieldProblem(head.headers);
  return problem === undefined ? ok(minted(head)) : err(problem);
}

/**
 * Returns `headers` followed by those of `more` if all of these pass the same check; else
 * `headers`.
 */
export function withGated(headers: GatedHeaders, more: readonly string[]): GatedHeaders {
  const all = [...headers, ...more];
  return fieldProblem(all) === undefined ? mintedHeaders(all) : headers;
}

/** Returns true if `name` (lower-case) is a valid header name. */
export function isFieldName(name: string): boolean {
  return TOKEN.test(name);
}

/**
 * Returns true if `value` (one character a byte) is a valid header value: visible characters,
 * obs-text, and blanks between them. Blanks at its ends are not part of a value (RFC 9110 section
 * 5.5), so the store would read another value than was judged.
 */
export function isFieldValue(value: string): boolean {
  const last = value.length - 1;
  // Nearly every value, and a third of what the loop costs for the long ones.
  const isPlain = !BEYOND_PRINTABLE.test(value);
  if (isPlain) return value.charCodeAt(0) !== 0x20 && value.charCodeAt(last) !== 0x20;
  for (let at = 0; at <= last; at++) {
    const code = value.charCodeAt(at);
    if (code > 0x20 && code < 0x7f) continue;
    if (code === 0x20 || code === 0x09) {
      if (at === 0 || at === last) return false;
    } else if (code < 0x80 || code > 0xff) return false;
  }
  return true;
}

function fieldProblem(headers: readonly string[]): GateProblem | undefined {
  let hosts = 0;
  let lengths = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const value = headers[at + 1];
    if (!USUAL.has(name)) {
      if (!isFieldName(name)) return { part: "field", at, why: "name" };
      if (isOfConnection(name)) return { part: "field", at, why: "connection" };
    }
    if (value === undefined || !isFieldValue(value)) return { part: "field", at, why: "value" };
    if (name === "host" && hosts++ > 0) return { part: "field", at, why: "repeated" };
    if (name !== "content-length") continue;
    if (lengths++ > 0) return { part: "field", at, why: "repeated" };
    if (!DIGITS.test(value)) return { part: "field", at, why: "length" };
  }
  return undefined;
}

function isOfConnection(name: string): boolean {
  return isHopByHop(name) || name === "expect";
}

function minted(head: UngatedHead): GatedHead {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Only gateHead() makes one.
  return head as GatedHead;
}

function mintedHeaders(headers: string[]): GatedHeaders {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Only withGated() makes one.
  return headers as GatedHeaders;
}
