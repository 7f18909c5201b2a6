/**
 * Tests the rights of sessions over all combinations of a role's tier and policies, a session
 * policy, a bucket policy and the account's blocked actions. They are compared with the rules in
 * docs/sts.md, read naively, on the very sets that the policies below are written from. One law
 * holds whatever the rules are: a session policy never adds, and no session has more rights than it
 * allows.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { admit } from "../../src/admission/admit.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import { parseTarget } from "../../src/http/target.ts";
import { goodConfig } from "../support/config.ts";
import { sessionOf, STS, tokenOf } from "../support/sessions.ts";
import { signV4, timestampOf } from "../support/signed.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");

const METHODS = { GET: "s3:GetObject", PUT: "s3:PutObject", DELETE: "s3:DeleteObject" } as const;
type Method = keyof typeof METHODS;
type Action = (typeof METHODS)[Method];
const ALL: readonly Action[] = Object.values(METHODS);
const KEYS = ["x/1", "y/1"] as const;

/** One statement; `below`: the keys that it is about. */
type Rule = {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly Action[];
  readonly below: "" | "x/" | "y/";
  /** The people that a bucket policy's statement names. */
  readonly whom?: keyof typeof NAMES;
};

const NAMES = {
  role: { AWS: "arn:aws:iam::lab:role/worker" },
  session: { AWS: "arn:aws:sts::lab:assumed-role/worker/alice" },
  another: { AWS: "arn:aws:sts::lab:assumed-role/worker/bob" },
  account: { AWS: "lab" },
  everybody: "*",
} as const;
/**
 * The people to whom a statement of a bucket policy applies directly: of an account, only its own
 * keys.
 */
const HELD = new Set<keyof typeof NAMES>(["role", "session", "everybody"]);

/** The three actions that each of the four tiers has (docs/policy.md). */
const TIERS: Readonly<Record<string, readonly Action[]>> = {
  READ: ["s3:GetObject"],
  WRITE: ["s3:PutObject", "s3:DeleteObject"],
  READWRITE: ALL,
  FULL: ALL,
};

const allow = (
  actions: readonly Action[],
  below: Rule["below"] = "",
  whom?: Rule["whom"],
): Rule => ({
  effect: "Allow",
  actions,
  below,
  ...(whom && { whom }),
});
const deny = (
  actions: readonly Action[],
  below: Rule["below"] = "",
  whom?: Rule["whom"],
): Rule => ({
  ...allow(actions, below, whom),
  effect: "Deny",
});

const ROLE_POLICIES: readonly (readonly Rule[])[] = [
  [],
  [allow(["s3:GetObject"], "x/")],
  [allow(ALL), deny(["s3:DeleteObject"], "x/")],
];
const SESSION_POLICIES: readonly (readonly Rule[] | undefined)[] = [
  undefined,
  [allow(ALL)],
  [allow(["s3:GetObject"])],
  [allow(["s3:PutObject", "s3:GetObject"], "x/")],
  [allow(ALL), deny(["s3:PutObject"], "y/")],
  [deny(["s3:GetObject"])],
];
const BUCKET_POLICIES: readonly (readonly Rule[])[] = [
  [],
  ...(["role", "session", "another", "account", "everybody"] as const).map((whom) => [
    allow(ALL, "", whom),
  ]),
  [allow(ALL, "x/", "session"), deny(["s3:PutObject"], "x/", "role")],
  [deny(ALL, "y/", "everybody")],
];
const BLOCKED: readonly (readonly Action[])[] = [[], ["s3:DeleteObject"]];

type World = {
  readonly tier: string | undefined;
  readonly role: readonly Rule[];
  readonly bucket: readonly Rule[];
  readonly blocked: readonly Action[];
};

function snapshotOf({ tier, role, bucket, blocked }: World): Snapshot {
  const own = ownRules(tier, role);
  const account = {
    name: "lab",
    upstream: { accessKey: "STORE", secretKey: "of-the-store" },
    blockedActions: blocked,
    roles: [
      {
        name: "worker",
        ...(tier !== undefined && { tier }),
        policies: own.length === 0 ? [] : [written(own)],
        trust: { issuer: "idp", subject: "*" },
      },
    ],
  };
  const files = {
    "gateway.yaml": JSON.stringify({
      upstream: { endpoints: ["http://store:7480"], store: "ceph" },
      identities: [{ accounts: "accounts.yaml" }],
      issuers: [{ name: "idp", url: "https://idp.example.org", audiences: ["s3"] }],
      policy: { bucketPolicies: "gateway" },
      sts: STS,
    }),
    "accounts.yaml": JSON.stringify({
      accounts: [account],
      buckets: [
        {
          name: "data",
          account: "lab",
          ...(bucket.length > 0 && { policy: "bucket.json" }),
        },
      ],
    }),
    "bucket.json": JSON.stringify(written(bucket)),
  };
  return compileSnapshot(goodConfig(files), 1);
}

/** Returns the rules of a role. Without a tier and policies it is not a role. */
function ownRules(tier: string | undefined, role: readonly Rule[]): readonly Rule[] {
  return tier === undefined && role.length === 0 ? [allow(["s3:GetObject"])] : role;
}

function written(rules: readonly Rule[]): object {
  const Statement = rules.map(({ effect, actions, below, whom }) => ({
    Effect: effect,
    ...(whom !== undefined && { Principal: NAMES[whom] }),
    Action: actions,
    Resource: `arn:aws:s3:::data/${below}*`,
  }));
  return { Version: "2012-10-17", Statement };
}

const tokens = SESSION_POLICIES.map((rules) => {
  const policy = rules && JSON.stringify(written(rules));
  const session = sessionOf(NOW, {
    holder: { kind: "role", role: "worker", session: "alice" },
    policy,
  });
  return { session, token: tokenOf(session) };
});

/** Returns true if the engine lets the request of the session with that policy pass. */
function passes(snapshot: Snapshot, policy: number, method: Method, key: string): boolean {
  const { session, token } = tokens[policy] ?? assert.fail("There is such a policy");
  const request = {
    method,
    target: `/data/${key}`,
    headers: [
      ["host", "gateway.example.org"],
      ["x-amz-security-token", token],
    ] as const,
    body: Buffer.alloc(0),
  };
  const pair = { accessKey: session.accessKeyId, secretKey: session.secret };
  const signed = signV4(request, pair, { timestamp: timestampOf(NOW) });
  const target = parseTarget(signed.target);
  if (!target.ok) throw new Error(target.error);
  const head = {
    method,
    target: target.value,
    headers: signed.headers.flat(),
    sourceAddress: "192.0.2.1",
    secure: false,
  };
  const end = admit(snapshot, head, NOW).next();
  assert.ok(end.done, "Nothing is asked for here");
  return end.value.kind === "forward";
}

/** Returns the same answer by docs/sts.md. */
function expected(world: World, session: readonly Rule[] | undefined, action: Action, key: string) {
  const { tier, role, bucket, blocked } = world;
  const granted = tier === undefined ? undefined : TIERS[tier];
  const own = ownRules(tier, role);
  const says = (rules: readonly Rule[], effect: Rule["effect"]): boolean =>
    rules.some(
      (rule) =>
        rule.effect === effect && rule.actions.includes(action) && key.startsWith(rule.below),
    );
  const onHim = bucket.filter(({ whom }) => whom !== undefined && HELD.has(whom));
  if (blocked.includes(action)) return false;
  if (granted !== undefined && !granted.includes(action)) return false;
  if (says(own, "Deny") || says(onHim, "Deny")) return false;
  if (session !== undefined && (says(session, "Deny") || !says(session, "Allow"))) return false;
  return granted !== undefined || says(own, "Allow") || says(onHim, "Allow");
}

for (const tier of [undefined, ...Object.keys(TIERS)]) {
  test(`sessions of a role with ${tier ?? "no tier"} have the rights of the rules, in all combinations`, () => {
    let compared = 0;
    for (const role of ROLE_POLICIES) {
      for (const bucket of BUCKET_POLICIES) {
        for (const blocked of BLOCKED) compared += compareIn({ tier, role, bucket, blocked });
      }
    }
    assert.equal(compared, 3 * 8 * 2 * 6 * 6);
  });
}

function compareIn(world: World): number {
  const snapshot = snapshotOf(world);
  let compared = 0;
  for (const method of ["GET", "PUT", "DELETE"] as const) {
    for (const key of KEYS) {
      const unbounded = passes(snapshot, 0, method, key);
      for (const [i, policy] of SESSION_POLICIES.entries()) {
        const action = METHODS[method];
        const passed = passes(snapshot, i, method, key);
        const told = JSON.stringify({ world, policy, method, key });
        assert.equal(passed, expected(world, policy, action, key), told);
        assert.ok(!passed || unbounded, `A session policy has added something: ${told}`);
        compared++;
      }
    }
  }
  return compared;
}
