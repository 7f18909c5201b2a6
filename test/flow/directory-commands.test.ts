/** What commands say of keys that a directory has. */
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { runDoctor } from "../../src/cli/doctor.ts";
import { runExplain } from "../../src/cli/explain.ts";
import { runKeys } from "../../src/cli/keys.ts";
import { runProve } from "../../src/cli/prove.ts";
import { runReplay } from "../../src/cli/replay.ts";
import { runWhoCan } from "../../src/cli/who-can.ts";
import { startRecordingStore } from "../stores/recording.ts";
import { writeConfig } from "../support/config-files.ts";
import { OWNER, startFlow, UPSTREAM } from "../support/flow.ts";
import {
  keyWith,
  startScriptedDirectory,
  type ScriptedDirectory,
} from "../support/scripted-directory.ts";
import type { KeyPair } from "../support/signed.ts";
import { ran } from "../support/terminal.ts";

const BOB: KeyPair = { accessKey: "AKIABOB", secretKey: "theSecretOfBob" };
const LAB = {
  name: "lab",
  upstream: UPSTREAM,
  keys: [OWNER],
  subusers: [{ name: "viewer", tier: "READ", keys: [{ accessKey: "AKIAV", secretKey: "of-v" }] }],
};

async function begin(
  t: TestContext,
  more: object = {},
): Promise<{ readonly directory: ScriptedDirectory; readonly config: string }> {
  const directory = await startScriptedDirectory({ accounts: ["lab"], ...more });
  t.after(() => directory.stop());
  const reader = { account: "lab", subuser: "bob", tier: "READ" };
  directory.replies.set(BOB.accessKey, keyWith(BOB, reader));
  const config = writeConfig({ accounts: [LAB], directories: [directory.source] });
  return { directory, config };
}

test("explain and the status page know a directory's key by its id, and say so of a name", async (t) => {
  const { directory, config } = await begin(t);
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const directories = [directory.source];
  const flow = await startFlow(t, store.endpoint, { accounts: [LAB], directories });
  for (const [as, code, said] of [
    [BOB.accessKey, 1, "The tier READ of this key does not include s3:DeleteObject"],
    ["lab:bob", 2, "Of a directory's users, name the id of an access key"],
    ["AKIANOBODY", 2, 'Nobody with a key is called "AKIANOBODY"'],
  ] as const) {
    const question = { as, request: "DELETE /photos/cat.jpg" };
    const told = await ran((terminal) => runExplain({ config, ...question }, terminal));
    assert.equal(told.code, code, told.out + told.err);
    assert((told.out + told.err).includes(said), told.out + told.err);
    assert.doesNotMatch(told.out + told.err, /theSecret/);
    const query = new URLSearchParams(question).toString();
    const page = await fetch(`http://${flow.gateway.adminAddress}/?${query}`);
    const text = (await page.text()).replaceAll("&quot;", '"').replaceAll("&#39;", "'");
    assert(text.includes(said), `${as}: ${said}`);
  }
  const wrong = keyWith(
    { accessKey: "AKIAWRONG", secretKey: "theSecretOfWrong" },
    { account: "other" },
  );
  directory.replies.set("AKIAWRONG", wrong);
  const refused = await ran((terminal) =>
    runExplain({ config, as: "AKIAWRONG", request: "GET /photos/a" }, terminal),
  );
  assert.equal(refused.code, 2);
  assert.match(
    refused.err,
    /^Cannot look up "AKIAWRONG": the directory does not answer as it should: .*account/,
  );
  directory.everything = { kind: "text", status: 500, body: "" };
  const silent = await ran((terminal) =>
    runExplain({ config, as: BOB.accessKey, request: "GET /photos/a" }, terminal),
  );
  assert.equal(silent.code, 2);
  assert.match(silent.err, /^Cannot look up "AKIABOB": the directory does not answer/);
});

test("who-can decides nothing of a directory's users, and keys does not list theirs", async (t) => {
  const { config } = await begin(t);
  const asked = await ran((terminal) =>
    runWhoCan("s3:GetObject", "arn:aws:s3:::bucket/key", { config }, terminal),
  );
  assert.match(asked.out, /users of a directory.*keys that are not in the configuration/s);
  const listed = await ran((terminal) => runKeys([], { config }, terminal));
  assert.match(listed.out, /AKIAV +lab:viewer/);
  assert.equal(listed.err, "Keys of users of a directory are not listed\n");
});

test("prove takes no key of a listed account for all that the directory may give keys for", async () => {
  const claims = ["lab:viewer may not s3:PutObject on *", "nobody may s3:DeleteObjectVersion on *"];
  const policy = { blockedActions: ["s3:DeleteObjectVersion"] };
  for (const [accounts, verdict] of [
    [["lab"], "not decided"],
    [["team-*"], "holds      "],
  ] as const) {
    const source = { url: "http://127.0.0.1:9", accounts };
    const config = writeConfig({ accounts: [LAB], directories: [source], policy });
    const { out } = await ran((terminal) => runProve(claims, { config }, terminal));
    assert(out.includes(`${verdict} lab:viewer may not s3:PutObject on *`), out);
    assert.match(out, /^holds {7}nobody may s3:DeleteObjectVersion on \*$/mu);
  }
});

test("replay asks the directory, and decides nothing of its keys while it is away", async (t) => {
  const { directory, config } = await begin(t);
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const directories = [directory.source];
  const flow = await startFlow(t, store.endpoint, { accounts: [LAB], directories });
  await flow.exchange("GET", "/bucket/key", { key: BOB });
  await flow.gateway.records(1);
  const files = [flow.gateway.auditFile];
  const replay = (): Promise<{ readonly out: string }> =>
    ran((terminal) => runReplay(files, { config, json: true }, terminal));
  assert.match((await replay()).out, /"same": ?1\b/);
  directory.everything = { kind: "text", status: 500, body: "" };
  assert.match((await replay()).out, /"elsewhere": ?1\b/);
});

test("doctor asks the directory, and finds a token file that everybody can read", async (t) => {
  const tokenFile = "token";
  const { directory, config } = await begin(t, { tokenFile });
  const token = join(dirname(config), tokenFile);
  writeFileSync(token, "of-the-gateway\n");
  chmodSync(token, 0o600);
  const said = async (): Promise<string> =>
    (await ran((terminal) => runDoctor({ config }, terminal))).out;
  const about = `identities ${String(directory.source["url"])}`;
  const well = await said();
  assert(well.includes(`${about}: answers, and does not know a key that nobody has`), well);
  assert.equal(directory.authorization(), "Bearer of-the-gateway");
  assert.doesNotMatch(well, /file .*token/);
  chmodSync(token, 0o644);
  assert.match(await said(), /file .*\/token: has secrets, and everybody on this machine can read/);
  directory.everything = { kind: "text", status: 401, body: "" };
  const refused = await said();
  assert.match(
    refused,
    /no answer: The answer has status 401: it refuses the gateway's credential/,
  );
  directory.everything = keyWith({ ...BOB, accessKey: "s3warden-probe" }, { account: "x" });
  assert.match(await said(), /has a key s3warden-probe, which nobody must have/);
  chmodSync(token, 0o600);
  writeFileSync(token, "two words\n");
  assert.match(await said(), /no answer: tokenFile does not hold one token/);
});
