/**
 * Tests that the promises of the five providers' documents hold for all requests (config/claims).
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { Config } from "../../src/config/config.ts";
import { readClaims } from "../../src/prove/claim-reader.ts";
import { knownIn } from "../../src/prove/known-names.ts";
import { prove, type Proof } from "../../src/prove/prove.ts";
import { sceneOf } from "../../src/prove/scene.ts";
import { goodConfig } from "../support/config.ts";

const FOLDER = new URL("../../config/claims/", import.meta.url);
const NOW_MS = Date.parse("2026-11-22T12:00:00Z");
const secretKey = "secret";

/**
 * The accounts in a configuration of each provider: its tiers, and the subjects of its document.
 */
const ACCOUNTS: Readonly<Record<string, readonly object[]>> = {
  coscine: [
    account("resource", [
      user("admin", "coscine-admin"),
      user("system", "coscine-system"),
      user("testing", "coscine-testing"),
    ]),
    account("other", []),
  ],
  atman: [
    account(
      "lab",
      ["READ", "WRITE", "READWRITE", "FULL"].map((tier) => user(tier, tier)),
    ),
  ],
  "lumi-o": [
    { ...account("p465000001", [user("reader", "READ")]), tenant: "465000001" },
    { ...account("p465000002", [user("guest", "READ"), user("all", "FULL")]), tenant: "465000002" },
  ],
  qumulo: [
    { ...account("admin", []), privileges: ["S3_BUCKETS_WRITE"] },
    account("lab", [user("reader", "READ"), user("writer", "WRITE")]),
  ],
  nutanix: [
    account("share", [
      user("expired", "FULL", { expires: "2026-01-01" }),
      user("revoked", "FULL", { disabled: true }),
      user("until-2027", "READWRITE", { expires: "2027-01-01" }),
      user("reader", "READ"),
    ]),
  ],
};

function account(name: string, subusers: readonly object[]): object {
  const keys = [{ accessKey: `AKID${name}`.padEnd(20, "0"), secretKey }];
  return { name, upstream: { accessKey: `STORE${name}`, secretKey }, keys, subusers };
}

function user(name: string, tier: string, key: object = {}): object {
  const accessKey = `AKIDUSER${name}`.padEnd(20, "0");
  return { name, tier, keys: [{ accessKey, secretKey, ...key }] };
}

/** Settings that the documents leave to the operator and the claims depend on. */
const SETTINGS: Readonly<Record<string, string>> = { "lumi-o": ", anonymous: policy" };

function configOf(name: string, store: string): Config {
  return goodConfig({
    "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ${store} }
identities: [{ accounts: accounts.yaml }]
policy: { provider: ${name}${SETTINGS[name] ?? ""} }
`,
    "accounts.yaml": JSON.stringify({ accounts: ACCOUNTS[name] ?? [], buckets: bucketsOf(name) }),
  });
}

function answersTo(text: string, file: string, config: Config): readonly Proof[] {
  const claims = readClaims(text, file, knownIn(config));
  if (!claims.ok) throw new Error(JSON.stringify(claims.error));
  const scene = sceneOf(compileSnapshot(config, 1), undefined, NOW_MS);
  return claims.value.map((claim) => prove(scene, claim));
}

function why(proof: Proof): string {
  if (proof.kind === "holds") return "";
  return proof.kind === "broken" ? JSON.stringify(proof.question) : proof.why.join("; ");
}

for (const file of readdirSync(FOLDER)) {
  const config = configOf(file.replace(".txt", ""), "ceph");
  for (const proof of answersTo(readFileSync(new URL(file, FOLDER), "utf8"), file, config)) {
    test(`${file}: ${proof.claim.text}`, () => {
      assert.equal(proof.kind, "holds", why(proof));
    });
  }
}

test("under lumi-o and a store without ACLs a bucket without a policy is the project's alone", () => {
  const claim = "nobody but p465000001:* may anything on arn:aws:s3:::data, arn:aws:s3:::data/*";
  const [proof] = answersTo(claim, "claims.txt", configOf("lumi-o", "minio"));
  assert.equal(proof?.kind, "holds");
  // If the store keeps ACLs, it is asked as the caller, and may let the caller in.
  const [asked] = answersTo(claim, "claims.txt", configOf("lumi-o", "ceph"));
  assert.equal(asked?.kind, "broken");
});

function bucketsOf(name: string): readonly object[] {
  const owners: Readonly<Record<string, string>> = { qumulo: "lab", "lumi-o": "p465000001" };
  const owner = owners[name];
  return owner === undefined ? [] : [{ name: "data", account: owner }];
}
