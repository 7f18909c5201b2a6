import type { RequestHead } from "../http/head.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import { queryValue, type QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { awsFault, fault, type Fault } from "../s3/faults.ts";
import { parseAmzDate, parseHttpDate } from "./amz-date.ts";
import { parseContentSha256 } from "./content-sha256.ts";
import type { Payload } from "./payload.ts";
import type { SignatureRules } from "./rules.ts";
import { versionNotAccepted } from "./signature-faults.ts";
import { ambiguousParameter, uncoveredParameter } from "./v2-resource.ts";
import { repeatedNames } from "./v4-claim.ts";

/** The claim of a request with a Signature Version 2; nothing of it is proved. */
export type V2Claim = {
  readonly kind: "v2";
  readonly via: "header" | "query";
  readonly accessKeyId: string;
  /** 28 characters of base64. */
  readonly signature: string;
  /** The time of a signed header, or the end of a presigned URL: milliseconds since the epoch. */
  readonly timeMs: number;
  /** The text in the place of the time in the string to sign. */
  readonly timeText: string;
  /** The payload. Never signed chunks, which are of version 4. */
  readonly payload: Payload;
  /** The session token. Not checked here: the caller compares it with the token of the key. */
  readonly sessionToken: string | undefined;
};

/** Returns true if the query has a credential of version 2, complete or not. */
export function hasV2Query(query: readonly QueryParameter[]): boolean {
  return (
    queryValue(query, "AWSAccessKeyId") !== undefined ||
    queryValue(query, "Signature") !== undefined
  );
}

/**
 * Reads the claim of an `Authorization: AWS AKID:signature` header ("Signing and authenticating
 * REST requests"). Faults: InvalidRequest if version 2 is not accepted, InvalidArgument for the
 * header or a value that could be two parameters, AccessDenied for a missing date or a parameter
 * that the signature leaves open.
 */
export function parseV2Header(
  authorization: string,
  head: RequestHead,
  rules: SignatureRules,
): Result<V2Claim, Fault> {
  const common = parseCommon(head, rules);
  if (!common.ok) return common;
  const credential = authorization.slice("AWS ".length).trim();
  const colon = credential.lastIndexOf(":");
  if (colon < 1) {
    return err(awsFault("V2Authorization", { elements: [["ArgumentName", "Authorization"]] }));
  }
  const amzDate = firstValue(head.headers, "x-amz-date");
  const dateText = amzDate ?? firstValue(head.headers, "date") ?? "";
  const timeMs = parseHttpDate(dateText) ?? parseAmzDate(dateText);
  // No date of a request is before the epoch: to AWS it is none.
  if (timeMs === undefined || timeMs < 0) {
    return err(awsFault("DateMissing"));
  }
  return ok({
    kind: "v2",
    via: "header",
    accessKeyId: credential.slice(0, colon),
    signature: credential.slice(colon + 1),
    timeMs,
    // x-amz-date takes the place of Date and is signed among the x-amz-* headers.
    timeText: amzDate === undefined ? dateText : "",
    ...common.value,
  });
}

/** Reads the claim of a URL presigned with version 2; faults as `parseV2Header`. */
export function parseV2Query(head: RequestHead, rules: SignatureRules): Result<V2Claim, Fault> {
  if (!rules.presignedV2) return err(versionNotAccepted());
  const common = parseCommon(head, rules);
  if (!common.ok) return common;
  const { query } = head.target;
  const accessKeyId = queryValue(query, "AWSAccessKeyId");
  const signature = queryValue(query, "Signature");
  const timeText = queryValue(query, "Expires");
  if (accessKeyId === undefined || signature === undefined || timeText === undefined) {
    return err(awsFault("V2QueryIncomplete"));
  }
  if (!/^\d{1,12}$/.test(timeText)) {
    return err(awsFault("V2Expires", { values: [timeText] }));
  }
  const timeMs = Number(timeText) * 1000;
  return ok({
    kind: "v2",
    via: "query",
    accessKeyId,
    signature,
    timeMs,
    timeText,
    ...common.value,
  });
}

/** Reads the parts that both ways share; checks first that version 2 is accepted. */
function parseCommon(
  head: RequestHead,
  rules: SignatureRules,
): Result<Pick<V2Claim, "payload" | "sessionToken">, Fault> {
  if (!rules.v2) return err(versionNotAccepted());
  const open = uncoveredParameter(head.target.query) ?? repeatedParameter(head.target.query);
  if (open !== undefined) {
    return err(
      fault(
        "AccessDenied",
        `A signature of version 2 does not cover the query parameter "${open}"`,
      ),
    );
  }
  const ambiguous = ambiguousParameter(head.target.query);
  if (ambiguous !== undefined) {
    const message = `The value of the query parameter "${ambiguous}" has a "&" that a signature of version 2 cannot tell from one between parameters`;
    return err(fault("InvalidArgument", message));
  }
  const repeated = repeatedHeader(head.headers);
  if (repeated !== undefined) {
    return err(fault("InvalidRequest", `The header "${repeated}" must not be repeated`));
  }
  const payload = parsePayload(head.headers);
  if (!payload.ok) return payload;
  const sessionToken =
    firstValue(head.headers, "x-amz-security-token") ??
    queryValue(head.target.query, "x-amz-security-token");
  return ok({ payload: payload.value, sessionToken });
}

/**
 * Returns the first repeated name: the signer may have meant one of two parameters, and the store
 * take the other.
 */
function repeatedParameter(query: readonly QueryParameter[]): string | undefined {
  const seen = new Set<string>();
  for (const { name } of query) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

function repeatedHeader(headers: HeaderList): string | undefined {
  for (const name of repeatedNames(headers)) {
    if (name.startsWith("x-amz-meta-")) continue;
    if (name.startsWith("x-amz-") || SINGLE.has(name)) return name;
  }
  return undefined;
}

const SINGLE: ReadonlySet<string> = new Set(["content-md5", "content-type", "date"]);

function parsePayload(headers: HeaderList): Result<Payload, Fault> {
  const text = firstValue(headers, "x-amz-content-sha256");
  if (text === undefined) return ok({ kind: "unsigned" });
  const payload = parseContentSha256(text);
  if (!payload.ok || payload.value.kind !== "chunked" || !payload.value.signed) return payload;
  return err(
    fault("InvalidRequest", "Chunks are signed with version 4, not with AWS signature version 2"),
  );
}
