import { isIP } from "node:net";
import { err, ok, type Result } from "../lib/result.ts";
import { withoutBlanks } from "./blanks.ts";
import { hasHeader, valuesOf, type HeaderList } from "./headers.ts";
import { isHost, isPort } from "./host.ts";
import { parseForwarded, type ForwardedElement } from "./forwarded-header.ts";

/** The facts about its client that a request carries if it comes from a trusted proxy. */
export type Forwarded = {
  /** The client's address as text; `undefined` if a proxy does not know it. */
  readonly sourceAddress: string | undefined;
  /** True if the client's own connection was TLS; `undefined` if no proxy says. */
  readonly secure: boolean | undefined;
  /** Hosts by which the client may have called the gateway, as received; junk among them is none. */
  readonly hosts: readonly string[];
};

/** Returns true if an address belongs to a trusted proxy; `undefined` if it is not an address. */
export type Trusts = (address: string) => boolean | undefined;

/**
 * Returns the client behind `proxy`, the address of a trusted peer: the rightmost entry of
 * `X-Forwarded-For` that is not a trusted proxy. The `for` parameters of `Forwarded` (RFC 7239
 * section 5.2) are read likewise. Anything left of that entry was written by a stranger.
 *
 * An entry that is not an address (empty, `unknown`, `_hidden`, junk) ends the walk without any
 * address. The entries left of it must not count, nor may the proxy's own address, which a list may
 * allow. The error is a sentence for the client. A malformed `Forwarded` could hide the proxy's own
 * words behind a client's open quote. Of two headers that differ, a client may have written one.
 */
export function forwardedBy(
  headers: HeaderList,
  proxy: string,
  trusts: Trusts,
): Result<Forwarded, string> {
  const elements = parseForwarded(valuesOf(headers, "forwarded"));
  if (elements === undefined) return err("The Forwarded header is malformed");
  const told: (string | undefined)[] = [];
  if (hasHeader(headers, "x-forwarded-for")) {
    told.push(walk(proxy, listed(headers, "x-forwarded-for"), trusts));
  }
  if (elements.some((element) => element.for !== undefined)) {
    const entries = elements.map((element) => element.for ?? "");
    told.push(walk(proxy, entries, trusts));
  }
  if (told.length === 2 && told[0] !== told[1]) {
    return err("X-Forwarded-For and Forwarded do not name the same client");
  }
  return ok({
    sourceAddress: told.length === 0 ? proxy : told[0],
    secure: secureIn(headers, elements),
    hosts: hostsIn(headers, elements),
  });
}

/** `entries`: in the order of the header, so that the nearest proxy wrote the last. */
function walk(proxy: string, entries: readonly string[], trusts: Trusts): string | undefined {
  let client = proxy;
  for (let i = entries.length - 1; i >= 0; i--) {
    const address = addressIn(entries[i] ?? "");
    const trusted = address === undefined ? undefined : trusts(address);
    if (address === undefined || trusted === undefined) return undefined;
    if (!trusted) return address;
    client = address;
  }
  // Proxies all the way: the request is the farthest one's own.
  return client;
}

/**
 * The address of an entry, in lower case and without its port (RFC 7239 section 6; several proxies
 * write `192.0.2.7:4711` in X-Forwarded-For too). A zone means nothing on another machine.
 */
function addressIn(entry: string): string | undefined {
  const { host, port } = split(entry);
  if (host === undefined || host.includes("%")) return undefined;
  if (port !== undefined && !isPort(port)) return undefined;
  return isIP(host) === 0 ? undefined : host.toLowerCase();
}

type HostAndPort = { readonly host: string | undefined; readonly port: string | undefined };

const NO_HOST: HostAndPort = { host: undefined, port: undefined };

function split(entry: string): HostAndPort {
  if (entry.startsWith("[")) {
    const end = entry.indexOf("]");
    const host = entry.slice(1, end);
    const rest = entry.slice(end + 1);
    if (end < 0 || isIP(host) !== 6) return NO_HOST;
    if (rest === "") return { host, port: undefined };
    return rest.startsWith(":") ? { host, port: rest.slice(1) } : NO_HOST;
  }
  const colon = entry.indexOf(":");
  // More than one colon: IPv6 without brackets, which leaves no room for a port.
  if (colon < 0 || entry.includes(":", colon + 1)) return { host: entry, port: undefined };
  return { host: entry.slice(0, colon), port: entry.slice(colon + 1) };
}

/**
 * Returns true if the client's connection counts as TLS: only if nobody on the way says anything
 * else. `undefined` if nobody says.
 */
function secureIn(headers: HeaderList, elements: readonly ForwardedElement[]): boolean | undefined {
  const said = listed(headers, "x-forwarded-proto");
  for (const { proto } of elements) if (proto !== undefined) said.push(proto);
  if (said.length === 0) return undefined;
  return said.every((scheme) => scheme.toLowerCase() === "https");
}

function hostsIn(headers: HeaderList, elements: readonly ForwardedElement[]): readonly string[] {
  const hosts = listed(headers, "x-forwarded-host");
  for (const { host } of elements) if (host !== undefined) hosts.push(host);
  return hosts.filter(isHost);
}

/** The entries of every line of `name` as one list (RFC 9110 section 5.3), empty ones too. */
function listed(headers: HeaderList, name: string): string[] {
  const entries: string[] = [];
  for (const line of valuesOf(headers, name)) {
    for (const entry of line.split(",")) entries.push(withoutBlanks(entry));
  }
  return entries;
}
