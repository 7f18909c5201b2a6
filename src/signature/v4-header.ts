import type { RequestHead } from "../http/head.ts";
import { firstValue, hasHeader, uniqueValue } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { CREDENTIAL_PROBLEMS } from "../s3/fault-table.ts";
import { awsFault, filledIn, type Fault } from "../s3/faults.ts";
import { amzDate, parseAmzDate, parseHttpDate } from "./amz-date.ts";
import {
  badAuthorization,
  readAuthorization,
  type Authorization,
  type KnownAuthorizations,
} from "./authorization.ts";
import { parseContentSha256 } from "./content-sha256.ts";
import type { SignatureRules } from "./rules.ts";
import { checkCoverage, type V4Claim } from "./v4-claim.ts";

/**
 * Reads the claim of an `Authorization: AWS4-HMAC-SHA256 …` header ("Authenticating Requests: Using
 * the Authorization Header"). Faults: AuthorizationHeaderMalformed for the header itself,
 * AccessDenied for a missing date or an unsigned header, InvalidRequest or InvalidArgument for
 * `x-amz-content-sha256`; with AWS's messages. `known`: those read before; absent for none.
 */
export function parseV4Header(
  authorization: string,
  head: RequestHead,
  rules: SignatureRules,
  known?: KnownAuthorizations,
): Result<V4Claim, Fault> {
  const { headers } = head;
  const read =
    known === undefined
      ? readAuthorization(authorization, headers, rules)
      : known.read(authorization, headers, rules);
  return read.ok ? claimOf(read.value, head, uniqueValue(headers, "x-amz-content-sha256")) : read;
}

/** Reads the same of a request to `other`. */
export function parseServiceHeader(
  authorization: string,
  head: RequestHead,
  rules: SignatureRules,
  other: OtherService,
): Result<V4Claim, Fault> {
  const read = readAuthorization(authorization, head.headers, rules, other.name);
  return read.ok ? claimOf(read.value, head, other.bodySha256) : read;
}

function claimOf(
  { credential, signedHeaders, signature }: Authorization,
  head: RequestHead,
  payloadText: string | undefined,
): Result<V4Claim, Fault> {
  const covered = checkCoverage(head.headers, signedHeaders, "header");
  if (!covered.ok) return covered;
  const date = requestDate(head, credential.date);
  if (!date.ok) return date;
  if (payloadText === undefined) return missingPayload();
  const payload = parseContentSha256(payloadText);
  if (!payload.ok) return payload;
  const { accessKeyId, date: day, region, scope, service } = credential;
  const { timestamp, timeMs } = date.value;
  return ok({
    kind: "v4",
    via: "header",
    accessKeyId,
    date: day,
    region,
    scope,
    ...(service === undefined ? {} : { service }),
    timestamp,
    timeMs,
    signedHeaders,
    signature,
    payload: payload.value,
    payloadText,
    expiresSeconds: undefined,
    sessionToken: firstValue(head.headers, "x-amz-security-token"),
  });
}

/** A service other than S3: its signatures cover the digest of the body, whatever headers say. */
export type OtherService = {
  /** The name of the service as it stands in the scope. */
  readonly name: string;
  /** The SHA-256 of the body that came, in hexadecimal. */
  readonly bodySha256: string;
};

function missingPayload(): Result<never, Fault> {
  return err(awsFault("PayloadHashMissing"));
}

type RequestDate = Pick<V4Claim, "timestamp" | "timeMs">;

/** Returns the time signed: `x-amz-date`, or if that is absent `Date` in either of its formats. */
function requestDate(head: RequestHead, scopeDate: string): Result<RequestDate, Fault> {
  const name = hasHeader(head.headers, "x-amz-date") ? "x-amz-date" : "date";
  // The time is signed even where the header is not, so it must not stand there twice.
  const text = uniqueValue(head.headers, name) ?? "";
  let timestamp = text;
  let timeMs = parseAmzDate(text);
  if (timeMs === undefined && name === "date") {
    timeMs = parseHttpDate(text);
    if (timeMs !== undefined) timestamp = amzDate(timeMs);
  }
  if (timeMs === undefined) {
    return err(awsFault("DateMissing"));
  }
  if (timestamp.startsWith(scopeDate)) return ok({ timestamp, timeMs });
  const dates = [scopeDate, timestamp.slice(0, 8)];
  return badAuthorization(filledIn(CREDENTIAL_PROBLEMS.dateOther, dates));
}
