import assert from "node:assert/strict";
import { test } from "node:test";
import { MODEL, NOW_MS } from "../../reference/draw/parts.ts";
import { began, trustEngine } from "../../reference/engine-trust.ts";
import type { TrustWorld } from "../../reference/trust.ts";

const SESSION = "ASIAABCDEFGHIJKLMNAA";
const SUBJECT = { issuer: "idp", subject: "sam" };

/** A role that trusts everybody who has a key, but for those that a Deny does not spare. */
function worldOf(spared: readonly string[]): TrustWorld {
  const trust = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" },
      { Effect: "Deny", NotPrincipal: { AWS: spared }, Action: "sts:*" },
    ],
  } as const;
  return {
    model: MODEL.aws,
    policy: { provider: "aws", bucketPolicies: "gateway" },
    accounts: [
      {
        name: "lab",
        upstream: { accessKey: "STORE.lab", secretKey: "store-lab" },
        roles: [
          { name: "writer", tier: "FULL", trust: SUBJECT },
          { name: "target", tier: "FULL", trust },
        ],
      },
    ],
    issuers: [{ name: "idp", url: "https://idp.example.org", audiences: ["s3"] }],
    buckets: [],
    sessions: [
      {
        accessKey: SESSION,
        account: "lab",
        of: { role: "writer", name: "alice" },
        issuedMs: NOW_MS,
        expiresMs: NOW_MS + 3_600_000,
      },
    ],
    revoked: [],
    files: {},
  };
}

const ROLE = "arn:aws:iam::lab:role/writer";
const OWN = "arn:aws:sts::lab:assumed-role/writer/alice";

/** Of a session all three names must be listed ("NotPrincipal with Deny", IAM User Guide; docs/sts.md). */
const rows = [
  ["its account, its role and itself", ["lab", ROLE, OWN], true],
  ["everybody who has a key", ["*"], true],
  ["its account and its role", ["lab", ROLE], false],
  ["its account and itself", ["lab", OWN], false],
  ["its role and itself", [ROLE, OWN], false],
] as const;

for (const [name, spared, begins] of rows) {
  test(`a NotPrincipal of ${name} ${begins ? "spares" : "meets"} a role's session that wants another role`, async () => {
    const world = worldOf(spared);
    const call = {
      by: { as: SESSION },
      account: "lab",
      role: "target",
      session: "alice",
      ip: "192.0.2.1",
      nowMs: NOW_MS,
    };
    const outcome = await began(trustEngine(world), world, call);
    const said = typeof outcome === "string" ? outcome : "it begins";
    assert.equal(said, begins ? "it begins" : "AccessDenied by explicit-deny");
  });
}
