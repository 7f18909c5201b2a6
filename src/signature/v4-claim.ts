import { hasHeader, uniqueValue, type HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Payload } from "./payload.ts";
import type { ScopedCredential } from "./scope.ts";

/** What a request with a Signature Version 4 says of itself; nothing of it is proved. */
export type V4Claim = ScopedCredential & {
  readonly kind: "v4";
  /** In the Authorization header, or in the query of a presigned URL. */
  readonly via: "header" | "query";
  /** As signed: `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  /** The same in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Lower-case, in the order given. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payload: Payload;
  /** The value of `x-amz-content-sha256` that was signed. */
  readonly payloadText: string;
  /** `X-Amz-Expires`; undefined for header authentication. */
  readonly expiresSeconds: number | undefined;
  /** Who holds it is for the caller to judge. */
  readonly sessionToken: string | undefined;
};

const HEADER_NAMES = /^[!#$%&'*+.^_`|~0-9a-z-]+(?:;[!#$%&'*+.^_`|~0-9a-z-]+)*$/;

/**
 * Reads a `SignedHeaders` list, lower-case names joined with `;`. Undefined if it is malformed,
 * names a header twice, or omits `host`, without which a signature would hold for any endpoint.
 */
export function parseSignedHeaders(text: string): readonly string[] | undefined {
  if (!HEADER_NAMES.test(text)) return undefined;
  const names = text.split(";");
  if (!names.includes("host")) return undefined;
  for (let i = 1; i < names.length; i++) {
    if (names.indexOf(names[i] ?? "") !== i) return undefined;
  }
  return names;
}

/** Headers that may come unsigned although their names begin with `x-amz-`. */
const PROVED_OR_HARMLESS: ReadonlySet<string> = new Set([
  // The canonical request's last line in any case; S3 tolerates it too.
  "x-amz-content-sha256",
  // Added on the way by CloudFront. Whoever forwards must drop it.
  "x-amz-cf-id",
]);

/**
 * Refuses headers with a meaning that the signature does not cover: whoever holds a presigned PUT
 * could add `x-amz-copy-source` and copy anything the signer may read. AccessDenied, as AWS.
 */
export function checkCoverage(
  headers: HeaderList,
  signedHeaders: readonly string[],
  via: V4Claim["via"],
): Result<undefined, Fault> {
  const unsigned: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    // AWS wants content-md5 signed too, but not content-type, which minio-go never signs.
    const matters = name.startsWith("x-amz-") || (via === "header" && name === "content-md5");
    if (!matters || PROVED_OR_HARMLESS.has(name) || signedHeaders.includes(name)) continue;
    if (!unsigned.includes(name)) unsigned.push(name);
  }
  if (unsigned.length > 0) return err(notSigned(unsigned.join(", ")));
  return checkRepeated(headers, signedHeaders);
}

function notSigned(names: string): Fault {
  return fault(
    "AccessDenied",
    `There were headers present in the request which were not signed: ${names}`,
    { elements: [["HeadersNotSigned", names]] },
  );
}

/**
 * Refuses a signed header that comes twice: the signature covers both values, but who acts on the
 * request may take either. Only metadata may be repeated, where S3 joins the values.
 */
function checkRepeated(
  headers: HeaderList,
  signedHeaders: readonly string[],
): Result<undefined, Fault> {
  for (const name of signedHeaders) {
    if (name.startsWith("x-amz-meta-") || !isRepeated(headers, name)) continue;
    return err(fault("InvalidRequest", `The header "${name}" must not be repeated`));
  }
  return ok(undefined);
}

/** Whether `name` (lower-case) occurs more than once. */
export function isRepeated(headers: HeaderList, name: string): boolean {
  return uniqueValue(headers, name) === undefined && hasHeader(headers, name);
}
