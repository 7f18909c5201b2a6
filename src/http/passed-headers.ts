import type { RequestHead } from "./head.ts";
import { firstValue, hasHeader, type HeaderList } from "./headers.ts";
import { endToEnd } from "./hop-by-hop.ts";

/**
 * The fields that say who the client is or what was asked for in place of the request itself. Their
 * readers believe the proxy, so no client may write them.
 */
const CLAIMS: ReadonlySet<string> = new Set([
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-original-url",
  "x-original-host",
  "x-rewrite-url",
]);
const CLAIM_PREFIX = "x-forwarded";

/**
 * Returns true for a claim: CGI and its descendants read `X_Real_IP` and `X-Real-IP` as one (RFC
 * 3875 section 4.1.18).
 */
function isClaim(name: string): boolean {
  const folded = name.replaceAll("_", "-");
  return CLAIMS.has(folded) || folded.startsWith(CLAIM_PREFIX);
}

/**
 * Returns the header of a passed-through request: the client's end-to-end fields in their order,
 * with the true facts about the client in place of its claims. The framing of the body stays, since
 * its bytes follow; `Expect` does not, since the gateway has answered it.
 */
export function passedHeaders({ headers, sourceAddress, secure }: RequestHead): HeaderList {
  const passed: string[] = [];
  const kept = endToEnd(headers);
  for (let i = 0; i < kept.length; i += 2) {
    const name = kept[i] ?? "";
    if (name === "expect" || isClaim(name)) continue;
    passed.push(name, kept[i + 1] ?? "");
  }
  if (hasHeader(headers, "transfer-encoding")) passed.push("transfer-encoding", "chunked");
  if (sourceAddress !== undefined) passed.push("x-forwarded-for", sourceAddress);
  passed.push("x-forwarded-proto", secure ? "https" : "http");
  passed.push("x-forwarded-host", firstValue(headers, "host") ?? "");
  return passed;
}
