import type { RequestHead } from "../http/head.ts";
import { firstValue } from "../http/headers.ts";
import { queryValue } from "../http/target.ts";
import { parseAddress } from "../s3/address.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Returns true if a request is for STS: all that comes to one of its own hosts, and elsewhere `POST
 * /` (where RGW and MinIO serve it, too) and a `GET /` with an action. S3 has no operation there,
 * but forms for the bucket that a host names, which stay S3.
 */
export function isForSts(
  { sealing, stsDomains, hosts }: Pick<Snapshot, "sealing" | "stsDomains" | "hosts">,
  { method, target, headers }: RequestHead,
): boolean {
  if (sealing.length === 0) return false;
  const host = firstValue(headers, "host") ?? "";
  if (stsDomains.length > 0 && stsDomains.includes(withoutPort(host))) return true;
  if (target.path !== "/") return false;
  const calls =
    method === "POST" || (method === "GET" && queryValue(target.query, "Action") !== undefined);
  if (!calls) return false;
  const located = parseAddress(target.path, host, hosts);
  return located.ok && located.value.address.kind === "service";
}

function withoutPort(host: string): string {
  const colon = host.indexOf(":");
  return (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
}
