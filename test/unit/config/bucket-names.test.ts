import assert from "node:assert/strict";
import { test } from "node:test";
import { GATEWAY, goodConfig, problemsOf } from "../../support/config.ts";

const files = (policy: string, accounts = "[]", store = "minio"): Record<string, string> => ({
  "gateway.yaml": `${GATEWAY.replace("store: ceph", `store: ${store}`)}policy: { ${policy} }\n`,
  "accounts.yaml": `accounts: ${accounts}\n`,
});
const PREFIX = 'bucketNames: { prefix: "{account}-" }';
const KEPT = "bucketPolicies: gateway";

test("parseConfig() names each account's buckets apart under policy.bucketNames", () => {
  const config = goodConfig(
    files(`${PREFIX}, ${KEPT}`, "[{ name: one }, { name: Two, tenant: two }]"),
  );
  assert.deepEqual(config.upstream.prefix, { before: "", after: "-" });
  assert.equal(config.upstream.tenants, true);
  assert.equal(config.policy.provider.bucketNames, "tenant");
});

for (const [what, written, expected] of [
  [
    "a prefix of another form",
    files(`bucketNames: { prefix: "x" }, ${KEPT}`),
    /Expected "{account}-"/,
  ],
  ["a store with tenants", files(`${PREFIX}, ${KEPT}`, "[]", "ceph"), /The store has tenants/],
  ["policies at the store", files(PREFIX), /Policies at the store would name/],
  [
    "a provider without addresses of tenants",
    files(`${PREFIX}, provider: qumulo`),
    /With the provider qumulo nobody could name another account's bucket/,
  ],
  [
    "an account whose name has the mark",
    files(`${PREFIX}, ${KEPT}`, "[{ name: one-two }]"),
    /accounts\[0\]\.name: Cannot stand before the names of buckets: .*"one-two"/,
  ],
  [
    "an account with a tenant in capitals",
    files(`${PREFIX}, ${KEPT}`, "[{ name: one, tenant: ONE }]"),
    /accounts\[0\]\.tenant: Cannot stand before .*"ONE"/,
  ],
  [
    "an account without a tenant",
    files(`${PREFIX}, ${KEPT}`, '[{ name: one, tenant: "" }]'),
    /accounts\[0\]\.tenant: Cannot stand before/,
  ],
] as const) {
  test(`parseConfig() refuses policy.bucketNames with ${what}`, () => {
    const problems = problemsOf(written);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", expected);
  });
}
