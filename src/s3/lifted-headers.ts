import { isFieldName } from "../http/field-gate.ts";
import type { HeaderList } from "../http/headers.ts";
import { queryValue, type QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { isChecksumField } from "./checksums.ts";
import { fault, type Fault } from "./faults.ts";

const PREFIX = "x-amz-";

/** The signature's own parameters, in any case: they never become headers. */
const AUTHENTICATION: ReadonlySet<string> = new Set([
  "x-amz-algorithm",
  "x-amz-content-sha256",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
]);

/**
 * `headers` and after them the `x-amz-*` headers that a SigV4 presigned URL carries in its query,
 * where SDKs put them ("hoisting") and AWS reads them as headers. Everything that judges, and the
 * store, must see this list; only the signature is verified on the original. Names become
 * lower-case, values latin1 of their UTF-8. Without such parameters the very same list comes back.
 * Errors: InvalidArgument for a name or a value that no header can have, and for one that is also a
 * header.
 */
export function liftHeaders(
  query: readonly QueryParameter[],
  headers: HeaderList,
): Result<HeaderList, Fault> {
  // SigV2 does not sign such parameters, so the holder of the URL could add them.
  if (query.length === 0 || queryValue(query, "X-Amz-Signature") === undefined) return ok(headers);
  const lifted: string[] = [];
  const taken = new Set(headers.filter((_, i) => i % 2 === 0));
  for (const parameter of query) {
    const name = parameter.name.toLowerCase();
    if (!isLiftable(name)) continue;
    if (!isFieldName(name)) return err(noHeaderName());
    const value = headerValueOf(parameter.value);
    if (value === undefined || taken.has(name)) return err(cannotLift(parameter.name));
    taken.add(name);
    lifted.push(name, value);
  }
  return ok(lifted.length === 0 ? headers : [...headers, ...lifted]);
}

/**
 * Returns true if the query parameter `name` stands for a header. `name` in lower case: the SDK for
 * JavaScript hoists headers so, the one for Go as `X-Amz-Acl`.
 */
export function isLiftable(name: string): boolean {
  return name.startsWith(PREFIX) && !AUTHENTICATION.has(name) && !isPresignedChecksum(name);
}

/**
 * Returns true if the query parameter `name` (lower-case) is a checksum. When an SDK presigns there
 * is no body yet, so what it hoists is the checksum of nothing; S3 ignores it, and it goes no
 * further.
 */
export function isPresignedChecksum(name: string): boolean {
  return isChecksumField(name) || name === "x-amz-sdk-checksum-algorithm";
}

/**
 * Returns `value` as header bytes, without the blanks at its ends that a header's reader leaves out
 * (RFC 9110 section 5.5): the store reads what was judged. `undefined` if it has a character that
 * no header value can have.
 */
export function headerValueOf(value: string): string | undefined {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return undefined;
  }
  return withoutBlanks(Buffer.from(value, "utf8").toString("latin1"));
}

/** Removes blanks, but unlike `trim()` no NO-BREAK SPACE: here that is a byte of some character. */
function withoutBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (value[start] === " ") start++;
  while (value[end - 1] === " ") end--;
  return value.slice(start, end);
}

/**
 * Returns the fault of an invalid name, which stays out of the message: it can have any character.
 */
function noHeaderName(): Fault {
  return fault(
    "InvalidArgument",
    "The name of a query parameter that begins with x-amz- must be a valid header name",
  );
}

function cannotLift(name: string): Fault {
  return fault(
    "InvalidArgument",
    `The query parameter "${name}" must be a valid header value that is no header as well`,
  );
}
