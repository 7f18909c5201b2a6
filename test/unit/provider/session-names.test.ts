import assert from "node:assert/strict";
import { test } from "node:test";
import { gripOn } from "../../../src/policy/principals.ts";
import { callerOf } from "../../../src/provider/principals.ts";
import { shipped } from "./providers.ts";

/**
 * Whom a Deny with NotPrincipal spares: under models whose names of accounts include their users, a
 * session of a role as well; where sessions have no name of their own, no list has it (docs/sts.md).
 */
const spared = [
  ["aws", "arn:aws:iam::lab:root", false],
  ["atman", "arn:aws:iam:::user/lab", true],
  ["lumi-o", "arn:aws:iam::lab:root", true],
  ["coscine", "arn:aws:iam::lab:root", false],
  ["nutanix", "arn:aws:iam::lab:root", false],
] as const;

for (const [model, name, isSpared] of spared) {
  test(`under ${model} a NotPrincipal of the account ${isSpared ? "spares" : "meets"} a role's session`, () => {
    const caller = callerOf(shipped(model).principals, {
      account: "lab",
      subuser: undefined,
      role: { name: "writer", session: "alice" },
      groups: [],
      tenant: undefined,
    });
    const names = new Set(["lab", name]);
    const grip = gripOn({ negated: true, everyone: false, names }, caller);
    assert.equal(grip, isSpared ? "none" : "direct");
  });
}
