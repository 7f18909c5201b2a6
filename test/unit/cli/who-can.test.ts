import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { mock, test } from "node:test";
import { runWhoCan } from "../../../src/cli/who-can.ts";
import { writeConfig } from "../../support/config-files.ts";

const NOW_MS = Date.parse("2026-11-22T12:00:00Z");

const secretKey = "secret";
const lab = {
  name: "lab",
  upstream: { accessKey: "STORELAB000000000000", secretKey },
  keys: [{ accessKey: "AKIDLAB0000000000000", secretKey }],
  subusers: [
    {
      name: "reader",
      tier: "READ",
      keys: [{ accessKey: "AKIDREADER0000000000", secretKey, expires: "2027-01-01" }],
    },
    { name: "writer", tier: "WRITE", keys: [{ accessKey: "AKIDWRITER0000000000", secretKey }] },
    {
      name: "courier",
      policies: ["courier.json"],
      keys: [{ accessKey: "AKIDCOURIER000000000", secretKey }],
    },
  ],
};

const OFFICE = { "aws:SourceIp": "198.51.100.0/24" };
const courier = [
  {
    Sid: "Own",
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::secret/${aws:username}/*",
    Condition: { IpAddress: OFFICE },
  },
];
const secret = [
  {
    Sid: "Public",
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::secret/open/*",
  },
  {
    Sid: "Raw",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::secret/raw/*",
    Condition: { NotIpAddress: { "aws:SourceIp": ["198.51.100.0/24", "2001:db8::/32"] } },
  },
];

function configWith(statements: readonly object[]): string {
  const document = (all: readonly object[]): string =>
    JSON.stringify({ Version: "2012-10-17", Statement: all });
  return writeConfig({
    accounts: [lab],
    buckets: [{ name: "secret", account: "lab", policy: "secret.json" }],
    policy: { bucketPolicies: "gateway", anonymous: "policy" },
    files: { "courier.json": document(courier), "secret.json": document(statements) },
  });
}

/** Runs the command at the time of the example; paths are written without their folder. */
async function run(
  action: string,
  resource: string,
  options: { readonly statements?: readonly object[]; readonly ip?: string } = {},
): Promise<{ code: number; out: string; err: string }> {
  const { statements = secret, ...more } = options;
  const config = configWith(statements);
  let [out, err] = ["", ""];
  mock.timers.enable({ apis: ["Date"], now: NOW_MS });
  const terminal = {
    stdout: (text: string) => void (out += text),
    stderr: (text: string) => void (err += text),
  };
  const code = await runWhoCan(action, resource, { config, ...more }, terminal);
  mock.timers.reset();
  return { code, out: out.replaceAll(`${dirname(config)}/`, ""), err };
}

test("everybody who can is told, by which rule and under what conditions, as docs/prove.md has it", async () => {
  const { code, out } = await run("s3:GetObject", "arn:aws:s3:::secret/*");
  const page = readFileSync(new URL("../../../docs/prove.md", import.meta.url), "utf8");
  assert.equal(out, page.split("```\n")[2] ?? "");
  assert.equal(code, 0);
});

test("from one address only what holds there is told", async () => {
  const { out } = await run("s3:GetObject", "arn:aws:s3:::secret/raw/*", { ip: "192.0.2.9" });
  assert.match(out, /^Nobody is found who can /u);
  assert.match(out, /^Cannot: lab, lab:reader, lab:writer, lab:courier, anonymous$/mu);
});

test("if nobody can, the exit code is 1", async () => {
  const everything = [
    { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::secret/*" },
  ];
  const { code } = await run("s3:GetObject", "arn:aws:s3:::secret/*", { statements: everything });
  assert.equal(code, 1);
});

test("what rules look at beyond the classes is not decided", async () => {
  const tagged = [
    {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::secret/*",
      Condition: { StringNotEquals: { "s3:authType": "REST-HEADER" } },
    },
  ];
  const { code, out } = await run("s3:GetObject", "arn:aws:s3:::secret/*", { statements: tagged });
  assert.match(out, /^Not decided for lab:courier: it depends on s3:authType$/mu);
  assert.doesNotMatch(out, /^Cannot: .*lab:courier/mu);
  assert.equal(code, 0);
});

const WRONG = [
  ["an unknown action", "s3:Nothing", "arn:aws:s3:::secret/*", /Unknown action: got "s3:Nothing"/u],
  ["a bucket with wildcards", "s3:GetObject", "arn:aws:s3:::*/a", /the bucket without wildcards/u],
  [
    "keys of an action of buckets",
    "s3:ListBucket",
    "arn:aws:s3:::secret/a",
    /No request asks for/u,
  ],
] as const;
for (const [name, action, resource, message] of WRONG) {
  test(`${name} is an error`, async () => {
    const { code, err } = await run(action, resource);
    assert.match(err, message);
    assert.equal(code, 2);
  });
}
