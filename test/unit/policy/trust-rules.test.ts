import assert from "node:assert/strict";
import { test } from "node:test";
import { claimNamed, issuerNamed, type TrustRules } from "../../../src/policy/trust-rules.ts";

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
