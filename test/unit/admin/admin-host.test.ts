import assert from "node:assert/strict";
import { test } from "node:test";
import { isKnownHost } from "../../../src/admin/admin-host.ts";

const rows: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, true],
  ["127.0.0.1:9090", true],
  ["127.0.0.1", true],
  ["[::1]:9090", true],
  ["[::1]", true],
  ["localhost:9090", true],
  ["LOCALHOST", true],
  ["gw.example.org", true],
  ["gw.example.org:443", true],
  ["evil.example", false],
  ["evil.example:9090", false],
  ["localhost.evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["127.0.0.1:9090.evil.example", false],
  ["gw.example.org.evil.example", false],
  ["[::1].evil.example", false],
  ["localhost.", false],
  ["", false],
  ["2130706433", false],
];
for (const [host, known] of rows) {
  test(`the status page is ${known ? "" : "not "}served as ${JSON.stringify(host)}`, () => {
    assert.equal(isKnownHost(host, ["gw.example.org"]), known);
  });
}
