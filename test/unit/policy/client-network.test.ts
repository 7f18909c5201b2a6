import assert from "node:assert/strict";
import { test } from "node:test";
import { networkOf } from "../../../src/policy/network.ts";

const SAME = [
  ["192.0.2.1", "::ffff:192.0.2.1"],
  ["192.0.2.1", "::ffff:c000:201"],
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
  ["2001:db8:1:2::1", "2001:0DB8:0001:0002::"],
  ["fe80::1%eth0", "fe80::2%eth0"],
] as const;
for (const [one, other] of SAME) {
  test(`${one} and ${other} count as one client`, () => {
    assert.equal(networkOf(one), networkOf(other));
  });
}

const DIFFERENT = [
  ["192.0.2.1", "192.0.2.2"],
  ["2001:db8:1:2::1", "2001:db8:1:3::1"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.2"],
  ["::1", "0.0.0.0"],
] as const;
for (const [one, other] of DIFFERENT) {
  test(`${one} and ${other} count apart`, () => {
    assert.notEqual(networkOf(one), networkOf(other));
  });
}
