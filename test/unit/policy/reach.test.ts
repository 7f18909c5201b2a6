import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Context } from "../../../src/policy/condition-keys.ts";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { compilePolicies, type PolicySet } from "../../../src/policy/policy-set.ts";
import type { Principal } from "../../../src/policy/principals.ts";
import { couldAllow, denialOfAll, type Reach } from "../../../src/policy/reach.ts";
import { ANONYMOUS, type Json, policyOf, user } from "./policies.ts";

function identity(statement: Json): PolicySet {
  return compilePolicies([policyOf("identity", statement)]);
}

function reachOf(action: string, ...buckets: readonly string[]): Reach {
  return {
    actions: [{ action: `s3:${action}` }],
    principal: user("alice"),
    buckets,
    alsoDenied: [],
  };
}

const ARN = "arn:aws:s3:::";

const COULD = [
  ["every resource", { Resource: "*" }, true],
  ["every object of the bucket", { Resource: `${ARN}bucket/*` }, true],
  ["one object of the bucket", { Resource: `${ARN}bucket/a/b` }, true],
  ["the bucket alone", { Resource: `${ARN}bucket` }, false],
  ["no key of the bucket", { Resource: `${ARN}bucket/` }, false],
  ["another bucket", { Resource: `${ARN}bucket-2/*` }, false],
  ["a bucket of which it is the beginning", { Resource: `${ARN}buck/*` }, false],
  ["buckets that begin so", { Resource: `${ARN}buck*` }, true],
  ["buckets of six letters", { Resource: `${ARN}??????/k` }, true],
  ["buckets of seven letters", { Resource: `${ARN}???????` }, false],
  ["keys that end so, in any bucket", { Resource: `${ARN}*/x` }, true],
  ["a user's own bucket", { Resource: `${ARN}\${aws:username}/*` }, true],
  ["all but this bucket", { NotResource: `${ARN}bucket/*` }, false],
  ["all but a part of this bucket", { NotResource: `${ARN}bucket/a*` }, true],
  ["all but another bucket", { NotResource: `${ARN}other/*` }, true],
  ["another action", { Action: "s3:GetObject", Resource: "*" }, false],
  ["all but the action", { NotAction: "s3:Put*", Resource: "*" }, false],
  [
    "what its condition may keep away",
    { Resource: "*", Condition: { StringEquals: { "aws:username": "bob" } } },
    true,
  ],
] as const;

for (const [what, fields, expected] of COULD) {
  test(`couldAllow() says ${expected ? "yes" : "no"} of an Allow for ${what}`, () => {
    const action = "Action" in fields || "NotAction" in fields ? {} : { Action: "s3:*" };
    const set = identity({ Effect: "Allow", ...action, ...fields });
    assert.equal(couldAllow(set, reachOf("PutObject", "bucket")), expected);
  });
}

const DENIES = [
  ["every resource", { Resource: "*" }, true],
  ["every object of the bucket", { Resource: `${ARN}bucket/*` }, true],
  ["every key of one letter at least", { Resource: `${ARN}bucket/?*` }, true],
  ["keys of two letters at least", { Resource: `${ARN}bucket/??*` }, false],
  ["keys that begin so", { Resource: `${ARN}bucket/a*` }, false],
  ["buckets that begin so", { Resource: `${ARN}b*` }, true],
  ["a user's own bucket", { Resource: `${ARN}\${aws:username}*` }, false],
  ["all but another bucket", { NotResource: [`${ARN}other`, `${ARN}other/*`] }, true],
  ["all but a part of this bucket", { NotResource: `${ARN}bucket/a*` }, false],
  ["keys with a letter that texts are made of", { Resource: `${ARN}bucket/\u{e000}*` }, false],
  ["all but an action", { NotAction: "s3:GetObject", Resource: "*" }, true],
  ["other actions", { Action: "s3:Get*", Resource: "*" }, false],
  [
    "what its condition may let pass",
    { Resource: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    false,
  ],
] as const;

for (const [what, fields, expected] of DENIES) {
  test(`denialOfAll() says ${expected ? "yes" : "no"} of a Deny for ${what}`, () => {
    const action = "Action" in fields || "NotAction" in fields ? {} : { Action: "s3:*" };
    const set = identity({ Effect: "Deny", ...action, ...fields });
    assert.equal(denialOfAll(set, reachOf("PutObject", "bucket")) !== undefined, expected);
  });
}

test("couldAllow() and denialOfAll() take any name of the bucket", () => {
  const both = reachOf("PutObject", "bucket", "tenant:bucket");
  const on = (Effect: string): PolicySet =>
    identity({ Effect, Action: "s3:*", Resource: `${ARN}bucket/*` });
  assert.equal(couldAllow(on("Allow"), both), true);
  assert.equal(denialOfAll(on("Deny"), both) !== undefined, true);
});

test("denialOfAll() takes a bucket for spared that is spared by one of its names", () => {
  const both = reachOf("PutObject", "bucket", "tenant:bucket");
  const but = (spared: string): PolicySet =>
    identity({ Effect: "Deny", Action: "s3:*", NotResource: `${ARN}${spared}/*` });
  assert.equal(denialOfAll(but("bucket"), both), undefined);
  assert.equal(denialOfAll(but("tenant:bucket"), both), undefined);
  assert.equal(denialOfAll(but("other"), both) !== undefined, true);
});

test("couldAllow() takes any action, denialOfAll() wants every one", () => {
  const actions = [{ action: "s3:PutObject" }, { action: "s3:PutObjectTagging" }];
  const both = { ...reachOf("PutObject", "bucket"), actions };
  const on = (Effect: string): PolicySet =>
    identity({ Effect, Action: "s3:PutObject", Resource: "*" });
  assert.equal(couldAllow(on("Allow"), both), true);
  assert.equal(denialOfAll(on("Deny"), both) !== undefined, false);
});

const KEYS = ["a", "b", "aa", "ab", "a/b", "/", "a/", "aba", "😀", "b/b"];
const CALLERS: readonly Principal[] = [
  user("alice"),
  user("bob"),
  user("alice", "other"),
  ANONYMOUS,
];

const bucketPart = fc.constantFrom("b", "b*", "?", "*", "c", "${aws:username}", "??");
const keyPart = fc.constantFrom(
  "",
  "/*",
  "/a*",
  "/?*",
  "/?",
  "/a/b",
  "*b",
  "/${aws:username}",
  "/",
);
const pattern = fc.tuple(bucketPart, keyPart).map(([bucket, key]) => `${ARN}${bucket}${key}`);
const statement = fc
  .record({
    Effect: fc.constantFrom("Allow", "Deny"),
    not: fc.nat(7),
    action: fc.constantFrom("s3:*", "s3:GetObject", "s3:Put*", "s3:HeadObject"),
    resources: fc.array(pattern, { minLength: 1, maxLength: 2 }),
    conditional: fc.constantFrom(true, false, false),
    principal: fc.constantFrom(
      "*",
      { AWS: "arn:aws:iam::111122223333:user/alice" },
      { AWS: "other" },
    ),
  })
  .map(({ Effect, not, action, resources, conditional, principal }) => ({
    Effect,
    [not === 0 && Effect === "Deny" ? "NotPrincipal" : "Principal"]: principal,
    [not === 1 ? "NotAction" : "Action"]: action,
    [not === 2 ? "NotResource" : "Resource"]: resources,
    ...(conditional ? { Condition: { StringEquals: { "aws:username": "b" } } } : {}),
  }));

test("couldAllow() and denialOfAll() are never wrong about any key", () => {
  let certain = 0;
  fc.assert(
    fc.property(
      fc.array(statement, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...CALLERS),
      fc.constantFrom("s3:GetObject", "s3:PutObject"),
      fc.constantFrom(undefined, "b", "c"),
      (statements, principal, action, name) => {
        const text = JSON.stringify({ Version: "2012-10-17", Statement: statements });
        // What can match nothing is refused, and of no interest.
        fc.pre(!text.includes('"s3:HeadObject"') || !text.includes('"NotAction"'));
        let set: PolicySet;
        try {
          set = compilePolicies([policyOf("bucket", statements, { operationNames: true })]);
        } catch {
          return fc.pre(false);
        }
        const context: Context = (key) => (key === "aws:username" ? name : undefined);
        const operation = action === "s3:GetObject" ? "HeadObject" : "PutObject";
        const asking = { action, operation };
        const reach: Reach = {
          actions: [asking],
          principal,
          buckets: ["b", "t:b"],
          alsoDenied: [],
        };
        const effects = KEYS.map((key) => {
          const resource = `${ARN}b/${key}`;
          const alias = { resource: `${ARN}t:b/${key}`, sure: true };
          return evaluate(set, { ...asking, resource, alias, principal, context }).effect;
        });
        const could = couldAllow(set, reach);
        const all = denialOfAll(set, reach) !== undefined;
        if (!could) assert.ok(!effects.includes("allow"));
        if (all) assert.deepEqual([...new Set(effects)], ["deny"]);
        if (!could || all) certain++;
      },
    ),
    { numRuns: 5_000 },
  );
  assert.ok(certain > 500, `${certain} answers that say something`);
});
