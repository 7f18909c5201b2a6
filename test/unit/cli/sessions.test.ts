import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runExplain, type ExplainOptions } from "../../../src/cli/explain.ts";
import { openDecider } from "../../../src/cli/decide-again.ts";
import { parseEntry } from "../../../src/cli/audit-entry.ts";
import { runSuggest } from "../../../src/cli/suggest.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { STS } from "../../support/sessions.ts";
import { ran } from "../../support/terminal.ts";

const TRUST = { issuer: "keycloak", subject: "*" };
const TAGGED = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: "s3:*",
      Resource: "arn:aws:s3:::data/home/${aws:PrincipalTag/user}/*",
    },
  ],
};
const role = (name: string, more: object): object => ({ name, trust: TRUST, ...more });
const account = (name: string, ...roles: readonly object[]): object => ({
  name,
  upstream: { accessKey: `STORE-${name}`, secretKey: "of-the-store" },
  roles,
});

/** gateway.yaml of two accounts with roles. `tier`: that of `lab:writer`. */
function configWith(tier: string): string {
  const folder = scratchFolder("session-questions");
  const file = join(folder, "gateway.yaml");
  writeFileSync(
    file,
    JSON.stringify({
      upstream: { endpoints: ["http://127.0.0.1:1"] },
      identities: [{ accounts: "accounts.yaml" }],
      issuers: [{ name: "keycloak", url: "https://idp.example.org", audiences: ["s3"] }],
      sts: STS,
    }),
  );
  const accounts = [
    account("lab", role("writer", { tier }), role("homes", { policies: [TAGGED] })),
    account("other", role("writer", { tier: "READ" })),
  ];
  writeFileSync(join(folder, "accounts.yaml"), JSON.stringify({ accounts }));
  writeFileSync(
    join(folder, "session.json"),
    JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "*" },
    }),
  );
  return file;
}

const CONFIG = configWith("READWRITE");

async function explained(options: Partial<ExplainOptions>): Promise<readonly [number, string]> {
  let said = "";
  const write = (text: string): void => void (said += text);
  const code = await runExplain({ config: CONFIG, ...options }, { stdout: write, stderr: write });
  return [code, said];
}

const questions: readonly (readonly [
  name: string,
  options: Partial<ExplainOptions>,
  code: number,
  said: RegExp,
])[] = [
  [
    "a session of a role",
    { as: "role:lab:writer", request: "PUT /data/k" },
    0,
    /As {9}lab:role\/writer:explain\n[^]*allowed by READWRITE[^]*Allowed\n/,
  ],
  [
    "a role whose name several accounts have",
    { as: "role:writer", request: "PUT /data/k" },
    2,
    /Several accounts have the role "writer": say lab:writer or other:writer/,
  ],
  [
    "an unknown role",
    { as: "role:wirter", request: "GET /data/k" },
    2,
    /Unknown role: got "wirter"/,
  ],
  [
    "its tags",
    { as: "role:homes", sessionTags: ["user=alice"], request: "PUT /data/home/alice/k" },
    0,
    /Allowed/,
  ],
  [
    "another's tags",
    { as: "role:homes", sessionTags: ["user=bob"], request: "PUT /data/home/alice/k" },
    1,
    /Denied: /,
  ],
  [
    "its policy",
    {
      as: "role:lab:writer",
      sessionPolicy: join(CONFIG, "../session.json"),
      request: "PUT /data/k",
    },
    1,
    /The session's policy does not allow s3:PutObject/,
  ],
  [
    "tags of somebody who has no session",
    { as: "lab", sessionTags: ["a=b"], request: "GET /data/k" },
    2,
    /need --as role:NAME/,
  ],
  [
    "a tag that is none",
    { as: "role:homes", sessionTags: ["user"], request: "GET /data/k" },
    2,
    /Cannot read the tag: got "user"/,
  ],
];
for (const [name, options, code, said] of questions) {
  test(`explain: ${name}`, async () => {
    const [exit, output] = await explained(options);
    assert.match(output, said);
    assert.equal(exit, code);
  });
}

/** A line as the gateway writes it for a request of a session. */
const LINE = {
  time: "2026-11-30T12:00:00.000Z",
  requestId: "1",
  sourceAddress: "192.0.2.1",
  method: "PUT",
  operation: "PutObject",
  bucket: "data",
  key: "home/alice/k",
  account: "lab",
  role: "homes",
  session: "alice",
  accessKeyId: "ASIAABCDEFGHIJKLMNOP",
  decision: "allow",
  outcome: "forwarded",
  request: {
    auth: "header",
    signature: "v4",
    region: "us-east-1",
    session: { issuedAt: "2026-11-30T11:30:00.000Z", tags: { user: "alice" } },
    headers: { "content-length": "0" },
  },
};

async function replayed(config: string, line: object): Promise<unknown> {
  const { result } = loadConfig(config);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const entry = parseEntry(JSON.stringify(line));
  if (entry === undefined) throw new Error("The line is one");
  const decider = await openDecider(result.value);
  try {
    return await decider.decide(entry);
  } finally {
    await decider.close();
  }
}

test("a session's request is decided again as the session that it was", async () => {
  const allowed = { decision: "allow", gate: undefined, rule: undefined };
  assert.deepEqual(await replayed(CONFIG, LINE), { ok: true, value: allowed });
  const bob = { ...LINE.request, session: { ...LINE.request.session, tags: { user: "bob" } } };
  const denied = await replayed(CONFIG, { ...LINE, request: bob });
  assert.deepEqual(denied, {
    ok: true,
    value: { decision: "deny", gate: "allow", rule: "lab:role/homes:alice: no policy" },
  });
});

test("and by the rules of the other configuration", async () => {
  const line = { ...LINE, role: "writer" };
  const allowed = { decision: "allow", gate: undefined, rule: undefined };
  assert.deepEqual(await replayed(CONFIG, line), { ok: true, value: allowed });
  const denied = await replayed(configWith("READ"), line);
  assert.deepEqual(denied, {
    ok: true,
    value: { decision: "deny", gate: "tier", rule: "lab:role/writer:alice: READ" },
  });
});

/** The configuration with a subuser of `lab` that has `tier`. */
function configWithReader(tier: string): string {
  const file = configWith("READ");
  const keys = [{ accessKey: "AKREADER", secretKey: "of-the-reader" }];
  const lab = { ...account("lab"), subusers: [{ name: "reader", tier, keys }] };
  writeFileSync(join(file, "../accounts.yaml"), JSON.stringify({ accounts: [lab] }));
  return file;
}

const { role: _role, session: _session, ...OF_USER } = LINE;
const BEGUN = { issuedAt: "2026-11-30T11:30:00.000Z", parent: "AKREADER" };
const OF_READER = {
  ...OF_USER,
  subuser: "reader",
  request: { ...LINE.request, session: BEGUN },
};

test("a user's temporary key is decided again by the key that began it", async () => {
  const allowed = { decision: "allow", gate: undefined, rule: undefined };
  assert.deepEqual(await replayed(configWithReader("WRITE"), OF_READER), {
    ok: true,
    value: allowed,
  });
  assert.deepEqual(await replayed(configWithReader("READ"), OF_READER), {
    ok: true,
    value: { decision: "deny", gate: "tier", rule: "lab:reader: READ" },
  });
  assert.deepEqual(await replayed(CONFIG, OF_READER), {
    ok: true,
    value: {
      decision: "deny",
      gate: "authentication",
      rule: "the key that began the session is no more",
    },
  });
});

test("a line of an older version does not say which key began a user's temporary key", async () => {
  assert.deepEqual(await replayed(CONFIG, OF_USER), { ok: false, error: "session" });
});

test("what a user's temporary keys did is the user's, for suggest", async () => {
  const file = join(scratchFolder("audit"), "audit.jsonl");
  writeFileSync(file, `${JSON.stringify(OF_READER)}\n`);
  const { code, out } = await ran((terminal) => runSuggest([file], { as: "lab:reader" }, terminal));
  assert.equal(code, 0);
  assert.match(out, /"s3:PutObject"/);
  assert.match(out, /arn:aws:s3:::data\/home\/alice\/k/);
});
