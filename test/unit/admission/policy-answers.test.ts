/** What the gateway itself answers about the policies that it keeps, and what it remembers of buckets. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { asItself, keeping, settle } from "./asked.ts";
import { decide, gatewayOf, word, type People } from "./people.ts";

const policyOf = (...actions: readonly string[]): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: "*",
        Action: actions,
        Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
      },
    ],
  });
const PEOPLE: People = {
  policy: { bucketPolicies: "gateway", anonymous: "policy" },
  accounts: { A: { users: { R: { tier: "READ" } } }, other: {} },
};
const OPEN = policyOf("s3:GetObject");
const LINES = [
  "GET /bucket?policy",
  "GET /bucket?policyStatus",
  "PUT /bucket?policy",
  "DELETE /bucket?policy",
] as const;

/** The gateway in which `bucket` has this policy; `more`: of the provider's switches. */
function gateway(
  policy: string | undefined,
  more: Partial<Snapshot["policy"]["provider"]> = {},
  people = PEOPLE,
) {
  const { snapshot, records } = keeping(asItself(people, "nobody"), policy);
  const provider = { ...snapshot.policy.provider, ...more };
  return { snapshot: { ...snapshot, policy: { ...snapshot.policy, provider } }, records };
}

const verdictOf = (
  { snapshot, records }: ReturnType<typeof gateway>,
  who: string | undefined,
  line: string,
  body = OPEN,
) => settle(snapshot, who, line, {}, { records, body }).verdict;

test("policies that the store keeps are the store's to answer", () => {
  const people: People = { policy: { bucketPolicies: "upstream" }, accounts: { A: {} } };
  for (const line of ["GET /bucket?policy", "GET /bucket?policyStatus", "DELETE /bucket?policy"]) {
    assert.equal(word(decide(gatewayOf(people), "A", line)), "forward", line);
  }
});

test("a policy is shown as JSON, its status as XML", () => {
  const open = gateway(OPEN);
  for (const [line, contentType] of [
    ["GET /bucket?policy", "application/json"],
    ["GET /bucket?policyStatus", "application/xml"],
  ] as const) {
    const verdict = verdictOf(open, "A", line);
    assert(verdict.kind === "answer");
    assert.equal(verdict.contentType, contentType);
    assert.equal(
      word(verdictOf(open, "A", line.replace("bucket", "unknown"))),
      "NoSuchBucketPolicy",
    );
  }
});

test("what report mode lets pass shows and changes no policy", () => {
  const reporting = { ...PEOPLE, policy: { ...PEOPLE.policy, mode: "report" } };
  for (const delegates of [false, true]) {
    const open = gateway(OPEN, { policyDelegation: delegates }, reporting);
    for (const who of ["A:R", "other", undefined]) {
      for (const line of LINES) {
        const verdict = verdictOf(open, who, line);
        assert(verdict.kind === "refuse", `${who} ${line}`);
        assert.equal(verdict.fault.code, "AccessDenied", `${who} ${line}`);
      }
    }
    assert.equal(word(verdictOf(open, "A", "GET /bucket?policy")), "answer");
  }
});

describe("a policy that lets others to itself", () => {
  const all = policyOf("s3:*");
  const unbounded = { access: "policy", ceiling: undefined } as const;
  const rows = [
    ["other", "GET", true, "answer"],
    ["other", "GET", false, "MethodNotAllowed"],
    ["other", "PUT", true, "keep"],
    ["other", "PUT", false, "MethodNotAllowed"],
    ["other", "DELETE", true, "keep"],
    ["other", "DELETE", false, "MethodNotAllowed"],
    [undefined, "GET", true, "answer"],
    [undefined, "GET", false, "AccessDenied"],
    // Nobody can be told later who changed it.
    [undefined, "PUT", true, "MethodNotAllowed"],
    [undefined, "PUT", false, "AccessDenied"],
    [undefined, "DELETE", true, "MethodNotAllowed"],
    [undefined, "DELETE", false, "AccessDenied"],
  ] as const;
  for (const [who, method, policyDelegation, expected] of rows) {
    test(`${method} by ${who ?? "nobody"}, ${policyDelegation ? "" : "not "}delegated: ${expected}`, () => {
      const open = gateway(all, { policyDelegation, anonymous: unbounded });
      assert.equal(word(verdictOf(open, who, `${method} /bucket?policy`, all)), expected);
    });
  }

  test("lets nobody by what is left to the store", () => {
    const people = { ...PEOPLE, policy: { ...PEOPLE.policy, anonymous: "upstream" } };
    const shut = gateway(undefined, { policyDelegation: true, anonymous: unbounded }, people);
    for (const line of LINES) {
      assert.equal(word(verdictOf(shut, undefined, line)), "AccessDenied", line);
    }
  });
});

test("a policy of the configuration is changed there only, whatever else is kept", () => {
  const people: People = { ...PEOPLE, buckets: { bucket: { account: "A" } } };
  const both = gateway(undefined, {}, people);
  assert.equal(word(verdictOf(both, "A", "PUT /bucket?policy")), "MethodNotAllowed");
  assert.equal(word(verdictOf(both, "A", "DELETE /bucket?policy")), "MethodNotAllowed");
  assert.equal(word(verdictOf(both, "A", "GET /bucket?policy")), "NoSuchBucketPolicy");
  const none = gatewayOf(people);
  assert.equal(word(decide(none, "A", "DELETE /unknown?policy")), "MethodNotAllowed");
});

test("the hint how to adopt a bucket names the whole account", () => {
  const put = OPEN.replaceAll("bucket", "unknown");
  for (const method of ["DELETE", "PUT"]) {
    const verdict = verdictOf(gateway(OPEN), "other", `${method} /unknown?policy`, put);
    assert(verdict.kind === "refuse");
    assert.equal(verdict.fault.code, "MethodNotAllowed", method);
    assert.match(verdict.fault.message, / adopt unknown --account other"/);
  }
});

test("a bucket without a tenant has no other name in its policy", () => {
  for (const [resource, expected] of [
    ["arn:aws:s3:::bucket/*", "keep"],
    ["arn:aws:s3::::bucket/*", "MalformedPolicy"],
    ["arn:aws:s3:::T:bucket/*", "MalformedPolicy"],
  ] as const) {
    const text = OPEN.replaceAll(/arn:aws:s3:::bucket(?:\/\*)?/g, resource);
    assert.equal(word(verdictOf(gateway(undefined), "A", "PUT /bucket?policy", text)), expected);
  }
});

describe("what the store did is remembered", () => {
  const replyTo = (line: string, who: string | undefined, on = gateway(policyOf("s3:*"))) => {
    const verdict = verdictOf(on, who, line, "");
    assert(verdict.kind === "forward", `${line}: ${word(verdict)}`);
    return verdict.reply;
  };

  test("only where a bucket is made or removed", () => {
    const lines = [
      "GET /bucket",
      "GET /bucket?acl",
      "GET /bucket/k",
      "PUT /bucket/k",
      "HEAD /bucket",
    ];
    for (const line of [...lines, "DELETE /bucket?cors"]) {
      assert.equal(replyTo(line, "A").kind, "relay", line);
    }
    assert.equal(replyTo("PUT /fresh", "A").kind, "remember");
    assert.equal(replyTo("DELETE /bucket", "A").kind, "remember");
  });

  test("of its owner, whoever removes it, with the policy that let it", () => {
    const policy = policyOf("s3:*");
    const removed = { kind: "removed", name: "bucket", owner: "A", by: "other", judged: policy };
    assert.deepEqual(replyTo("DELETE /bucket", "other"), { kind: "remember", change: removed });
    const unknown = { kind: "removed", name: "unknown", owner: "A", by: "A", judged: undefined };
    assert.deepEqual(replyTo("DELETE /unknown", "A"), { kind: "remember", change: unknown });
  });

  test("by nobody who keeps no state, and of nobody", () => {
    const stateless = gatewayOf({ ...PEOPLE, buckets: { bucket: { account: "A" } } });
    for (const line of ["PUT /fresh", "DELETE /bucket"]) {
      const verdict = decide(stateless, "A", line, {}, { body: "" });
      assert(verdict.kind === "forward");
      assert.equal(verdict.reply.kind, "relay", line);
    }
    const people = { ...PEOPLE, policy: { ...PEOPLE.policy, anonymous: "upstream" } };
    const open = gateway(undefined, {}, people);
    for (const line of ["PUT /fresh", "DELETE /bucket"]) {
      assert.equal(replyTo(line, undefined, open).kind, "relay", line);
    }
  });
});
