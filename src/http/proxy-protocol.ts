import { isIP } from "node:net";
import { crc32c } from "@node-rs/crc32";
import ipaddr from "ipaddr.js";

/**
 * The result of reading the start of a connection ("The PROXY protocol", HAProxy's
 * proxy-protocol.txt).
 */
export type ProxyHeader =
  /** The bytes so far may become a header. */
  | { readonly kind: "more" }
  | {
      readonly kind: "header";
      /** The header's length in bytes: the client's own bytes follow it. */
      readonly length: number;
      /**
       * The client's address; `undefined` if the proxy speaks for itself, or cannot tell. HAProxy
       * says the same of its health checks and of clients that came to it by a Unix socket.
       */
      readonly source: string | undefined;
    }
  /** The bytes are not a header and cannot become one. */
  | { readonly kind: "wrong"; readonly why: string };

/** Section 2.1: the longest line of version 1, with its line break. */
const V1_BYTES_MAX = 107;
/** The longest header of version 2, with additional fields: enough for a client's certificate. */
export const PROXY_HEADER_BYTES_MAX = 16 * 1024;

const V1_START = Buffer.from("PROXY ");
const V2_START = Buffer.from([13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]);

const MORE: ProxyHeader = { kind: "more" };

/**
 * Reads a header of version 1 or 2 at the start of `bytes`, which may hold less than it or more.
 * The result for the same bytes does not depend on how they were cut on their way.
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, V1_START)) return bytes.length < V1_START.length ? MORE : parseV1(bytes);
  if (startsLike(bytes, V2_START)) return bytes.length < V2_HEAD_BYTES ? MORE : parseV2(bytes);
  return wrong("the connection does not begin with a PROXY header");
}

function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

function wrong(why: string): ProxyHeader {
  return { kind: "wrong", why };
}

/** Section 2.1: `PROXY TCP4 source destination port port` and a line break, one space each. */
function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_BYTES_MAX).indexOf("\r\n");
  if (end < 0) return bytes.length < V1_BYTES_MAX ? MORE : wrong("version 1: no line break");
  const length = end + 2;
  const words = bytes.toString("latin1", V1_START.length, end).split(" ");
  const [family, source = "", destination = "", ...ports] = words;
  // Section 2.1: after UNKNOWN anything may stand, and nothing of it counts.
  if (family === "UNKNOWN") return { kind: "header", length, source: undefined };
  const version = family === "TCP4" ? 4 : 6;
  if (family !== "TCP4" && family !== "TCP6") return wrong("version 1: unknown family");
  if (!isAddress(source, version) || !isAddress(destination, version)) {
    return wrong("version 1: malformed address");
  }
  if (ports.length !== 2 || !ports.every(isPort)) return wrong("version 1: malformed port");
  return { kind: "header", length, source };
}

function isAddress(text: string, version: 4 | 6): boolean {
  return isIP(text) === version && !text.includes("%");
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

const V2_HEAD_BYTES = 16;
/** Section 2.2: the high half of byte 12 is the version, the low half the command. */
const LOCAL = 0x20;
const PROXY = 0x21;
/** The high half of byte 13 is the family, the low half the transport. */
const FAMILIES: ReadonlyMap<number, Family> = new Map([
  [0, { kind: "unspecified", bytes: 0 }],
  [1, { kind: "ipv4", bytes: 12 }],
  [2, { kind: "ipv6", bytes: 36 }],
  [3, { kind: "unix", bytes: 216 }],
]);
type Family = { readonly kind: "unspecified" | "ipv4" | "ipv6" | "unix"; readonly bytes: number };
const DATAGRAM = 2;

/** Section 2.2: signature, command, family, length, then addresses and additional fields. */
function parseV2(bytes: Buffer): ProxyHeader {
  const length = V2_HEAD_BYTES + bytes.readUInt16BE(14);
  const command = bytes.readUInt8(12);
  if (command !== LOCAL && command !== PROXY) return wrong("version 2: unknown command");
  if (length > PROXY_HEADER_BYTES_MAX) return wrong("version 2: longer than is read");
  if (bytes.length < length) return MORE;
  const header = bytes.subarray(0, length);
  // The proxy's own connection, for its health checks: family and addresses do not count.
  if (command === LOCAL) return { kind: "header", length, source: undefined };
  const family = FAMILIES.get(header.readUInt8(13) >> 4);
  const transport = header.readUInt8(13) & 15;
  if (family === undefined || transport > DATAGRAM) return wrong("version 2: unknown family");
  if (transport === DATAGRAM) return wrong("version 2: not a connection");
  // No list of networks could judge it, and the proxy's own address is not the client's.
  if (family.kind === "unix") return wrong("version 2: the client came by a Unix socket");
  if (length < V2_HEAD_BYTES + family.bytes) return wrong("version 2: too short for its addresses");
  const fault = fieldsFault(header, V2_HEAD_BYTES + family.bytes);
  if (fault !== undefined) return wrong(`version 2: ${fault}`);
  return { kind: "header", length, source: sourceOf(header, family.kind) };
}

function sourceOf(header: Buffer, family: "unspecified" | "ipv4" | "ipv6"): string | undefined {
  const at = V2_HEAD_BYTES;
  if (family === "unspecified") return undefined;
  if (family === "ipv4") return header.subarray(at, at + 4).join(".");
  const words = Array.from({ length: 8 }, (_, i) => header.readUInt16BE(at + i * 2));
  return new ipaddr.IPv6(words).toRFC5952String();
}

/** Section 2.2.3: the sum of the whole header with the sum's own bytes as zeros. */
const CHECKSUM = 0x03;

/** Walks the additional fields from `start` (section 2.2.2: type, length of two bytes, value). */
function fieldsFault(header: Buffer, start: number): string | undefined {
  let at = start;
  while (at < header.length) {
    const value = at + 3;
    if (value > header.length) return "a field is cut off";
    const end = value + header.readUInt16BE(at + 1);
    if (end > header.length) return "a field is cut off";
    if (header.readUInt8(at) === CHECKSUM && !isSum(header, value, end)) return "wrong checksum";
    at = end;
  }
  return undefined;
}

function isSum(header: Buffer, value: number, end: number): boolean {
  if (end - value !== 4) return false;
  const zeroed = Buffer.from(header).fill(0, value, end);
  return crc32c(zeroed) === header.readUInt32BE(value);
}
