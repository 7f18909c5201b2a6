/** Directories that are away, slow, hostile or flooded with questions. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { metricOf, OWNER, startFlow, until, type Flow } from "../support/flow.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { startScriptedCeph, userWith } from "../support/scripted-ceph.ts";
import {
  keyWith,
  startScriptedDirectory,
  type DirectoryReply,
  type ScriptedDirectory,
} from "../support/scripted-directory.ts";
import { startRawStore } from "../support/scripted-store.ts";
import type { KeyPair } from "../support/signed.ts";

const ALICE: KeyPair = { accessKey: "AKIAALICE", secretKey: "theSecretOfAlice" };
const BOB: KeyPair = { accessKey: "AKIABOB", secretKey: "theSecretOfBob" };
const GOOD = { ...BOB, account: "bob" };
const AWAY: DirectoryReply = { kind: "text", status: 500, body: "" };

type World = {
  readonly flow: Flow;
  readonly directory: ScriptedDirectory;
  readonly store: RecordingStore;
};

async function begin(t: TestContext, source: object = {}): Promise<World> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const directory = await startScriptedDirectory(source);
  t.after(() => directory.stop());
  directory.replies.set(ALICE.accessKey, keyWith(ALICE, { account: "alice" }));
  const flow = await startFlow(t, store.endpoint, { directories: [directory.source] });
  return { flow, directory, store };
}

const get = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("GET", "/bucket/key", { key });

const text = (body: string, status = 200): DirectoryReply => ({ kind: "text", status, body });
const json = (value: unknown): DirectoryReply => text(JSON.stringify(value));

const BAD: readonly (readonly [name: string, reply: DirectoryReply])[] = [
  ["an error", AWAY],
  ["that it is too busy", text("", 429)],
  ["a redirect", { kind: "text", status: 302, body: "", headers: { location: "/s3/AKIAALICE" } }],
  ["a success of another kind", text(JSON.stringify(GOOD), 203)],
  ["nothing at all", { kind: "silence" }],
  ["a body without an end", { kind: "endless" }],
  ["more than 128 KiB", text(JSON.stringify(GOOD) + " ".repeat(128 * 1024))],
  ["no text", text("")],
  ["a page", text("<html>")],
  ["a list", json([GOOD])],
  ["null", text("null")],
  ["half of the answer", text(JSON.stringify(GOOD).slice(0, -5))],
  ["an answer and more", text(`${JSON.stringify(GOOD)}{}`)],
  ["another key's answer", json({ ...GOOD, accessKey: "AKIAELSE" })],
  ["an answer in another case", json({ ...GOOD, accessKey: BOB.accessKey.toLowerCase() })],
  ["a field that is not known", json({ ...GOOD, admin: true })],
  ["a field below that is not known", json({ ...GOOD, networks: { permit: [] } })],
  ["the field __proto__", text(`{"__proto__":{},${JSON.stringify(GOOD).slice(1)}`)],
  ["a tag __proto__", text(`${JSON.stringify(GOOD).slice(0, -1)},"tags":{"__proto__":"x"}}`)],
  ["a tag twice, in two cases", json({ ...GOOD, tags: { dept: "a", DEPT: "b" } })],
  ["the secret twice", text(`{"secretKey":"other",${JSON.stringify(GOOD).slice(1)}`)],
  [
    "a field of a network twice",
    text(`${JSON.stringify(GOOD).slice(0, -1)},"networks":{"allow":["10.0.0.0/8"],"allow":[]}}`),
  ],
  ["no secret", json({ accessKey: BOB.accessKey, account: "bob" })],
  ["an empty secret", json({ ...GOOD, secretKey: "" })],
  ["no account", json(BOB)],
  ["an account of another grammar", json({ ...GOOD, account: "bob/../lab" })],
  ["an account that is a list", json({ ...GOOD, account: ["bob"] })],
  ["disabled as a text", json({ ...GOOD, disabled: "true" })],
  ["an expiry of null", json({ ...GOOD, expires: null })],
  ["an expiry without a time", json({ ...GOOD, expires: "2027-01-01" })],
  ["an expiry that no calendar has", json({ ...GOOD, expires: "2027-02-30T00:00:00Z" })],
  ["a network with host bits", json({ ...GOOD, networks: { allow: ["10.0.0.1/8"] } })],
  ["half an upstream", json({ ...GOOD, upstream: { accessKey: "AK" } })],
  ["eleven policies", json({ ...GOOD, policies: Array.from({ length: 11 }, () => ({})) })],
  ["a policy as text", json({ ...GOOD, policies: ["{}"] })],
  [
    "a policy with a field twice",
    text(
      `${JSON.stringify(GOOD).slice(0, -1)},"policies":[{"Version":"2012-10-17","Statement":[],"Statement":[]}]}`,
    ),
  ],
  ["objects inside each other without end", text(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`)],
];
for (const [name, reply] of BAD) {
  test(`a key is refused as 503 SlowDown if the directory says ${name}`, async (t) => {
    const { flow, directory, store } = await begin(t);
    directory.replies.set(BOB.accessKey, reply);
    const answer = await get(flow, BOB);
    assert.deepEqual([answer.status, codeOf(answer)], [503, "SlowDown"]);
    assert.equal(store.requests.length, 0);
    const lookups = 'identity_lookups_total{source="http",result="unavailable"}';
    assert.equal(await metricOf(flow, lookups), 1);
    assert.equal(flow.gateway.errors.length, 1);
    assert.doesNotMatch(flow.gateway.errors[0] ?? "", /theSecret|"other"|admin/);
    assert.deepEqual(directory.asked, [BOB.accessKey]);
  });
}

test("the audit log says of which key, and by which field, an answer cannot be used", async (t) => {
  const { flow, directory } = await begin(t);
  const said: readonly (readonly [DirectoryReply, RegExp])[] = [
    [json({ ...GOOD, admin: true }), /cannot be used: Unknown field$/],
    [json({ ...GOOD, networks: { allow: ["10.0.0.1/8"] } }), /cannot be used: .*networks\.allow/],
    [json({ ...GOOD, tier: "BOSS" }), /cannot be used: .*tier/],
    [{ kind: "silence" }, /cannot be used: No answer within 2000 ms$/],
  ];
  for (const [i, [reply, rule]] of said.entries()) {
    directory.replies.set(BOB.accessKey, reply);
    assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
    const record = (await flow.gateway.records(i + 1))[i];
    assert.equal(record?.accessKeyId, BOB.accessKey);
    assert.match(String(record?.rule), rule);
    assert.doesNotMatch(JSON.stringify(record), /theSecret/);
  }
});

test("a connection that the directory closes as the next question comes costs no key", async (t) => {
  const answers = new Map([ALICE, BOB].map((key) => [key.accessKey, key]));
  let lost = 0;
  const server = await startRawStore((socket, received) => {
    const questions = [...received.toString("latin1").matchAll(/GET \/(\S+) HTTP/g)];
    // The second on one connection is never answered.
    if (questions.length > 1) {
      lost++;
      return void socket.destroy();
    }
    const key = answers.get(questions[0]?.[1] ?? "");
    const body = JSON.stringify({ ...key, account: "people" });
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  t.after(() => server.stop());
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, { directories: [{ url: server.endpoint }] });
  for (const key of [ALICE, BOB]) assert.equal((await get(flow, key)).status, 200);
  assert.equal(lost, 1);
});

/** Answers of a firewall or a router to a path that it dislikes, and of a bug anywhere. */
const PROVOKED: readonly DirectoryReply[] = [
  ...[302, 400, 401, 403, 414, 429, 500, 502, 503].map((status) => text("", status)),
  { kind: "reset" },
  { kind: "silence" },
];
for (const reply of PROVOKED) {
  const said = reply.kind === "text" ? `status ${reply.status}` : `a ${reply.kind}`;
  test(`a stranger's key that provokes ${said} keeps nobody else from being looked up`, async (t) => {
    const { flow, directory } = await begin(t);
    directory.replies.set("%3Cscript%3E", reply);
    const stranger = { accessKey: "<script>", secretKey: "guess" };
    assert.equal(codeOf(await get(flow, stranger)), "SlowDown");
    assert.equal((await get(flow, ALICE)).status, 200);
    const ready = await fetch(`http://${flow.gateway.adminAddress}/readyz`);
    assert.equal(ready.status, 200);
  });
}

test("strangers' keys on which a directory is silent keep nobody else from being looked up", async (t) => {
  const { flow, directory } = await begin(t);
  const strangers = ["%3Ca%3E", "%3Cb%3E"];
  for (const name of strangers) directory.replies.set(name, { kind: "silence" });
  // One after the other, without an answer between.
  for (const name of strangers) {
    const stranger = { accessKey: decodeURIComponent(name), secretKey: "guess" };
    assert.equal(codeOf(await get(flow, stranger)), "SlowDown");
  }
  assert.equal((await get(flow, ALICE)).status, 200);
});

test("while the directory is away known keys go on, and unknown ones are 503", async (t) => {
  const { flow, directory } = await begin(t, { cache: "1s" });
  assert.equal((await get(flow, ALICE)).status, 200);
  directory.everything = AWAY;
  // By then the answer is older than the cache.
  await until(async () => {
    await get(flow, ALICE);
    return directory.asked.length > 2;
  });
  assert.equal((await get(flow, ALICE)).status, 200);
  assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
  assert.equal((await get(flow, OWNER)).status, 200, "keys of accounts files always work");
  const ready = await fetch(`http://${flow.gateway.adminAddress}/readyz`);
  assert.equal(ready.status, 200);
  directory.everything = undefined;
  directory.replies.set(BOB.accessKey, json(GOOD));
  await until(async () => (await get(flow, BOB)).status === 200);
});

test("with stale: 0s a key of a directory that is away is refused after the cache", async (t) => {
  const { flow, directory } = await begin(t, { cache: "1s", stale: "0s" });
  assert.equal((await get(flow, ALICE)).status, 200);
  directory.everything = AWAY;
  await until(async () => codeOf(await get(flow, ALICE)) === "SlowDown");
});

test("an answer that cannot be believed leaves a known key in force for the stale time only", async (t) => {
  const { flow, directory } = await begin(t, { cache: "1s", stale: "1s" });
  assert.equal((await get(flow, ALICE)).status, 200);
  directory.replies.set(ALICE.accessKey, json({ ...ALICE, account: "alice", surprise: true }));
  await until(async () => codeOf(await get(flow, ALICE)) === "SlowDown");
});

test("a reload while the directory is away leaves known keys in force", async (t) => {
  const { flow, directory } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  directory.everything = AWAY;
  await flow.gateway.reload();
  assert.equal((await get(flow, ALICE)).status, 200);
  await flow.gateway.reload({ directories: [{ ...directory.source, accounts: ["team-*"] }] });
  assert.equal(codeOf(await get(flow, ALICE)), "SlowDown");
});

test("POST /identities/drop forgets a key of the directory at once", async (t) => {
  const { flow, directory } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  directory.replies.delete(ALICE.accessKey);
  assert.equal((await get(flow, ALICE)).status, 200);
  await fetch(`http://${flow.gateway.adminAddress}/identities/drop`, { method: "POST" });
  assert.equal(codeOf(await get(flow, ALICE)), "InvalidAccessKeyId");
});

test("a gateway is not ready while the directory refuses its credential, and is when it no longer does", async (t) => {
  const { flow, directory } = await begin(t);
  const ready = async (): Promise<string> => {
    const answer = await fetch(`http://${flow.gateway.adminAddress}/readyz`);
    return `${answer.status} ${await answer.text()}`;
  };
  assert.equal(await ready(), "200 ready\n");
  directory.everything = text("", 401);
  assert.equal(codeOf(await get(flow, BOB)), "SlowDown");
  assert.match(await ready(), /^503 A source of identities refuses the gateway's own credential/);
  directory.everything = undefined;
  await until(async () => (await ready()) === "200 ready\n");
});

test("1,200 unknown keys at once: the directory sees 16 at a time, and a known key none of it", async (t) => {
  const { flow, directory } = await begin(t);
  assert.equal((await get(flow, ALICE)).status, 200);
  directory.delayMs = 5;
  const outcomes = new Map<string, number>();
  const flood = Array.from({ length: 400 }, async (_, i) => {
    for (let j = 0; j < 3; j++) {
      const code = codeOf(await get(flow, { accessKey: `FLOOD${i * 3 + j}`, secretKey: "guess" }));
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
    }
  });
  assert.equal((await get(flow, ALICE)).status, 200);
  await Promise.all(flood);
  assert.equal((await get(flow, ALICE)).status, 200);
  assert(directory.most() <= 16, `${directory.most()} at a time`);
  const [nobody = 0, slowed = 0] = ["InvalidAccessKeyId", "SlowDown"].map((code) =>
    outcomes.get(code),
  );
  assert.equal(nobody + slowed, 1_200);
  t.diagnostic(`${nobody} InvalidAccessKeyId, ${slowed} SlowDown, at most ${directory.most()}`);
});

for (const order of [
  ["the directory's", "Ceph's"],
  ["Ceph's", "the directory's"],
]) {
  test(`a user of Ceph who is an account of a directory, too, is warned of once: ${order.join(" first, then ")}`, async (t) => {
    const { flow, directory } = await begin(t);
    const ceph = await startScriptedCeph();
    t.after(() => ceph.stop());
    const carl: KeyPair = { accessKey: "AKIACARL", secretKey: "theSecretOfCarl" };
    const eve: KeyPair = { accessKey: "AKIAEVE", secretKey: "theSecretOfEve" };
    ceph.replies.set(carl.accessKey, userWith("carl", carl));
    ceph.replies.set(eve.accessKey, userWith("eve", eve));
    const directories = [{ ...directory.source, accounts: ["bob", "eve"] }];
    await flow.gateway.reload({ ceph: [ceph.source], directories });
    directory.replies.set(BOB.accessKey, json({ ...GOOD, upstream: carl }));
    // One and the same account by both names is no surprise.
    const own = { account: "eve", upstream: eve };
    directory.replies.set(ALICE.accessKey, json({ ...ALICE, ...own }));
    const keys = new Map([
      ["the directory's", [ALICE, BOB]],
      ["Ceph's", [eve, carl]],
    ]);
    for (const whose of [...order, ...order]) {
      for (const key of keys.get(whose) ?? []) assert.equal((await get(flow, key)).status, 200);
    }
    assert.equal(flow.gateway.warnings.length, 1, flow.gateway.warnings.join("\n"));
    assert.match(
      flow.gateway.warnings[0] ?? "",
      /"user":"\$carl","account":"bob".*is also an account of a directory/,
    );
  });
}

test("the first of an accounts file, Ceph and a directory that has the key counts", async (t) => {
  const { flow, directory, store } = await begin(t);
  directory.replies.set(OWNER.accessKey, keyWith({ ...OWNER, secretKey: "x" }, { account: "m" }));
  assert.equal((await get(flow, OWNER)).status, 200);
  assert.deepEqual(directory.asked, []);
  assert.equal(store.requests.length, 1);
});
