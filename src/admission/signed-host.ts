import type { RequestHead } from "../http/head.ts";
import { firstValue, withValue } from "../http/headers.ts";
import { hostInDomains, parseAddress, type HostNames } from "../s3/address.ts";
import type { Claim } from "../signature/claim.ts";
import { fittingHosts } from "../signature/v4-verify.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The number of hosts, besides the one that arrived, that are tried as the signed one. Each costs
 * up to six signatures, which a stranger with a wrong one makes us compute.
 */
const SIGNED_HOSTS_MAX = 8;

/**
 * Yields `head` as it was before a proxy may have changed its Host, under each host that the
 * signature of `claim` may fit: a name that a trusted proxy says the client used, or one of the
 * gateway's own. In version 4 these are the hosts that it does fit. In version 2, which signs no
 * host but the bucket in it, these are the hosts with another bucket. `claim` is read from `head`:
 * but for the host it says the same under any. `key`: the one that it names; `undefined` if nobody
 * has it.
 *
 * Only a signature can prove what was really sent: for a request without one, the host that arrived
 * is the only one.
 */
export function underOtherHosts(
  snapshot: Snapshot,
  head: RequestHead,
  claim: Signed,
  key: Key | undefined,
  nowMs: number,
): readonly RequestHead[] {
  const hosts = otherHosts(head, snapshot.hosts);
  return possibleHosts(snapshot, head, claim, hosts, key, nowMs).map((host) => {
    return { ...head, headers: withValue(head.headers, "host", host) };
  });
}

type Signed = Exclude<Claim, { readonly kind: "anonymous" }>;

/**
 * The hosts that may have been signed instead of the one that arrived. A label in front of one of
 * the gateway's names stays in front of the others: it is a bucket or account, which nothing but the
 * host may say.
 */
export function otherHosts(head: RequestHead, names: HostNames): readonly string[] {
  const arrived = firstValue(head.headers, "host") ?? "";
  const hosts = new Set([...(head.forwardedHosts ?? []), ...hostInDomains(arrived, names)]);
  hosts.delete(arrived);
  return [...hosts].slice(0, SIGNED_HOSTS_MAX);
}

function possibleHosts(
  snapshot: Snapshot,
  head: RequestHead,
  claim: Signed,
  hosts: readonly string[],
  key: Key | undefined,
  nowMs: number,
): readonly string[] {
  if (claim.kind === "v4") {
    const { signatures: rules, ring } = snapshot;
    const context = { nowMs, rules, ring, hostBucket: undefined };
    return fittingHosts(claim, head, hosts, key?.secret, context);
  }
  const tried = new Set([bucketIn(snapshot, head, firstValue(head.headers, "host"))]);
  return hosts.filter((host) => {
    const bucket = bucketIn(snapshot, head, host);
    const isNew = !tried.has(bucket);
    tried.add(bucket);
    return isNew;
  });
}

/** The bucket that stands in `host`; undefined if none does, false if the address is none at all. */
function bucketIn(
  { hosts }: Snapshot,
  { target }: RequestHead,
  host: string | undefined,
): string | false | undefined {
  const located = parseAddress(target.path, host, hosts);
  if (!located.ok) return false;
  const { style, address } = located.value;
  return style === "virtual" && address.kind !== "service" ? address.bucket.name : undefined;
}
