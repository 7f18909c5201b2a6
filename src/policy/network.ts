import ipaddr from "ipaddr.js";
import { err, ok, type Result } from "../lib/result.ts";

/** The source addresses that are allowed. */
export type NetworkRule = {
  /** The allowed networks; empty for no restriction. */
  readonly allow: NetworkSet;
  /** The refused networks: one match refuses, whatever `allow` says. */
  readonly deny: NetworkSet;
};

/** A source address matches the set if it lies in one of its networks. */
export type NetworkSet = readonly Network[];

/** A CIDR range (RFC 4632, RFC 4291 section 2.3), its host bits zero. */
export type Network =
  | { readonly family: 4; readonly base: number; readonly mask: number }
  /** `base`: eight words of 16 bits; `bits`: the length of the prefix. */
  | { readonly family: 6; readonly base: readonly number[]; readonly bits: number };

export type NetworkDecision = "allowed" | "denied" | "unknown-address";

/**
 * Judges the textual source `address` by `rule`. An absent or unreadable address is refused as
 * "unknown-address" if the rule has any network: a list that cannot be checked must not open
 * (S3-AUTHORIZATION section 4.3, gate 4).
 */
export function networkDecision(rule: NetworkRule, address: string | undefined): NetworkDecision {
  if (rule.allow.length === 0 && rule.deny.length === 0) return "allowed";
  const parsed = address === undefined ? undefined : parseIpAddress(address);
  if (parsed === undefined) return "unknown-address";
  if (contains(rule.deny, parsed)) return "denied";
  return rule.allow.length === 0 || contains(rule.allow, parsed) ? "allowed" : "denied";
}

/**
 * Returns true if the textual `address` lies in one of the `networks`; `undefined` if it is no
 * address.
 */
export function liesIn(networks: NetworkSet, address: string): boolean | undefined {
  const parsed = parseIpAddress(address);
  return parsed === undefined ? undefined : contains(networks, parsed);
}

/**
 * Reads a CIDR range, or a bare address as a range of one. The error says what is wrong and, for
 * host bits, which range was probably meant; it does not quote `text`, which the caller shows.
 */
export function parseNetwork(text: string): Result<Network, string> {
  const slash = text.indexOf("/");
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  // A zone names an interface of one machine, so it means nothing in a rule (RFC 4007 section 6).
  if (address === undefined || text.includes("%")) {
    return err("Expected an IPv4 or IPv6 network such as 192.0.2.0/24");
  }
  const mapped = typeof address === "number" && text.includes(":");
  const bits = slash < 0 ? widthOf(address) : prefixLength(text.slice(slash + 1), address, mapped);
  if (bits === undefined) {
    // An IPv4-mapped range is held as IPv4, so its prefix counts from the 96 fixed bits.
    const range = mapped ? "96 to 128" : `0 to ${widthOf(address)}`;
    return err(`The prefix length of a network must be ${range}`);
  }
  return typeof address === "number" ? network4(address, bits) : network6(address, bits);
}

/**
 * An IPv4 address as a number of 32 bits, signed because that is what bit operators make and V8
 * compares fastest; an IPv6 address as eight words of 16 bits.
 */
export type IpAddress = number | readonly number[];

function widthOf(address: IpAddress): 32 | 128 {
  return typeof address === "number" ? 32 : 128;
}

function prefixLength(digits: string, address: IpAddress, mapped: boolean): number | undefined {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  const bits = mapped ? Number(digits) - 96 : Number(digits);
  return bits >= 0 && bits <= widthOf(address) ? bits : undefined;
}

function network4(address: number, bits: number): Result<Network, string> {
  // Shifting by 32 is shifting by 0 in JavaScript, hence the case of its own.
  const mask = bits === 0 ? 0 : 0xffff_ffff << (32 - bits);
  const base = address & mask;
  if (base !== address) return err(hostBits(formatIPv4(base), bits));
  return ok({ family: 4, base, mask });
}

function network6(address: readonly number[], bits: number): Result<Network, string> {
  const base = address.map((word, index) => word & wordMask(bits, index));
  if (!base.every((word, index) => word === address[index])) {
    return err(hostBits(new ipaddr.IPv6(base).toRFC5952String(), bits));
  }
  return ok({ family: 6, base, bits });
}

/**
 * Returns the complaint about host bits: most likely a slip, and either guess at the meaning could
 * let in too many.
 */
function hostBits(base: string, bits: number): string {
  return `The network has host bits set, its base is ${base}/${bits}`;
}

function formatIPv4(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join(".");
}

/** The bits of word `index` of an IPv6 address that belong to a prefix of `bits`. */
export function wordMask(bits: number, index: number): number {
  const inWord = Math.min(16, Math.max(0, bits - index * 16));
  return (0xffff << (16 - inWord)) & 0xffff;
}

/** Returns true if `address` lies in one of the `networks`. */
export function contains(networks: NetworkSet, address: IpAddress): boolean {
  for (const network of networks) if (matches(network, address)) return true;
  return false;
}

function matches(network: Network, address: IpAddress): boolean {
  if (typeof address === "number") {
    return network.family === 4 && (address & network.mask) === network.base;
  }
  if (network.family === 4) return false;
  for (let index = 0; index * 16 < network.bits; index++) {
    const word = (address[index] ?? 0) & wordMask(network.bits, index);
    if (word !== network.base[index]) return false;
  }
  return true;
}

/**
 * An IPv4-mapped IPv6 address counts as the IPv4 address it holds, because that is what a
 * dual-stack listener reports for an IPv4 client (RFC 4291 section 2.5.5.2). No other does, not
 * even an IPv4-compatible one (section 2.5.5.1). A zone is dropped.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(":")) return parseIPv4(text);
  const hexadecimal = withoutDots(text.replace(ZONE, ""));
  if (hexadecimal === undefined || !ipaddr.IPv6.isValid(hexadecimal)) return undefined;
  const parsed = ipaddr.IPv6.parse(hexadecimal);
  if (!parsed.isIPv4MappedAddress()) return parsed.parts;
  return ((parsed.parts[6] ?? 0) << 16) | (parsed.parts[7] ?? 0);
}

/**
 * Returns the unit that counts as one client: an IPv4 address, or the 64 bits of an IPv6 network.
 * Within those one host may take as many addresses as it likes (RFC 4291 section 2.5.4, RFC 8981).
 */
export function networkOf(address: string): string {
  const parsed = parseIpAddress(address);
  return typeof parsed === "object" ? parsed.slice(0, 4).join(":") : String(parsed);
}

/**
 * A zone (RFC 4007 section 11.2): the name of an interface, such as `br-lan` or the VLAN `eth0.7`, of
 * which ipaddr.js knows letters and digits only.
 */
const ZONE = /%[0-9A-Za-z._~-]+$/;

/**
 * An IPv6 address whose end is written as IPv4 (RFC 4291 section 2.2, form 3) with that end in
 * hexadecimal; any other text as it is. By hand, since ipaddr.js reads `::192.0.2.9` as mapped and
 * `::ffff:010.0.0.1` as octal. Undefined if the end is no IPv4 address, or if there is another zone.
 */
function withoutDots(text: string): string | undefined {
  if (text.includes("%")) return undefined;
  if (!text.includes(".")) return text;
  const start = text.lastIndexOf(":") + 1;
  const value = parseIPv4(text.slice(start));
  if (value === undefined) return undefined;
  const words = `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
  return text.slice(0, start) + words;
}

/**
 * Four decimal octets and nothing else: no leading zeros, no octal, no hex, no short forms, which
 * other parsers read as other addresses (RFC 6943 section 3.1.1). By hand, since this runs for
 * every request and so allocates nothing.
 */
function parseIPv4(text: string): number | undefined {
  let value = 0;
  let octet = -1;
  let octets = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : CODE_DOT;
    if (code === CODE_DOT) {
      if (octet < 0) return undefined;
      value = value * 256 + octet;
      octets++;
      octet = -1;
    } else if (code >= CODE_0 && code <= CODE_9 && octet !== 0) {
      octet = (octet < 0 ? 0 : octet * 10) + code - CODE_0;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return octets === 4 ? value | 0 : undefined;
}

const CODE_DOT = 0x2e;
const CODE_0 = 0x30;
const CODE_9 = 0x39;
