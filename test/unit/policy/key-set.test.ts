import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import { contextOf, type Json, policyOf, user } from "./policies.ts";

const arns = (names: readonly string[]) => names.map((name) => `arn:aws:s3:::${name}`);

/** What a statement comes to for all keys below a prefix, a Deny beside an Allow of everything. */
function effectBelow(prefix: string, statement: Json): string {
  const one = { Effect: "Allow", Action: "s3:GetObject", ...statement };
  const all = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  const statements = one.Effect === "Deny" ? [one, all] : [one];
  return evaluate(compilePolicies([policyOf("identity", statements)]), {
    action: "s3:GetObject",
    resource: `arn:aws:s3:::${prefix}`,
    principal: user("Alice"),
    context: contextOf({ "aws:username": "Alice" }),
    below: true,
  }).effect;
}

for (const [name, statement, expected] of [
  ["one of several that has them all", { Resource: arns(["b/x", "b/a*"]) }, "allow"],
  ["several that have them all together", { Resource: arns(["b/a/?*", "b/a/"]) }, "none"],
  ["one of several that has some", { Effect: "Deny", Resource: arns(["b/x", "b/a/c"]) }, "deny"],
  [
    "all but several, one of them all",
    { Effect: "Deny", NotResource: arns(["b/x", "b/a*"]) },
    "allow",
  ],
  ["all but several of some", { Effect: "Deny", NotResource: arns(["b/x", "b/a/c"]) }, "deny"],
  ["all but several others", { NotResource: arns(["b/x", "b/y*"]) }, "allow"],
  ["all but several, one of some", { NotResource: arns(["b/x", "b/a/c"]) }, "none"],
] as const) {
  test(`all keys below b/a/: ${name}`, () =>
    assert.equal(effectBelow("b/a/", statement), expected));
}

test("all keys below a prefix: letters of a variable's value count", () => {
  const statement = { Resource: arns(["b/${aws:username}/*"]) };
  assert.equal(effectBelow("b/Alice/", statement), "allow");
  assert.equal(effectBelow("b/alice/", statement), "none");
});
