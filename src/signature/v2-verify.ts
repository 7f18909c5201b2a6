import type { RequestHead } from "../http/head.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import type { QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { isoSeconds } from "./amz-date.ts";
import { canonicalHeaders } from "./canonical.ts";
import { hmacSha1, sameSignature } from "./hmac.ts";
import { expired, mismatch, NOBODYS_SECRET, skewed, unknownKey } from "./signature-faults.ts";
import type { V2Claim } from "./v2-claim.ts";
import { canonicalResource } from "./v2-resource.ts";
import type { VerifyContext } from "./verify-context.ts";

/**
 * Proves `claim` with `secret` (`undefined` if nobody has that access key), as in "Signing and
 * authenticating REST requests". Faults: RequestTimeTooSkewed, or AccessDenied for a presigned URL
 * out of its time; InvalidAccessKeyId; SignatureDoesNotMatch with what was signed.
 */
export function verifyV2(
  claim: V2Claim,
  head: RequestHead,
  secret: string | undefined,
  context: VerifyContext,
): Result<undefined, Fault> {
  const untimely = checkTime(claim, context);
  if (untimely !== undefined) return err(untimely);
  const text = stringToSignV2(claim.timeText, head, context.hostBucket);
  const matches = sameSignature(hmacSha1(secret ?? NOBODYS_SECRET, text), claim.signature);
  if (secret === undefined) return err(unknownKey(claim.accessKeyId));
  if (matches) return ok(undefined);
  const signed = { stringToSign: text, canonical: undefined };
  return err(mismatch(claim.accessKeyId, claim.signature, signed));
}

function checkTime(claim: V2Claim, context: VerifyContext): Fault | undefined {
  const { nowMs, rules } = context;
  if (claim.via === "header") {
    if (Math.abs(nowMs - claim.timeMs) <= rules.clockSkewMs) return undefined;
    return skewed(isoSeconds(claim.timeMs), nowMs, rules.clockSkewMs);
  }
  if (nowMs > claim.timeMs) return expired(claim.timeMs, nowMs);
  // Version 2 knows no longest life: an end far ahead would make the URL a key for ever.
  const { presignedV2MaxMs: maxMs } = rules;
  if (maxMs === undefined || claim.timeMs - nowMs <= maxMs) return undefined;
  return fault(
    "AccessDenied",
    `Expires must be at most ${maxMs / 1000} seconds ahead: got "${claim.timeText}"`,
  );
}

/**
 * Returns the text to sign ("Signing and authenticating REST requests"). `timeText`: the date, or
 * the end of a presigned URL; `hostBucket`: see VerifyContext.
 */
export function stringToSignV2(
  timeText: string,
  head: RequestHead,
  hostBucket: string | undefined,
): string {
  const { headers, target } = head;
  const md5 = firstValue(headers, "content-md5") ?? "";
  const type = firstValue(headers, "content-type") ?? "";
  const amz = canonicalAmzHeaders(headers, target.query);
  const resource = canonicalResource(hostBucket, target.path, target.query);
  return `${head.method}\n${md5}\n${type}\n${timeText}\n${amz}${resource}`;
}

/** The `x-amz-*` headers, sorted; also those that a presigned URL carries as parameters. */
function canonicalAmzHeaders(headers: HeaderList, query: readonly QueryParameter[]): string {
  const fields: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (name.startsWith("x-amz-")) fields.push(name, headers[i + 1] ?? "");
  }
  for (const { name, value } of query) {
    if (name.startsWith("x-amz-")) fields.push(name, Buffer.from(value).toString("latin1"));
  }
  const names = new Set(fields.filter((_, i) => i % 2 === 0));
  return canonicalHeaders(fields, [...names].sort());
}
