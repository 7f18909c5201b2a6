import { isIP } from "node:net";
import { valuesOf, type HeaderList } from "./headers.ts";

/** Matches a registered name or an IPv4 address (RFC 3986 section 3.2.2). */
const NAME = /^(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;
/** Matches what may be an IPv6 address in brackets; Node would take one with a zone, too. */
const LITERAL = /^\[[0-9A-Fa-f:.]+\]$/;

/**
 * Returns true if `text` is `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2):
 * a name, an IPv4 address or an IPv6 address in brackets.
 */
export function isHost(text: string): boolean {
  const isLiteral = text.startsWith("[");
  const colon = text.indexOf(":", isLiteral ? text.indexOf("]") : 0);
  const name = colon < 0 ? text : text.slice(0, colon);
  const port = colon < 0 ? "" : text.slice(colon + 1);
  if (port !== "" && !isPort(port)) return false;
  return isLiteral ? LITERAL.test(name) && isIP(name.slice(1, -1)) === 6 : NAME.test(name);
}

/** Returns true if `text` is a port in decimal. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

/**
 * Returns the fault of a request's Host, as a sentence for its sender; `undefined` if it is valid.
 * RFC 9112 section 3.2 wants none, several and malformed ones refused. Two readers would find two
 * hosts in `a:b.example.org`, and the host says which bucket is meant.
 */
export function hostProblem(headers: HeaderList): string | undefined {
  const hosts = valuesOf(headers, "host");
  const [host = ""] = hosts;
  if (hosts.length !== 1 || host === "") return "The request must have exactly one Host header";
  return isHost(host) ? undefined : `The Host header is not a host and port: got "${host}"`;
}
