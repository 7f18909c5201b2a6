/** Fields that speak of one connection only (RFC 9110 section 7.6.1) and must not be forwarded. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** `name` in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/** The options of a `Connection` field, in lower case: each may name a further such field. */
export function connectionOptions(value: string): readonly string[] {
  const options: string[] = [];
  for (const option of value.split(",")) {
    const name = option.trim().toLowerCase();
    if (name !== "") options.push(name);
  }
  return options;
}
