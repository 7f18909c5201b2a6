import { isIP } from "node:net";
import { valuesOf, type HeaderList } from "./headers.ts";

/**
 * Matches a registered name in its group, or an address in brackets; then a port, which may be
 * empty.
 */
const HOST =
  /^(?:(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+|\[(?<literal>[0-9A-Fa-f:.]+)\])(?::(?<port>\d*))?$/;

/**
 * Returns true if `text` is `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2):
 * a name, an IPv4 address or an IPv6 address in brackets.
 */
export function isHost(text: string): boolean {
  const parts = HOST.exec(text)?.groups;
  if (parts === undefined) return false;
  const { literal, port = "" } = parts;
  return (literal === undefined || isIP(literal) === 6) && (port === "" || isPort(port));
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
