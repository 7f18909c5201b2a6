import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { test } from "node:test";
import { parseNetwork, type Network } from "../../../src/policy/network.ts";
import { covers, wholeFamilies } from "../../../src/policy/network-cover.ts";

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (!network.ok) throw new Error(`${text}: ${network.error}`);
  return network.value;
}

const coversAll = (networks: readonly string[], network: string): boolean =>
  covers(networks.map(networkOf), networkOf(network));

for (const [networks, network, expected] of [
  [["192.0.2.0/24"], "192.0.2.0/24", true],
  [["192.0.2.0/23"], "192.0.3.0/24", true],
  [["192.0.2.0/24"], "192.0.2.7", true],
  [["192.0.2.0/24"], "192.0.2.0/23", false],
  [["192.0.2.0/24"], "192.0.3.0/24", false],
  [["192.0.2.0/25", "192.0.2.128/25"], "192.0.2.0/24", true],
  [["192.0.2.128/25", "192.0.2.0/25"], "192.0.2.0/24", true],
  [["192.0.2.0/26", "192.0.2.128/25"], "192.0.2.0/24", false],
  [["192.0.2.0/25", "192.0.2.192/26"], "192.0.2.0/24", false],
  [["192.0.2.0/25", "192.0.2.0/26", "192.0.2.128/25"], "192.0.2.0/24", true],
  // Numbers of 32 bits with the highest set, which are signed as a mask or a base.
  [["128.0.0.0/1"], "255.255.255.255", true],
  [["0.0.0.0/1"], "128.0.0.0/1", false],
  [["0.0.0.0/1", "128.0.0.0/1"], "0.0.0.0/0", true],
  [["::/0"], "192.0.2.0/24", false],
  [["0.0.0.0/0"], "2001:db8::/32", false],
  [["2001:db8::/33", "2001:db8:8000::/33"], "2001:db8::/32", true],
  [["2001:db8::/33", "2001:db8:8000::/34"], "2001:db8::/32", false],
  [["2001:db8::", "2001:db8::3"], "2001:db8::/126", false],
  [["2001:db8::", "2001:db8::1"], "2001:db8::/127", true],
  [["::/1", "8000::/1"], "::/0", true],
  [["::ffff:192.0.2.0/120"], "192.0.2.0/24", true],
  [[], "192.0.2.7", false],
] as const) {
  test(`covers() says ${expected} of ${networks.join(" and ") || "nothing"} for ${network}`, () => {
    assert.equal(coversAll(networks, network), expected);
  });
}

test("covers() agrees with net.BlockList about every address of a small network", () => {
  const parts = ["192.0.2.0/30", "192.0.2.4/31", "192.0.2.6", "192.0.2.7", "192.0.2.0/31"];
  for (let chosen = 0; chosen < 2 ** parts.length; chosen += 1) {
    const networks = parts.filter((_, i) => (chosen >> i) % 2 === 1);
    const list = new BlockList();
    for (const network of networks) {
      const [base = "", bits = "32"] = network.split("/");
      list.addSubnet(base, Number(bits));
    }
    const inAll = Array.from({ length: 8 }, (_, n) => list.check(`192.0.2.${n}`));
    assert.equal(coversAll(networks, "192.0.2.0/29"), inAll.every(Boolean), networks.join());
    assert.equal(coversAll(networks, "192.0.2.4/30"), inAll.slice(4).every(Boolean));
  }
});

for (const [networks, expected] of [
  [["0.0.0.0/0"], ["IPv4"]],
  [["::/0"], ["IPv6"]],
  [
    ["::/0", "0.0.0.0/0"],
    ["IPv4", "IPv6"],
  ],
  [["0.0.0.0/1", "128.0.0.0/1"], ["IPv4"]],
  [["0.0.0.0/1"], []],
  [["::/1", "10.0.0.0/8"], []],
] as const) {
  test(`wholeFamilies() finds ${expected.join(" and ") || "none"} in ${networks.join(" and ")}`, () => {
    assert.deepEqual(wholeFamilies(networks.map(networkOf)), expected);
  });
}
