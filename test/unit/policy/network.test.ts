import assert from "node:assert/strict";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  liesIn,
  networkDecision,
  parseNetwork,
  type Network,
} from "../../../src/policy/network.ts";

function set(...texts: string[]): readonly Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    assert.ok(network.ok, network.ok ? "" : network.error);
    return network.value;
  });
}

const refused = [
  ["", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["example.org", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["192.0.2", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["192.0.2.1.1", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["192.0.2.256", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["192.0.02.1", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["0x7f.0.0.1", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["3221225985", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  [" 192.0.2.1", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["fe80::1%eth0", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["2001:db8::/32::", "The prefix length of a network must be 0 to 128"],
  ["192.0.2.0/33", "The prefix length of a network must be 0 to 32"],
  ["192.0.2.0/", "The prefix length of a network must be 0 to 32"],
  ["192.0.2.0/024", "The prefix length of a network must be 0 to 32"],
  ["192.0.2.0/-1", "The prefix length of a network must be 0 to 32"],
  ["192.0.2.0/255.255.255.0", "The prefix length of a network must be 0 to 32"],
  ["2001:db8::/129", "The prefix length of a network must be 0 to 128"],
  ["::192.0.2.0/129", "The prefix length of a network must be 0 to 128"],
  ["::192.0.2.0/24", "The network has host bits set, its base is ::/24"],
  ["::ffff:010.0.0.0/104", "Expected an IPv4 or IPv6 network such as 192.0.2.0/24"],
  ["::ffff:192.0.2.0/95", "The prefix length of a network must be 96 to 128"],
  ["192.0.2.1/24", "The network has host bits set, its base is 192.0.2.0/24"],
  ["255.255.255.255/0", "The network has host bits set, its base is 0.0.0.0/0"],
  ["2001:db8::1/32", "The network has host bits set, its base is 2001:db8::/32"],
  ["2001:db8:8000::/32", "The network has host bits set, its base is 2001:db8::/32"],
  ["::ffff:192.0.2.1/120", "The network has host bits set, its base is 192.0.2.0/24"],
] as const;
for (const [text, message] of refused) {
  test(`parseNetwork() refuses "${text}"`, () => {
    assert.deepEqual(parseNetwork(text), { ok: false, error: message });
  });
}

const decisions = [
  ["nobody restricted", [], [], "203.0.113.9", "allowed"],
  ["nobody restricted, not even an unknown address", [], [], undefined, "allowed"],
  ["inside an allowed range", ["192.0.2.0/24"], [], "192.0.2.255", "allowed"],
  ["just above it", ["192.0.2.0/24"], [], "192.0.3.0", "denied"],
  ["just below it", ["192.0.2.0/24"], [], "192.0.1.255", "denied"],
  ["a bare address is a range of one", ["192.0.2.7"], [], "192.0.2.7", "allowed"],
  ["and not of two", ["192.0.2.7"], [], "192.0.2.6", "denied"],
  ["all of IPv4", ["0.0.0.0/0"], [], "255.255.255.255", "allowed"],
  ["all of IPv4 is not IPv6", ["0.0.0.0/0"], [], "2001:db8::1", "denied"],
  ["all of IPv6 is not IPv4", ["::/0"], [], "192.0.2.1", "denied"],
  ["all of IPv6 is not IPv4, mapped neither", ["::/0"], [], "::ffff:192.0.2.1", "denied"],
  ["an IPv4-mapped address", ["192.0.2.0/24"], [], "::ffff:192.0.2.1", "allowed"],
  ["an IPv4-mapped address in hex", ["192.0.2.0/24"], [], "::FFFF:c000:0201", "allowed"],
  ["an IPv4-mapped range", ["::ffff:192.0.2.0/120"], [], "192.0.2.200", "allowed"],
  ["an IPv4-compatible address is not IPv4", ["192.0.2.0/24"], [], "::192.0.2.9", "denied"],
  ["nor with a zone", ["192.0.2.0/24"], [], "::192.0.2.9%eth0", "denied"],
  ["it is IPv6", ["::/96"], [], "::192.0.2.9", "allowed"],
  ["and the same in hex", ["::192.0.2.9"], [], "::c000:209", "allowed"],
  ["an IPv4-compatible range", ["::192.0.2.0/120"], [], "::192.0.2.200", "allowed"],
  ["which IPv4 is not in", ["::192.0.2.0/120"], [], "192.0.2.200", "denied"],
  ["an address behind a NAT64 is not IPv4", ["192.0.2.0/24"], [], "64:ff9b::192.0.2.9", "denied"],
  ["a translated address neither", ["192.0.2.0/24"], [], "::ffff:0:192.0.2.9", "denied"],
  ["a mapped address in octal", ["10.0.0.0/8"], [], "::ffff:012.0.0.1", "unknown-address"],
  ["a mapped address in hex octets", ["127.0.0.0/8"], [], "::ffff:0x7f.0.0.1", "unknown-address"],
  ["a mapped address with a zone", ["192.0.2.0/24"], [], "::ffff:192.0.2.9%1", "allowed"],
  ["nine words", ["::/0"], [], "1:2:3:4:5:6:7:192.0.2.9", "unknown-address"],
  ["IPv4 in the middle", ["::/0"], [], "::192.0.2.9:1", "unknown-address"],
  ["an IPv4-mapped address denied", [], ["192.0.2.0/24"], "::ffff:192.0.2.1", "denied"],
  ["the high half of IPv4", ["128.0.0.0/1"], [], "200.1.2.3", "allowed"],
  ["an IPv6 range", ["2001:db8::/33"], [], "2001:db8:7fff::1", "allowed"],
  ["just outside an IPv6 range", ["2001:db8::/33"], [], "2001:db8:8000::", "denied"],
  ["an IPv6 address with a zone", ["fe80::/10"], [], "fe80::1%eth0", "allowed"],
  ["deny before allow", ["192.0.2.0/24"], ["192.0.2.66"], "192.0.2.66", "denied"],
  ["deny alone lets others in", [], ["192.0.2.66"], "192.0.2.67", "allowed"],
  ["an unknown address with allow", ["0.0.0.0/0"], [], undefined, "unknown-address"],
  ["an unknown address with deny", [], ["192.0.2.66"], undefined, "unknown-address"],
  ["an unreadable address", [], ["192.0.2.66"], "unix:", "unknown-address"],
  ["a short form", ["127.0.0.0/8"], [], "127.1", "unknown-address"],
  ["an octal form", ["10.0.0.0/8"], [], "012.0.0.1", "unknown-address"],
  ["an address with a port", ["192.0.2.0/24"], [], "192.0.2.1:443", "unknown-address"],
  ["a list of addresses", ["192.0.2.0/24"], [], "192.0.2.1, 10.0.0.1", "unknown-address"],
  ["an empty address", ["192.0.2.0/24"], [], "", "unknown-address"],
  ["dots alone", ["0.0.0.0/0"], [], "...", "unknown-address"],
] as const;
for (const [name, allow, deny, address, expected] of decisions) {
  test(`networkDecision() on ${name} is "${expected}"`, () => {
    const rule = { allow: set(...allow), deny: set(...deny) };
    assert.equal(networkDecision(rule, address), expected);
  });
}

test("networkDecision() agrees with node:net's BlockList on IPv4", () => {
  const ranges = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
  fc.assert(
    fc.property(
      ranges,
      fc.ipV4(),
      fc.integer({ min: 0, max: 255 }),
      ([base, bits], other, last) => {
        // Half of the addresses are near the range's base, or no random pair would ever match.
        const address = last % 2 === 0 ? other : base.replace(/\d+$/, String(last));
        const text = alignedTo(base, bits);
        const list = new BlockList();
        list.addSubnet(base, bits, "ipv4");
        const expected = list.check(address, "ipv4") ? "allowed" : "denied";
        assert.equal(networkDecision({ allow: set(text), deny: [] }, address), expected);
      },
    ),
    { numRuns: 500 },
  );
});

test("networkDecision() agrees with node:net's BlockList on IPv6", () => {
  const words = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(
      words,
      fc.integer({ min: 0, max: 128 }),
      fc.integer({ min: 0, max: 127 }),
      (base, bits, flip) => {
        const text = base.map((word) => word.toString(16)).join(":");
        const flipped = base.map((word, i) =>
          i === flip >> 4 ? word ^ (0x8000 >> (flip & 15)) : word,
        );
        const address = flipped.map((word) => word.toString(16)).join(":");
        const list = new BlockList();
        list.addSubnet(text, bits, "ipv6");
        const aligned = parseNetwork(`${text}/${bits}`);
        const network = aligned.ok ? `${text}/${bits}` : baseNamedBy(aligned.error);
        const expected = list.check(address, "ipv6") ? "allowed" : "denied";
        assert.equal(networkDecision({ allow: set(network), deny: [] }, address), expected);
      },
    ),
    { numRuns: 500 },
  );
});

test("networkDecision() reads with an end of IPv4 exactly what node:net does", () => {
  const heads = fc.stringMatching(/^(?:::|[0-9a-f]{1,4}:|:){0,7}$/);
  const tails = fc.oneof(fc.ipV4(), fc.stringMatching(/^0?[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/));
  const everything = { allow: set("0.0.0.0/0", "::/0"), deny: [] };
  fc.assert(
    fc.property(heads, tails, (head, tail) => {
      const text = head + tail;
      const expected = isIPv6(text) || isIPv4(text) ? "allowed" : "unknown-address";
      assert.equal(networkDecision(everything, text), expected, text);
    }),
    { numRuns: 2000 },
  );
});

test("networkDecision() reads as IPv4 exactly what node:net does", () => {
  const nearly = fc.stringMatching(/^[0-9.]{0,4}[0-9]{0,3}\.[0-9]{0,3}\.[0-9]{1,3}\.?[0-9]{0,3}$/);
  const everything = { allow: set("0.0.0.0/0"), deny: [] };
  fc.assert(
    fc.property(fc.oneof(nearly, fc.ipV4(), fc.string()), (text) => {
      fc.pre(!isIPv6(text));
      const expected = isIPv4(text) ? "allowed" : "unknown-address";
      assert.equal(networkDecision(everything, text), expected);
    }),
    { numRuns: 1000 },
  );
});

function alignedTo(base: string, bits: number): string {
  const network = parseNetwork(`${base}/${bits}`);
  return network.ok ? `${base}/${bits}` : baseNamedBy(network.error);
}

/** The remedy in the message must itself be accepted. */
function baseNamedBy(message: string): string {
  const base = /its base is ([^ ]+)$/.exec(message)?.[1];
  assert.ok(base !== undefined, message);
  return base;
}

test("liesIn() tells an address of the networks, another one, and what is none", () => {
  const networks = ["192.0.2.0/24", "2001:db8::/32"].map((text) => {
    const network = parseNetwork(text);
    assert.ok(network.ok);
    return network.value;
  });
  assert.equal(liesIn(networks, "192.0.2.9"), true);
  assert.equal(liesIn(networks, "2001:db8::9"), true);
  assert.equal(liesIn(networks, "192.0.3.9"), false);
  assert.equal(liesIn(networks, "192.0.2"), undefined);
  assert.equal(liesIn([], "192.0.2.9"), false);
});
