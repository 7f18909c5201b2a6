/** Each gate by itself: what it refuses, in which order, and the rule that the record names. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { judgeEach, judgedAsks, judgeKey } from "../../../src/admission/gates.ts";
import { NOTHING_KNOWN, type Subject } from "../../../src/admission/subject.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { asksOf } from "../../../src/s3/asks.ts";
import { canonicalAddress } from "../../../src/s3/bucket.ts";
import { word, type Decided } from "../../support/decided.ts";
import { decide, gatewayOf, headOf, type People, type Sent } from "./people.ts";
import { judge, KEYS, NOW, world, type Ask } from "./world.ts";

/** The gate that refused, the code, and the setting; else the verdict's kind. */
function outcome(decision: Decided): string {
  if (decision.kind !== "refuse") return word(decision);
  const { denial } = decision.facts;
  return `${denial?.gate} ${decision.fault.code}: ${denial?.rule}`;
}

const INSIDE = { allow: ["192.0.2.0/24"] };
const OUTSIDE = { allow: ["198.51.100.0/24"] };

/** A account with these attributes, whose user has those, on a gateway with these settings. */
function networks(gateway: object, account: object, user: object, who: string, from?: string) {
  const people: People = {
    policy: { networks: gateway },
    accounts: { A: { networks: account, users: { ann: { tier: "FULL", networks: user } } } },
  } as const;
  return outcome(
    decide(gatewayOf(people), who, "GET /photos/k", from === undefined ? {} : { from }),
  );
}

describe("the networks of", () => {
  const rows: readonly (readonly [string, object, object, object, string, string])[] = [
    ["the gateway", OUTSIDE, INSIDE, INSIDE, "A:ann", "policy.networks: denied"],
    ["the account, for itself", INSIDE, OUTSIDE, {}, "A", "account networks: denied"],
    ["the account, for its user", INSIDE, OUTSIDE, INSIDE, "A:ann", "account networks: denied"],
    ["the user", INSIDE, INSIDE, OUTSIDE, "A:ann", "subuser networks: denied"],
    ["the gateway before the others", OUTSIDE, OUTSIDE, OUTSIDE, "A", "policy.networks: denied"],
  ];
  for (const [name, gateway, account, user, who, rule] of rows) {
    test(`${name} hold`, () => {
      assert.equal(networks(gateway, account, user, who), `networks AccessDenied: ${rule}`);
    });
  }
  test("all are asked, and all let pass", () => {
    assert.equal(networks(INSIDE, INSIDE, INSIDE, "A:ann"), "forward");
    assert.equal(networks({}, {}, {}, "A:ann"), "forward");
  });
  test("a key hold, besides those of its holder", () => {
    const verdict = judge(world(), "GET /photos/a", { as: "office" });
    assert.equal(outcome(verdict), "networks AccessDenied: subuser networks: denied");
  });
  test("anybody who may come hold for whom nobody knows, too", () => {
    const snapshot = world("{ anonymous: upstream, networks: { deny: [192.0.2.1] } }");
    assert.equal(
      outcome(judge(snapshot, "GET /photos/a")),
      "networks AccessDenied: policy.networks: denied",
    );
    assert.equal(outcome(judge(snapshot, "GET /photos/a", { from: "192.0.2.2" })), "forward");
  });
});

const deleting = "DELETE /photos/a";
const version = "DELETE /photos/a?versionId=v1";
const ROWS: readonly (readonly [string, string, string, Ask, string])[] = [
  [
    "an action that the gateway blocks",
    '{ blockedActions: ["s3:DeleteObject"] }',
    deleting,
    { as: "lab" },
    "blocked-actions AccessDenied: policy.blockedActions: s3:DeleteObject",
  ],
  [
    "one that it blocks by a pattern",
    '{ blockedActions: ["s3:Put*", "s3:Delete*"] }',
    deleting,
    { as: "lab" },
    "blocked-actions AccessDenied: policy.blockedActions: s3:Delete*",
  ],
  [
    "another action",
    '{ blockedActions: ["s3:DeleteObjectVersion"] }',
    deleting,
    { as: "lab" },
    "forward",
  ],
  [
    "an action that the account blocks",
    "{}",
    "PUT /photos?policy",
    { as: "lab", body: "{}" },
    "blocked-actions AccessDenied: account blockedActions: s3:PutBucketPolicy",
  ],
  [
    "one that the account blocks, for its user",
    "{}",
    "PUT /photos?policy",
    { as: "office", body: "{}", from: "198.51.100.1" },
    "blocked-actions AccessDenied: account blockedActions: s3:PutBucketPolicy",
  ],
  [
    "an action that the user blocks",
    "{}",
    version,
    { as: "writer" },
    "blocked-actions AccessDenied: subuser blockedActions: s3:DeleteObjectVersion",
  ],
  ["the same of the account's own", "{}", version, { as: "lab" }, "forward"],
  [
    "an action without effect",
    '{ unsupported: ["s3:DeleteObject"] }',
    deleting,
    { as: "lab" },
    "unsupported NotImplemented: policy.unsupported: s3:DeleteObject",
  ],
  [
    "an action without effect that is blocked, too",
    '{ unsupported: ["s3:DeleteObject"], blockedActions: ["s3:DeleteObject"] }',
    deleting,
    { as: "reader" },
    "blocked-actions AccessDenied: policy.blockedActions: s3:DeleteObject",
  ],
  [
    "an action without effect that the tier does not have",
    '{ unsupported: ["s3:DeleteObject"] }',
    deleting,
    { as: "reader" },
    "unsupported NotImplemented: policy.unsupported: s3:DeleteObject",
  ],
  [
    "an action that the tier does not have",
    "{}",
    deleting,
    { as: "reader" },
    "tier AccessDenied: lab:reader: READ",
  ],
  [
    "the same where a policy could lift the tier, and none does",
    "{ tierMode: union }",
    deleting,
    { as: "reader" },
    "allow AccessDenied: lab:reader: no policy",
  ],
  [
    "a version, where history must be kept",
    "{ versionGuard: true }",
    version,
    { as: "lab" },
    "version-guard AccessDenied: policy.versionGuard: true",
  ],
  [
    "a key that is not in force, from where none may come",
    "{ networks: { deny: [192.0.2.1] } }",
    deleting,
    { as: "disabled" },
    "key-state AccessDenied: AKIDDISABLED00000000: disabled",
  ],
  [
    "a key that has ended",
    "{}",
    deleting,
    { as: "expired" },
    "key-state AccessDenied: AKIDEXPIRED000000000: expires",
  ],
  [
    "a key that is not good yet",
    "{}",
    deleting,
    { as: "future" },
    "key-state AccessDenied: AKIDFUTURE0000000000: notBefore",
  ],
];
for (const [name, policy, line, ask, expected] of ROWS) {
  test(`the gates on ${name}: ${expected}`, () => {
    assert.equal(outcome(judge(world(policy), line, ask)), expected);
  });
}

const OPEN = {
  photos: {
    account: "A",
    policy: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: "*",
          Action: "s3:*",
          Resource: ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"],
        },
      ],
    },
  },
};

test("the provider blocks actions for all tiers but those that it names", () => {
  const ask = (tier: string, line: string): string => {
    const accounts = { A: { users: { ann: { tier } } } };
    const snapshot = gatewayOf({ policy: { provider: "coscine" }, accounts });
    return outcome(decide(snapshot, "A:ann", line));
  };
  const rule = "blocked-actions AccessDenied: provider coscine:";
  assert.ok(ask("coscine-admin", version).startsWith(`${rule} s3:DeleteObjectVersion`));
  assert.equal(ask("coscine-admin", deleting), "forward");
  assert.equal(ask("coscine-system", version), "forward");
  const lifecycle = "DELETE /photos?lifecycle";
  assert.ok(ask("coscine-system", lifecycle).startsWith(`${rule} s3:PutLifecycleConfiguration`));
});

test("the provider blocks actions for an account, which has no tier, too", () => {
  const snapshot = gatewayOf({ policy: { provider: "coscine" }, accounts: { A: {} } });
  assert.match(outcome(decide(snapshot, "A", version)), /^blocked-actions /);
});

test("a tier that is only a ceiling is one, though policies lift others", () => {
  const ask = (tier: string): string => {
    const accounts = { A: { users: { ann: { tier, policy: [ALL] } } } };
    const snapshot = gatewayOf({ policy: { tierMode: "union" }, accounts });
    return outcome(decide(snapshot, "A:ann", "DELETE /photos"));
  };
  assert.equal(ask("READ"), "forward");
  assert.equal(ask("ANONYMOUS"), "tier AccessDenied: A:ann: ANONYMOUS");
});

test("nobody may do more than policies can open to everybody", () => {
  const ask = (line: string, policy: object = {}): string => {
    const all = { anonymous: "policy", bucketPolicies: "gateway", ...policy };
    return outcome(
      decide(gatewayOf({ policy: all, accounts: { A: {} }, buckets: OPEN }), undefined, line),
    );
  };
  assert.equal(ask("GET /photos/k"), "forward");
  assert.equal(ask("DELETE /photos"), "tier AccessDenied: anonymous: ANONYMOUS");
  assert.equal(ask("DELETE /photos", { anonymous: "upstream" }), "forward");
});

const SSE: Sent = { headers: { "x-amz-server-side-encryption": "AES256" } };
const encrypted = (Effect: string): object => ({
  Effect,
  Action: "s3:PutObject",
  Resource: "*",
  Condition: { StringEquals: { "s3:x-amz-server-side-encryption": "AES256" } },
});
const ALL = { Effect: "Allow", Action: "s3:*", Resource: "*" };

test("no policy rests on a header that the store ignores, unless it denies", () => {
  const write = (policy: readonly object[], sent: Sent): string => {
    const users = { ann: { policy } };
    const store = { withoutEffect: "pass" };
    return outcome(
      decide(gatewayOf({ store, accounts: { A: { users } } }), "A:ann", "PUT /photos/k", sent),
    );
  };
  const noEffect = "unsupported NotImplemented: upstream.store: x-amz-server-side-encryption";
  assert.equal(write([encrypted("Allow")], SSE), noEffect);
  assert.equal(write([encrypted("Allow")], {}), "allow AccessDenied: A:ann: no policy");
  assert.equal(write([ALL, encrypted("Deny")], {}), "forward");
  assert.match(write([ALL, encrypted("Deny")], SSE), /^explicit-deny /);
  assert.equal(write([ALL], SSE), "forward");
});

test("deleting a version needs both actions, if the provider says so", () => {
  const { provider } = world().policy;
  const ask = {
    action: "s3:DeleteObjectVersion",
    operation: "DeleteObject",
    bucket: undefined,
    key: "k",
  } as const;
  const other = { ...ask, action: "s3:GetObject" } as const;
  const actions = (mode: "sar" | "both"): readonly string[] =>
    judgedAsks({ ...provider, deleteVersionMode: mode }, [ask, other]).map(({ action }) => action);
  assert.deepEqual(actions("sar"), ["s3:DeleteObjectVersion", "s3:GetObject"]);
  assert.deepEqual(actions("both"), ["s3:DeleteObjectVersion", "s3:DeleteObject", "s3:GetObject"]);
});

/** The judgement for the explanation of an anonymous upload with these headers. */
function explained(snapshot: Snapshot, headers: Sent["headers"] = {}) {
  const head = headOf(undefined, "PUT /photos/k", { headers });
  const bucketName = { tenant: undefined, name: "photos" };
  const spelled = { kind: "object", bucket: bucketName, key: "k" } as const;
  const address = canonicalAddress(spelled, "", snapshot.store.naming);
  assert(address.ok);
  const subject: Subject = {
    head,
    operation: "PutObject",
    address: address.value,
    source: undefined,
    versionId: undefined,
    query: [],
    headers: head.headers,
    caller: { kind: "anonymous" },
    payload: { kind: "unsigned" },
    values: undefined,
    known: { ...NOTHING_KNOWN, records: snapshot.buckets.size > 0 ? snapshot.buckets : undefined },
  };
  const asks = asksOf("PutObject", address.value, undefined, head.headers, undefined);
  return judgeEach(snapshot, subject, asks, NOW);
}

test("an explanation has every gate in its order, and the rule by which each ask is allowed", () => {
  const policy = {
    unsupported: ["s3:PutObjectTagging"],
    blockedActions: ["s3:PutObject"],
    anonymous: "upstream",
  };
  const snapshot = gatewayOf({ policy, accounts: { A: {} } });
  const { gates, allowed } = explained(snapshot, { "x-amz-tagging": "a=1" });
  assert.deepEqual(
    gates.map(({ gate, refusal }) => [gate, refusal?.denial.rule]),
    [
      ["key-state", undefined],
      ["networks", undefined],
      ["blocked-actions", "policy.blockedActions: s3:PutObject"],
      ["version-guard", undefined],
      ["unsupported", "policy.unsupported: s3:PutObjectTagging"],
      ["tier", undefined],
      ["explicit-deny", undefined],
      ["allow", undefined],
    ],
  );
  assert.deepEqual(allowed, ["anonymous: upstream", "anonymous: upstream"]);
});

test("an explanation has a header without effect at its gate, and at no other", () => {
  const statement = { ...encrypted("Allow"), Principal: "*", Resource: "arn:aws:s3:::photos/*" };
  const snapshot = gatewayOf({
    store: { withoutEffect: "pass" },
    policy: { anonymous: "policy", bucketPolicies: "gateway" },
    accounts: { A: {} },
    buckets: {
      photos: { account: "A", policy: { Version: "2012-10-17", Statement: [statement] } },
    },
  });
  const refused = explained(snapshot, SSE.headers).gates.flatMap(({ gate, refusal }) =>
    refusal === undefined ? [] : [`${gate} ${refusal.denial.rule}`],
  );
  assert.ok(refused.includes("unsupported upstream.store: x-amz-server-side-encryption"));
  assert.equal(refused.filter((one) => one.includes("upstream.store")).length, 1);
});

describe("who may ask for nothing at all, with", () => {
  const ruleFor = (who: keyof typeof KEYS | undefined, from: string, policy?: string) => {
    const snapshot = world(policy);
    const key = who === undefined ? undefined : snapshot.keys.get(KEYS[who]);
    assert.equal(key === undefined, who === undefined);
    return judgeKey(snapshot, key, from, NOW)?.denial.rule;
  };
  const DENIED = "{ networks: { deny: [192.0.2.1] } }";
  const rows = [
    ["a key in force", "lab", "192.0.2.1", undefined, undefined],
    ["no key", undefined, "192.0.2.1", undefined, undefined],
    ["no key, from where none may come", undefined, "192.0.2.1", DENIED, "policy.networks: denied"],
    ["a key, from where none may come", "lab", "192.0.2.1", DENIED, "policy.networks: denied"],
    ["a user's, from its networks", "office", "198.51.100.1", undefined, undefined],
    ["a user's, from others", "office", "192.0.2.1", undefined, "subuser networks: denied"],
    ["a key that is disabled", "disabled", "192.0.2.1", DENIED, `${KEYS.disabled}: disabled`],
    ["a key that has ended", "expired", "192.0.2.1", undefined, `${KEYS.expired}: expires`],
  ] as const;
  for (const [name, who, from, policy, expected] of rows) {
    test(`${name}: ${expected}`, () => assert.equal(ruleFor(who, from, policy), expected));
  }
});
