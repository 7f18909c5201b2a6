/** Callers as trust policies name them ("IAM identifiers", IAM User Guide). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { trustCaller } from "../../../src/admission/trust-caller.ts";
import { gatewayOf } from "./people.ts";

const { keys } = gatewayOf({
  accounts: { A: { users: { U: { tier: "READ", tags: { Team: "x" } } } } },
});

test("trustCaller() names an account by its id and its root", () => {
  const caller = trustCaller(keys.get("AKID.A") ?? assert.fail());
  assert.deepEqual(caller, {
    kind: "key",
    principal: {
      kind: "known",
      identifiers: ["A", "arn:aws:iam::A:root"],
      accountIdentifiers: [],
    },
    arn: "arn:aws:iam::A:root",
    account: "A",
    userId: "A",
    tags: new Map(),
  });
});

test("trustCaller() names a user by its ARN, and through its account", () => {
  const caller = trustCaller(keys.get("AKID.A.U") ?? assert.fail());
  assert.deepEqual(caller, {
    kind: "key",
    principal: {
      kind: "known",
      identifiers: ["arn:aws:iam::A:user/U"],
      accountIdentifiers: ["A", "arn:aws:iam::A:root"],
    },
    arn: "arn:aws:iam::A:user/U",
    account: "A",
    userId: "A:U",
    tags: new Map([["team", "x"]]),
  });
});
