import type { Header } from "./signed.ts";

/** The proxy that the gateway sees, and one before it: both are trusted. */
export const PEER = "127.0.0.1";
export const TRUSTED = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"] as const;
/** The address that a client pretends to have, and its real one. */
export const ALLOWED = "198.51.100.7";
export const STRANGER = "203.0.113.66";

/**
 * The last item is the client that counts: `undefined` if none is known; "refused" if the request
 * goes no further.
 */
export type ForwardedCase = readonly [
  name: string,
  headers: readonly Header[],
  client: string | undefined,
];

const xff = (...values: readonly string[]): readonly Header[] =>
  values.map((value) => ["x-forwarded-for", value]);
const forwarded = (...values: readonly string[]): readonly Header[] =>
  values.map((value) => ["forwarded", value]);

/** Headers that honest proxies write. */
export const HONEST: readonly ForwardedCase[] = [
  ["no header: the peer itself", [], PEER],
  ["one entry", xff(ALLOWED), ALLOWED],
  ["a proxy after it", xff(`${ALLOWED}, 10.0.0.2`), ALLOWED],
  ["a proxy on a line of its own", xff(ALLOWED, "10.0.0.2"), ALLOWED],
  ["only proxies", xff("10.0.0.3, 10.0.0.2"), "10.0.0.3"],
  ["a port", xff(`${ALLOWED}:4711`), ALLOWED],
  ["no space after the comma", xff(`${ALLOWED},10.0.0.2`), ALLOWED],
  ["spaces and tabs", xff(` \t${ALLOWED}\t , 10.0.0.2 `), ALLOWED],
  ["IPv6", xff("2001:db8::7"), "2001:db8::7"],
  ["IPv6 in brackets", xff("[2001:db8::7]"), "2001:db8::7"],
  ["IPv6 in brackets with a port", xff("[2001:DB8::7]:4711, 2001:db8:1::2"), "2001:db8::7"],
  ["an IPv4-mapped proxy", xff(`${ALLOWED}, ::ffff:10.0.0.2`), ALLOWED],
  ["Forwarded", forwarded(`for=${ALLOWED}`), ALLOWED],
  ["Forwarded, all of it", forwarded(`For="${ALLOWED}:80";Proto=http;by=10.0.0.1`), ALLOWED],
  ["Forwarded over lines", forwarded(`for=${ALLOWED}`, "for=10.0.0.2"), ALLOWED],
  ["Forwarded with IPv6", forwarded('for="[2001:db8::7]:4711"'), "2001:db8::7"],
  ["Forwarded without its quotes", forwarded("for=[2001:db8::7]:4711; proto=http"), "2001:db8::7"],
  ["Forwarded that names no client", [...forwarded("proto=http"), ...xff(ALLOWED)], ALLOWED],
  ["both, in agreement", [...xff(ALLOWED), ...forwarded(`for=${ALLOWED}`)], ALLOWED],
];

/** Headers that a stranger sends, with those that an honest proxy then adds: never ALLOWED. */
export const HOSTILE: readonly ForwardedCase[] = [
  ["an entry on the left", xff(`${ALLOWED}, ${STRANGER}`), STRANGER],
  ["an entry on a line before", xff(ALLOWED, STRANGER), STRANGER],
  ["many entries", xff(`${ALLOWED}, ${ALLOWED}`, `${ALLOWED}, ${STRANGER}, 10.0.0.2`), STRANGER],
  ["a trusted address of its own", xff(`${ALLOWED}, 10.0.0.9, ${STRANGER}`), STRANGER],
  ["the trusted peer's address", xff(`${ALLOWED}, ${PEER}, ${STRANGER}`), STRANGER],
  ["a proxy that adds nothing", xff(`${ALLOWED}, `), undefined],
  ["an empty header", xff(""), undefined],
  ["an empty line after it", xff(ALLOWED, ""), undefined],
  ["only commas", xff(",,"), undefined],
  ["an unknown client", xff(`${ALLOWED}, unknown`), undefined],
  ["a hidden client", xff(`${ALLOWED}, _hidden`), undefined],
  ["junk", xff(`${ALLOWED}, junk`), undefined],
  ["junk before a proxy", xff(`${ALLOWED}, junk, 10.0.0.2`), undefined],
  ["a name", xff(`${ALLOWED}, allowed.example.org`), undefined],
  ["a leading zero", xff(`${ALLOWED}, 10.0.0.02`), undefined],
  ["octal and hexadecimal", xff(`${ALLOWED}, 0x0a000002`), undefined],
  ["a short form", xff(`${ALLOWED}, 10.2`), undefined],
  ["a number", xff(`${ALLOWED}, 167772162`), undefined],
  ["a range", xff(`${ALLOWED}, 10.0.0.0/8`), undefined],
  ["an invalid port", xff(`${ALLOWED}, 10.0.0.2:99999`), undefined],
  ["a port of letters", xff(`${ALLOWED}, 10.0.0.2:http`), undefined],
  ["an unclosed bracket", xff(`${ALLOWED}, [2001:db8:1::2`), undefined],
  ["text after a bracket", xff(`${ALLOWED}, [2001:db8:1::2]x`), undefined],
  ["IPv4 in brackets", xff(`${ALLOWED}, [10.0.0.2]`), undefined],
  ["a zone", xff(`${ALLOWED}, fe80::1%eth0`), undefined],
  ["quotes", xff(`${ALLOWED}, "10.0.0.2"`), undefined],
  ["a space inside", xff(`${ALLOWED} 10.0.0.2`), undefined],
  ["a space of another kind", xff(`${ALLOWED}, \u00a010.0.0.2`), undefined],
  ["a semicolon", xff(`${ALLOWED}; 10.0.0.2`), undefined],
  ["Forwarded on the left", forwarded(`for=${ALLOWED}, for=${STRANGER}`), STRANGER],
  ["Forwarded on a line before", forwarded(`for=${ALLOWED}`, `for=${STRANGER}`), STRANGER],
  ["Forwarded: unknown", forwarded(`for=${ALLOWED}, for=unknown`), undefined],
  ["Forwarded: hidden", forwarded(`for=${ALLOWED}, for="_x:4711"`), undefined],
  ["Forwarded: no for", forwarded(`for=${ALLOWED}, proto=https`), undefined],
  ["Forwarded: empty at the end", forwarded(`for=${ALLOWED},`), undefined],
  ["Forwarded: empty for", forwarded(`for=${ALLOWED}, for=""`), undefined],
  ["Forwarded: for twice", forwarded(`for=${STRANGER};for=${ALLOWED}`), "refused"],
  ["Forwarded: FOR twice", forwarded(`for=${STRANGER};FOR=${ALLOWED}`), "refused"],
  ["Forwarded: an open quote", forwarded(`for=${ALLOWED}, for="x, for=${STRANGER}`), "refused"],
  ["Forwarded: an open quote alone", forwarded('for="', `for=${STRANGER}`), "refused"],
  ["Forwarded: an escape", forwarded(`for="${ALLOWED}\\", for=${STRANGER}`), "refused"],
  ["Forwarded: no equals sign", forwarded(ALLOWED), "refused"],
  ["Forwarded: a space", forwarded(`for= ${ALLOWED}`), "refused"],
  ["Forwarded: junk after it", forwarded(`for=${ALLOWED} x`), "refused"],
  [
    "both, X-Forwarded-For by a proxy",
    [...xff(STRANGER), ...forwarded(`for=${ALLOWED}`)],
    "refused",
  ],
  ["both, Forwarded by a proxy", [...xff(ALLOWED), ...forwarded(`for=${STRANGER}`)], "refused"],
  ["both, one unknown", [...xff(ALLOWED), ...forwarded("for=unknown")], "refused"],
  ["another proxy's header", [["x-real-ip", ALLOWED], ...xff(STRANGER)], STRANGER],
  [
    "headers nobody reads",
    [
      ["x-client-ip", ALLOWED],
      ["true-client-ip", ALLOWED],
    ],
    PEER,
  ],
];
