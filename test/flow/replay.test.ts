import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { runReplay } from "../../src/cli/replay.ts";
import { OPERATION_LIST, type Operation } from "../../src/s3/operations.ts";
import { OWNER, READER, startFlow, UPSTREAM, type Flow } from "../support/flow.ts";
import { writeConfig } from "../support/config-files.ts";
import { rawExchange } from "../support/raw-client.ts";
import { startScriptedCeph, userWith } from "../support/scripted-ceph.ts";
import { scratchFolder } from "../support/scratch.ts";
import {
  bytesOf,
  md5,
  plus,
  presignV2,
  presignV4,
  signV2,
  type Header,
  type KeyPair,
  type Outgoing,
} from "../support/signed.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { ran } from "../support/terminal.ts";

const POLICED: KeyPair = { accessKey: "AKIAPOLICED", secretKey: "theSecretOfThePoliced" };
const SESSION: KeyPair = { accessKey: "ASIASESSION", secretKey: "theSecretOfTheSession" };
const TOKEN = "theSessionToken";

/** Asks for something of each kind that a line must tell. */
const POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "s3:*", Resource: "*" },
    ...[
      ["StringEquals", "s3:prefix", "secret/"],
      ["NumericGreaterThan", "s3:max-keys", "500"],
      ["StringEquals", "s3:x-amz-acl", "public-read"],
      ["StringLike", "s3:x-amz-copy-source", "bucket/secret*"],
      ["StringEquals", "s3:RequestObjectTag/team", "red"],
      ["StringEquals", "s3:object-lock-mode", "COMPLIANCE"],
      ["StringEquals", "s3:x-amz-storage-class", "GLACIER"],
      ["StringEquals", "s3:x-amz-server-side-encryption", "aws:kms"],
      ["StringEquals", "s3:signatureversion", "AWS"],
      ["NumericGreaterThan", "s3:signatureAge", "200000"],
      ["StringEquals", "s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
      ["StringLike", "aws:Referer", "http://evil/*"],
      ["StringLike", "aws:UserAgent", "*bad*"],
      ["NumericGreaterThan", "gw:ContentLength", "5"],
      ["StringEquals", "s3:versionid", "v2"],
      ["Null", "s3:if-none-match", "false"],
      ["StringEquals", "aws:RequestedRegion", "eu-west-9"],
    ].map(([operator = "", key = "", value = ""]) => ({
      Effect: "Deny",
      Action: "s3:*",
      Resource: "*",
      Condition: { [operator]: { [key]: value } },
    })),
  ],
};

const SITE = {
  accounts: [
    {
      name: "lab",
      upstream: UPSTREAM,
      keys: [OWNER, { ...SESSION, sessionToken: TOKEN }],
      subusers: [
        { name: "reader", tier: "READ", keys: [READER] },
        { name: "policed", policies: ["policed.json"], keys: [POLICED] },
      ],
    },
  ],
  files: { "policed.json": JSON.stringify(POLICY) },
  store: { store: "aws" },
  policy: { signatures: ["v4", "v2"], anonymous: "upstream" },
} as const;

async function start(t: TestContext, more: Parameters<typeof startFlow>[2] = {}): Promise<Flow> {
  const store = await startHttpStore((request, response) => {
    // A bucket is remembered as its maker's only if it was not there before.
    if (request.method === "HEAD" && request.url === "/kept") response.statusCode = 404;
    request.resume().once("end", () => response.end("<Tagging><TagSet/></Tagging>"));
  });
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, { ...SITE, ...more });
}

async function send(flow: Flow, request: Outgoing): Promise<void> {
  await rawExchange(flow.gateway.address, bytesOf(request), { method: request.method });
}

/** A request of `operation`, as plain as can be. */
function plainest(flow: Flow, operation: Operation): Outgoing {
  const path = { service: "/", bucket: "/bucket", object: "/bucket/a%20key", any: "/bucket/key" };
  const query = operation.required.map(({ name, value }) =>
    value === "" ? name : `${name}=${value ?? (name === "partNumber" ? "1" : "x")}`,
  );
  const headers: Header[] = [["host", flow.gateway.address]];
  if (operation.header === "x-amz-copy-source") headers.push([operation.header, "/bucket/source"]);
  else if (operation.header !== undefined) headers.push([operation.header, "/bucket/other"]);
  if (operation.name === "Preflight") {
    headers.push(["origin", "http://web"], ["access-control-request-method", "GET"]);
  }
  const target = path[operation.level] + (query.length === 0 ? "" : `?${query.join("&")}`);
  return { method: operation.method, target, headers, body: Buffer.alloc(0) };
}

type Replayed = {
  readonly requests: number;
  readonly same: number;
  readonly different: number;
  readonly differences: readonly { readonly operation: string; readonly count: number }[];
  readonly notDecided: Readonly<Record<string, number>>;
};

async function replayed(
  file: string,
  config: string,
): Promise<Replayed & { readonly code: number }> {
  const { code, out, err } = await ran((terminal) =>
    runReplay([file], { config, json: true }, terminal),
  );
  assert.notEqual(code, 2, err);
  const report: Replayed = JSON.parse(out);
  return { ...report, code };
}

test("under the same configuration every operation of everybody is decided alike", async (t) => {
  const flow = await start(t);
  let count = 0;
  for (const operation of OPERATION_LIST) {
    for (const key of [OWNER, READER, POLICED]) {
      const { method, target, headers } = plainest(flow, operation);
      await flow.exchange(method, target, { headers: headers.slice(1), key });
      count++;
    }
  }
  await flow.gateway.records(count);
  const result = await replayed(flow.gateway.auditFile, writeConfig(SITE));
  assert.deepEqual([result.differences, result.code, result.requests], [[], 0, count]);
  assert.deepEqual(new Set(Object.keys(result.notDecided)), new Set(["document", "unknown"]));
  assert.ok((result.notDecided["document"] ?? 0) < 40);
  const unknown =
    readFileSync(flow.gateway.auditFile, "utf8").match(/"operation":"Unknown"/g) ?? [];
  assert.equal(result.notDecided["unknown"] ?? 0, unknown.length);
});

/** Requests whose decision hangs on one thing that their line must tell. */
function varied(flow: Flow): readonly Outgoing[] {
  const plain = (method: string, target: string, ...headers: Header[]): Outgoing => ({
    method,
    target,
    headers: [["host", flow.gateway.address], ...headers],
    body: Buffer.alloc(0),
  });
  const by = (method: string, target: string, ...headers: Header[]): Outgoing =>
    flow.signed(method, target, { key: POLICED, headers });
  const in5Minutes = String(Math.floor(Date.now() / 1000) + 300);
  const earlier = new Date(Date.now() - 250_000).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const deletes =
    "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>v2</VersionId></Object></Delete>";
  return [
    by("GET", "/bucket?list-type=2&prefix=open%2F"),
    by("GET", "/bucket?list-type=2&prefix=secret%2F"),
    by("GET", "/bucket?max-keys=100"),
    by("GET", "/bucket?max-keys=501"),
    by("PUT", "/bucket/key", ["x-amz-acl", "public-read"]),
    by("PUT", "/bucket/key", ["x-amz-copy-source", "/bucket/secret%2Fkey"]),
    by("PUT", "/bucket/key", ["x-amz-copy-source", "/bucket/open"]),
    by("PUT", "/bucket/key", ["x-amz-tagging", "team=red"]),
    by("PUT", "/bucket/key", ["x-amz-tagging", "team=blue"]),
    by(
      "PUT",
      "/bucket/key",
      ["x-amz-object-lock-mode", "COMPLIANCE"],
      ["x-amz-object-lock-retain-until-date", "2040-01-01T00:00:00Z"],
    ),
    by("PUT", "/bucket/key", ["x-amz-storage-class", "GLACIER"]),
    by("PUT", "/bucket/key", ["x-amz-server-side-encryption", "aws:kms"]),
    by("PUT", "/bucket/key", ["if-none-match", "*"]),
    by("PUT", "/bucket/key", ["content-length", "0"]),
    flow.signed("PUT", "/bucket/key", { key: POLICED, body: "more than five" }),
    flow.signed("PUT", "/bucket/key", {
      key: POLICED,
      headers: [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]],
    }),
    by("GET", "/bucket/key?versionId=v1"),
    by("GET", "/bucket/key?versionId=v2"),
    plus(by("GET", "/bucket/key"), ["referer", "http://evil/page?token=x"]),
    plus(by("GET", "/bucket/key"), ["user-agent", "bad/1 \xe4"]),
    signV2(plain("GET", "/bucket/key?tagging"), POLICED, new Date().toUTCString()),
    signV2(plain("GET", "/bucket/key"), OWNER, new Date().toUTCString()),
    presignV2(plain("GET", "/bucket/key"), OWNER, in5Minutes),
    presignV2(plain("GET", "/bucket/key"), POLICED, in5Minutes),
    presignV4(plain("GET", "/bucket/key?response-content-type=a%2Fb"), POLICED, flow.scope),
    presignV4(plain("GET", "/bucket/key"), POLICED, { timestamp: earlier }),
    presignV4(plain("PUT", "/bucket/key?x-amz-acl=public-read"), POLICED, flow.scope),
    presignV4(plain("GET", "/bucket/key"), POLICED, { ...flow.scope, region: "eu-west-9" }),
    plain("GET", "/bucket/key"),
    plain("PUT", "/bucket/key", ["x-amz-acl", "public-read"]),
    flow.signed("GET", "/bucket/key", { key: SESSION, headers: [["x-amz-security-token", TOKEN]] }),
    presignV4(plain("GET", `/bucket/key?X-Amz-Security-Token=${TOKEN}`), SESSION, flow.scope),
    flow.signed("POST", "/bucket?delete", {
      key: POLICED,
      body: deletes,
      headers: [["content-md5", md5(deletes)]],
    }),
    flow.signed("POST", "/bucket?delete", {
      key: READER,
      body: deletes,
      headers: [["content-md5", md5(deletes)]],
    }),
    flow.signed("GET", "/tenant%3Abucket/key"),
    flow.signed("GET", "/bucket/%E2%80%A8%E2%80%A9%0A%22key%25"),
  ];
}

test("whatever a policy asks of a request stands in its line", async (t) => {
  const flow = await start(t);
  const requests = varied(flow);
  for (const request of requests) await send(flow, request);
  const records = await flow.gateway.records(requests.length);
  const decisions = new Set(records.map(({ decision }) => decision));
  assert.deepEqual(decisions, new Set(["allow", "deny"]));
  const denials = records.filter(({ gate }) => gate === "explicit-deny");
  assert.ok(denials.length >= 15, `${denials.length} explicit denials`);
  const result = await replayed(flow.gateway.auditFile, writeConfig(SITE));
  assert.deepEqual(result.differences, []);
  // Without the policy's denials, just those requests are decided differently.
  const [allowAll] = POLICY.Statement;
  const open = { ...POLICY, Statement: [allowAll] };
  const files = { "policed.json": JSON.stringify(open) };
  const opened = await replayed(flow.gateway.auditFile, writeConfig({ ...SITE, files }));
  assert.equal(opened.different, denials.length);
  assert.equal(opened.code, 1);
});

test("replay reports what another configuration changes by kind, with examples", async (t) => {
  const flow = await start(t);
  for (let i = 0; i < 5; i++) await flow.exchange("DELETE", `/bucket/key${i}`);
  for (let i = 0; i < 3; i++) await flow.exchange("GET", "/bucket/key", { key: READER });
  await flow.exchange("GET", "/bucket?foo");
  await flow.exchange("GET", "/bucket/key", { key: { ...READER, secretKey: "wrong" } });
  await flow.gateway.records(10);
  const [lab] = SITE.accounts;
  const config = writeConfig({
    ...SITE,
    accounts: [{ ...lab, subusers: [] }],
    policy: { blockedActions: ["s3:DeleteObject"] },
  });
  const file = join(scratchFolder("audit"), "audit.jsonl");
  const text = readFileSync(flow.gateway.auditFile, "utf8");
  writeFileSync(file, `not a line\n{"level":30,"msg":"listening"}\n${text}{"time":"2026-`);
  const { code, out } = await ran((terminal) => runReplay([file], { config }, terminal));
  assert.equal(code, 1);
  assert.match(
    out,
    /^ {8}5 {2}lab {2}DeleteObject\n +was +allow\n +would be +deny \(blocked-actions: policy\.blockedActions: s3:DeleteObject\)\n +such as +\w{16}, \w{16}, \w{16}\n {8}3 {2}lab:reader {2}GetObject\n +was +allow\n +would be +deny \(authentication: the access key is not in the configuration\)/,
  );
  assert.match(out, /^10 requests: 0 decided alike, 8 differently$/m);
  assert.match(out, /^1 not decided: they were not one S3 request$/m);
  assert.match(out, /^1 not decided: their credentials did not hold$/m);
  assert.match(out, /^2 lines of something else$/m);
  assert.match(out, /^1 last line not whole$/m);
});

test("replay reads the records of buckets as they are now", async (t) => {
  const directory = join(scratchFolder("state"), "records");
  const site = {
    policy: { bucketPolicies: "gateway", anonymous: "policy" },
    state: { directory },
  } as const;
  const flow = await start(t, site);
  await flow.exchange("PUT", "/kept", { body: "" });
  const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject" };
  const policy = {
    Version: "2012-10-17",
    Statement: { ...statement, Resource: "arn:aws:s3:::kept/*" },
  };
  await flow.exchange("PUT", "/kept?policy", { body: JSON.stringify(policy) });
  const headers: Header[] = [["host", flow.gateway.address]];
  const body = Buffer.alloc(0);
  await send(flow, { method: "GET", target: "/kept/key", headers, body });
  const records = await flow.gateway.records(3);
  assert.deepEqual(
    records.map(({ decision }) => decision),
    ["allow", "allow", "allow"],
  );
  const config = writeConfig({ ...SITE, ...site });
  assert.equal((await replayed(flow.gateway.auditFile, config)).different, 0);
  await flow.exchange("DELETE", "/kept?policy");
  await flow.gateway.records(4);
  const { differences } = await replayed(flow.gateway.auditFile, config);
  assert.deepEqual(
    differences.map(({ operation }) => operation),
    ["GetObject"],
  );
});

test("keys that only a Ceph knows are asked for, and while it is silent nothing is decided of them", async (t) => {
  const ceph = await startScriptedCeph();
  t.after(() => ceph.stop());
  const key: KeyPair = { accessKey: "AKIACEPH", secretKey: "theSecretInCeph" };
  ceph.replies.set(key.accessKey, userWith("ceph-user", key));
  const flow = await start(t, { ceph: [ceph.source] });
  await flow.exchange("GET", "/bucket/key", { key });
  await flow.gateway.records(1);
  const config = writeConfig({ ...SITE, ceph: [ceph.source] });
  const { same, notDecided } = await replayed(flow.gateway.auditFile, config);
  assert.deepEqual([same, notDecided], [1, {}]);
  ceph.everything = { kind: "text", status: 500, body: "" };
  const silent = await replayed(flow.gateway.auditFile, config);
  assert.deepEqual([silent.same, silent.notDecided], [0, { elsewhere: 1 }]);
});

const changes = [
  [
    "presigned URLs that live too long",
    { policy: { presigned: { maxExpiry: "1m" } } },
    "deny (authentication: AuthorizationQueryParametersError)",
    "presigned",
  ],
  [
    "signatures of version 2",
    { policy: { signatures: ["v4"] } },
    "deny (authentication: InvalidRequest)",
    "v2",
  ],
  [
    "a region",
    { policy: { regions: ["eu-north-1"] } },
    "deny (authentication: AuthorizationHeaderMalformed)",
    "plain",
  ],
  [
    "everybody",
    { policy: { anonymous: "deny" } },
    "deny (authentication: policy.anonymous: deny)",
    "anonymous",
  ],
  [
    "an address",
    { policy: { networks: { deny: ["127.0.0.0/8"] } } },
    "deny (networks: policy.networks: denied)",
    "plain",
  ],
  [
    "a kind of store",
    { store: { store: "ceph" } },
    "none (request: NotImplemented)",
    "unknown to Ceph",
  ],
] as const;
for (const [what, change, wouldBe, of] of changes) {
  test(`replay reports a configuration that refuses ${what}`, async (t) => {
    const flow = await start(t);
    const headers: Header[] = [["host", flow.gateway.address]];
    const bare = { method: "GET", target: "/bucket/key", headers, body: Buffer.alloc(0) };
    const requests: Readonly<Record<typeof of, Outgoing>> = {
      plain: flow.signed("GET", "/bucket/key"),
      presigned: presignV4(bare, OWNER, flow.scope),
      v2: signV2(bare, OWNER, new Date().toUTCString()),
      anonymous: bare,
      "unknown to Ceph": flow.signed("GET", "/bucket?analytics"),
    };
    await send(flow, requests[of]);
    await flow.gateway.records(1);
    const policy = "policy" in change ? { ...SITE.policy, ...change.policy } : SITE.policy;
    const config = writeConfig({ ...SITE, ...change, policy });
    const file = flow.gateway.auditFile;
    const { code, out } = await ran((terminal) => runReplay([file], { config }, terminal));
    assert.equal(code, 1, out);
    assert.ok(out.includes(`would be  ${wouldBe}`), out);
    const same = await replayed(file, writeConfig(SITE));
    assert.equal(same.different, 0, "under the configuration that it came to");
  });
}

test("a key's dates are judged at the time of the request", async (t) => {
  const flow = await start(t);
  await flow.exchange("GET", "/bucket/key");
  await flow.gateway.records(1);
  const [lab] = SITE.accounts;
  const until = (ms: number) => {
    const expires = new Date(Date.now() + ms).toISOString();
    return writeConfig({ ...SITE, accounts: [{ ...lab, keys: [{ ...OWNER, expires }] }] });
  };
  const file = flow.gateway.auditFile;
  await pause(1_500);
  assert.equal((await replayed(file, until(-500))).different, 0, "expired since");
  assert.equal((await replayed(file, until(-10_000))).different, 1, "expired before");
});

test("a replay that cannot be done is an error of its own", async () => {
  const file = join(scratchFolder("audit"), "empty.jsonl");
  writeFileSync(file, "nothing of an audit log\n");
  const good = writeConfig(SITE);
  const bad = writeConfig({ ...SITE, policy: { provider: "nobody" } });
  for (const [files, config, expected] of [
    [[file], good, /no line of an audit log/],
    [[`${file}.none`], good, /Cannot read the audit log: .*empty\.jsonl\.none/],
    [[file], bad, /policy\.provider/],
  ] as const) {
    const { code, out, err } = await ran((terminal) => runReplay(files, { config }, terminal));
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, expected);
  }
});
