/** Shares of a bucket, as the policy that they stand for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Share, shareOf, sharePolicy } from "../../../src/provider/shares.ts";
import { caller, effect, shipped } from "./providers.ts";

const nutanix = shipped("nutanix");
const KEY = "arn:aws:s3:::testbucket/k";
const TEAM = { account: "team", subuser: undefined, groups: [], tenant: undefined };

function policyOf(...shares: readonly Share[]) {
  return sharePolicy(nutanix, "testbucket", shares, "accounts.yaml");
}

const share = (untilMs: number | undefined): Share => ({
  with: TEAM,
  permissions: "READ",
  line: 1,
  untilMs,
});

/** `[the share's end, a time before it, a time that is not]`; in UTC. */
const ENDS = [
  ["2026-12-01T00:00:00Z", "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"],
  ["1970-01-01T00:00:00Z", undefined, "1970-01-01T00:00:00Z"],
  ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:58Z", undefined],
] as const;
for (const [end, before, after] of ENDS) {
  test(`a share until ${end} lets in before that moment only`, () => {
    const policy = policyOf(share(Date.parse(end)));
    assert.ok(policy.ok);
    const at = (time: string | undefined) =>
      effect(nutanix, policy.value, caller(nutanix, "team"), "s3:GetObject", KEY, {
        ...(time !== undefined && { "aws:CurrentTime": time }),
      });
    if (before !== undefined) assert.equal(at(before), "allow");
    if (after !== undefined) assert.equal(at(after), "none");
    assert.equal(at(undefined), "none", "no time is no time before it");
  });
}

test("a share without an end lets in at any time", () => {
  const policy = policyOf(share(undefined));
  assert.ok(policy.ok);
  const team = caller(nutanix, "team");
  assert.equal(effect(nutanix, policy.value, team, "s3:GetObject", KEY), "allow");
  assert.deepEqual([policy.value.kind, policy.value.file], ["bucket", "accounts.yaml"]);
});

for (const untilMs of [-1, Number.NaN, Infinity, Date.parse("9999-12-31T23:59:59.999Z") + 1]) {
  test(`a share cannot end at ${untilMs} ms`, () => {
    assert.deepEqual(policyOf(share(untilMs)), {
      ok: false,
      error: "A share ends between the years 1970 and 9999",
    });
  });
}

for (const [written, account, subuser] of [
  ["team", "team", undefined],
  ["team:ann", "team", "ann"],
] as const) {
  test(`shareOf() reads "${written}" as the ${subuser === undefined ? "account" : "subuser"}`, () => {
    const permissions = "WRITE";
    assert.deepEqual(shareOf({ with: written, permissions, untilMs: 5 }, 7), {
      with: { account, subuser, groups: [], tenant: undefined },
      permissions,
      line: 7,
      untilMs: 5,
    });
  });
}

test("a share with a name of the gateway is not for the same name in another directory", () => {
  const qumulo = shipped("qumulo");
  const shares = [{ with: TEAM, permissions: "READ", line: 1 }];
  const policy = sharePolicy(qumulo, "testbucket", shares, "accounts.yaml");
  assert.ok(policy.ok);
  for (const [name, expected] of [
    ["Team", "allow"],
    ["ad:Team", "none"],
    ["LAB\\Team", "none"],
  ] as const) {
    const who = caller(qumulo, name);
    assert.equal(effect(qumulo, policy.value, who, "s3:GetObject", KEY), expected, name);
  }
});
