import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePolicy } from "../../../src/policy/parse.ts";
import {
  allowsTokens,
  claimNamed,
  claimNames,
  compileTrustActions,
  issuerNamed,
  TRUST_ACTIONS,
  type TrustRules,
} from "../../../src/policy/trust-rules.ts";
import type { Json } from "./policies.ts";

const RULES: TrustRules = {
  issuers: [
    { name: "idp", url: "https://idp.example.org/realms/lab", claims: ["groups"] },
    { name: "cluster", url: undefined, claims: [] },
    { name: "aws-cn", url: "http://127.0.0.1:8080/", claims: [] },
  ],
};

const NAMES: readonly (readonly [text: string, name: string | undefined])[] = [
  ["idp", "idp"],
  ["cluster", "cluster"],
  ["https://idp.example.org/realms/lab", "idp"],
  ["idp.example.org/realms/lab", "idp"],
  ["http://127.0.0.1:8080/", "aws-cn"],
  ["arn:aws:iam::123456789012:oidc-provider/idp.example.org/realms/lab", "idp"],
  ["arn:aws-cn:iam::lab:oidc-provider/idp", "idp"],
  ["arn:aws-us-gov:iam:::oidc-provider/cluster", "cluster"],
  ["arn:aws:iam::my_lab.a-b:oidc-provider/cluster", "cluster"],
  ["other", undefined],
  ["idp/", undefined],
  ["idp.example.org/realms/lab/", undefined],
  ["arn:aws-xx:iam::lab:oidc-provider/idp", undefined],
  ["arn:aws:iam:eu:lab:oidc-provider/idp", undefined],
  ["arn:aws:sts::lab:oidc-provider/idp", undefined],
  ["arn:aws:iam::la b:oidc-provider/idp", undefined],
  ["arn:aws:iam::lab:saml-provider/idp", undefined],
  ["arn:aws:iam::lab:oidc-provider/", undefined],
  ["xarn:aws:iam::lab:oidc-provider/idp", undefined],
  ["ftp://idp.example.org/realms/lab", undefined],
];

for (const [text, name] of NAMES) {
  test(`${text} names ${name ?? "no issuer"}`, () => {
    assert.equal(issuerNamed(RULES, text)?.name, name);
  });
}

const CLAIMS: readonly (readonly [text: string, key: string | undefined])[] = [
  ["idp:sub", "idp:sub"],
  ["idp.example.org/realms/lab:aud", "idp:aud"],
  ["idp:groups", "idp:groups"],
  ["cluster:groups", undefined],
  ["idp:", undefined],
  ["sub", undefined],
  ["nobody:sub", undefined],
];

for (const [text, key] of CLAIMS) {
  test(`the condition key ${text} is ${key === undefined ? "none of a claim" : `the claim ${key}`}`, () => {
    const named = claimNamed(RULES, text);
    assert.equal(named === undefined, key === undefined, JSON.stringify(named));
    if (key !== undefined) assert.deepEqual(named, claimNamed(RULES, key));
  });
}

test("claimNames() names each claim that a condition can have", () => {
  const names = claimNames(RULES);
  assert.deepEqual(
    names.filter((name) => name.startsWith("idp:")),
    ["idp:sub", "idp:aud", "idp:azp", "idp:groups"],
  );
  for (const name of names) assert.ok(claimNamed(RULES, name) !== undefined, name);
});

for (const [patterns, actions, tokens] of [
  [["sts:AssumeRole"], ["sts:AssumeRole"], false],
  [["STS:assumerolewithwebidentity"], ["sts:AssumeRoleWithWebIdentity"], true],
  [["sts:AssumeRole*"], ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"], true],
  [["sts:Tag*", "sts:SetSourceIdentity"], ["sts:TagSession", "sts:SetSourceIdentity"], false],
  [["sts:*"], [...TRUST_ACTIONS], true],
] as const) {
  test(`compileTrustActions() reads ${patterns.join(" and ")}`, () => {
    const set = compileTrustActions(patterns);
    assert.ok(set.ok);
    assert.deepEqual([...set.value.actions], actions);
    assert.deepEqual(
      set.value.patterns,
      patterns.map((pattern) => pattern.toLowerCase()),
    );
    assert.equal(allowsTokens({ set: set.value, negated: false }), tokens);
    // NotAction is about all the others.
    assert.equal(allowsTokens({ set: set.value, negated: true }), !tokens);
  });
}

for (const pattern of [
  "*",
  "s*",
  "sts",
  "sts:GetSessionToken",
  "s3:*",
  "xsts:*",
  "st?:AssumeRole",
]) {
  test(`compileTrustActions() refuses ${pattern}`, () => {
    const set = compileTrustActions(["sts:AssumeRole", pattern]);
    assert.ok(!set.ok);
    assert.equal(set.error.message, `Policy has invalid action: got "${pattern}"`);
    assert.deepEqual(set.error.remedy, {
      ...Object(set.error.remedy),
      name: pattern,
      otherwise:
        "A trust policy allows sts:AssumeRole, sts:AssumeRoleWithWebIdentity, sts:SetSourceIdentity, sts:TagSession",
    });
  });
}

/** What is wrong with a trust policy of this statement; empty if nothing is. */
function problemsOf(statement: Json, trust: TrustRules = RULES): readonly string[] {
  const whole = { Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity", ...statement };
  const text = JSON.stringify({ Version: "2012-10-17", Statement: whole });
  const policy = parsePolicy(text, "trust.json", "trust", { trust });
  return policy.ok
    ? []
    : policy.error.map(({ path, message, remedy }) => `${path}: ${message} | ${remedy}`);
}

const EVERY_ISSUER =
  'Statement.Principal: Invalid principal in policy: "*" would trust the tokens of every issuer | Name issuers in {"Federated": …}; {"AWS": "*"} is everybody who has a key';

for (const [name, statement, problems] of [
  ["an issuer", { Principal: { Federated: "idp" } }, []],
  ["tokens of everybody", { Principal: "*" }, [EVERY_ISSUER]],
  ["tokens of everybody by sts:*", { Principal: "*", Action: "sts:*" }, [EVERY_ISSUER]],
  ["a Deny of tokens", { Principal: "*", Effect: "Deny" }, []],
  ["keys of everybody", { Principal: "*", Action: "sts:AssumeRole" }, []],
  ["everybody with a key", { Principal: { AWS: "*" } }, []],
] as const) {
  test(`a trust policy for ${name} is ${problems.length === 0 ? "read" : "refused"}`, () => {
    assert.deepEqual(problemsOf(statement), problems);
  });
}

test("a trust policy for an issuer that is not there tells which are", () => {
  const statement = { Principal: { Federated: "nobody" } };
  const message =
    'Statement.Principal.Federated: Invalid principal in policy: there is no issuer "nobody" | ';
  assert.deepEqual(problemsOf(statement), [`${message}Known: idp, cluster, aws-cn`]);
  assert.deepEqual(problemsOf(statement, { issuers: [] }), [
    `${message}Add it to issuers in gateway.yaml`,
  ]);
});
