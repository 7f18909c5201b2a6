import { withoutBlanks } from "../http/blanks.ts";
import type { HeaderList } from "../http/headers.ts";
import { connectionOptions } from "../http/hop-by-hop.ts";
import { interned } from "../http/interned.ts";
import { isPlainText } from "../http/plain-text.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { WireProblem } from "./problem.ts";

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Matches a length: few enough digits that the number is exact. */
const LENGTH = /^\d{1,16}$/;

/** Names as most clients and stores write them; all in lower case are as usual. */
const USUAL: readonly string[] = [
  "Accept",
  "Accept-Encoding",
  "Accept-Ranges",
  "Authorization",
  "Cache-Control",
  "Connection",
  "Content-Length",
  "Content-MD5",
  "Content-Type",
  "Date",
  "ETag",
  "Expect",
  "Host",
  "If-None-Match",
  "Keep-Alive",
  "Last-Modified",
  "Range",
  "Server",
  "Transfer-Encoding",
  "User-Agent",
  "X-Amz-Content-Sha256",
  "X-Amz-Date",
  "amz-sdk-invocation-id",
  "amz-sdk-request",
  "x-amz-checksum-crc32",
  "x-amz-checksum-mode",
  "x-amz-id-2",
  "x-amz-request-id",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-user-agent",
];

/** A name as it comes, and in lower case. */
type Spelling = { readonly spelled: string; readonly name: string };

/**
 * The usual spellings by their length: comparing a few with the place where a name stands costs less
 * than cutting it out for a map.
 */
const SPELLINGS: readonly (readonly Spelling[])[] = byLength(
  USUAL.flatMap((spelled) => {
    const name = interned(spelled.toLowerCase());
    return name === spelled
      ? [{ spelled, name }]
      : [
          { spelled, name },
          { spelled: name, name },
        ];
  }),
);

function byLength(spellings: readonly Spelling[]): Spelling[][] {
  const longest = Math.max(...spellings.map(({ name }) => name.length));
  return Array.from({ length: longest + 1 }, (_, length) =>
    spellings.filter(({ name }) => name.length === length),
  );
}

/**
 * Returns the fields in `text`, each line ended by CRLF: name in lower case, value, name, value, …
 * (RFC 9112 section 5). Values lose the blanks at their ends and are otherwise as they came, one
 * character a byte.
 *
 * Errors: `field`, if there is a byte that no head may have, a line has no colon, begins with a
 * blank (obs-fold, section 5.2), or its name is no token, such as one with a blank before the colon;
 * `coding`, for a Transfer-Encoding with a tab.
 */
export function readFields(text: string): Result<string[], WireProblem> {
  const fields = splitFields(text);
  if (fields.ok && isPlainText(text, fields.value.length / 2)) return fields;
  // A bad byte is told before any other problem.
  return hasBadBytes(text) ? err("field") : fields;
}

function splitFields(text: string): Result<string[], WireProblem> {
  const fields: string[] = [];
  for (let at = 0; at < text.length;) {
    const colon = text.indexOf(":", at);
    const end = text.indexOf("\r", colon);
    if (colon < 0 || end < 0 || text.charCodeAt(end + 1) !== LF) return err("field");
    const name = nameOf(text, at, colon, fields.length < INTERNED_MAX * 2);
    if (name === undefined) return err("field");
    // Some readers do not know a tab for a blank, and would find the end of the body elsewhere.
    if (name === "transfer-encoding" && text.slice(colon, end).includes("\t")) return err("coding");
    fields.push(name, withoutBlanks(text, colon + 1, end));
    at = end + 2;
  }
  return ok(fields);
}

/**
 * Returns true if `text`, one character a byte, has a byte that no head may have (RFC 9110 section
 * 5.5). A CR or LF without the other is one. A loop, since a regular expression takes three times as
 * long.
 */
function hasBadBytes(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x20 && code !== 0x7f) continue;
    if (code === TAB) continue;
    // An LF is only reached by itself: one behind a CR has been passed with it.
    if (code !== CR || text.charCodeAt(at + 1) !== LF) return true;
    at++;
  }
  return false;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

/**
 * The number of fields whose unusual names are interned. A name that nobody sent before costs as
 * much as reading five fields: a head with a hundred of them would cost three times as much.
 */
const INTERNED_MAX = 32;

/** Returns the name in `text` between two offsets in lower case; `undefined` if it is no name. */
function nameOf(text: string, from: number, to: number, interns: boolean): string | undefined {
  for (const { spelled, name } of SPELLINGS[to - from] ?? []) {
    if (text.startsWith(spelled, from)) return name;
  }
  const spelled = text.slice(from, to);
  if (!TOKEN.test(spelled)) return undefined;
  const name = spelled.toLowerCase();
  return interns ? interned(name) : name;
}

/** The end of a message's body: there is no body, it has a length, or it comes in chunks. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

export const NO_BODY: Framing = { kind: "none" };
const CHUNKED: Framing = { kind: "chunked" };

/** The facts in the fields of a head about its own message and connection. */
export type Delivery = {
  /** The framing; `undefined` if the fields do not say it. */
  readonly framing: Framing | undefined;
  /** True if another message may follow on the connection (RFC 9112 section 9.3). */
  readonly goesOn: boolean;
};

/**
 * Reads what `fields` say of framing and connection (RFC 9112 sections 6 and 9). `minor`: of the
 * version of HTTP/1.
 *
 * Errors: `length` for a repeated, listed or too long Content-Length, or one with more than digits;
 * `coding` for a Transfer-Encoding that is not `chunked` alone, stands twice, stands beside a
 * Content-Length, or comes from HTTP/1.0, which does not know it (section 6.1).
 */
export function readDelivery(fields: HeaderList, minor: 0 | 1): Result<Delivery, WireProblem> {
  let length: string | undefined;
  let coding: string | undefined;
  let close = false;
  let keepAlive = false;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1] ?? "";
    const name = fields[i];
    if (name === "content-length") {
      if (length !== undefined || !LENGTH.test(value)) return err("length");
      length = value;
    } else if (name === "transfer-encoding") {
      if (coding !== undefined) return err("coding");
      coding = value;
    } else if (name === "connection") {
      const options = connectionOptions(value);
      close ||= options.includes("close");
      keepAlive ||= options.includes("keep-alive");
    }
  }
  const goesOn = !close && (minor === 1 || keepAlive);
  if (coding !== undefined) {
    if (minor === 0 || length !== undefined || !/^chunked$/i.test(coding)) return err("coding");
    return ok({ framing: CHUNKED, goesOn });
  }
  if (length === undefined) return ok({ framing: undefined, goesOn });
  const bytes = Number(length);
  if (!Number.isSafeInteger(bytes)) return err("length");
  return ok({ framing: bytes === 0 ? NO_BODY : { kind: "length", bytes }, goesOn });
}
