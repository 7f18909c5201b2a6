import { err, ok, type Result } from "../lib/result.ts";
import { fieldLines } from "./headers.ts";
import { isHopByHop } from "./hop-by-hop.ts";
import { isPlainText } from "./plain-text.ts";

/** The head of a request as parts: fields as name, value, name, value, … */
export type UngatedHead = {
  readonly method: string;
  /** The path and the query. */
  readonly target: string;
  readonly headers: readonly string[];
};

/**
 * The same once it has passed the gate, and the text that is written to a connection. Nothing can
 * change that text, and nothing else can make a head: what is sent is what was checked.
 */
export class GatedHead {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly #text: string;
  readonly #host: string | undefined;
  readonly #length: number | undefined;

  private constructor(
    { method, target, headers }: UngatedHead,
    text: string,
    host: string | undefined,
    length: number | undefined,
  ) {
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.#text = text;
    this.#host = host;
    this.#length = length;
  }

  /** The gate itself: see `gateHead()`. */
  static of(head: UngatedHead): Result<GatedHead, GateProblem> {
    const { method, target, headers } = head;
    if (!METHOD.test(method)) return err({ part: "method" });
    if (!TARGET.test(target)) return err({ part: "target" });
    return GatedHead.#checked(head, `${method} ${target} HTTP/1.1\r\n`, headers);
  }

  /** Checks `headers`, which follow `before`: that has passed, with these values of its own. */
  static #checked(
    head: UngatedHead,
    before: string,
    headers: readonly string[],
    hostBefore?: string,
    lengthBefore?: number,
  ): Result<GatedHead, GateProblem> {
    const lines = fieldLines(headers);
    const isPlain = isPlainText(lines, headers.length / 2);
    let host = hostBefore;
    let length = lengthBefore;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] ?? "";
      const value = headers[at + 1];
      if (!USUAL.has(name)) {
        if (!isFieldName(name)) return err({ part: "field", at, why: "name" });
        if (isOfConnection(name)) return err({ part: "field", at, why: "connection" });
      }
      if (value === undefined || !(isPlain ? isUnpadded(value) : isFieldValue(value))) {
        return err({ part: "field", at, why: "value" });
      }
      if (name === "host") {
        if (host !== undefined) return err({ part: "field", at, why: "repeated" });
        host = value;
      } else if (name === "content-length") {
        if (length !== undefined) return err({ part: "field", at, why: "repeated" });
        if (!DIGITS.test(value)) return err({ part: "field", at, why: "length" });
        length = Number(value);
      }
    }
    return ok(new GatedHead(head, before + lines, host, length));
  }

  /**
   * The request line and the fields, a line each, as bytes, one character each (RFC 9112 section
   * 3). The empty line behind them is not part of it.
   */
  get text(): string {
    return this.#text;
  }

  /** The value of Host; `undefined` if there is none. */
  get host(): string | undefined {
    return this.#host;
  }

  /** The value of Content-Length, in bytes; `undefined` if there is none. */
  get bodyBytes(): number | undefined {
    return this.#length;
  }

  /** Returns a head with the fields of `more` behind its own if all pass the gate; else itself. */
  with(more: readonly string[]): GatedHead {
    const { method, target } = this;
    const head = { method, target, headers: [...this.headers, ...more] };
    // From the text: the list is the caller's, who could have changed it.
    const longer = GatedHead.#checked(head, this.#text, more, this.#host, this.#length);
    return longer.ok ? longer.value : this;
  }
}

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
const DIGITS = /^\d{1,16}$/;

/**
 * Checks everything that becomes part of a request to the store: method, target, and the name and
 * value of each header field. It is the one check, wherever they came from (a header, a parameter,
 * a form, a record, the configuration).
 *
 * Errors: the first part that is no token, has a byte that no field may have, is about the
 * connection (such fields are written with the head), or repeats a field that must be unique.
 */
export function gateHead(head: UngatedHead): Result<GatedHead, GateProblem> {
  return GatedHead.of(head);
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
  for (let at = 0; at <= last; at++) {
    const code = value.charCodeAt(at);
    if (code > 0x20 && code < 0x7f) continue;
    if (code === 0x20 || code === 0x09) {
      if (at === 0 || at === last) return false;
    } else if (code < 0x80 || code > 0xff) return false;
  }
  return true;
}

/** The same of a value that is plain text. */
function isUnpadded(value: string): boolean {
  return value.charCodeAt(0) !== 0x20 && value.charCodeAt(value.length - 1) !== 0x20;
}

function isOfConnection(name: string): boolean {
  return isHopByHop(name) || name === "expect";
}
