import { firstValue, uniqueValue, withValue, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import type { Claim } from "../signature/claim.ts";

const NAME = "accept-encoding";
/** The header with which a proxy can say what the encoding was. */
const ORIGINAL = "x-original-accept-encoding";
/** The value that the SDK for Go signs, so that no proxy on the way compresses the object. */
const USUAL = "identity";

/**
 * Yields `head` as it was before a trusted proxy in front may have changed or dropped its
 * Accept-Encoding, if the signature of `claim` covers that: with the proxy's word on it, and with
 * `identity`. None if no trusted proxy is in front. The signature must prove each, and the store
 * gets the one that it proves.
 *
 * Only this header: it changes nothing of what a request may do, or of what S3 answers. `Range`,
 * which some proxies drop to fill a cache, chooses the answer, so that the proxy would get another
 * answer than it asked for.
 */
export function underOtherEncodings(head: RequestHead, claim: Claim): readonly RequestHead[] {
  // Only a trusted proxy's requests have such names, if none.
  if (head.forwardedHosts === undefined) return [];
  if (claim.kind !== "v4" || !claim.signedHeaders.includes(NAME)) return [];
  const arrived = firstValue(head.headers, NAME);
  const originals = new Set([uniqueValue(head.headers, ORIGINAL), USUAL]);
  originals.delete(arrived);
  return [...originals].flatMap((original) =>
    original === undefined ? [] : [{ ...head, headers: withEncoding(head.headers, original) }],
  );
}

function withEncoding(headers: HeaderList, value: string): HeaderList {
  return firstValue(headers, NAME) === undefined
    ? [...headers, NAME, value]
    : withValue(headers, NAME, value);
}
