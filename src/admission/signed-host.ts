import type { RequestHead } from "../http/head.ts";
import { firstValue, withValue } from "../http/headers.ts";
import { hostInDomains, type HostNames } from "../s3/address.ts";

/**
 * How many hosts besides the one that arrived are tried as the signed one. Each costs up to six
 * signatures, which a stranger with a wrong one makes us compute.
 */
const SIGNED_HOSTS_MAX = 8;

/**
 * `head` as it was before a proxy may have changed its Host: with each name that a trusted proxy
 * says the client used, and with each of `names`, the gateway's own. What was really sent is for a
 * signature to prove: of a request without one, the host that arrived is the only one.
 *
 * A label in front of one of the gateway's names stays in front of the others: it is a bucket or
 * account, which nothing but the host may say.
 */
export function underOtherHosts(head: RequestHead, names: HostNames): readonly RequestHead[] {
  const arrived = firstValue(head.headers, "host") ?? "";
  const hosts = new Set([...(head.forwardedHosts ?? []), ...hostInDomains(arrived, names)]);
  hosts.delete(arrived);
  return [...hosts].slice(0, SIGNED_HOSTS_MAX).map((host) => {
    return { ...head, headers: withValue(head.headers, "host", host) };
  });
}
