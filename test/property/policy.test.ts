import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { evaluate, type Evaluation, explainEvaluation } from "../../src/policy/evaluate.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { compilePolicies } from "../../src/policy/policy-set.ts";
import {
  ANONYMOUS,
  contextOf,
  effectOf,
  type Json,
  policyOf,
  user,
} from "../unit/policy/policies.ts";

const RUNS = { numRuns: 1_000 };

const RESOURCES = [
  "arn:aws:s3:::bucket",
  "arn:aws:s3:::bucket/*",
  "arn:aws:s3:::bucket*",
  "arn:aws:s3:::bucket/a/*",
  "arn:aws:s3:::bucket/a/b",
  "arn:aws:s3:::bucket/?",
  "arn:aws:s3:::*/a*",
  "arn:aws:s3:::bucket/${aws:username}/*",
  "arn:aws:s3:::bucket/${aws:username, 'a'}*",
];
const ACTIONS = [
  "s3:*",
  "s3:Get*",
  "s3:GetObject",
  "s3:PutObject",
  "s3:HeadObject",
  "s3:ListBucket",
  "*",
];
const PRINCIPALS = ["*", { AWS: "1" }, { AWS: "arn:aws:iam::1:user/alice" }, { AWS: ["2", "1"] }];
const CONDITIONS = [
  {},
  { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  { StringNotLike: { "s3:prefix": "a*" } },
  { "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": ["a"] } },
  { Null: { "aws:username": "true" } },
];

const list = (from: readonly string[]): fc.Arbitrary<readonly string[]> =>
  fc.array(fc.constantFrom(...from), { minLength: 1, maxLength: 3 });

function statement(effect: "Allow" | "Deny"): fc.Arbitrary<Json> {
  const negatedPrincipal = effect === "Deny" ? fc.boolean() : fc.constant(false);
  return fc
    .tuple(
      list(ACTIONS),
      fc.boolean(),
      list(RESOURCES),
      fc.boolean(),
      fc.constantFrom(...PRINCIPALS),
      negatedPrincipal,
      fc.constantFrom(...CONDITIONS),
    )
    .map(([actions, notAction, resources, notResource, principal, notPrincipal, condition]) => ({
      Effect: effect,
      [notAction ? "NotAction" : "Action"]: actions,
      [notResource ? "NotResource" : "Resource"]: resources,
      [notPrincipal ? "NotPrincipal" : "Principal"]: principal,
      Condition: condition,
    }));
}

/**
 * Makes one policy a statement, so that they can be put in any order. AWS would refuse some; skip
 * them.
 */
function policiesOf(statements: readonly Json[]): readonly Policy[] {
  return statements.flatMap((json) => {
    try {
      return [policyOf("bucket", json, { operationNames: true })];
    } catch {
      return []; // For example GetObject on a bucket: "Action does not apply to any resource(s)".
    }
  });
}

const statements = fc.array(fc.oneof(statement("Allow"), statement("Deny")), { maxLength: 6 });

const question = fc.record({
  action: fc.constantFrom("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:NotInvented"),
  operation: fc.constantFrom("GetObject", "HeadObject", "PutObject", "ListObjectsV2", undefined),
  resource: fc.constantFrom(
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/",
    "arn:aws:s3:::bucket/a",
    "arn:aws:s3:::bucket/a/b",
    "arn:aws:s3:::bucket/alice/x\n",
    "arn:aws:s3:::bucket2/a",
    "*",
  ),
  principal: fc.constantFrom(ANONYMOUS, user("alice", "1"), user("bob", "2"), user("carol", "3")),
  context: fc
    .record(
      {
        "aws:SourceIp": fc.constantFrom("192.0.2.1", "198.51.100.1", "?"),
        "aws:username": fc.constantFrom("alice", "*", "a"),
        "s3:prefix": fc.constantFrom("a", "b", ""),
        "s3:RequestObjectTagKeys": fc.constantFrom(["a"], ["a", "b"], []),
      },
      { requiredKeys: [] },
    )
    .map((values) =>
      contextOf(
        Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
      ),
    ),
});

const switches = fc.record({
  missingKeyNegated: fc.constantFrom("aws" as const, "rgw" as const),
  operationNames: fc.boolean(),
});

test("adding a Deny never turns a deny into anything else, nor anything into an allow", () => {
  fc.assert(
    fc.property(statements, statement("Deny"), question, switches, (some, deny, asked, how) => {
      const before = evaluate(compilePolicies(policiesOf(some)), asked, how).effect;
      const after = evaluate(compilePolicies(policiesOf([...some, deny])), asked, how).effect;
      assert.ok(after === before || after === "deny", `${before} became ${after}`);
    }),
    RUNS,
  );
});

test("adding an Allow never turns an allow or a deny into anything else", () => {
  fc.assert(
    fc.property(statements, statement("Allow"), question, switches, (some, allow, asked, how) => {
      const before = evaluate(compilePolicies(policiesOf(some)), asked, how).effect;
      const after = evaluate(compilePolicies(policiesOf([...some, allow])), asked, how).effect;
      assert.ok(
        after === before || (before === "none" && after === "allow"),
        `${before} became ${after}`,
      );
    }),
    RUNS,
  );
});

test("the order of statements never matters", () => {
  const shuffled = statements.chain((some) =>
    fc.tuple(fc.constant(some), fc.shuffledSubarray([...some], { minLength: some.length })),
  );
  /**
   * Returns the part of an answer that counts; the name of one of several matching statements may
   * differ.
   */
  const essence = (said: Evaluation): string =>
    said.effect === "allow" ? `allow ${said.grip}` : said.effect;
  fc.assert(
    fc.property(shuffled, question, switches, ([some, other], asked, how) => {
      const one = evaluate(compilePolicies(policiesOf(some)), asked, how);
      const two = evaluate(compilePolicies(policiesOf(other)), asked, how);
      assert.equal(essence(one), essence(two));
    }),
    RUNS,
  );
});

test("the index leaves out no statement that matches", () => {
  fc.assert(
    fc.property(statements, question, switches, (some, asked, how) => {
      const { evaluation, trace } = explainEvaluation(
        compilePolicies(policiesOf(some)),
        asked,
        how,
      );
      const matched = new Set(
        trace.filter(({ outcome }) => outcome === "match").map(({ effect }) => effect),
      );
      const allowed = matched.has("Allow") ? "allow" : "none";
      const expected = matched.has("Deny") ? "deny" : allowed;
      assert.equal(evaluation.effect, expected);
    }),
    RUNS,
  );
});

test("an IPv4 address equals its mapped form, in the request and in the policy", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
  const bits = fc.integer({ min: 0, max: 32 });
  fc.assert(
    fc.property(address, address, bits, (network, client, prefix) => {
      const said = (range: string, from: string): string =>
        effectOf(
          { Condition: { IpAddress: { "aws:SourceIp": range } } },
          { values: { "aws:SourceIp": from } },
        );
      const expected = said(`${network}/${prefix}`, client);
      assert.equal(said(`${network}/${prefix}`, `::ffff:${client}`), expected);
      assert.equal(said(`::ffff:${network}/${prefix + 96}`, client), expected);
      assert.equal(said(`::FFFF:${network}/${prefix + 96}`, `::ffff:${client}`), expected);
    }),
    RUNS,
  );
});
