/**
 * A policy that lets others in is refused while the gateway has no key of the bucket's owner to let
 * them in by: it would have no effect.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asItself, keeping, settle } from "./asked.ts";
import { word, type People } from "./people.ts";

const PEOPLE: People = {
  policy: { bucketPolicies: "gateway", anonymous: "policy" },
  accounts: { A: { users: { U: { tier: "FULL" } } }, B: {} },
};
const SHUT = [{ accessKey: "AKID.A", secretKey: "secret-A", disabled: true }];
const KEY = [{ accessKey: "AKID.A", secretKey: "secret-A" }];

const allow = (who: object, more: object = {}): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        ...who,
        Action: "s3:GetObject",
        Resource: "arn:aws:s3:::bucket/*",
        ...more,
      },
    ],
  });
const named = (...names: readonly string[]): object => ({
  Principal: { AWS: names.map((name) => `arn:aws:iam::${name}`) },
});

/** The word on putting `policy` as U of A, whose own keys are `keys`. */
function putBy(keys: readonly object[], policy: string, people = PEOPLE): string {
  const { snapshot, records } = keeping(asItself(people, "A", keys), undefined);
  const line = "PUT /bucket?policy";
  return word(settle(snapshot, "A:U", line, {}, { records, body: policy }).verdict);
}

const rows = [
  ["everybody", allow({ Principal: "*" }), true],
  ["another account", allow(named("B:root")), true],
  ["another account's user", allow(named("B:user/V")), true],
  ["another account beside its own", allow(named("A:root", "B:root")), true],
  ["an account whose name begins alike", allow(named("AB:root")), true],
  ["its own account", allow(named("A:root")), false],
  ["its own user", allow(named("A:user/U")), false],
  ["its own users and roles", allow(named("A:user/U", "A:role/r")), false],
  ["its own account by its id", allow({ Principal: { AWS: "A" } }), false],
  ["nobody: it denies", allow(named("B:root"), { Effect: "Deny" }), false],
] as const;

describe("without a key of the owner, PutBucketPolicy takes no policy that lets in", () => {
  for (const [whom, policy, others] of rows) {
    test(`${whom}: ${others ? "refused" : "kept"}`, () => {
      assert.equal(putBy(SHUT, policy), others ? "MethodNotAllowed" : "keep");
      assert.equal(putBy(KEY, policy), "keep", "with a key");
    });
  }

  test("the second of two statements counts as the first", () => {
    const [own, other] = [allow(named("A:root")), allow(named("B:root"))].map((text) =>
      JSON.parse(text),
    );
    const both = { ...own, Statement: [...own.Statement, ...other.Statement] };
    assert.equal(putBy(SHUT, JSON.stringify(both)), "MethodNotAllowed");
  });
});

/** The word on putting `policy` as A by a session's key, where its other keys are disabled. */
function putByItself(people: People, policy: string): string {
  const keys = [...SHUT, { accessKey: "AKID.T", secretKey: "secret-T", sessionToken: "t" }];
  const { snapshot, records } = keeping(asItself(people, "A", keys), undefined);
  const headers = { "x-amz-security-token": "t" };
  const sent = { accessKeyId: "AKID.T", secret: "secret-T", headers };
  const answers = { records, body: policy };
  return word(settle(snapshot, "A", "PUT /bucket?policy", sent, answers).verdict);
}

test("others are known by the provider's names", () => {
  const people: People = {
    policy: { provider: "atman", bucketPolicies: "gateway" },
    accounts: { A: {}, B: {} },
  };
  const arn = (name: string): object => ({ AWS: `arn:aws:iam:::user/${name}` });
  for (const [policy, expected] of [
    [allow({ Principal: arn("A") }), "keep"],
    [allow({ Principal: arn("A:READ") }), "keep"],
    [allow({ Principal: arn("B") }), "MethodNotAllowed"],
    [allow({ Principal: arn("AB") }), "MethodNotAllowed"],
    [allow({ NotPrincipal: arn("A") }), "MethodNotAllowed"],
  ] as const) {
    assert.equal(putByItself(people, policy), expected, policy);
  }
});

test("where policies only restrict, callers who have a key come by it, and only guests do not", () => {
  const people: People = {
    policy: { provider: "qumulo", bucketPolicies: "gateway" },
    accounts: { A: { privileges: ["PRIVILEGE_S3_BUCKETS_WRITE"] }, B: {} },
  };
  const put = (...names: readonly string[]): string => {
    const statement = { Effect: "Allow", Action: ["s3:GetObject"], Principal: { Qumulo: names } };
    return putByItself(people, JSON.stringify({ Statements: [statement] }));
  };
  assert.equal(put("local:B"), "keep");
  assert.equal(put("Everyone"), "MethodNotAllowed");
  assert.equal(put("local:B", "Guest"), "MethodNotAllowed");
});
