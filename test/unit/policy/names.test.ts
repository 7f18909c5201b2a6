/** A resource by its other name, all keys below a prefix, tenants in patterns, and whom a NotPrincipal spares. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import { gripOn } from "../../../src/policy/principals.ts";
import { contextOf, policyOf, user, type Json } from "./policies.ts";

const ARN = "arn:aws:s3:::";

function effectOn(
  statement: Json,
  asked: {
    readonly alias?: { readonly resource: string; readonly sure: boolean };
    readonly below?: boolean;
  },
  resource = "bucket/a/b",
): string {
  const whole = { Effect: "Allow", Action: "s3:GetObject", ...statement };
  // What an Allow does not open is told from what a Deny does not meet by an Allow of everything.
  const all = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  const set = compilePolicies([
    policyOf("identity", whole.Effect === "Deny" ? [whole, all] : [whole]),
  ]);
  return evaluate(set, {
    action: "s3:GetObject",
    resource: `${ARN}${resource}`,
    principal: user("alice"),
    context: contextOf({}),
    ...asked,
  }).effect;
}

const other = (sure: boolean) => ({ alias: { resource: `${ARN}t:bucket/a/b`, sure } });
const BY_OTHER = { Resource: `${ARN}t:bucket/a/*` };
const NOT_BY_OTHER = { NotResource: `${ARN}t:bucket/a/*` };
const ALIASES = [
  ["an Allow does not count by a name that is not sure", BY_OTHER, false, "none"],
  ["an Allow counts by a sure name", BY_OTHER, true, "allow"],
  ["a Deny counts by a name that is not sure", { Effect: "Deny", ...BY_OTHER }, false, "deny"],
  ["an Allow of all but it opens nothing", NOT_BY_OTHER, false, "none"],
  ["a Deny of all but it holds", { Effect: "Deny", ...NOT_BY_OTHER }, false, "deny"],
  ["a Deny of all but a sure name spares it", { Effect: "Deny", ...NOT_BY_OTHER }, true, "allow"],
  ["the letters of the other name count", { Resource: `${ARN}T:bucket/a/*` }, true, "none"],
] as const;
for (const [name, statement, sure, expected] of ALIASES) {
  test(`by another name: ${name}`, () => {
    assert.equal(effectOn(statement, other(sure)), expected);
  });
}

const BELOW = [
  ["an Allow of every key there opens it", { Resource: `${ARN}bucket/*` }, "allow"],
  ["an Allow of the very text does not", { Resource: `${ARN}bucket/a/b` }, "none"],
  ["an Allow of some keys there does not", { Resource: `${ARN}bucket/a/b/c*` }, "none"],
  ["an Allow of keys of one length does not", { Resource: `${ARN}bucket/a/b?` }, "none"],
  ["a Deny of some keys there holds", { Effect: "Deny", Resource: `${ARN}bucket/a/b/c` }, "deny"],
  ["a Deny beside it does not", { Effect: "Deny", Resource: `${ARN}bucket/a/c*` }, "allow"],
  ["an Allow of all but some does not", { NotResource: `${ARN}bucket/a/b/c` }, "none"],
  ["an Allow of all but others does", { NotResource: `${ARN}bucket/c/*` }, "allow"],
  [
    "a Deny of all but these spares them",
    { Effect: "Deny", NotResource: `${ARN}bucket/a/*` },
    "allow",
  ],
  ["a Deny of all but some holds", { Effect: "Deny", NotResource: `${ARN}bucket/a/b/c` }, "deny"],
] as const;
for (const [name, statement, expected] of BELOW) {
  test(`all keys below a prefix: ${name}`, () => {
    assert.equal(effectOn(statement, { below: true }), expected);
  });
}

test("all keys below a prefix: a pattern that has the probing character in it opens none", () => {
  const odd = "\u{e000}";
  const statement = { Resource: `${ARN}bucket/*${odd}` };
  assert.equal(effectOn(statement, { below: true }, `bucket/a${odd}`), "none");
  assert.equal(
    effectOn({ Resource: `${ARN}bucket/*` }, { below: true }, `bucket/a${odd}`),
    "allow",
  );
});

test("all keys below a prefix: its other name counts in a Deny", () => {
  const statement = { Effect: "Deny", Resource: `${ARN}t:bucket/a/b/c` };
  assert.equal(effectOn(statement, { below: true, ...other(false) }), "deny");
  assert.equal(
    effectOn({ Resource: `${ARN}t:bucket/*` }, { below: true, ...other(false) }),
    "none",
  );
  assert.equal(
    effectOn({ Resource: `${ARN}t:bucket/*` }, { below: true, ...other(true) }),
    "allow",
  );
});

/** A pattern, whether a tenant is named in it, and whether its wildcard may stand for one. */
const TENANTS = [
  ["bucket/*", false, false],
  ["bucket", false, false],
  ["t:bucket/*", true, true],
  ["t:*", true, true],
  ["buck*", false, true],
  ["b?cket/*", false, true],
  ["*", false, false],
  ["*/key", false, false],
  ["*cket/key", false, true],
  ["*?/key", false, true],
  ["?ucket/key", false, true],
  ["${aws:username}/key", false, true],
  ["bucket/a:b", false, false],
] as const;
for (const [pattern, names, reaches] of TENANTS) {
  test(`the pattern ${pattern} ${reaches ? "may" : "cannot"} speak of a tenant`, () => {
    const others = { Resource: `${ARN}plain/*` };
    const statement = {
      Effect: "Allow",
      Action: "s3:*",
      Resource: [`${ARN}${pattern}`, others.Resource],
    };
    const set = compilePolicies([
      policyOf("identity", [{ Effect: "Allow", Action: "s3:*", ...others }, statement]),
    ]);
    assert.equal(set.namesTenants, names, "named");
    assert.equal(set.reachesTenants, reaches, "reached");
  });
}

test("where all names of a caller must stand in a NotPrincipal, one of them spares nobody", () => {
  const session = {
    kind: "known",
    identifiers: ["arn:aws:iam::1:role/r", "arn:aws:sts::1:assumed-role/r/s"],
    accountIdentifiers: ["1"],
    sparing: "all",
  } as const;
  const spared = (...names: readonly string[]) =>
    gripOn({ negated: true, everyone: false, names: new Set(names) }, session) === "none";
  assert.equal(spared("1", "arn:aws:iam::1:role/r"), false);
  assert.equal(spared("1", "arn:aws:iam::1:role/r", "arn:aws:sts::1:assumed-role/r/s"), true);
  const { sparing: _, ...plain } = session;
  const grip = gripOn(
    { negated: true, everyone: false, names: new Set(["1", "arn:aws:iam::1:role/r"]) },
    plain,
  );
  assert.equal(grip, "none");
});

/** All keys below a prefix, where the pattern has a variable. */
const VARIABLES = [
  ["bucket/${aws:username}/*", "bucket/alice/", "Allow", "allow"],
  ["bucket/${aws:username}/*", "bucket/Alice/", "Allow", "none"],
  ["bucket/${aws:username}/*", "bucket/bob/", "Allow", "none"],
  ["bucket/${aws:username}/x", "bucket/alice/", "Deny", "deny"],
  ["bucket/${aws:username}/x", "bucket/al", "Deny", "deny"],
  ["bucket/${aws:username}/x", "bucket/bob/", "Deny", "allow"],
  ["bucket/${aws:userid, 'bob'}/x", "bucket/bob/", "Deny", "deny"],
  ["bucket/${aws:userid, 'bob'}/x", "bucket/alice/", "Deny", "allow"],
  // A variable without a value matches nothing.
  ["bucket/${aws:userid}/x", "bucket/", "Deny", "allow"],
  ["bucket/${aws:userid}*", "bucket/", "Allow", "none"],
  ["bucket/a?c/x", "bucket/abc/", "Deny", "deny"],
  ["bucket/a?c/x", "bucket/a\u{1f600}c/", "Deny", "deny"],
  ["bucket/a?c/x", "bucket/abd/", "Deny", "allow"],
  ["bucket/a?", "bucket/a", "Deny", "deny"],
  ["bucket/?", "bucket/ab", "Deny", "allow"],
] as const;
for (const [pattern, prefix, effect, expected] of VARIABLES) {
  test(`all keys below ${prefix}: ${effect} of ${pattern} comes to ${expected}`, () => {
    const one = { Effect: effect, Action: "s3:GetObject", Resource: ARN + pattern };
    const all = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
    const set = compilePolicies([policyOf("identity", effect === "Deny" ? [one, all] : one)]);
    const asked = { action: "s3:GetObject", resource: ARN + prefix, principal: user("alice") };
    const context = contextOf({ "aws:username": "alice" });
    assert.equal(evaluate(set, { ...asked, context, below: true }).effect, expected);
  });
}

test("all keys below a prefix: a variable without a value in an Allow's NotResource opens none", () => {
  const NotResource = [`${ARN}bucket/c/*`, `${ARN}bucket/\${aws:userid}/*`];
  assert.equal(effectOn({ NotResource }, { below: true }), "none");
});

/** A set of several statements is searched by an index; what it leaves out must not match. */
const OTHERS = ["x", "y", "z"].map((name) => ({ Resource: `${ARN}${name}/*` }));

for (const [name, statement, asked, expected] of [
  [
    "a Deny of some keys below a prefix",
    { Resource: `${ARN}bucket/a/b/c` },
    { below: true },
    "deny",
  ],
  ["a Deny by the other name", BY_OTHER, other(false), "deny"],
  ["a Deny by neither name", { Resource: `${ARN}u:bucket/*` }, other(true), "allow"],
] as const) {
  test(`among several statements: ${name}`, () => {
    const common = { Effect: "Deny", Action: "s3:GetObject" };
    const all = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
    const denies = [...OTHERS, statement].map((one) => ({ ...common, ...one }));
    const set = compilePolicies([policyOf("identity", [...denies, all])]);
    const question = {
      action: "s3:GetObject",
      resource: `${ARN}bucket/a/b`,
      principal: user("alice"),
      context: contextOf({}),
      ...asked,
    };
    assert.equal(evaluate(set, question).effect, expected);
  });
}
