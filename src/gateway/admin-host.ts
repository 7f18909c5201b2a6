import { isIP } from "node:net";

/**
 * Whether the status page may be asked for under this `Host`. A page of somebody else's, whose name
 * is made to lead here (DNS rebinding), would be read by its author: the browser sends that name. No
 * Host at all comes from no browser.
 */
export function isKnownHost(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const name = withoutPort(host.toLowerCase());
  return isIP(name) !== 0 || name === "localhost" || names.includes(name);
}

function withoutPort(host: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d*)?$/.exec(host);
  return bracketed?.[1] ?? host.replace(/:\d*$/, "");
}
