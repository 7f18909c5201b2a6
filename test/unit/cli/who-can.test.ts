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
  options: {
    readonly statements?: readonly object[];
    readonly ip?: string;
    readonly under?: readonly string[];
  } = {},
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

test("who-can lists everybody who can, with rule and conditions, as docs/prove.md has it", async () => {
  const { code, out } = await run("s3:GetObject", "arn:aws:s3:::secret/*");
  const page = readFileSync(new URL("../../../docs/prove.md", import.meta.url), "utf8");
  assert.equal(out, page.split("```\n")[2] ?? "");
  assert.equal(code, 0);
});

test("who-can from one address lists only the access from there", async () => {
  const { out } = await run("s3:GetObject", "arn:aws:s3:::secret/raw/*", { ip: "192.0.2.9" });
  assert.match(out, /^Nobody is found who can /u);
  assert.match(out, /^Cannot: lab, lab:reader, lab:writer, lab:courier, anonymous$/mu);
});

const WRITES = [
  {
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::lab:user/courier" },
    Action: ["s3:PutObject", "s3:PutObjectAcl"],
    Resource: "arn:aws:s3:::secret/*",
  },
  {
    Effect: "Deny",
    Principal: { AWS: "arn:aws:iam::lab:user/courier" },
    Action: "s3:PutObject",
    Resource: "arn:aws:s3:::secret/*",
    Condition: { StringLike: { "s3:x-amz-acl": "public-*" } },
  },
];
const UNDER = [
  ["nothing", [], /^Not decided for lab:courier: it depends on s3:x-amz-acl$/mu],
  ["an ACL that is absent", ["s3:x-amz-acl=absent"], /^lab:courier can, by secret\.json:1$/mu],
  [
    "a private ACL",
    ["S3:X-Amz-Acl=private"],
    /^ {2}for example \S+ \/secret\/k\S* from \S+ at \S+, x-amz-acl: private$/mu,
  ],
  ["a public ACL", ["s3:x-amz-acl=public-read"], /^Cannot: .*lab:courier/mu],
] as const;
for (const [name, under, expected] of UNDER) {
  test(`under ${name} only such requests are looked at`, async () => {
    const options = { statements: WRITES, under };
    const { out } = await run("s3:PutObject", "arn:aws:s3:::secret/*", options);
    assert.match(out, expected);
    assert.equal(out.includes("Not decided"), under.length === 0);
  });
}

test("under a time, an address and TLS only these are looked at", async () => {
  const timed = [
    {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::secret/*",
      Condition: {
        Bool: { "aws:SecureTransport": "true" },
        IpAddress: { "aws:SourceIp": "198.51.100.0/24" },
        DateGreaterThan: { "aws:CurrentTime": "2028-01-01T00:00:00Z" },
        StringEquals: { "aws:Referer": "portal" },
      },
    },
  ];
  const under = (...more: readonly string[]) => [
    "aws:SourceIp=198.51.100.7",
    "aws:CurrentTime=2029-01-01",
    "aws:SecureTransport=true",
    ...more,
  ];
  const anonymous = async (conditions: readonly string[]): Promise<string> => {
    const options = { statements: timed, under: conditions };
    const { out } = await run("s3:GetObject", "arn:aws:s3:::secret/a", options);
    return /^anonymous can.*(?:\n .*)*/mu.exec(out)?.[0] ?? "cannot";
  };
  const can = await anonymous(under("aws:Referer=portal"));
  assert.match(
    can,
    /^anonymous can, by secret\.json:1\n {2}for example GET .* from 198\.51\.100\.7 at 2029-/u,
  );
  assert.match(can, /referer: portal, over TLS$/u);
  assert.match(await anonymous(under()), /\n {2}only with aws:Referer "portal"\n/u);
  assert.equal(await anonymous(under("aws:Referer=absent")), "cannot");
  assert.equal(await anonymous(["aws:CurrentTime=2027-06-01"]), "cannot");
  assert.equal(await anonymous(["aws:SecureTransport=false"]), "cannot");
});

const NOT_UNDER = [
  ["s3:x-amz-acl", /^Expected KEY=VALUE or KEY=absent: got "s3:x-amz-acl"$/mu],
  ["s3:x-amz-acls=absent", /^Cannot take a value of "s3:x-amz-acls" for granted\. .*s3:x-amz-acl/u],
  ["aws:SourceIp=198.51.100.0/24", /^aws:SourceIp: expected an address .*: got "198/u],
  ["aws:SecureTransport=yes", /^aws:SecureTransport: expected true or false: got "yes"$/mu],
  ["aws:CurrentTime=now", /^aws:CurrentTime: Expected a date .*: got "now"$/mu],
] as const;
for (const [condition, message] of NOT_UNDER) {
  test(`--under ${condition} is an error`, async () => {
    const { code, err } = await run("s3:GetObject", "arn:aws:s3:::secret/*", {
      under: [condition],
    });
    assert.match(err, message);
    assert.equal(code, 2);
  });
}

test("--ip and --under aws:SourceIp are one condition given twice", async () => {
  const options = { ip: "192.0.2.9", under: ["aws:SourceIp=192.0.2.9"] };
  const { err } = await run("s3:GetObject", "arn:aws:s3:::secret/*", options);
  assert.equal(err, "aws:SourceIp is given twice\n");
});

test("if nobody can, the exit code is 1", async () => {
  const everything = [
    { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::secret/*" },
  ];
  const { code } = await run("s3:GetObject", "arn:aws:s3:::secret/*", { statements: everything });
  assert.equal(code, 1);
});

test("who-can does not decide if rules look at more than the classes", async () => {
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
