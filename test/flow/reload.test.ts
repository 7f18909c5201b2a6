import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { startScriptedCeph, userWith } from "../support/scripted-ceph.ts";
import { until } from "../support/flow.ts";
import { startGateway } from "../support/gateway.ts";
import { rawExchange } from "../support/raw-client.ts";
import { bytesOf, signV4, timestampOf, type KeyPair } from "../support/signed.ts";

const FIRST: KeyPair = { accessKey: "AKIAFIRST", secretKey: "theFirstSecret" };
const SECOND: KeyPair = { accessKey: "AKIASECOND", secretKey: "theSecondSecret" };
const NOTHING = Buffer.alloc(0);

const accountsOf = (key: KeyPair): readonly { name: string; keys: readonly KeyPair[] }[] => [
  { name: "lab", keys: [key] },
];

test("SIGHUP puts changed accounts in force, and a bad file changes nothing", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const gateway = await startGateway({ upstream: store.endpoint, accounts: accountsOf(FIRST) });
  t.after(() => gateway.stop());
  const { host } = new URL(gateway.endpoint);
  const accountsFile = join(dirname(gateway.auditFile), "accounts.yaml");
  const statusFor = async (key: KeyPair): Promise<number> => {
    const unsigned = { method: "GET", target: "/bucket/key", body: NOTHING };
    const scope = { timestamp: timestampOf(Date.now()) };
    const request = signV4({ ...unsigned, headers: [["host", host]] }, key, scope);
    return (await rawExchange(host, bytesOf(request), { method: "GET" })).status;
  };
  const metric = async (name: string): Promise<string | undefined> => {
    const text = await (await fetch(`${gateway.adminEndpoint}/metrics`)).text();
    return text.split("\n").find((line) => line.startsWith(`s3warden_${name} `));
  };
  assert.deepEqual([await statusFor(FIRST), await statusFor(SECOND)], [200, 403]);

  writeFileSync(accountsFile, JSON.stringify({ accounts: accountsOf(SECOND) }));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await metric("config_generation")) === "s3warden_config_generation 2");
  assert.deepEqual([await statusFor(FIRST), await statusFor(SECOND)], [403, 200]);

  writeFileSync(accountsFile, "accounts: [{ nam: lab }]\n");
  process.kill(gateway.pid, "SIGHUP");
  const refused = "s3warden_config_last_reload_successful 0";
  await until(async () => (await metric("config_last_reload_successful")) === refused);
  assert.deepEqual([await statusFor(FIRST), await statusFor(SECOND)], [403, 200]);
  assert.equal(await metric("config_generation"), "s3warden_config_generation 2");
});

test("SIGHUP forgets what was looked up in Ceph", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const ceph = await startScriptedCeph();
  t.after(() => ceph.stop());
  ceph.replies.set(FIRST.accessKey, userWith("alice", FIRST));
  const options = { upstream: store.endpoint, accounts: [], ceph: [ceph.source] };
  const gateway = await startGateway(options);
  t.after(() => gateway.stop());
  const { host } = new URL(gateway.endpoint);
  const status = async (): Promise<number> => {
    const unsigned = { method: "GET", target: "/bucket/key", body: NOTHING };
    const scope = { timestamp: timestampOf(Date.now()) };
    const request = signV4({ ...unsigned, headers: [["host", host]] }, FIRST, scope);
    return (await rawExchange(host, bytesOf(request), { method: "GET" })).status;
  };
  assert.equal(await status(), 200);
  ceph.replies.delete(FIRST.accessKey);
  assert.equal(await status(), 200);
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await status()) === 403);
});
