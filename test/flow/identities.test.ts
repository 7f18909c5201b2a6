import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { runExplain } from "../../src/cli/explain.ts";
import { writeConfig } from "../support/config-files.ts";
import { ran } from "../support/terminal.ts";
import { OWNER, rawValue, startFlow, until, type Flow } from "../support/flow.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import {
  GATEWAY_USER,
  startScriptedCeph,
  userWith,
  type AdminReply,
  type ScriptedCeph,
} from "../support/scripted-ceph.ts";
import type { KeyPair } from "../support/signed.ts";

const ALICE: KeyPair = { accessKey: "AKIAALICE", secretKey: "theSecretOfAlice" };
const BOB: KeyPair = { accessKey: "AKIABOB", secretKey: "theSecretOfBob" };
const SILENCE: AdminReply = { kind: "silence" };

type World = { readonly flow: Flow; readonly ceph: ScriptedCeph; readonly store: RecordingStore };

/** A gateway whose accounts file has OWNER, before a Ceph that knows ALICE. */
async function begin(
  t: TestContext,
  source: object = {},
  options: Parameters<typeof startFlow>[2] = {},
): Promise<World> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const ceph = await startScriptedCeph(source);
  t.after(() => ceph.stop());
  ceph.replies.set(ALICE.accessKey, userWith("alice", ALICE));
  const flow = await startFlow(t, store.endpoint, { ceph: [ceph.source], ...options });
  return { flow, ceph, store };
}

const get = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("GET", "/bucket/key", { key });

async function metric(flow: Flow, line: string): Promise<number> {
  const text = await (await fetch(`http://${flow.gateway.adminAddress}/metrics`)).text();
  const found = text.split("\n").find((candidate) => candidate.startsWith(`s3warden_${line} `));
  return Number(found?.split(" ")[1] ?? 0);
}

test("a key is looked up once, and its request is signed with the key itself", async (t) => {
  const { flow, ceph, store } = await begin(t);
  for (let i = 0; i < 3; i++) assert.equal((await get(flow, ALICE)).status, 200);
  assert.deepEqual(ceph.asked, [ALICE.accessKey]);
  const authorization = rawValue(store.requests[0]?.rawHeaders ?? [], "authorization");
  assert.match(authorization ?? "", /Credential=AKIAALICE\//);
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["account"], "alice");
  const lookups = 'identity_lookups_total{source="ceph",result="found"}';
  assert.equal(await metric(flow, lookups), 1);
  assert.equal(await metric(flow, 'cache_hits_total{cache="identities"}'), 2);
  assert.equal(await metric(flow, 'cache_misses_total{cache="identities"}'), 1);
});

test("a user of Ceph who is an account's upstream, too, is warned of once", async (t) => {
  const { flow, ceph } = await begin(
    t,
    {},
    {
      accounts: [{ name: "lab", upstream: BOB, keys: [OWNER] }],
    },
  );
  const keys = [ALICE, BOB].map(({ accessKey, secretKey }) => {
    return { user: "alice", access_key: accessKey, secret_key: secretKey };
  });
  ceph.replies.set(ALICE.accessKey, userWith("alice", ALICE, { keys }));
  ceph.replies.set(BOB.accessKey, userWith("alice", BOB, { keys }));
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(flow.gateway.warnings.length, 1);
  assert.match(
    flow.gateway.warnings[0] ?? "",
    /"user":"\$alice","account":"lab".*is also the upstream/,
  );
});

test("a wrong secret and an unknown key get different errors as ever", async (t) => {
  const { flow, store } = await begin(t);
  const wrong = await get(flow, { ...ALICE, secretKey: "another" });
  assert.deepEqual([wrong.status, codeOf(wrong)], [403, "SignatureDoesNotMatch"]);
  const unknown = await get(flow, BOB);
  assert.deepEqual([unknown.status, codeOf(unknown)], [403, "InvalidAccessKeyId"]);
  assert.equal(store.requests.length, 0);
});

test("the gateway's own key in Ceph opens nothing that its user may not", async (t) => {
  const { flow, ceph } = await begin(t);
  assert.equal((await get(flow, GATEWAY_USER)).status, 200);
  assert.deepEqual(ceph.asked, [GATEWAY_USER.accessKey]);
});

test("a key of an accounts file is never asked for, and the log says that Ceph has it too", async (t) => {
  const { flow, ceph } = await begin(t);
  const { user } = { user: {}, ...userWith("alice", ALICE) };
  const stolen = { user: "alice", access_key: OWNER.accessKey, secret_key: "ofCeph" };
  const own = { user: "alice", access_key: ALICE.accessKey, secret_key: ALICE.secretKey };
  ceph.replies.set(ALICE.accessKey, { kind: "user", user: { ...user, keys: [own, stolen] } });
  assert.equal((await get(flow, OWNER)).status, 200);
  assert.equal((await get(flow, { ...OWNER, secretKey: "ofCeph" })).status, 403);
  assert.deepEqual(ceph.asked, []);
  for (let i = 0; i < 2; i++) {
    assert.equal((await get(flow, ALICE)).status, 200);
    await fetch(`http://${flow.gateway.adminAddress}/identities/drop`, { method: "POST" });
  }
  assert.equal(flow.gateway.warnings.length, 1);
  assert.match(flow.gateway.warnings[0] ?? "", /"accessKey":"AKIAOWNER".*the accounts file wins/);
});

test("an account of the same name in a file adds its networks to Ceph's user", async (t) => {
  const nowhere = { allow: ["198.51.100.7"] };
  const accounts = [{ name: "alice", subusers: [{ name: "reader", networks: nowhere }] }];
  const { flow, ceph } = await begin(t, {}, { accounts });
  const reader = { user: "alice:reader", access_key: BOB.accessKey, secret_key: BOB.secretKey };
  const subusers = [{ id: "alice:reader", permissions: "full-control" }];
  ceph.replies.set(BOB.accessKey, userWith("alice", ALICE, { subusers, keys: [reader] }));
  assert.equal((await get(flow, ALICE)).status, 200);
  const refused = await get(flow, BOB);
  assert.equal(codeOf(refused), "AccessDenied");
  const [, record] = await flow.gateway.records(2);
  assert.deepEqual([record?.["gate"], record?.["subuser"]], ["networks", "reader"]);
});

const BAD: readonly (readonly [name: string, reply: AdminReply])[] = [
  ["an error", { kind: "text", status: 500, body: "{}" }],
  ["a redirect", { kind: "text", status: 301, body: "" }],
  ["no JSON", { kind: "text", status: 200, body: "<html>" }],
  ["more than 1 MiB", userWith("alice", ALICE, { padding: "x".repeat(1024 * 1024) })],
  ["another user's key", userWith("alice", BOB)],
  ["nothing at all", SILENCE],
];
for (const [name, reply] of BAD) {
  test(`a key is refused as 503 SlowDown within 3 s if RGW says ${name}`, async (t) => {
    const { flow, ceph, store } = await begin(t);
    ceph.replies.set(ALICE.accessKey, reply);
    const began = performance.now();
    const answer = await get(flow, ALICE);
    assert.deepEqual([answer.status, codeOf(answer)], [503, "SlowDown"]);
    assert(performance.now() - began < 3_000);
    assert.equal(store.requests.length, 0);
    const lookups = 'identity_lookups_total{source="ceph",result="unavailable"}';
    assert.equal(await metric(flow, lookups), 1);
    assert.equal(flow.gateway.errors.length, 1);
    assert.doesNotMatch(flow.gateway.errors[0] ?? "", /theSecret|theGateways/);
  });
}

test("a silent RGW holds no known key up, and all recovers without a restart", async (t) => {
  const { flow, ceph } = await begin(t, { cache: "1s" });
  assert.equal((await get(flow, ALICE)).status, 200);
  ceph.everything = { kind: "text", status: 503, body: "" };
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  for (let i = 0; i < 20; i++) assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
  const ready = await fetch(`http://${flow.gateway.adminAddress}/readyz`);
  assert.equal(ready.status, 200);
  ceph.everything = undefined;
  ceph.replies.set(BOB.accessKey, userWith("bob", BOB));
  await until(async () => (await get(flow, BOB)).status === 200);
  assert.equal((await get(flow, ALICE)).status, 200);
});

test("a gateway user without capabilities is named in the log, and nobody's key is 503", async (t) => {
  const { flow, ceph } = await begin(t);
  ceph.replies.clear();
  for (let i = 0; i < 5; i++) assert.equal(codeOf(await get(flow, ALICE)), "SlowDown");
  const told = flow.gateway.errors.filter((line) => line.includes("users=read"));
  assert.equal(told.length, 1);
});

test("POST /identities/drop forgets at once; it is no page to be fetched", async (t) => {
  const { flow, ceph } = await begin(t);
  const url = `http://${flow.gateway.adminAddress}/identities/drop`;
  assert.equal((await get(flow, ALICE)).status, 200);
  ceph.replies.delete(ALICE.accessKey);
  for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
    const answer = await fetch(url, { method });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST"]);
  }
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal((await fetch(url, { method: "POST", body: "x".repeat(100_000) })).status, 200);
  assert.equal(codeOf(await get(flow, ALICE)), "InvalidAccessKeyId");
});

const AWAY: AdminReply = { kind: "text", status: 503, body: "" };

test("a reload while RGW does not answer leaves known keys in force, by the new configuration", async (t) => {
  const { flow, ceph } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  ceph.everything = AWAY;
  // As logrotate does each night.
  for (let i = 0; i < 2; i++) await flow.gateway.reload();
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
  const accounts = [{ name: "alice", networks: { allow: ["198.51.100.7"] } }];
  await flow.gateway.reload({ accounts });
  assert.equal(codeOf(await get(flow, ALICE)), "AccessDenied");
});

test("a reload puts in force at once what RGW says of a known key now", async (t) => {
  const { flow, ceph } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  ceph.replies.delete(ALICE.accessKey);
  assert.equal((await get(flow, ALICE)).status, 200);
  await flow.gateway.reload();
  assert.equal(codeOf(await get(flow, ALICE)), "InvalidAccessKeyId");
});

test("nothing of a Ceph is known after a reload with another name for it", async (t) => {
  const { flow, ceph } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  ceph.everything = AWAY;
  await flow.gateway.reload({ ceph: [{ ...ceph.source, secretKey: "another" }] });
  assert.equal(codeOf(await get(flow, ALICE)), "SlowDown");
});

test("the first of two sources that has the key counts, and a dead one is skipped", async (t) => {
  const second = await startScriptedCeph();
  t.after(() => second.stop());
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const first = await startScriptedCeph();
  t.after(() => first.stop());
  first.replies.set(ALICE.accessKey, userWith("alice", ALICE));
  second.replies.set(ALICE.accessKey, userWith("mallory", { ...ALICE, secretKey: "other" }));
  second.replies.set(BOB.accessKey, userWith("bob", BOB));
  const flow = await startFlow(t, store.endpoint, { ceph: [first.source, second.source] });
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.deepEqual(second.asked, []);
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(
    codeOf(await get(flow, { ...ALICE, accessKey: "AKIANOBODY" })),
    "InvalidAccessKeyId",
  );
  first.everything = { kind: "text", status: 500, body: "" };
  await fetch(`http://${flow.gateway.adminAddress}/identities/drop`, { method: "POST" });
  assert.equal((await get(flow, BOB)).status, 200);
  assert.equal(codeOf(await get(flow, { ...ALICE, accessKey: "AKIANOBODY" })), "SlowDown");
});

test("5,000 unknown keys at once: RGW sees 16 at a time, and a known key none of it", async (t) => {
  const { flow, ceph } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  ceph.delayMs = 5;
  const outcomes = new Map<string, number>();
  const count = (answer: RawAnswer): void => {
    const code = codeOf(answer);
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
  };
  const flood = Array.from({ length: 500 }, async (_, i) => {
    for (let j = 0; j < 10; j++) {
      count(await get(flow, { accessKey: `FLOOD${i * 10 + j}`, secretKey: "guess" }));
    }
  });
  assert.equal((await get(flow, ALICE)).status, 200);
  await Promise.all(flood);
  assert.equal((await get(flow, ALICE)).status, 200);
  assert(ceph.most() <= 16, `${ceph.most()} at a time`);
  const [nobody = 0, slowed = 0] = ["InvalidAccessKeyId", "SlowDown"].map((code) =>
    outcomes.get(code),
  );
  assert.equal(nobody + slowed, 5_000);
  t.diagnostic(`${nobody} InvalidAccessKeyId, ${slowed} SlowDown, at most ${ceph.most()} at RGW`);
});

test("a gateway is not ready while Ceph refuses its own credential, and is when it no longer does", async (t) => {
  const { flow, ceph } = await begin(t);
  const ready = async (): Promise<string> => {
    const answer = await fetch(`http://${flow.gateway.adminAddress}/readyz`);
    return `${answer.status} ${await answer.text()}`;
  };
  ceph.replies.delete(GATEWAY_USER.accessKey);
  const refused = "503 A source of identities refuses the gateway's own credential\n";
  await until(async () => (await ready()) === refused, 30_000);
  const page = await (await fetch(`http://${flow.gateway.adminAddress}/`)).text();
  assert.match(page, /<span class="state bad">refuses our credential<\/span>/);
  ceph.replies.set(GATEWAY_USER.accessKey, userWith("gw", GATEWAY_USER));
  await until(async () => (await ready()) === "200 ready\n", 30_000);
  const before = ceph.asked.length;
  for (let i = 0; i < 5; i++) assert.equal(await ready(), "200 ready\n");
  assert.equal(ceph.asked.length, before, "what is known is not asked for again");
});

test("a gateway is ready while Ceph does not answer: known keys go on", async (t) => {
  const { flow, ceph } = await begin(t);
  ceph.everything = { kind: "text", status: 500, body: "" };
  const { status } = await fetch(`http://${flow.gateway.adminAddress}/readyz`);
  assert.equal(status, 200);
  assert.deepEqual(ceph.asked, [GATEWAY_USER.accessKey]);
});

test("explain knows the users of Ceph by name and by key id, in the command and on the status page", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const ceph = await startScriptedCeph();
  t.after(() => ceph.stop());
  const READER: KeyPair = { accessKey: "AKIAREADER", secretKey: "theSecretOfTheReader" };
  const keys = [
    { user: "alice", access_key: ALICE.accessKey, secret_key: ALICE.secretKey },
    { user: "alice:reader", access_key: READER.accessKey, secret_key: READER.secretKey },
  ];
  const subusers = [{ id: "alice:reader", permissions: "read" }];
  const alice = userWith("alice", ALICE, { keys, subusers });
  for (const name of [ALICE.accessKey, READER.accessKey, "uid=alice"])
    ceph.replies.set(name, alice);
  const flow = await startFlow(t, store.endpoint, { ceph: [ceph.source] });
  const accounts = [{ name: "lab", keys: [OWNER] }];
  const config = writeConfig({ upstream: store.endpoint, accounts, ceph: [ceph.source] });
  for (const [as, code, said] of [
    ["alice", 0, "Allowed"],
    [ALICE.accessKey, 0, "Allowed"],
    ["alice:reader", 1, "The tier READ of this key does not include s3:DeleteObject"],
    [READER.accessKey, 1, "The tier READ of this key does not include s3:DeleteObject"],
    ["bob", 2, 'Nobody with a key is called "bob"'],
    ["alice:writer", 2, 'Nobody with a key is called "alice:writer"'],
  ] as const) {
    const question = { as, request: "DELETE /photos/cat.jpg" };
    const told = await ran((terminal) => runExplain({ config, ...question }, terminal));
    assert.equal(told.code, code, told.out + told.err);
    assert((told.out + told.err).includes(said), told.out + told.err);
    const query = new URLSearchParams(question).toString();
    const page = await fetch(`http://${flow.gateway.adminAddress}/?${query}`);
    const text = (await page.text()).replaceAll("&quot;", '"').replaceAll("&#34;", '"');
    assert(text.includes(code === 0 ? "Allow" : said), `${as}: ${said}`);
  }
  ceph.everything = { kind: "text", status: 500, body: "" };
  const silent = await ran((terminal) =>
    runExplain({ config, as: "alice", request: "GET /photos/a" }, terminal),
  );
  assert.equal(silent.code, 2);
  assert.match(silent.err, /^Cannot look up "alice": Ceph does not answer/);
});
