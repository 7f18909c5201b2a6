import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { evaluate, type Evaluation } from "../../../src/policy/evaluate.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { compilePolicies } from "../../../src/policy/policy-set.ts";
import { decide, gatewayOf, word } from "../admission/people.ts";
import { shipped } from "../provider/providers.ts";
import { goodConfig } from "../../support/config.ts";

const PAGE = readFileSync(new URL("../../../docs/policy.md", import.meta.url), "utf8");

/** The page's code blocks in `language`, in their order. */
function blocks(language: string): readonly string[] {
  return [...PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = ""]) =>
    name === language ? [text] : [],
  );
}

const [COURIER = "", KEEP_RAW = "", PARTNERS = ""] = blocks("json");

function effect(text: string, action: string, resource: string, from = ""): Evaluation["effect"] {
  const policy = parsePolicy(text, "docs/policy.md", "identity");
  if (!policy.ok) assert.fail(JSON.stringify(policy.error));
  const values: Readonly<Record<string, string>> = {
    "aws:username": "courier",
    "aws:SourceIp": from,
  };
  return evaluate(compilePolicies([policy.value]), {
    action,
    resource: `arn:aws:s3:::${resource}`,
    principal: { kind: "anonymous" },
    context: (key) => values[key],
  }).effect;
}

test("docs/policy.md: the courier delivers into its own folder, from one network", () => {
  assert.equal(effect(COURIER, "s3:PutObject", "inbox/courier/a", "198.51.100.9"), "allow");
  assert.equal(effect(COURIER, "s3:PutObject", "inbox/courier/a", "192.0.2.1"), "none");
  assert.equal(effect(COURIER, "s3:PutObject", "inbox/other/a", "198.51.100.9"), "none");
  assert.equal(effect(COURIER, "s3:ListBucket", "inbox", "198.51.100.9"), "none");
});

test("docs/policy.md: nobody removes raw data", () => {
  assert.equal(effect(KEEP_RAW, "s3:DeleteObject", "data/raw/a"), "deny");
  assert.equal(effect(KEEP_RAW, "s3:DeleteObjectVersion", "data/raw/a"), "deny");
  assert.equal(effect(KEEP_RAW, "s3:DeleteObject", "data/other/a"), "none");
});

test("docs/policy.md: partners read the shared bucket, and nothing else", () => {
  const gateway = gatewayOf({
    accounts: { lab: {}, partner: {} },
    buckets: { "public-data": { account: "lab", policy: JSON.parse(PARTNERS) } },
  });
  const rows = [
    ["GET /public-data/a", "forward"],
    ["GET /public-data?list-type=2", "forward"],
    ["PUT /public-data/a", "allow"],
    ["GET /public-data?acl", "allow"],
  ] as const;
  for (const [line, expected] of rows) {
    assert.equal(word(decide(gateway, "partner", line)), expected, line);
  }
});

test("docs/policy.md: the accounts file is one", () => {
  const [accounts = ""] = blocks("yaml");
  const secrets = ["lab", "reader", "courier"].map((name) => [`${name}.secret`, "s3cr3t"] as const);
  const config = goodConfig({
    "accounts.yaml": accounts,
    "policies/courier.json": COURIER,
    "policies/nobody-deletes-raw.json": KEEP_RAW,
    ...Object.fromEntries(secrets),
  });
  assert.deepEqual(
    config.accounts[0]?.subusers.map(({ name }) => name),
    ["reader", "courier"],
  );
});

test("docs/policy.md: the tiers are those of the code", () => {
  const rows = [...PAGE.matchAll(/^\| ([A-Z]+) +\|/gm)].map(([, name]) => name);
  const tiers = [...shipped("aws").tiers.values()].filter(({ kind }) => kind === "access");
  assert.deepEqual(
    rows,
    tiers.map(({ name }) => name),
  );
});
