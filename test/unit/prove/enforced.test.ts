import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Config } from "../../../src/config/config.ts";
import { openClaimGuard } from "../../../src/gateway/claim-guard.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { bucketJudge } from "../../../src/prove/enforced.ts";
import { scratchFolder } from "../../support/scratch.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

/** Two accounts, whose policies of buckets the gateway keeps. */
function configWith(claims: string, mode = "enforce"): Config {
  const folder = scratchFolder("enforced");
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write(
    "gateway.yaml",
    `upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: [{ accounts: accounts.yaml }]
policy: { bucketPolicies: gateway, anonymous: policy, mode: ${mode} }
state: { directory: state }
reload: { claims: claims.txt }
`,
  );
  write(
    "accounts.yaml",
    `accounts:
  - name: lab
    upstream: { accessKey: STORELAB, secretKey: secret }
    keys: [{ accessKey: AKIDLAB, secretKey: secret }]
  - name: other
    upstream: { accessKey: STOREOTHER, secretKey: secret }
    keys: [{ accessKey: AKIDOTHER, secretKey: secret }]
`,
  );
  write("claims.txt", claims);
  const { result } = loadConfig(join(folder, "gateway.yaml"));
  if (!result.ok) assert.fail(JSON.stringify(result.error));
  return result.value;
}

function policy(Effect: string, Principal: unknown, Condition?: unknown): string {
  const Action = ["s3:GetObject", "s3:GetObjectVersion"];
  const statement = { Action, Resource: "arn:aws:s3:::secret/*" };
  const Statement = {
    Effect,
    Principal,
    ...statement,
    ...(Condition === undefined ? {} : { Condition }),
  };
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

const OTHER = { AWS: "arn:aws:iam::other:root" };
const LAB_ONLY = "enforced nobody but lab:* may s3:GetObject on arn:aws:s3:::secret/*\n";
const CASES = [
  ["no policy", undefined, "kept"],
  ["a policy for another account", policy("Allow", OTHER), "broken"],
  ["a policy for everybody else", policy("Allow", "*"), "broken"],
  ["a Deny", policy("Deny", OTHER), "kept"],
  [
    "a policy by a tag of the object",
    policy("Allow", OTHER, { StringEquals: { "s3:ExistingObjectTag/open": "yes" } }),
    "not decided",
  ],
  ["a policy that cannot be read", "{", "not decided"],
] as const;

for (const [name, text, expected] of CASES) {
  test(`${name}: ${expected}`, () => {
    const found = bucketJudge(configWith(LAB_ONLY))("secret", { owner: "lab", policy: text }, NOW);
    const said = found === undefined ? "kept" : found.broken ? "broken" : "not decided";
    assert.equal(said, expected, found?.why);
  });
}

/** Keys whose value is a header, which a request that reads may bring like any other. */
const HEADERS = [
  "acl",
  "grant-read",
  "metadata-directive",
  "server-side-encryption",
  "server-side-encryption-customer-algorithm",
  "storage-class",
  "website-redirect-location",
];
for (const header of HEADERS) {
  test(`a policy that lets others list if they send x-amz-${header} is not taken for none`, () => {
    const Statement = {
      Effect: "Allow",
      Principal: OTHER,
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::secret",
      Condition: { StringLike: { [`s3:x-amz-${header}`]: "*" } },
    };
    const text = JSON.stringify({ Version: "2012-10-17", Statement });
    const claim = "enforced nobody but lab:* may s3:ListBucket on arn:aws:s3:::secret\n";
    const found = bucketJudge(configWith(claim))("secret", { owner: "lab", policy: text }, NOW);
    assert.equal(found?.broken, false);
    assert.match(found.why, new RegExp(`s3:x-amz-${header}$`));
  });
}

test("a bucket that the claim does not name is not looked at", () => {
  const judge = bucketJudge(configWith(LAB_ONLY));
  assert.equal(judge("secrets", { owner: "lab", policy: undefined }, NOW), undefined);
});

test("the removal of a policy is judged by whom the bucket is shared with", () => {
  const judge = bucketJudge(configWith(LAB_ONLY));
  const shares = [{ with: "other", permissions: "READ", untilMs: undefined }];
  assert.equal(
    judge("secret", { owner: "lab", policy: policy("Deny", OTHER), shares }, NOW),
    undefined,
  );
  const found = judge("secret", { owner: "lab", policy: undefined, shares }, NOW);
  assert.match(found?.why ?? "", /claims\.txt:1: other could GET \/secret\/\S* from /u);
});

test("in report mode policies are judged, too", () => {
  const judge = bucketJudge(configWith(LAB_ONLY, "report"));
  assert.equal(
    judge("secret", { owner: "lab", policy: policy("Allow", OTHER) }, NOW)?.broken,
    true,
  );
});

const RECORD = { owner: "lab", policy: policy("Allow", OTHER), at: NOW, by: "lab" };

/** A record with a policy that takes more time and memory to judge than anything has here. */
const COSTLY = { ...RECORD, policy: costlyPolicy() };

function costlyPolicy(): string {
  const Statement = Array.from({ length: 40 }, (_, i) => ({
    Effect: "Allow",
    Principal: OTHER,
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::secret/*",
    Condition: {
      StringLike: {
        "aws:UserAgent": `*a${"?".repeat(i)}b`,
        "aws:Referer": `*a${"?".repeat(i)}b`,
      },
    },
  }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

test("a policy whose claims take too long is refused, and the answer says so", async () => {
  const guard = openClaimGuard(configWith(LAB_ONLY), { judgeMsMax: 1 });
  const refused = await guard?.judge("secret", COSTLY);
  guard?.close();
  assert.equal(refused?.code, "AccessDenied");
  assert.match(refused.message, /not decided in time/u);
});

const ONE_AFTER_ANOTHER = [
  ["one account's", 1, 1 + 4],
  ["many accounts'", 30, 1 + 16],
] as const;
for (const [whose, owners, judged] of ONE_AFTER_ANOTHER) {
  test(`of 30 of ${whose} policies at once ${judged} are looked at, and the rest is SlowDown`, async () => {
    const guard = openClaimGuard(configWith(LAB_ONLY));
    if (guard === undefined) assert.fail("No claim is enforced");
    const asked = Array.from({ length: 30 }, (_, i) =>
      guard.judge("secret", { ...RECORD, owner: `lab${i % owners}` }),
    );
    const codes = (await Promise.all(asked)).map((refused) => refused?.code);
    guard.close();
    assert.equal(codes.filter((code) => code === "AccessDenied").length, judged);
    assert.equal(codes.filter((code) => code === "SlowDown").length, 30 - judged);
  });
}

test("a policy that takes too much memory is refused, and the next one is judged", async () => {
  const guard = openClaimGuard(configWith(LAB_ONLY), { threadMibMax: 32, judgeMsMax: 3_600_000 });
  if (guard === undefined) assert.fail("No claim is enforced");
  const refused = await guard.judge("secret", COSTLY);
  assert.equal(refused?.code, "AccessDenied");
  assert.match(refused.message, /too much memory/u);
  const next = await guard.judge("secret", RECORD);
  guard.close();
  assert.match(next?.message ?? "", /would break a claim/u);
});

test("without an enforced claim nothing is looked at", () => {
  assert.equal(openClaimGuard(configWith("nothing is public\n")), undefined);
});
