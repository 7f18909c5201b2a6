import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePolicies, isEmpty } from "../../../src/policy/policy-set.ts";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { contextOf, type Json, policyOf, user } from "./policies.ts";

test("isEmpty() is true of no policies and of none with statements", () => {
  const policy = policyOf("identity", { Effect: "Deny", Action: "*", Resource: "*" });
  assert.equal(isEmpty(compilePolicies([])), true);
  assert.equal(isEmpty(compilePolicies([policy])), false);
});

/** What is asked of a set that has so many other statements in front that it is searched by index. */
function effectAmong(statement: Json, action: string, operation: string | undefined): string {
  const other = { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::other" };
  const whole = { Effect: "Allow", Resource: "*", ...statement };
  const rules = { operationNames: true };
  const switches = { missingKeyNegated: "aws", operationNames: true } as const;
  const effects = [[whole], [other, whole], [whole, other, other]].map((statements) => {
    const set = compilePolicies([policyOf("identity", statements, rules)]);
    const asked = { action, operation, resource: "arn:aws:s3:::bucket/key" };
    const question = { ...asked, principal: user("alice"), context: contextOf({}) };
    return evaluate(set, question, switches).effect;
  });
  assert.equal(new Set(effects).size, 1, effects.join());
  return effects[0] ?? "";
}

for (const [statement, action, operation, expected] of [
  [{ Action: "s3:GetObject" }, "s3:GetObject", "HeadObject", "allow"],
  [{ Action: "s3:HeadObject" }, "s3:GetObject", "HeadObject", "allow"],
  [{ Action: "s3:HeadObject" }, "s3:GetObject", "GetObject", "none"],
  [{ Action: "s3:HeadObject" }, "s3:GetObject", undefined, "none"],
  [{ NotAction: "s3:HeadObject" }, "s3:GetObject", "HeadObject", "none"],
  [{ NotAction: "s3:HeadObject" }, "s3:GetObject", "GetObject", "allow"],
  [{ NotAction: "s3:GetObject" }, "s3:GetObject", "GetObject", "none"],
  [{ NotAction: "s3:GetObject" }, "s3:PutObject", "PutObject", "allow"],
  [
    { Action: "s3:DeleteReplicationConfiguration" },
    "s3:PutReplicationConfiguration",
    "DeleteBucketReplication",
    "allow",
  ],
  [
    { Action: "s3:DeleteReplicationConfiguration" },
    "s3:PutReplicationConfiguration",
    "PutBucketReplication",
    "none",
  ],
  [{ Action: "s3:GetObjectTorrent" }, "s3:GetObject", "GetObjectTorrent", "allow"],
  // An action that no table has yet.
  [{ Action: "s3:Get*" }, "s3:GetTomorrow", "GetTomorrow", "allow"],
  [{ Action: "s3:Put*" }, "s3:GetTomorrow", "GetTomorrow", "none"],
] as const) {
  test(`${JSON.stringify(statement)} comes to ${expected} for ${operation} by ${action}, alone or among others`, () => {
    assert.equal(effectAmong(statement, action, operation), expected);
  });
}

for (const [pattern, names, reaches] of [
  ["bucket/*:x", false, false],
  ["b*/x:y", false, true],
  ["b*t:x", true, true],
  ["b?:x", true, true],
  ["t:b/k", true, true],
  ["*:b/k", true, true],
  ["*/k:x", false, false],
  ["*/k?x:y", false, false],
] as const) {
  test(`the pattern ${pattern} ${names ? "names" : "does not name"} a tenant`, () => {
    const Resource = `arn:aws:s3:::${pattern}`;
    const policy = policyOf("identity", { Effect: "Allow", Action: "s3:*", Resource });
    const set = compilePolicies([policy]);
    assert.deepEqual([set.namesTenants, set.reachesTenants], [names, reaches]);
  });
}

test("a statement with NotResource is found by the index for every resource", () => {
  const others = { Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::other/*" };
  const all = { Effect: "Allow", Action: "s3:*", NotResource: "arn:aws:s3:::zzz/*" };
  const set = compilePolicies([policyOf("identity", [others, all, others])]);
  for (const [resource, expected] of [
    ["bucket/key", "allow"],
    ["a", "allow"],
    ["zzzz/k", "allow"],
    ["zzz/k", "none"],
    ["other/k", "allow"],
  ] as const) {
    const asked = { action: "s3:GetObject", resource: `arn:aws:s3:::${resource}` };
    const question = { ...asked, principal: user("alice"), context: contextOf({}) };
    assert.equal(evaluate(set, question).effect, expected, resource);
  }
});

test("statements of the same actions, spelled in any order of patterns, keep their own", () => {
  const of = (Action: readonly string[], bucket: string): Json => {
    return { Effect: "Allow", Action, Resource: `arn:aws:s3:::${bucket}/*` };
  };
  const set = compilePolicies([
    policyOf("identity", [
      of(["s3:GetObject", "s3:PutObject"], "a"),
      of(["s3:GetObject"], "b"),
      of(["s3:GetObject", "s3:PutObject"], "c"),
    ]),
  ]);
  const effectOf = (action: string, bucket: string) => {
    const asked = { action, resource: `arn:aws:s3:::${bucket}/k` };
    return evaluate(set, { ...asked, principal: user("alice"), context: contextOf({}) }).effect;
  };
  assert.deepEqual(
    ["a", "b", "c"].map((bucket) => effectOf("s3:PutObject", bucket)),
    ["allow", "none", "allow"],
  );
  assert.deepEqual(
    ["a", "b", "c", "d"].map((bucket) => effectOf("s3:GetObject", bucket)),
    ["allow", "allow", "allow", "none"],
  );
});
