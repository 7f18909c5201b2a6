import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../../src/policy/condition-keys.ts";
import { evaluate, explainEvaluation } from "../../../src/policy/evaluate.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import {
  ANONYMOUS,
  type Asked,
  contextOf,
  decide,
  effectOf,
  type Json,
  policyOf,
  user,
} from "./policies.ts";

const BUCKET = "arn:aws:s3:::bucket";
const OBJECTS = "arn:aws:s3:::bucket/*";

/** The effect of a bucket policy, of everybody and every object where a statement does not say. */
function bucketEffect(statements: readonly Json[], asked: Asked = {}): string {
  const whole = statements.map((statement) => ({
    ...("NotPrincipal" in statement ? {} : { Principal: "*" }),
    Resource: OBJECTS,
    ...statement,
  }));
  return decide([policyOf("bucket", whole)], asked).effect;
}

const ALICE = { AWS: "arn:aws:iam::111122223333:user/alice" };
const PUT: Asked = { action: "s3:PutObject", operation: "PutObject" };

/**
 * The rows of section 4.5 as far as the language decides them: what the identity's policies and
 * the bucket's policy each say. Tiers, ACLs, owners and signatures are other gates' (1, 1b, 3b,
 * 8e, 11, 13, 15).
 */
const ROWS: readonly {
  readonly row: string;
  readonly identity?: Json;
  readonly bucket?: readonly Json[];
  readonly asked?: Asked;
  readonly expect: readonly [identity: string, bucket: string];
}[] = [
  { row: "1b: no policy at all", expect: ["none", "none"] },
  {
    row: "2 and 3: the bucket policy allows the user",
    bucket: [{ Effect: "Allow", Principal: ALICE, Action: "s3:PutObject" }],
    asked: PUT,
    expect: ["none", "allow"],
  },
  {
    row: "4: identity allows, bucket denies",
    identity: { Effect: "Allow", Action: "s3:*", Resource: "*" },
    bucket: [{ Effect: "Deny", Principal: ALICE, Action: "s3:*" }],
    expect: ["allow", "deny"],
  },
  {
    row: "5: identity denies, bucket allows",
    identity: { Effect: "Deny", Action: "s3:GetObject", Resource: OBJECTS },
    bucket: [{ Effect: "Allow", Principal: ALICE, Action: "s3:*" }],
    expect: ["deny", "allow"],
  },
  {
    row: "6: everybody is allowed, the caller is anonymous",
    bucket: [{ Effect: "Allow", Action: "s3:GetObject" }],
    asked: { principal: ANONYMOUS },
    expect: ["none", "allow"],
  },
  {
    row: "7: everybody is allowed, but an address outside of the network is denied",
    bucket: [
      { Effect: "Allow", Action: "s3:GetObject" },
      {
        Effect: "Deny",
        Action: "s3:*",
        Condition: { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
      },
    ],
    asked: { principal: ANONYMOUS, values: { "aws:SourceIp": "198.51.100.1" } },
    expect: ["none", "deny"],
  },
  {
    row: "8: the other account's identity allows, the bucket says nothing",
    identity: { Effect: "Allow", Action: "s3:*", Resource: "*" },
    asked: { principal: user("bob", "444455556666") },
    expect: ["allow", "none"],
  },
  {
    row: "9: the bucket allows the other account's root, its identity says nothing",
    bucket: [
      { Effect: "Allow", Principal: { AWS: "arn:aws:iam::444455556666:root" }, Action: "s3:*" },
    ],
    asked: { principal: user("bob", "444455556666") },
    expect: ["none", "allow"],
  },
  {
    row: "10: both allow the other account",
    identity: { Effect: "Allow", Action: "s3:Get*", Resource: OBJECTS },
    bucket: [{ Effect: "Allow", Principal: { AWS: "444455556666" }, Action: "s3:*" }],
    asked: { principal: user("bob", "444455556666") },
    expect: ["allow", "allow"],
  },
  {
    row: "12: everybody is denied, the caller is anonymous",
    bucket: [{ Effect: "Deny", Action: "s3:GetObject" }],
    asked: { principal: ANONYMOUS },
    expect: ["none", "deny"],
  },
  {
    row: "14: everybody is denied everything",
    bucket: [{ Effect: "Deny", Action: "s3:*", Resource: [BUCKET, OBJECTS] }],
    asked: { action: "s3:GetBucketPolicy", resource: BUCKET },
    expect: ["none", "deny"],
  },
];

for (const { row, identity, bucket, asked, expect } of ROWS) {
  test(`section 4.5, row ${row}`, () => {
    const own = identity === undefined ? [] : [policyOf("identity", identity)];
    const inBucket = bucket === undefined ? "none" : bucketEffect(bucket, asked);
    assert.deepEqual([decide(own, asked).effect, inBucket], expect);
  });
}

test("an Allow for the account differs from one for the caller, which counts more", () => {
  const allow = { Effect: "Allow", Action: "s3:*", Resource: OBJECTS };
  const account = policyOf("bucket", { ...allow, Principal: { AWS: "111122223333" } });
  const direct = policyOf("bucket", { ...allow, Sid: "direct", Principal: ALICE });
  const gripOf = (...policies: readonly ReturnType<typeof policyOf>[]): unknown => {
    const said = decide(policies);
    return said.effect === "allow" ? said.grip : said.effect;
  };
  assert.equal(gripOf(account), "account");
  assert.equal(gripOf(account, direct), "direct");
});

test("a user whose name ends like an account's root is no account", () => {
  const statement = { Effect: "Allow", Principal: { AWS: "111122223333" }, Action: "s3:*" };
  assert.equal(bucketEffect([statement], { principal: user("root", "9") }), "none");
  const groot = { AWS: "arn:aws:iam::111122223333:user/groot" };
  assert.equal(bucketEffect([{ ...statement, Principal: groot }]), "none");
});

const deny = (principal: Json): Json => ({ Effect: "Deny", Action: "s3:*", ...principal });

test("NotPrincipal spares a user that it lists with its account, and nobody else", () => {
  const sparing = (...names: readonly string[]): Json => deny({ NotPrincipal: { AWS: names } });
  const both = sparing("111122223333", ALICE.AWS);
  assert.equal(bucketEffect([both]), "none");
  assert.equal(bucketEffect([sparing("arn:aws:iam::111122223333:root", ALICE.AWS)]), "none");
  // An account's root is not its users, and a user is denied by what does not spare its account.
  assert.equal(bucketEffect([sparing("111122223333")]), "deny");
  assert.equal(bucketEffect([sparing(ALICE.AWS)]), "deny");
  assert.equal(bucketEffect([both], { principal: user("bob") }), "deny");
  assert.equal(bucketEffect([both], { principal: ANONYMOUS }), "deny");
  assert.equal(bucketEffect([deny({ NotPrincipal: "*" })], { principal: ANONYMOUS }), "none");
});

test("NotPrincipal spares an account's own key where it lists the account", () => {
  const root = {
    kind: "known",
    identifiers: ["111122223333", "arn:aws:iam::111122223333:root"],
    accountIdentifiers: [],
  } as const;
  const principal = { principal: root };
  assert.equal(bucketEffect([deny({ NotPrincipal: { AWS: "111122223333" } })], principal), "none");
  assert.equal(bucketEffect([deny({ NotPrincipal: ALICE })], principal), "deny");
});

test("an anonymous caller is matched by a star only", () => {
  const allow = { Effect: "Allow", Action: "s3:*" };
  assert.equal(bucketEffect([allow], { principal: ANONYMOUS }), "allow");
  assert.equal(
    bucketEffect([{ ...allow, Principal: { AWS: ["*"] } }], { principal: ANONYMOUS }),
    "allow",
  );
  assert.equal(bucketEffect([{ ...allow, Principal: ALICE }], { principal: ANONYMOUS }), "none");
});

test("a canonical user and an ARN of another partition name the caller", () => {
  const caller = {
    kind: "known",
    identifiers: ["arn:aws:iam::1:user/a", "465000002$465000002"],
    accountIdentifiers: ["1"],
  } as const;
  for (const principal of [
    { CanonicalUser: "465000002$465000002" },
    { AWS: "arn:aws-cn:iam::1:user/a" },
  ]) {
    const allow = { Effect: "Allow", Action: "s3:*", Principal: principal };
    assert.equal(bucketEffect([allow], { principal: caller }), "allow");
  }
});

/** Resource pattern, resource, whether it matches. */
const RESOURCES = [
  [BUCKET, BUCKET, true],
  [BUCKET, "arn:aws:s3:::bucket/key", false],
  [OBJECTS, BUCKET, false],
  [OBJECTS, "arn:aws:s3:::bucket/a/b\nc", true],
  ["arn:aws:s3:::bucket*", BUCKET, true],
  ["arn:aws:s3:::bucket*", "arn:aws:s3:::bucket2/key", true],
  ["arn:aws:s3:::bucket/private/*", "arn:aws:s3:::bucket/private/x\ny", true],
  ["arn:aws:s3:::bucket/Private/*", "arn:aws:s3:::bucket/private/x", false],
  ["arn:aws:s3:::bucket/a:b/*", "arn:aws:s3:::bucket/a:b/c", true],
  ["arn:aws:s3:::bucket/a/*", "arn:aws:s3:::bucket/a//../b", true],
  ["arn:aws:s3:::bucket/?", "arn:aws:s3:::bucket/😀", true],
  ["arn:aws:s3:::bucket/é", "arn:aws:s3:::bucket/e\u0301", false],
  ["arn:aws:s3:::*", "*", true],
  ["*", "arn:aws:s3:::*", true],
  [OBJECTS, "*", false],
] as const;

for (const [pattern, resource, matches] of RESOURCES) {
  test(`Resource ${pattern} ${matches ? "has" : "has not"} ${JSON.stringify(resource)}`, () => {
    assert.equal(effectOf({ Resource: pattern }, { resource }), matches ? "allow" : "none");
    assert.equal(effectOf({ NotResource: pattern }, { resource }), matches ? "none" : "allow");
  });
}

test("NotAction is everything but, in an Allow and in a Deny", () => {
  const but = { NotAction: ["s3:Get*", "s3:PutObject"] };
  for (const [action, expected] of [
    ["s3:GetObject", "none"],
    ["s3:PutObject", "none"],
    ["s3:PutObjectAcl", "allow"],
    ["s3:NotInvented", "allow"],
    ["s3:GetNotInvented", "none"],
  ] as const) {
    assert.equal(effectOf(but, { action }), expected, action);
    assert.equal(
      effectOf({ Effect: "Deny", ...but }, { action }),
      expected === "none" ? "none" : "deny",
    );
  }
});

const HEAD: Asked = { action: "s3:GetObject", operation: "HeadObject" };
const ON = { switches: { operationNames: true } };

test("a Deny that names an operation stops it, whatever the switch says", () => {
  const statement = { Effect: "Deny", Action: "s3:HeadObject" };
  assert.equal(effectOf(statement, HEAD), "deny");
  assert.equal(effectOf(statement, { action: "s3:GetObject", operation: "GetObject" }), "none");
});

test("an Allow that names an operation grants it where the dialect says so", () => {
  const statement = { Action: "s3:HeadObject" };
  const rules = { operationNames: true };
  assert.equal(effectOf(statement, HEAD, rules), "none");
  assert.equal(effectOf(statement, { ...HEAD, ...ON }, rules), "allow");
});

test("an operation in NotAction narrows an Allow always, and a Deny where the dialect says so", () => {
  const rules = { operationNames: true };
  const but = { NotAction: "s3:HeadObject" };
  assert.equal(effectOf(but, HEAD, rules), "none");
  assert.equal(effectOf({ Effect: "Deny", ...but }, HEAD, rules), "deny");
  assert.equal(effectOf({ Effect: "Deny", ...but }, { ...HEAD, ...ON }, rules), "none");
});

test("a costly key is only asked for where all else matches", () => {
  const tagged = { StringEquals: { "s3:ExistingObjectTag/class": "public" } };
  const policy = policyOf("identity", [
    {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::other/*",
      Condition: tagged,
    },
    { Effect: "Allow", Action: "s3:PutObject", Resource: "*", Condition: tagged },
    {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "*",
      Condition: { Bool: { "aws:SecureTransport": "true" }, ...tagged },
    },
  ]);
  const asked: string[] = [];
  const question = {
    action: "s3:GetObject",
    resource: "arn:aws:s3:::bucket/key",
    principal: user("alice"),
    context: (key: string) => {
      asked.push(key);
      return undefined;
    },
  };
  assert.equal(explainEvaluation(compilePolicies([policy]), question).evaluation.effect, "none");
  assert.equal(asked.includes("s3:ExistingObjectTag"), false);
});

test("a value is asked for once, however many statements turn on it", () => {
  const policy = policyOf(
    "identity",
    ["10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24"].map((network) => ({
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::*/${aws:username}/*",
      Condition: { IpAddress: { "aws:SourceIp": network } },
    })),
  );
  const values = contextOf({ "aws:SourceIp": "203.0.113.1", "aws:username": "alice" });
  const asked: string[] = [];
  const context: Context = (key, tag) => {
    asked.push(key);
    return values(key, tag);
  };
  const resource = "arn:aws:s3:::bucket/alice/a";
  const question = { action: "s3:GetObject", resource, principal: user("alice"), context };
  assert.equal(evaluate(compilePolicies([policy]), question).effect, "none");
  assert.deepEqual(asked, ["aws:username", "aws:SourceIp"]);
});

test("evaluate() throws for a resource that is not S3's, which no caller may ask for", () => {
  assert.throws(() => effectOf({}, { resource: "arn:aws:iam::1:user/a" }), TypeError);
});

test("explainEvaluation() decides as evaluate() does, and says why each statement did not match", () => {
  const policy = policyOf("bucket", [
    { Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource: OBJECTS },
    { Effect: "Allow", Principal: { AWS: "9" }, Action: "s3:*", Resource: OBJECTS },
    { Effect: "Allow", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::bucket/b*" },
    {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: OBJECTS,
      Condition: {
        Bool: { "aws:SecureTransport": "false" },
        StringEquals: { "s3:prefix": ["x", "y"] },
      },
    },
    { Sid: "last", Effect: "Allow", Principal: "*", Action: "s3:Get*", Resource: OBJECTS },
  ]);
  const { evaluation, trace } = explainEvaluation(compilePolicies([policy]), {
    action: "s3:GetObject",
    resource: "arn:aws:s3:::bucket/key",
    principal: user("alice"),
    context: contextOf({ "aws:SecureTransport": "false", "s3:prefix": "z" }),
  });
  const last = { file: "policy.json", line: 1, sid: "last", index: 4 };
  assert.deepEqual(evaluation, { effect: "allow", statement: last, grip: "direct" });
  assert.deepEqual(
    trace.map(({ effect, outcome }) => `${effect} ${outcome}`),
    ["Allow action", "Allow principal", "Allow resource", "Deny condition", "Allow match"],
  );
  assert.deepEqual(trace[3]?.condition, {
    operator: "StringEquals",
    key: "s3:prefix",
    values: ["x", "y"],
    actual: "z",
  });
});

test("evaluate() reads as AWS does where nothing else is said", () => {
  const policyThat = (statement: Json) =>
    compilePolicies([policyOf("identity", { Effect: "Allow", Resource: "*", ...statement })]);
  const question = {
    action: "s3:GetObject",
    operation: "HeadObject",
    resource: "arn:aws:s3:::bucket/key",
    principal: user("alice"),
    context: contextOf({}),
  };
  const absent = { Action: "*", Condition: { StringNotEquals: { "s3:prefix": "a" } } };
  assert.equal(evaluate(policyThat(absent), question).effect, "allow");
  const rules = { operationNames: true };
  const named = { Effect: "Allow", Resource: "*", Action: "s3:HeadObject" };
  const set = compilePolicies([policyOf("identity", named, rules)]);
  assert.equal(evaluate(set, question).effect, "none");
  const switches = { missingKeyNegated: "aws", operationNames: true } as const;
  assert.equal(evaluate(set, question, switches).effect, "allow");
  // What is asked besides the operation's own action needs that action.
  assert.equal(evaluate(set, { ...question, ancillary: true }, switches).effect, "none");
  const deny = compilePolicies([
    policyOf("identity", [
      { Effect: "Allow", Resource: "*", Action: "*" },
      { Effect: "Deny", Resource: "*", Action: "s3:HeadObject" },
    ]),
  ]);
  assert.equal(evaluate(deny, { ...question, ancillary: true }).effect, "deny");
});

test("letters of a variable's value count in a resource, by either name of it", () => {
  const statement = { Effect: "Allow", Action: "*", Resource: "arn:aws:s3:::b/${aws:username}" };
  const set = compilePolicies([policyOf("identity", statement)]);
  const effectAt = (name: string, alias?: string) =>
    evaluate(set, {
      action: "s3:GetObject",
      resource: `arn:aws:s3:::${name}`,
      alias: alias === undefined ? undefined : { resource: `arn:aws:s3:::${alias}`, sure: true },
      principal: user("Alice"),
      context: contextOf({ "aws:username": "Alice" }),
    }).effect;
  assert.equal(effectAt("b/Alice"), "allow");
  assert.equal(effectAt("b/alice"), "none");
  assert.equal(effectAt("t/x", "b/Alice"), "allow");
  assert.equal(effectAt("t/x", "b/alice"), "none");
});

test("one variable without a value in an Allow's NotResource is enough to open nothing", () => {
  const known = "arn:aws:s3:::x/${aws:username}";
  const unknown = "arn:aws:s3:::x/${aws:userid}";
  const values = { "aws:username": "alice" };
  assert.equal(effectOf({ NotResource: [known] }, { values }), "allow");
  for (const NotResource of [
    [known, unknown],
    [unknown, known],
  ]) {
    assert.equal(effectOf({ NotResource }, { values }), "none");
    assert.equal(effectOf({ Effect: "Deny", NotResource }, { values }), "deny");
  }
});

test("explainEvaluation() tells of a statement for the caller's account that it matches", () => {
  const account = { AWS: "arn:aws:iam::111122223333:root" };
  const statement = { Effect: "Allow", Principal: account, Action: "s3:*", Resource: OBJECTS };
  const { evaluation, trace } = explainEvaluation(
    compilePolicies([policyOf("bucket", statement)]),
    {
      action: "s3:GetObject",
      resource: "arn:aws:s3:::bucket/key",
      principal: user("alice"),
      context: contextOf({}),
    },
  );
  assert.equal(evaluation.effect, "allow");
  assert.deepEqual(
    trace.map(({ effect, outcome }) => [effect, outcome]),
    [["Allow", "match"]],
  );
});
