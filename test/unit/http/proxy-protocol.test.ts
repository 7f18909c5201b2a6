import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  parseProxyHeader,
  PROXY_HEADER_BYTES_MAX,
  type ProxyHeader,
} from "../../../src/http/proxy-protocol.ts";
import { field, headerV2, ipv4, ipv6, summedV2 } from "../../support/proxy-header.ts";

const V1 = "PROXY TCP4 198.51.100.7 192.0.2.1 4711 8080\r\n";
const REST = Buffer.from("GET / HTTP/1.1\r\n\r\n");

/** The source, `nobody`, `more`, or what is wrong. */
function told(header: ProxyHeader): string {
  if (header.kind === "header") return header.source ?? "nobody";
  return header.kind === "wrong" ? header.why : "more";
}

const readable = [
  ["version 1 over IPv4", V1, "198.51.100.7"],
  ["version 1 over IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n", "2001:db8::7"],
  ["version 1 with ports of 0", "PROXY TCP4 198.51.100.7 192.0.2.1 0 0\r\n", "198.51.100.7"],
  ["version 1, unknown", "PROXY UNKNOWN\r\n", "nobody"],
  ["version 1, unknown with addresses", "PROXY UNKNOWN 198.51.100.7 x y z\r\n", "nobody"],
  ["version 2 over IPv4", headerV2(), "198.51.100.7"],
  ["version 2 over IPv6", headerV2({ family: 0x21, addresses: ipv6() }), "2001:db8::7"],
  ["version 2 of an unspecified transport", headerV2({ family: 0x10 }), "198.51.100.7"],
  ["version 2 with fields", headerV2({ fields: field(1, "h2") }), "198.51.100.7"],
  ["version 2 with an empty field", headerV2({ fields: field(4, "") }), "198.51.100.7"],
  ["version 2 with its checksum", summedV2({ fields: field(2, "s3") }), "198.51.100.7"],
  ["version 2, local", headerV2({ command: 0x20 }), "nobody"],
  [
    "version 2, local without addresses",
    headerV2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) }),
    "nobody",
  ],
  ["version 2, unspecified", headerV2({ family: 0, addresses: Buffer.alloc(0) }), "nobody"],
] as const;
for (const [name, header, source] of readable) {
  test(`parseProxyHeader() reads ${name}`, () => {
    const bytes = Buffer.from(header);
    const parsed = parseProxyHeader(Buffer.concat([bytes, REST]));
    assert.equal(told(parsed), source);
    assert.ok(parsed.kind === "header");
    assert.equal(parsed.length, bytes.length);
  });

  test(`parseProxyHeader() waits for the whole of ${name}`, () => {
    const bytes = Buffer.from(header);
    for (let cut = 0; cut < bytes.length; cut++) {
      assert.equal(parseProxyHeader(bytes.subarray(0, cut)).kind, "more", `after ${cut} bytes`);
    }
  });
}

const badSum = summedV2();
badSum.writeUInt8(badSum.readUInt8(16) ^ 1, 16);
const malformed = [
  ["nothing like it", "GET / HTTP/1.1\r\n", /does not begin/],
  ["a TLS ClientHello", "\u0016\u0003\u0001", /does not begin/],
  ["lower case", V1.toLowerCase(), /does not begin/],
  ["another word", "PROXIES", /does not begin/],
  ["version 1 of another family", "PROXY TCP5 a b 1 2\r\n", /unknown family/],
  ["version 1 of datagrams", "PROXY UDP4 198.51.100.7 192.0.2.1 1 2\r\n", /unknown family/],
  ["version 1 with two spaces", V1.replace(" 192", "  192"), /malformed/],
  ["version 1 with a tab", V1.replace(" 192", "\t192"), /malformed/],
  [
    "version 1 with IPv6 as IPv4",
    "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
    /malformed address/,
  ],
  ["version 1 with IPv4 as IPv6", V1.replace("TCP4", "TCP6"), /malformed address/],
  ["version 1 with a leading zero", V1.replace(".7", ".07"), /malformed address/],
  ["version 1 with a zone", "PROXY TCP6 fe80::1%lo fe80::1 1 2\r\n", /malformed address/],
  ["version 1 with junk for an address", V1.replace("192.0.2.1", "junk"), /malformed address/],
  ["version 1 without a port", "PROXY TCP4 198.51.100.7 192.0.2.1 1\r\n", /malformed port/],
  ["version 1 with a third port", V1.replace("8080", "8080 1"), /malformed port/],
  ["version 1 with too high a port", V1.replace("8080", "65536"), /malformed port/],
  ["version 1 with an octal port", V1.replace("8080", "08080"), /malformed port/],
  ["version 1 with only a line feed", V1.replace("\r", "").padEnd(107), /no line break/],
  ["version 1 that does not end", "PROXY UNKNOWN ".padEnd(107, "x"), /no line break/],
  ["version 2 of another version", headerV2({ command: 0x31 }), /unknown command/],
  ["version 2 with another command", headerV2({ command: 0x22 }), /unknown command/],
  ["version 2 of another family", headerV2({ family: 0x41 }), /unknown family/],
  ["version 2 of another transport", headerV2({ family: 0x13 }), /unknown family/],
  ["version 2 of datagrams", headerV2({ family: 0x12 }), /not a connection/],
  ["version 2 of a Unix socket", headerV2({ family: 0x31, addresses: Buffer.alloc(216) }), /Unix/],
  ["version 2 with too few bytes", headerV2({ addresses: ipv4().subarray(1) }), /too short/],
  ["version 2 with IPv4 as IPv6", headerV2({ family: 0x21 }), /too short/],
  ["version 2 with half a field", headerV2({ fields: Buffer.from([1, 0]) }), /cut off/],
  ["version 2 with a field too long", headerV2({ fields: Buffer.from([1, 0, 9, 1]) }), /cut off/],
  ["version 2 with a wrong checksum", badSum, /wrong checksum/],
  ["version 2 with half a checksum", headerV2({ fields: field(3, "xx") }), /wrong checksum/],
  ["version 2 longer than is read", headerV2({ length: PROXY_HEADER_BYTES_MAX - 15 }), /longer/],
] as const;
for (const [name, header, why] of malformed) {
  test(`parseProxyHeader() refuses ${name}`, () => {
    assert.match(told(parseProxyHeader(Buffer.from(header))), why);
  });
}

test("parseProxyHeader() knows version 1 to be wrong by its 107th byte, and not before", () => {
  const line = Buffer.from("PROXY UNKNOWN ".padEnd(200, "x"));
  assert.equal(parseProxyHeader(line.subarray(0, 106)).kind, "more");
  assert.equal(parseProxyHeader(line.subarray(0, 107)).kind, "wrong");
});

test("parseProxyHeader() reads the same header from more bytes as from fewer", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...readable.map(([, header]) => Buffer.from(header))),
    fc.constantFrom(...malformed.map(([, header]) => Buffer.from(header))),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 3 }), (pieces) => {
      const bytes = Buffer.concat(pieces);
      const whole = parseProxyHeader(bytes);
      for (let cut = 0; cut < bytes.length; cut++) {
        const part = parseProxyHeader(bytes.subarray(0, cut));
        if (part.kind !== "more") assert.deepEqual(part, whole);
      }
    }),
  );
});
