import type { RequestHead } from "../http/head.ts";
import { valuesOf, type HeaderList } from "../http/headers.ts";
import type { QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { NamedFault } from "../s3/fault-table.ts";
import { awsFault, fault, type AwsMore, type Fault } from "../s3/faults.ts";
import { parseAmzDate } from "./amz-date.ts";
import { ALGORITHM } from "./canonical.ts";
import { parseContentSha256 } from "./content-sha256.ts";
import type { SignatureRules } from "./rules.ts";
import { parseCredential, type ScopedCredential } from "./scope.ts";
import { checkCoverage, parseSignedHeaders, type V4Claim } from "./v4-claim.ts";

/** The one parameter that the signature does not cover. */
export const SIGNATURE_PARAMETER = "x-amz-signature";

const REQUIRED = [
  "x-amz-algorithm",
  "x-amz-credential",
  SIGNATURE_PARAMETER,
  "x-amz-date",
  "x-amz-signedheaders",
  "x-amz-expires",
] as const;

/** S3's own limit: seven days. */
const EXPIRES_SECONDS_MAX = 604_800;

/** Returns true if the query has a credential of version 4, complete or not. */
export function hasV4Query(query: readonly QueryParameter[]): boolean {
  for (const { name } of query) {
    // Stores read the names in any case (RGW does), so no case may pass for an anonymous request;
    // and the AWS SDK moves headers into the query with their names in lower case.
    const lower = name.toLowerCase();
    if (
      lower === "x-amz-signature" ||
      lower === "x-amz-credential" ||
      lower === "x-amz-algorithm"
    ) {
      return true;
    }
  }
  return false;
}

/**
 * Reads the claim of a presigned URL ("Authenticating Requests: Using Query Parameters"). Faults:
 * AuthorizationQueryParametersError for the parameters, AccessDenied for an unsigned header,
 * InvalidRequest or InvalidArgument for a repeated value or a bad payload; with AWS's messages.
 */
export function parseV4Query(head: RequestHead, rules: SignatureRules): Result<V4Claim, Fault> {
  const parameters = collectParameters(head.target.query);
  if (!parameters.ok) return parameters;
  const signing = parseSigning(parameters.value, head.headers, rules);
  if (!signing.ok) return signing;
  const covered = checkCoverage(head.headers, signing.value.signedHeaders, "query");
  if (!covered.ok) return covered;
  const sent = parseSent(head.headers, parameters.value);
  if (!sent.ok) return sent;
  return ok({ kind: "v4", via: "query", ...signing.value, ...sent.value });
}

type Parameters = ReadonlyMap<string, string>;

/** The `X-Amz-…` parameters by lower-case name; refuses one that is repeated, in whatever case. */
function collectParameters(query: readonly QueryParameter[]): Result<Parameters, Fault> {
  const parameters = new Map<string, string>();
  for (const { name, value } of query) {
    const lower = name.toLowerCase();
    if (!lower.startsWith("x-amz-")) continue;
    if (parameters.has(lower)) {
      return ownFault(`The query parameter "${name}" must not be repeated`);
    }
    parameters.set(lower, value);
  }
  return ok(parameters);
}

function malformed(name: NamedFault, more?: AwsMore): Result<never, Fault> {
  return err(awsFault(name, more));
}

/** Returns a fault that AWS itself does not have. */
function ownFault(message: string): Result<never, Fault> {
  return err(fault("AuthorizationQueryParametersError", message));
}

type Signing = Omit<V4Claim, "kind" | "via" | "payload" | "payloadText" | "sessionToken">;

/** Reads the six parameters that every presigned URL has. */
function parseSigning(
  parameters: Parameters,
  headers: HeaderList,
  rules: SignatureRules,
): Result<Signing, Fault> {
  const missing = REQUIRED.find((name) => !parameters.has(name));
  if (missing !== undefined) {
    return malformed("QueryIncomplete", { why: `${missing} is missing` });
  }
  const value = (name: (typeof REQUIRED)[number]): string => parameters.get(name) ?? "";
  const credential = parseScoped(value("x-amz-algorithm"), value("x-amz-credential"), rules);
  if (!credential.ok) return credential;
  const date = parseDate(value("x-amz-date"), credential.value.date);
  if (!date.ok) return date;
  const expiresSeconds = parseExpires(value("x-amz-expires"), rules);
  if (!expiresSeconds.ok) return expiresSeconds;
  const signedHeaders = parseSignedHeaders(value("x-amz-signedheaders"), headers);
  if (!signedHeaders.ok) return ownFault(`X-Amz-${signedHeaders.error}`);
  return ok({
    ...credential.value,
    ...date.value,
    expiresSeconds: expiresSeconds.value,
    signedHeaders: signedHeaders.value,
    signature: value(SIGNATURE_PARAMETER),
  });
}

function parseScoped(
  algorithm: string,
  credential: string,
  rules: SignatureRules,
): Result<ScopedCredential, Fault> {
  if (algorithm === "AWS4-ECDSA-P256-SHA256") {
    return err(
      fault("NotImplemented", "Signature version 4A is not supported: use AWS4-HMAC-SHA256"),
    );
  }
  if (algorithm !== ALGORITHM) return malformed("QueryAlgorithm");
  const parsed = parseCredential(credential, rules);
  if (parsed.ok) return parsed;
  const { message, elements, why } = parsed.error;
  return malformed("QueryCredential", { values: [message], elements, why });
}

function parseDate(
  text: string,
  scopeDate: string,
): Result<Pick<V4Claim, "timestamp" | "timeMs">, Fault> {
  const timeMs = parseAmzDate(text);
  if (timeMs === undefined) {
    return malformed("QueryDate");
  }
  if (text.startsWith(scopeDate)) return ok({ timestamp: text, timeMs });
  return malformed("QueryDateOther", { values: [scopeDate, text.slice(0, 8)] });
}

/** Reads whole seconds up to seven days, within the operator's limit. */
function parseExpires(text: string, rules: SignatureRules): Result<number, Fault> {
  const seconds = Number(text);
  if (!/^-?\d+$/.test(text)) return malformed("ExpiresNumber");
  if (seconds < 0) return malformed("ExpiresNegative");
  const secondsMin = rules.presignedExpiryMinMs / 1000;
  if (seconds < secondsMin) {
    return ownFault(`X-Amz-Expires must be at least ${secondsMin} second: got "${text}"`);
  }
  if (seconds > EXPIRES_SECONDS_MAX) {
    return malformed("ExpiresBeyondWeek");
  }
  const secondsMax = rules.presignedExpiryMaxMs / 1000;
  if (seconds <= secondsMax) return ok(seconds);
  return ownFault(`X-Amz-Expires must be at most ${secondsMax} seconds here: got "${text}"`);
}

/**
 * Reads the values that a presigned request has in a header or in the query, as its signer chose.
 */
function parseSent(
  headers: HeaderList,
  parameters: Parameters,
): Result<Pick<V4Claim, "payload" | "payloadText" | "sessionToken">, Fault> {
  const contentSha256 = oneOf(headers, parameters, "x-amz-content-sha256");
  if (!contentSha256.ok) return contentSha256;
  const payloadText = contentSha256.value ?? "UNSIGNED-PAYLOAD";
  const payload = parseContentSha256(payloadText);
  if (!payload.ok) return payload;
  const token = oneOf(headers, parameters, "x-amz-security-token");
  if (!token.ok) return token;
  return ok({ payload: payload.value, payloadText, sessionToken: token.value });
}

/**
 * Returns the value of `name` from the header or from the query; refuses two, of which either may
 * count.
 */
function oneOf(
  headers: HeaderList,
  parameters: Parameters,
  name: string,
): Result<string | undefined, Fault> {
  const parameter = parameters.get(name);
  const values = valuesOf(headers, name);
  if (values.length + (parameter === undefined ? 0 : 1) > 1) {
    return err(
      fault("InvalidRequest", `${name} must not be repeated, also not as header and query`),
    );
  }
  return ok(parameter ?? values[0]);
}
