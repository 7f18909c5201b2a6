import { isIP } from "node:net";

/**
 * Returns true if the status page and the metrics are served under this `Host`. Somebody else's
 * page, whose name is made to lead here (DNS rebinding), would read them: the browser sends that
 * name. No Host at all comes from no browser. Prometheus asks by an address if it discovers pods,
 * and by the name in its configuration otherwise, which then stands in `names`.
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
