/** What may stand where in a policy, by its kind; and a few values that look alike. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { parsePolicy, type PolicyRules } from "../../../src/policy/parse.ts";
import type { PolicyKind } from "../../../src/policy/policy.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import { gripOn } from "../../../src/policy/principals.ts";
import { compareDecimals, parseDecimal } from "../../../src/policy/values.ts";
import { ANONYMOUS, contextOf, type Json, policyOf, user } from "./policies.ts";

function problemsOf(kind: PolicyKind, statement: Json, rules: PolicyRules = {}): readonly string[] {
  const own = kind === "trust" ? { Action: "sts:AssumeRole" } : { Action: "s3:GetObject" };
  const resource = kind === "trust" ? {} : { Resource: "arn:aws:s3:::b/*" };
  const whole = { Effect: "Allow", ...own, ...resource, ...statement };
  const policy = parsePolicy(JSON.stringify({ Statement: whole }), "p.json", kind, rules);
  return policy.ok ? [] : policy.error.map(({ path, message }) => `${path}: ${message}`);
}

const TRUST = { trust: { issuers: [] } };
const PRINCIPAL = "Statement.Principal";

for (const [name, kind, statement, problems] of [
  [
    "a token's issuer in a bucket policy",
    "bucket",
    { Principal: { Federated: "idp" } },
    [
      `${PRINCIPAL}.Federated: Invalid principal in policy: the gateway has no Federated principals, got "idp"`,
    ],
  ],
  [
    "a service in a trust policy",
    "trust",
    { Principal: { Service: "ec2.amazonaws.com" } },
    [
      `${PRINCIPAL}.Service: Invalid principal in policy: the gateway has no Service principals, got "ec2.amazonaws.com"`,
    ],
  ],
  [
    "everybody as a canonical user of a trust policy",
    "trust",
    { Principal: { CanonicalUser: "*" } },
    [`${PRINCIPAL}.CanonicalUser: Invalid principal in policy: got the canonical user "*"`],
  ],
  [
    "an account id that is a number",
    "bucket",
    { Principal: { AWS: 111122223333 } },
    [`${PRINCIPAL}.AWS: Invalid policy syntax: expected text, got a number`],
  ],
  [
    "NotResource in a trust policy",
    "trust",
    { Principal: { AWS: "*" }, NotResource: "arn:aws:s3:::b" },
    ['Statement.NotResource: Invalid policy syntax: unknown field "NotResource"'],
  ],
  [
    "NotPrincipal with Allow",
    "bucket",
    { NotPrincipal: { AWS: "1" } },
    ["Statement.NotPrincipal: Invalid principal in policy: NotPrincipal cannot be used with Allow"],
  ],
] as const) {
  test(`parsePolicy() refuses ${name}`, () => {
    assert.deepEqual(problemsOf(kind, statement, kind === "trust" ? TRUST : {}), problems);
  });
}

test("parsePolicy() reads NotPrincipal with Allow where the operator wants it", () => {
  const statement = { NotPrincipal: { AWS: "1" } };
  assert.deepEqual(problemsOf("bucket", statement, { notPrincipalAllow: true }), []);
});

test("gripOn() is none for a caller without a name, unless everybody is meant", () => {
  const names = new Set(["1"]);
  assert.equal(gripOn({ negated: false, everyone: false, names }, ANONYMOUS), "none");
  assert.equal(gripOn({ negated: false, everyone: true, names }, ANONYMOUS), "direct");
  assert.equal(gripOn({ negated: true, everyone: false, names }, ANONYMOUS), "direct");
  assert.equal(gripOn({ negated: true, everyone: true, names }, ANONYMOUS), "none");
});

test("zeros in front of a number, and behind its fraction, mean nothing", () => {
  for (const [a, b, same] of [
    ["0012", "12", true],
    ["0012", "2", false],
    ["-007.50", "-7.5", true],
    ["000", "0", true],
    ["-0", "0", true],
    ["100", "1", false],
    ["0.0", "0", true],
  ] as const) {
    const [first, second] = [parseDecimal(a), parseDecimal(b)];
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(compareDecimals(first, second) === 0, same, `${a} and ${b}`);
  }
});

test("all keys below a prefix: a Deny of the prefix itself, as a key, holds", () => {
  const one = { Effect: "Deny", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/a" };
  const all = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  const question = {
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/a",
    principal: user("alice"),
    context: contextOf({}),
    below: true,
  };
  assert.equal(
    evaluate(compilePolicies([policyOf("identity", [one, all])]), question).effect,
    "deny",
  );
});
