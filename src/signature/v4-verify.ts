import type { RequestHead } from "../http/head.ts";
import { firstValue, hasHeader, type HeaderList } from "../http/headers.ts";
import { decode, encodePath } from "../http/percent.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { awsFault, type Fault } from "../s3/faults.ts";
import { isoSeconds } from "./amz-date.ts";
import {
  canonicalHeaders,
  canonicalQuery,
  canonicalRequest,
  joinedNames,
  stringToSign,
  type CanonicalParts,
} from "./canonical.ts";
import type { ChunkProof } from "./chunk-proof.ts";
import { hmac, sameSignature } from "./hmac.ts";
import { SERVICE } from "./scope.ts";
import { expired, mismatch, NOBODYS_SECRET, skewed, unknownKey } from "./signature-faults.ts";
import type { V4Claim } from "./v4-claim.ts";
import { SIGNATURE_PARAMETER } from "./v4-query.ts";
import type { VerifyContext } from "./verify-context.ts";

/**
 * Proves `claim` with `secret` (`undefined` if nobody has that access key) and returns the first
 * link of the chain of chunk signatures. Faults: RequestTimeTooSkewed, or AccessDenied for a
 * presigned URL out of its time; InvalidAccessKeyId; SignatureDoesNotMatch with what was signed.
 */
export function verifyV4(
  claim: V4Claim,
  head: RequestHead,
  secret: string | undefined,
  context: VerifyContext,
): Result<ChunkProof, Fault> {
  const untimely = checkTime(claim, context);
  if (untimely !== undefined) return err(untimely);
  const { accessKeyId, date, region, service = SERVICE, scope, timestamp, signature } = claim;
  const signingKey = context.ring.signingKey(secret ?? NOBODYS_SECRET, date, region, service);
  const asSent = partsAsSent(claim, head);
  const first = stringToSign(timestamp, scope, canonicalRequest(asSent));
  let matches = sameSignature(hmac(signingKey, first), signature);
  if (!matches) {
    for (const parts of otherReadings(asSent, claim, head)) {
      const text = stringToSign(timestamp, scope, canonicalRequest(parts));
      if (sameSignature(hmac(signingKey, text), signature)) matches = true;
    }
  }
  if (secret === undefined) return err(unknownKey(accessKeyId));
  if (matches) return ok({ signingKey, timestamp, scope, seedSignature: signature });
  const signed = { stringToSign: first, canonical: canonicalRequest(asSent) };
  return err(mismatch(accessKeyId, signature, signed));
}

/** Checks the time, before the signature: it needs no secret, and costs nothing. */
function checkTime(claim: V4Claim, context: VerifyContext): Fault | undefined {
  const { nowMs, rules } = context;
  const { timeMs, expiresSeconds } = claim;
  if (expiresSeconds === undefined) {
    if (Math.abs(nowMs - timeMs) <= rules.clockSkewMs) return undefined;
    return skewed(claim.timestamp, nowMs, rules.clockSkewMs);
  }
  // The skew excuses a signer's clock that is ahead; it does not lengthen a URL's life.
  if (timeMs - nowMs > rules.clockSkewMs) {
    const expires = isoSeconds(timeMs + expiresSeconds * SECOND_MS);
    return awsFault("RequestTooEarly", {
      elements: [
        ["X-Amz-Date", claim.timestamp],
        ["X-Amz-Expires", `${expiresSeconds}`],
        ["Expires", expires],
        ["ServerTime", isoSeconds(nowMs)],
      ],
      why: `Not valid before ${claim.timestamp}`,
    });
  }
  // X-Amz-Date has no fractions: an expiry of 0 lasts to the end of the second it names.
  const expiresMs = timeMs + (expiresSeconds === 0 ? SECOND_MS - 1 : expiresSeconds * SECOND_MS);
  return nowMs > expiresMs ? expired(expiresMs, nowMs, expiresSeconds) : undefined;
}

const SECOND_MS = 1000;

function partsAsSent(claim: V4Claim, head: RequestHead): CanonicalParts {
  const unsigned = claim.via === "query" ? SIGNATURE_PARAMETER : undefined;
  return {
    method: head.method,
    path: head.target.path,
    query: canonicalQuery(head.target.query, unsigned),
    headers: canonicalHeaders(withLength(head.headers, claim.signedHeaders), claim.signedHeaders),
    signedHeaders: joinedNames(claim.signedHeaders),
    payload: claim.payloadText,
  };
}

/** A proxy in front may drop a signed `content-length: 0`, which says the same as its absence. */
function withLength(headers: HeaderList, signedHeaders: readonly string[]): HeaderList {
  if (!signedHeaders.includes("content-length") || hasHeader(headers, "content-length")) {
    return headers;
  }
  return hasHeader(headers, "transfer-encoding") ? headers : [...headers, "content-length", "0"];
}

/**
 * Yields other texts that a true client may have signed for the same request. The path may be
 * encoded as SigV4 demands (S3's own example sends `/test$file.text` and signs
 * `/test%24file.text`), which is the same key. The Host may have the default port or not, which a
 * proxy in front may change.
 */
function* otherReadings(
  asSent: CanonicalParts,
  claim: V4Claim,
  head: RequestHead,
): Generator<CanonicalParts> {
  const [sent, ...others] = pathsOf(asSent.path);
  for (const path of others) yield { ...asSent, path };
  const headersUnder = headersUnderHost(claim, head);
  for (const host of otherPorts(firstValue(head.headers, "host") ?? "")) {
    const headers = headersUnder(host);
    for (const path of [sent, ...others]) yield { ...asSent, path, headers };
  }
}

/** The path as sent, and encoded as SigV4 demands if that is another. */
function pathsOf(path: string): readonly [sent: string, ...others: string[]] {
  const decoded = decode(path);
  const encoded = decoded === undefined ? path : encodePath(decoded);
  return encoded === path ? [path] : [path, encoded];
}

/** Returns a function from a host to the canonical headers under it; all else is written once. */
function headersUnderHost(claim: V4Claim, head: RequestHead): (host: string) => string {
  const { signedHeaders } = claim;
  const headers = withLength(head.headers, signedHeaders);
  const place = signedHeaders.indexOf("host");
  const before = canonicalHeaders(headers, signedHeaders.slice(0, place));
  const after = canonicalHeaders(headers, signedHeaders.slice(place + 1));
  return (host) => `${before}${canonicalHeaders(["host", host], ["host"])}${after}`;
}

/**
 * Returns the `hosts` under which the signature of `claim` fits, with the same tolerance as
 * `verifyV4`; none if `secret` is nobody's. The parts that do not depend on the host are computed
 * once, so that each host costs a few hashes.
 */
export function fittingHosts(
  claim: V4Claim,
  head: RequestHead,
  hosts: readonly string[],
  secret: string | undefined,
  context: VerifyContext,
): readonly string[] {
  if (hosts.length === 0 || checkTime(claim, context) !== undefined) return [];
  const { date, region, scope, timestamp, signature } = claim;
  const signingKey = context.ring.signingKey(secret ?? NOBODYS_SECRET, date, region, SERVICE);
  const asSent = partsAsSent(claim, head);
  const paths = pathsOf(asSent.path);
  const headersUnder = headersUnderHost(claim, head);
  const fits = (host: string, path: string): boolean => {
    const canonical = canonicalRequest({ ...asSent, path, headers: headersUnder(host) });
    return sameSignature(hmac(signingKey, stringToSign(timestamp, scope, canonical)), signature);
  };
  const fitting = hosts.filter((host) =>
    [host, ...otherPorts(host)].some((one) => paths.some((path) => fits(one, path))),
  );
  return secret === undefined ? [] : fitting;
}

function otherPorts(host: string): readonly string[] {
  if (host.endsWith(":80")) return [host.slice(0, -3)];
  if (host.endsWith(":443")) return [host.slice(0, -4)];
  return /:\d+$/.test(host) ? [] : [`${host}:443`, `${host}:80`];
}
