import { hasHeader, uniqueValue, type HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { awsFault, fault, type Fault } from "../s3/faults.ts";
import { LIST_HEADERS, METADATA_PREFIX } from "../s3/known-headers.ts";
import type { Payload } from "./payload.ts";
import type { ScopedCredential } from "./scope.ts";

/** The claim of a request with a Signature Version 4; nothing of it is proved. */
export type V4Claim = ScopedCredential & {
  readonly kind: "v4";
  /** The place of the signature: the Authorization header, or the query of a presigned URL. */
  readonly via: "header" | "query";
  /** The time as signed: `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  /** The same in milliseconds since the epoch. */
  readonly timeMs: number;
  /** The names in lower case, in the order given. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payload: Payload;
  /** The value of `x-amz-content-sha256` that was signed. */
  readonly payloadText: string;
  /** `X-Amz-Expires`; undefined for header authentication. */
  readonly expiresSeconds: number | undefined;
  /** The session token. Not checked here: the caller compares it with the token of the key. */
  readonly sessionToken: string | undefined;
};

const HEADER_NAMES = /^[!#$%&'*+.^_`|~0-9a-z-]+(?:;[!#$%&'*+.^_`|~0-9a-z-]+)*$/;

/**
 * The number of names in a `SignedHeaders` list that the request may lack. A proxy in front may
 * drop a few that were signed (see `withLength`); with more missing the signature cannot be right.
 */
const ABSENT_MAX = 8;

/**
 * Reads a `SignedHeaders` list, lower-case names joined with `;`. The error says what is wrong: it
 * is malformed, names a header twice, names many more than `headers` has, or omits `host`, without
 * which a signature would hold for any endpoint.
 */
export function parseSignedHeaders(
  text: string,
  headers: HeaderList,
): Result<readonly string[], string> {
  if (hasMoreNamesThan(text, namesMax(headers))) {
    return err("SignedHeaders must not name more headers than the request has");
  }
  const names = HEADER_NAMES.test(text) ? text.split(";") : [];
  return areDistinct(names) && names.includes("host")
    ? ok(names)
    : err("SignedHeaders must be lower-case header names, each once, and include host");
}

/** The most names that a list for these headers may have. */
export function namesMax(headers: HeaderList): number {
  return headers.length / 2 + ABSENT_MAX;
}

function areDistinct(names: readonly string[]): boolean {
  if (names.length > FEW_NAMES) return new Set(names).size === names.length;
  return names.every((name, i) => names.indexOf(name) === i);
}

/**
 * The number of names up to which looking through a list costs less than making a set of it first.
 */
const FEW_NAMES = 16;

/** Returns true if there are more than `max` names, without reading further than that. */
function hasMoreNamesThan(text: string, max: number): boolean {
  let names = 1;
  for (let at = text.indexOf(";"); at >= 0 && names <= max; at = text.indexOf(";", at + 1)) {
    names++;
  }
  return names > max;
}

/** Headers that may come unsigned although their names begin with `x-amz-`. */
const PROVED_OR_HARMLESS: ReadonlySet<string> = new Set([
  // The canonical request's last line in any case; S3 tolerates it too.
  "x-amz-content-sha256",
  // Added on the way by CloudFront. A proxy that forwards must drop it.
  "x-amz-cf-id",
]);

/**
 * Refuses headers with a meaning that the signature does not cover: the holder of a presigned PUT
 * could add `x-amz-copy-source` and copy anything the signer may read. AccessDenied, as AWS.
 */
export function checkCoverage(
  headers: HeaderList,
  signedHeaders: readonly string[],
  via: V4Claim["via"],
): Result<undefined, Fault> {
  const few = signedHeaders.length <= FEW_NAMES;
  const signed = few ? undefined : new Set(signedHeaders);
  let unsigned: Set<string> | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    // AWS wants content-md5 signed too, but not content-type, which minio-go never signs.
    const matters = name.startsWith("x-amz-") || (via === "header" && name === "content-md5");
    if (!matters || PROVED_OR_HARMLESS.has(name)) continue;
    if (signed?.has(name) ?? signedHeaders.includes(name)) continue;
    unsigned ??= new Set();
    unsigned.add(name);
  }
  if (unsigned !== undefined) return err(notSigned([...unsigned].join(", ")));
  return checkRepeated(headers, signedHeaders);
}

function notSigned(names: string): Fault {
  const why = `Not signed: ${names}`;
  return awsFault("HeadersNotSigned", { elements: [["HeadersNotSigned", names]], why });
}

/**
 * Refuses a signed header that comes twice: the signature covers both values, but the store may act
 * on either. Only metadata, for which S3 joins the values, and lists, for which HTTP does, may be
 * repeated.
 */
function checkRepeated(
  headers: HeaderList,
  signedHeaders: readonly string[],
): Result<undefined, Fault> {
  const repeated = repeatedNames(headers);
  if (repeated.size === 0) return ok(undefined);
  for (const name of signedHeaders) {
    if (!repeated.has(name) || mayBeRepeated(name)) continue;
    return err(fault("InvalidRequest", `The header "${name}" must not be repeated`));
  }
  return ok(undefined);
}

function mayBeRepeated(name: string): boolean {
  return name.startsWith(METADATA_PREFIX) || LIST_HEADERS.has(name);
}

/** The names that occur more than once. */
export function repeatedNames(headers: HeaderList): ReadonlySet<string> {
  if (headers.length <= FEW && !repeatsAny(headers)) return NONE;
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return repeated;
}

/**
 * The number of names up to which comparing each with those before it costs less than a set of
 * them.
 */
const FEW = 48;
const NONE: ReadonlySet<string> = new Set();

function repeatsAny(headers: HeaderList): boolean {
  for (let i = 2; i < headers.length; i += 2) {
    const name = headers[i];
    for (let earlier = 0; earlier < i; earlier += 2) if (headers[earlier] === name) return true;
  }
  return false;
}

/** Returns true if `name` (lower-case) occurs more than once. */
export function isRepeated(headers: HeaderList, name: string): boolean {
  return uniqueValue(headers, name) === undefined && hasHeader(headers, name);
}
