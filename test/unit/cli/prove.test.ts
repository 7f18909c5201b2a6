import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runProve } from "../../../src/cli/prove.ts";
import { openDirectory } from "../../../src/state/directory.ts";
import { writeConfig } from "../../support/config-files.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran, type Ran } from "../../support/terminal.ts";

const secretKey = "secret";
const ACCOUNTS = [
  {
    name: "lab",
    upstream: { accessKey: "STORELAB000000000000", secretKey },
    keys: [{ accessKey: "AKIDLAB0000000000000", secretKey }],
    subusers: [
      { name: "reader", tier: "READ", keys: [{ accessKey: "AKIDREADER0000000000", secretKey }] },
    ],
  },
  { name: "other", keys: [{ accessKey: "AKIDOTHER00000000000", secretKey }] },
];

const OPEN = {
  Sid: "Open",
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::secret/open/*",
};

function configWith(statements: readonly object[], policy: object = {}): string {
  return writeConfig({
    accounts: ACCOUNTS,
    buckets: [{ name: "secret", account: "lab", policy: "secret.json" }],
    policy: { bucketPolicies: "gateway", anonymous: "policy", ...policy },
    files: { "secret.json": JSON.stringify({ Version: "2012-10-17", Statement: statements }) },
  });
}

async function proved(
  claims: readonly string[],
  {
    statements = [OPEN],
    policy = {},
    ...more
  }: {
    readonly statements?: readonly object[];
    readonly policy?: object;
    readonly claims?: string;
    readonly json?: boolean;
  } = {},
): Promise<Ran<0 | 1 | 2>> {
  const config = configWith(statements, policy);
  return ran((terminal) => runProve(claims, { config, ...more }, terminal));
}

test("a claim that is true of all requests holds", async () => {
  const { code, out } = await proved([
    "nobody but lab:* may change anything on arn:aws:s3:::secret/*",
  ]);
  assert.match(
    out,
    /^holds {7}nobody but lab:\* may change anything on arn:aws:s3:::secret\/\*$/mu,
  );
  assert.match(out, /^1 claim: 1 holds$/mu);
  assert.equal(code, 0);
});

test("a claim that is broken comes with one request and what each gate says of it", async () => {
  const { code, out } = await proved(["nothing is public"]);
  assert.match(out, /^BROKEN {6}nothing is public$/mu);
  assert.match(out, /^ {2}anonymous sends GET \/secret\/open\/ from 192\.0\.2\.1 at /mu);
  assert.match(
    out,
    /Needs {6}s3:GetObject on arn:aws:s3:::secret\/open\/ \(allowed by .*secret\.json:1 Open\)/u,
  );
  assert.match(out, /^ {4}Allowed$/mu);
  assert.equal(code, 1);
});

test("an address list that is left out breaks a claim about where requests come from", async () => {
  const office = {
    ...OPEN,
    Condition: { IpAddress: { "aws:SourceIp": ["198.51.100.0/24", "::ffff:203.0.113.0/120"] } },
  };
  const claim = "everything of anonymous on arn:aws:s3:::secret/* comes from 198.51.100.0/24";
  const { out } = await proved([claim], { statements: [office] });
  assert.match(out, /anonymous sends GET \/secret\/open\/ from 203\.0\.113\.0 /u);
});

test("a claim is not decided, and never holds, if rules look at something that is not followed", async () => {
  const tagged = { ...OPEN, Condition: { StringEquals: { "s3:ExistingObjectTag/public": "yes" } } };
  const { code, out } = await proved(["nothing is public"], { statements: [tagged] });
  assert.match(out, /^not decided nothing is public$/mu);
  assert.match(out, /^ {2}anonymous: it depends on s3:ExistingObjectTag\/public$/mu);
  assert.equal(code, 1);
});

test("a condition that is not followed and that the plainest request meets breaks a claim", async () => {
  const absent = { ...OPEN, Condition: { Null: { "s3:ExistingObjectTag/secret": "true" } } };
  const { out } = await proved(["nothing is public"], { statements: [absent] });
  assert.match(out, /^BROKEN {6}nothing is public$/mu);
});

test("an action that is blocked for everybody is nobody's, even of users that Ceph alone knows", async () => {
  const config = writeConfig({
    accounts: ACCOUNTS,
    policy: { blockedActions: ["s3:DeleteObjectVersion"] },
    ceph: [{ endpoint: "http://127.0.0.1:9", accessKey: "GW", secretKey }],
  });
  const claims = [
    "nobody may s3:DeleteObjectVersion on *",
    "nobody but lab:*, other may s3:PutObject",
  ];
  const { out } = await ran((terminal) => runProve(claims, { config }, terminal));
  assert.match(out, /^holds {7}nobody may s3:DeleteObjectVersion on \*$/mu);
  assert.match(out, /^not decided nobody but lab:\*, other may s3:PutObject$/mu);
  assert.match(out, /^ {2}users of Ceph, whose keys are not in the configuration$/mu);
});

test("a claim about a name or a tier that Ceph may give to somebody does not hold for want of keys", async () => {
  const config = writeConfig({
    accounts: ACCOUNTS,
    ceph: [{ endpoint: "http://127.0.0.1:9", accessKey: "GW", secretKey }],
  });
  const open = ["alice", "alice:*", "lab:*", "lab:writer", "tier FULL", "anonymous, alice"];
  const sure = ["lab:reader", "anonymous"];
  const claims = [...open, ...sure].map((who) => `${who} may not s3:PutObject on *`);
  const { out } = await ran((terminal) => runProve(claims, { config }, terminal));
  for (const who of open) {
    assert(!out.includes(`holds       ${who} may not`), `${who}: ${out}`);
  }
  for (const who of sure) assert(out.includes(`holds       ${who} may not`), `${who}: ${out}`);
});

test("an Allow after some time breaks a claim about the time after it", async () => {
  const time = "2099-06-01T00:00:00Z";
  const late = { ...OPEN, Condition: { DateGreaterThan: { "aws:CurrentTime": time } } };
  const { out } = await proved([`nothing is public after ${time}`], { statements: [late] });
  assert.match(out, /^BROKEN {6}nothing is public after 2099/mu);
});

test("claims may stand in a file, and a bad one is reported with its place", async () => {
  const file = join(scratchFolder("claims"), "claims.txt");
  writeFileSync(
    file,
    "# promises\nnothing is public\nlab:reader may nothing that changes anything\n",
  );
  const { code, out } = await proved([], { claims: file });
  assert.match(out, /^2 claims: 1 holds, 1 broken$/mu);
  assert.equal(code, 1);
  writeFileSync(file, "nothing is public\nlab:raeder may nothing\n");
  const { code: wrong, err } = await proved([], { claims: file });
  assert(
    err.startsWith(
      `${file}:2:1: Nobody is called so in the configuration: got "lab:raeder"\n    Did you mean "lab:reader"?\n`,
    ),
    err,
  );
  assert.equal(wrong, 2);
});

test("without a claim, and with a configuration that is not good, the exit code is 2", async () => {
  assert.equal((await proved([])).code, 2);
  const { code } = await ran((terminal) =>
    runProve(["nothing is public"], { config: "/nowhere" }, terminal),
  );
  assert.equal(code, 2);
});

test("--json is for tools", async () => {
  const { out } = await proved(
    ["nothing is public", "lab:reader may nothing that changes anything"],
    { json: true },
  );
  const answers: unknown = JSON.parse(out);
  assert(Array.isArray(answers));
  assert.equal(answers.length, 2);
  assert.match(
    out,
    /"answer": "broken",\s+"who": "anonymous",\s+"request": "GET \/secret\/open\/"/u,
  );
});

test("a change is reported with the access it adds and the access it takes away", async () => {
  const old = configWith([
    { ...OPEN, Condition: { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } } },
  ]);
  const wider = { ...OPEN, Resource: "arn:aws:s3:::secret/o*" };
  const config = configWith([wider], { blockedActions: ["s3:DeleteObject"] });
  const { code, out } = await ran((terminal) => runProve([], { config, newAccess: old }, terminal));
  const [more = "", less = ""] = out.split("\n\n");
  assert.match(
    more,
    /^ {2}other: s3:GetObject.* on arn:aws:s3:::secret\/\*, keys such as "secret\/o"$/mu,
  );
  assert.match(more, /^ {2}anonymous: s3:GetObject.* on arn:aws:s3:::secret\/open\/\*$/mu);
  assert.match(more, /^ {4}only from outside 198\.51\.100\.0\/24$/mu);
  assert.match(less, /^ {2}lab: s3:DeleteObject.* on arn:aws:s3:::secret\/\*$/mu);
  assert.doesNotMatch(more, /DeleteObject/u);
  assert.equal(code, 1);
});

test("a change that allows nothing more is reported as such, whatever it takes away", async () => {
  const config = configWith([OPEN], { blockedActions: ["s3:DeleteObject"] });
  const { code, out } = await ran((terminal) =>
    runProve([], { config, newAccess: configWith([OPEN]) }, terminal),
  );
  assert.match(out, /^New access: none$/mu);
  assert.match(out, /^Taken away:$/mu);
  assert.equal(code, 0);
});

test("a condition that is not followed and stands in both makes no difference", async () => {
  const tagged = { ...OPEN, Condition: { StringEquals: { "s3:ExistingObjectTag/public": "yes" } } };
  const { out } = await ran((terminal) =>
    runProve([], { config: configWith([tagged, RAW]), newAccess: configWith([tagged]) }, terminal),
  );
  assert.match(out, /^New access: none$/mu);
  assert.match(out, /only where StringEquals s3:ExistingObjectTag\/public \["yes"\] holds/u);
});

/** Takes away from everybody what is in `open/raw/`. */
const RAW = {
  Effect: "Deny",
  Principal: { AWS: "other" },
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::secret/open/raw/*",
};

test("new access of people without a key here is not decided", async () => {
  const trust = { issuer: "idp", subject: "*" };
  const sts = { keys: [{ id: "a", secret: Buffer.alloc(32, 7).toString("base64url") }] };
  const issuers = [{ name: "idp", url: "https://idp.example.org/", audiences: ["s3"] }];
  const roles = [{ name: "writer", tier: "FULL", trust }];
  const blocked = { blockedActions: ["s3:DeleteObjectVersion", "s3:DeleteObject"] };
  const ceph = [{ endpoint: "http://127.0.0.1:9", accessKey: "GW", secretKey }];
  const [lab = {}, ...others] = ACCOUNTS;
  const withRole = { accounts: [{ ...lab, roles }, ...others] };
  const written = (one: object): string => {
    const file = writeConfig({ accounts: ACCOUNTS, ...one });
    const added = JSON.stringify({ sts, issuers }).slice(0, -1);
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace("{", () => `${added},`),
    );
    return file;
  };
  const compared = (old: object, next: object): Promise<Ran<0 | 1 | 2>> =>
    ran((terminal) => runProve([], { config: written(next), newAccess: written(old) }, terminal));
  for (const same of [{ ceph, policy: blocked }, withRole]) {
    const { code, out } = await compared(same, same);
    assert.match(out, /^New access: none$/mu);
    assert.equal(code, 0);
  }
  for (const [old, next, why] of [
    [{ accounts: [], ceph, policy: blocked }, { accounts: [], ceph }, "users of Ceph"],
    [{}, withRole, "sessions of roles"],
    [{}, { policy: { mode: "report" } }, "policy.mode: report"],
  ] as const) {
    const { code, out } = await compared(old, next);
    assert(out.includes(`not decided: ${why}`), out);
    assert.equal(code, 1);
  }
});

/** A configuration that keeps policies, and a folder where it keeps them. */
function keepingConfig(policy: object = {}): { readonly config: string; readonly state: string } {
  const state = join(scratchFolder("kept"), "state");
  const config = writeConfig({
    accounts: ACCOUNTS,
    policy: { bucketPolicies: "gateway", anonymous: "policy", ...policy },
    state: { directory: state },
  });
  return { config, state };
}

async function keep(folder: string, name: string, statements?: readonly object[]): Promise<void> {
  const store = openDirectory(folder);
  if (!store.ok) assert.fail(store.error);
  const policy = statements && JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const written = await store.value.write(
    name,
    { owner: "lab", policy, at: 0, by: "lab" },
    undefined,
  );
  assert.deepEqual(written, { ok: true, value: "written" });
  await store.value.close();
}

const SECRET = "nobody but lab:* may s3:GetObject on arn:aws:s3:::secret/*";

test("the records of the state are part of a claim only with --state", async () => {
  const { config, state } = keepingConfig();
  await keep(state, "secret");
  const without = await ran((terminal) => runProve([SECRET], { config }, terminal));
  assert.match(without.out, /^not decided .*secret\/\*\n.*which was not read \(--state\)/mu);
  const kept = await ran((terminal) => runProve([SECRET], { config, state: true }, terminal));
  assert.match(kept.out, /^holds /u, kept.err);
});

test("a policy that the state keeps breaks a claim with --state", async () => {
  const { config, state } = keepingConfig();
  await keep(state, "secret", [OPEN]);
  await keep(state, "other");
  const { out, code } = await ran((terminal) =>
    runProve([SECRET, "nothing is public"], { config, state: true }, terminal),
  );
  assert.match(out, /^BROKEN {6}nobody but lab/mu);
  assert.match(out, /^BROKEN {6}nothing is public\n {2}anonymous sends GET \/secret\/open\//mu);
  assert.equal(code, 1);
});

test("a change is judged in buckets that the state keeps with --state", async () => {
  const { config: old, state } = keepingConfig({ anonymous: "deny" });
  await keep(state, "secret", [OPEN]);
  const config = writeConfig({
    accounts: ACCOUNTS,
    policy: { bucketPolicies: "gateway", anonymous: "policy" },
    state: { directory: state },
  });
  const compared = (more: object) =>
    ran((terminal) => runProve([], { config, newAccess: old, ...more }, terminal));
  const { out } = await compared({ state: true });
  assert.match(out, /^ {2}anonymous: s3:GetObject.* on arn:aws:s3:::secret\/open\//mu);
  assert.doesNotMatch((await compared({})).out, /secret/u);
});

test("an unreadable record of the state is an error", async () => {
  const { config, state } = keepingConfig();
  const none = await ran((terminal) =>
    runProve([SECRET], { config: configWith([OPEN]), state: true }, terminal),
  );
  assert.equal(none.code, 2);
  assert.match(none.err, /^Cannot read what is kept of buckets: the configuration has no state$/mu);
  await keep(state, "secret", [{ ...OPEN, Effect: "Open" }]);
  const bad = await ran((terminal) => runProve([SECRET], { config, state: true }, terminal));
  assert.equal(bad.code, 2);
  assert.match(bad.err, /^Cannot read .*: cannot use the record of "secret": /mu);
});

test("prove says in report mode that it judges as enforce does", async () => {
  const { err, out } = await proved(["nothing is public"], { policy: { mode: "report" } });
  assert.match(err, /^policy\.mode is report: .*\n$/u);
  assert.match(out, /^BROKEN/u);
  assert.equal((await proved(["nothing is public"])).err, "");
});

test("--dead lists each part that decides nothing, and no other", async () => {
  const networks = { allow: ["198.51.100.0/24", "198.51.100.128/25"], deny: ["203.0.113.0/24"] };
  const reader = {
    name: "reader",
    tier: "READ",
    policies: ["own.json"],
    networks,
    blockedActions: ["s3:PutObject", "s3:DeleteObject*", "s3:GetObjectTorrent"],
    keys: [{ accessKey: "AKIDREADER0000000000", secretKey }],
  };
  const statement = (Sid: string, more: object) => ({
    Sid,
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::secret/*",
    ...more,
  });
  const document = (...statements: readonly object[]) =>
    JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const config = writeConfig({
    accounts: [{ ...ACCOUNTS[0], subusers: [reader] }],
    buckets: [{ name: "secret", account: "lab", policy: "secret.json" }],
    policy: {
      bucketPolicies: "gateway",
      anonymous: "policy",
      tierMode: "union",
      blockedActions: ["s3:PutBucketPolicy"],
    },
    files: {
      // The tier READ allows it; what is denied on raw/ is not.
      "own.json": document(
        statement("Covered", {}),
        statement("KeepRaw", { Effect: "Deny", Resource: "arn:aws:s3:::secret/raw/*" }),
        statement("Writes", { Action: "s3:AbortMultipartUpload" }),
      ),
      "secret.json": document(
        statement("Open", { Principal: "*", Resource: "arn:aws:s3:::secret/open/*" }),
        statement("Again", { Principal: "*", Resource: "arn:aws:s3:::secret/open/sub/*" }),
        statement("Elsewhere", { Principal: { AWS: "arn:aws:iam::nobody:root" } }),
      ),
    },
  });
  const { out, code } = await ran((terminal) => runProve([], { config, dead: true }, terminal));
  assert.deepEqual(out.replaceAll(/statement \S*\//gu, "statement ").split("\n"), [
    "dead        statement own.json:1 Covered",
    "dead        statement secret.json:1 Again",
    "dead        statement secret.json:1 Elsewhere",
    "dead        network lab:reader networks.allow 198.51.100.128/25",
    "dead        network lab:reader networks.deny 203.0.113.0/24",
    "dead        blocked action lab:reader s3:PutObject",
    "dead        blocked action lab:reader s3:DeleteObject*",
    "14 parts: 7 dead",
    "",
  ]);
  assert.equal(code, 1);
});

test("--dead names everybody whose requests it does not look at", async () => {
  const config = writeConfig({
    accounts: ACCOUNTS,
    ceph: [{ endpoint: "http://127.0.0.1:9", accessKey: "GW", secretKey }],
    directories: [{ url: "http://127.0.0.1:9/s3", accounts: ["team-*"] }],
  });
  const { out } = await ran((terminal) => runProve([], { config, dead: true }, terminal));
  assert.match(out, /^Not looked at: requests of users of Ceph and users of a directory$/mu);
  assert.match(out, /^1 part: none is dead$/mu);
});

test("one question is asked at a time", async () => {
  const { code, err } = await ran((terminal) =>
    runProve(["nothing is public"], { config: configWith([]), dead: true }, terminal),
  );
  assert.equal(code, 2);
  assert.match(err, /^Ask one question: /u);
});
