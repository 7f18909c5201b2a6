import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { callerOf } from "../../../src/provider/principals.ts";
import { trusts, type TrustCaller, type TrustRequest } from "../../../src/session/trust.ts";
import { shipped } from "../provider/providers.ts";

const ISSUERS = [
  { name: "github", url: "https://token.example.org", claims: ["repository", "groups"] },
  { name: "keycloak", url: undefined, claims: ["groups"] },
];

type Statement = Readonly<Record<string, unknown>>;

/** Whether a trust policy of these statements lets the request in, and by which statement or why not. */
function asked(statements: readonly Statement[], request: Partial<TrustRequest>): string {
  const text = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const policy = parsePolicy(text, "trust.json", "trust", { trust: { issuers: ISSUERS } });
  if (!policy.ok) throw new Error(JSON.stringify(policy.error));
  const trusted = trusts(compilePolicies([policy.value]), { ...REQUEST, ...request });
  return trusted.kind === "allowed"
    ? `allowed by ${trusted.statement.index}`
    : `${trusted.action}: ${trusted.reason}`;
}

const GRAMMAR = shipped("aws").principals;

function key(account: string, subuser?: string): TrustCaller {
  const identity = { account, subuser, groups: [], tenant: undefined };
  const arn =
    subuser === undefined
      ? `arn:aws:iam::${account}:root`
      : `arn:aws:iam::${account}:user/${subuser}`;
  const tags = new Map([["team", "physics"]]);
  const userId = subuser === undefined ? account : `${account}:${subuser}`;
  return { kind: "key", principal: callerOf(GRAMMAR, identity), arn, account, userId, tags };
}

function token(
  issuer: string,
  claims: Readonly<Record<string, string | readonly string[]>>,
): TrustCaller {
  return { kind: "token", issuer, claims: new Map(Object.entries(claims)) };
}

const REQUEST: TrustRequest = {
  by: key("lab"),
  roleSessionName: "alice",
  externalId: undefined,
  sourceIdentity: undefined,
  durationSeconds: 3600,
  tags: new Map(),
  transitiveTags: [],
  sourceAddress: "192.0.2.1",
  secure: true,
  userAgent: "aws-cli/2",
  nowMs: Date.parse("2026-11-30T12:00:00Z"),
};

const assume = (principal: unknown, more: Statement = {}): Statement => ({
  Effect: "Allow",
  Principal: principal,
  Action: "sts:AssumeRole",
  ...more,
});
const federated = (issuer: string, condition: unknown): Statement => ({
  Effect: "Allow",
  Principal: { Federated: issuer },
  Action: "sts:AssumeRoleWithWebIdentity",
  Condition: condition,
});
const except = (spared: unknown): Statement => ({
  Effect: "Deny",
  NotPrincipal: spared,
  Action: "sts:*",
});
const TAGGED = { tags: new Map([["Project", "x"]]) };
const GROUPS = token("keycloak", { sub: "alice", groups: ["staff", "admins"] });

const rows: readonly (readonly [
  name: string,
  statements: readonly Statement[],
  request: Partial<TrustRequest>,
  expected: string,
])[] = [
  ["an account that is named", [assume({ AWS: "lab" })], {}, "allowed by 0"],
  [
    "a subuser that is named",
    [assume({ AWS: "arn:aws:iam::lab:user/ci" })],
    { by: key("lab", "ci") },
    "allowed by 0",
  ],
  [
    "another account",
    [assume({ AWS: "lab" })],
    { by: key("other") },
    "sts:AssumeRole: no statement allows it",
  ],
  [
    "a subuser of an account that is named",
    [assume({ AWS: "lab" })],
    { by: key("lab", "ci") },
    "sts:AssumeRole: the caller is only named through its account",
  ],
  ["everybody who has a key", [assume({ AWS: "*" })], { by: key("lab", "ci") }, "allowed by 0"],
  [
    "a token where everybody who has a key is named",
    [assume({ AWS: "*" }, { Action: "sts:*" })],
    { by: token("github", { sub: "x" }) },
    "sts:AssumeRoleWithWebIdentity: no statement allows it",
  ],
  [
    "a token of the issuer that is named",
    [assume({ Federated: "github" }, { Action: "sts:AssumeRoleWithWebIdentity" })],
    { by: token("github", { sub: "x" }) },
    "allowed by 0",
  ],
  [
    "a token of another issuer",
    [assume({ Federated: "github" }, { Action: "sts:AssumeRoleWithWebIdentity" })],
    { by: token("keycloak", { sub: "x" }) },
    "sts:AssumeRoleWithWebIdentity: no statement allows it",
  ],
  [
    "a key where tokens of an issuer are named",
    [assume({ Federated: "github" }, { Action: "sts:*" })],
    {},
    "sts:AssumeRole: no statement allows it",
  ],
  [
    "a key where only the call for tokens is allowed",
    [assume({ AWS: "lab" }, { Action: "sts:AssumeRoleWithWebIdentity" })],
    {},
    "sts:AssumeRole: no statement allows it",
  ],
  [
    "a Deny, whatever allows",
    [assume({ AWS: "lab" }), assume("*", { Effect: "Deny" })],
    {},
    "sts:AssumeRole: a statement denies it",
  ],
  [
    "a subuser where everybody who has a key is spared",
    [assume({ AWS: "*" }), except({ AWS: "*" })],
    { by: key("lab", "ci") },
    "allowed by 0",
  ],
  [
    "a token where everybody who has a key is spared",
    [federated("github", {}), except({ AWS: "*" })],
    { by: token("github", { sub: "x" }) },
    "sts:AssumeRoleWithWebIdentity: a statement denies it",
  ],
  [
    "a subuser that is spared without its account",
    [assume({ AWS: "*" }), except({ AWS: "arn:aws:iam::lab:user/ci" })],
    { by: key("lab", "ci") },
    "sts:AssumeRole: a statement denies it",
  ],
  [
    "the external id that is asked for",
    [assume({ AWS: "lab" }, { Condition: { StringEquals: { "sts:ExternalId": "x1" } } })],
    { externalId: "x1" },
    "allowed by 0",
  ],
  [
    "no external id where one is asked for",
    [assume({ AWS: "lab" }, { Condition: { StringEquals: { "sts:ExternalId": "x1" } } })],
    {},
    "sts:AssumeRole: no statement allows it",
  ],
  [
    "a session name that does not fit",
    [assume({ AWS: "lab" }, { Condition: { StringLike: { "sts:RoleSessionName": "ci-*" } } })],
    {},
    "sts:AssumeRole: no statement allows it",
  ],
  [
    "the caller's own user name as the session's",
    [
      assume(
        { AWS: "lab" },
        { Condition: { StringEquals: { "sts:RoleSessionName": "${aws:PrincipalTag/team}" } } },
      ),
    ],
    { roleSessionName: "physics" },
    "allowed by 0",
  ],
  [
    "an address outside of the network",
    [assume({ AWS: "lab" }, { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } })],
    {},
    "sts:AssumeRole: no statement allows it",
  ],
  [
    "tags where tagging is not allowed",
    [assume({ AWS: "lab" })],
    TAGGED,
    "sts:TagSession: no statement allows it",
  ],
  [
    "tags that are allowed by name",
    [
      assume({ AWS: "lab" }),
      assume(
        { AWS: "lab" },
        {
          Action: "sts:TagSession",
          Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["Project"] } },
        },
      ),
    ],
    TAGGED,
    "allowed by 0",
  ],
  [
    "a tag's value that is not allowed",
    [
      assume({ AWS: "lab" }),
      assume(
        { AWS: "lab" },
        {
          Action: "sts:TagSession",
          Condition: { StringEquals: { "aws:RequestTag/project": "y" } },
        },
      ),
    ],
    TAGGED,
    "sts:TagSession: no statement allows it",
  ],
  [
    "a source identity where none may be set",
    [assume({ AWS: "lab" })],
    { sourceIdentity: "alice" },
    "sts:SetSourceIdentity: no statement allows it",
  ],
  [
    "a subject that fits",
    [federated("github", { StringLike: { "github:sub": "repo:lab/*:ref:refs/heads/main" } })],
    { by: token("github", { sub: "repo:lab/x:ref:refs/heads/main" }) },
    "allowed by 0",
  ],
  [
    "a subject that does not fit",
    [federated("github", { StringLike: { "github:sub": "repo:lab/*:ref:refs/heads/main" } })],
    { by: token("github", { sub: "repo:lab-evil/x:ref:refs/heads/main" }) },
    "sts:AssumeRoleWithWebIdentity: no statement allows it",
  ],
  [
    "the subject in other letters",
    [federated("github", { StringLike: { "github:sub": "Repo:lab/x" } })],
    { by: token("github", { sub: "repo:lab/x" }) },
    "sts:AssumeRoleWithWebIdentity: no statement allows it",
  ],
  [
    "the same subject of another issuer",
    [federated("github", { StringLike: { "github:sub": "alice" } })],
    { by: token("keycloak", { sub: "alice" }) },
    "sts:AssumeRoleWithWebIdentity: no statement allows it",
  ],
  [
    "a token of one issuer where the condition asks another's claim",
    [federated("keycloak", { StringLike: { "github:sub": "*" } })],
    { by: token("keycloak", { sub: "alice" }) },
    "sts:AssumeRoleWithWebIdentity: no statement allows it",
  ],
  [
    "one of several groups",
    [federated("keycloak", { "ForAnyValue:StringEquals": { "keycloak:groups": "admins" } })],
    { by: GROUPS },
    "allowed by 0",
  ],
  [
    "several groups by an operator for one value",
    [federated("keycloak", { StringEquals: { "keycloak:groups": ["staff", "admins"] } })],
    { by: GROUPS },
    "sts:AssumeRoleWithWebIdentity: no statement allows it",
  ],
  [
    "several groups by a negated operator for one value in a Deny",
    [
      federated("keycloak", {}),
      {
        ...federated("keycloak", { StringNotEquals: { "keycloak:groups": "admins" } }),
        Effect: "Deny",
      },
    ],
    { by: GROUPS },
    "sts:AssumeRoleWithWebIdentity: a statement denies it",
  ],
];

for (const [name, statements, request, expected] of rows) {
  test(`trusts(): ${name}`, () => assert.equal(asked(statements, request), expected));
}
