import type { RequestHead } from "../http/head.ts";
import { firstValue, hasHeader, uniqueValue } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault, type FaultElement } from "../s3/faults.ts";
import { amzDate, parseAmzDate, parseHttpDate } from "./amz-date.ts";
import { ALGORITHM } from "./canonical.ts";
import { parseContentSha256 } from "./content-sha256.ts";
import type { SignatureRules } from "./rules.ts";
import { parseCredential } from "./scope.ts";
import { checkCoverage, parseSignedHeaders, type V4Claim } from "./v4-claim.ts";

/**
 * Reads the claim of an `Authorization: AWS4-HMAC-SHA256 …` header ("Authenticating Requests: Using
 * the Authorization Header"). Faults: AuthorizationHeaderMalformed for the header itself,
 * AccessDenied for a missing date or an unsigned header, InvalidRequest or InvalidArgument for
 * `x-amz-content-sha256`; with AWS's messages.
 */
export function parseV4Header(
  authorization: string,
  head: RequestHead,
  rules: SignatureRules,
): Result<V4Claim, Fault> {
  const parts = parseComponents(authorization.slice(ALGORITHM.length));
  if (!parts.ok) return parts;
  const credential = parseCredential(parts.value.credential, rules);
  if (!credential.ok) return malformed(credential.error.message, credential.error.elements);
  const signedHeaders = parseSignedHeaders(parts.value.signedHeaders, head.headers);
  if (!signedHeaders.ok) return malformed(signedHeaders.error);
  const covered = checkCoverage(head.headers, signedHeaders.value, "header");
  if (!covered.ok) return covered;
  const date = requestDate(head, credential.value.date);
  if (!date.ok) return date;
  const payloadText = uniqueValue(head.headers, "x-amz-content-sha256");
  if (payloadText === undefined) return missingPayload();
  const payload = parseContentSha256(payloadText);
  if (!payload.ok) return payload;
  const { accessKeyId, date: day, region, scope } = credential.value;
  const { timestamp, timeMs } = date.value;
  return ok({
    kind: "v4",
    via: "header",
    accessKeyId,
    date: day,
    region,
    scope,
    timestamp,
    timeMs,
    signedHeaders: signedHeaders.value,
    signature: parts.value.signature,
    payload: payload.value,
    payloadText,
    expiresSeconds: undefined,
    sessionToken: firstValue(head.headers, "x-amz-security-token"),
  });
}

function malformed(message: string, elements: readonly FaultElement[] = []): Result<never, Fault> {
  return err(
    fault("AuthorizationHeaderMalformed", `The authorization header is malformed; ${message}`, {
      elements,
    }),
  );
}

function missingPayload(): Result<never, Fault> {
  return err(
    fault("InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
  );
}

type Components = {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
};

/** Reads `Credential=…, SignedHeaders=…, Signature=…` in any order, with or without the spaces. */
function parseComponents(text: string): Result<Components, Fault> {
  let credential: string | undefined;
  let signedHeaders: string | undefined;
  let signature: string | undefined;
  for (let from = 0; from <= text.length;) {
    const comma = text.indexOf(",", from);
    const end = comma < 0 ? text.length : comma;
    const component = text.slice(from, end).trim();
    from = end + 1;
    if (credential === undefined && component.startsWith("Credential=")) {
      credential = component.slice("Credential=".length);
    } else if (signedHeaders === undefined && component.startsWith("SignedHeaders=")) {
      signedHeaders = component.slice("SignedHeaders=".length);
    } else if (signature === undefined && component.startsWith("Signature=")) {
      signature = component.slice("Signature=".length);
    } else {
      return malformed(`the authorization component "${component}" is malformed`);
    }
  }
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    return malformed(
      "the authorization header requires three components: Credential, SignedHeaders, and Signature",
    );
  }
  return ok({ credential, signedHeaders, signature });
}

type RequestDate = Pick<V4Claim, "timestamp" | "timeMs">;

/** The time signed: `x-amz-date`, or where that is absent `Date` in either of its formats. */
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
    return err(
      fault("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"),
    );
  }
  if (timestamp.startsWith(scopeDate)) return ok({ timestamp, timeMs });
  return malformed(
    `Invalid credential date "${scopeDate}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}"`,
  );
}
