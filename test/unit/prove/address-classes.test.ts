import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNetwork, type Network } from "../../../src/policy/network.ts";
import { addressClasses, networksOf } from "../../../src/prove/address-classes.ts";

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (!network.ok) throw new Error(network.error);
    return network.value;
  });
}

function classesOf(...texts: readonly string[]): readonly (readonly string[])[] {
  return addressClasses(networks(...texts)).map((one) => networksOf([one]));
}

test("without rules about addresses all of them are one class", () => {
  assert.equal(addressClasses([]).length, 1);
});

test("a network in a network makes two classes, besides whatever is in neither", () => {
  const [outside, wide, narrow, ...more] = classesOf("198.51.100.0/24", "198.51.100.7");
  assert.deepEqual(more, []);
  assert.deepEqual(narrow, ["198.51.100.7"]);
  assert.deepEqual(wide?.slice(0, 3), ["198.51.100.0/30", "198.51.100.4/31", "198.51.100.6"]);
  assert(outside?.includes("::/81"), "IPv6 is of the class of the rest of IPv4");
});

test("IPv4 in IPv6's form is no class of IPv6", () => {
  const all = networksOf(addressClasses(networks("::/0")));
  assert.equal(all[0], "0.0.0.0/0");
  assert(!all.includes("::/0"), "::ffff:0:0/96 is left out");
  assert.equal(addressClasses(networks("::ffff:198.51.100.0/120")).length, 2);
});

test("an address of each class lies in it", () => {
  const [, office] = addressClasses(networks("2001:db8::/32"));
  assert.equal(office?.address, "2001:db8::");
  assert.deepEqual(networksOf(office === undefined ? [] : [office]), ["2001:db8::/32"]);
});
