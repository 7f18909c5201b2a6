import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { startRecordingStore } from "../stores/recording.ts";
import { metricOf, statusFor } from "../support/asked.ts";
import { AUTHORITY, DOMAIN, PHOTOS, WEAK } from "../support/certificates.ts";
import { until } from "../support/flow.ts";
import { startGateway, type Gateway, type GatewayOptions } from "../support/gateway.ts";
import { startScriptedCeph, userWith } from "../support/scripted-ceph.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { scratchFolder } from "../support/scratch.ts";
import { startKeepingStore } from "../support/keeping-store.ts";
import { RawClient } from "../support/raw-client.ts";
import { bytesOf, signV4, timestampOf, type Header, type KeyPair } from "../support/signed.ts";

const FIRST: KeyPair = { accessKey: "AKIAFIRST", secretKey: "theFirstSecret" };
const SECOND: KeyPair = { accessKey: "AKIASECOND", secretKey: "theSecondSecret" };

const WATCH = { watch: true, interval: "100ms" };
const NO_WATCH = { watch: false };

const accountsWith = (key: KeyPair): string =>
  JSON.stringify({ accounts: [{ name: "lab", keys: [key] }] });

async function start(t: TestContext, options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const accounts = [{ name: "lab", keys: [FIRST] }];
  const gateway = await startGateway({ upstream: store.endpoint, accounts, ...options });
  t.after(() => gateway.stop());
  return gateway;
}

/** Which of the two keys is let in. */
async function letIn(gateway: Gateway): Promise<string> {
  const statuses = [await statusFor(gateway, FIRST), await statusFor(gateway, SECOND)];
  return statuses.join();
}

const generation = (gateway: Gateway): Promise<number | undefined> =>
  metricOf(gateway, "config_generation");

test("SIGHUP puts changed accounts in force, and a bad file changes nothing", async (t) => {
  const gateway = await start(t, { reload: NO_WATCH });
  const file = join(gateway.folder, "accounts.yaml");
  assert.equal(await letIn(gateway), "200,403");

  writeFileSync(file, accountsWith(SECOND));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await generation(gateway)) === 2);
  assert.equal(await letIn(gateway), "403,200");

  writeFileSync(file, "accounts: [{ nam: lab }]\n");
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await metricOf(gateway, "config_last_reload_successful")) === 0);
  assert.equal(await letIn(gateway), "403,200");
  assert.equal(await generation(gateway), 2);
});

test("a reload with a descriptor for a file says so, and the next one works", async (t) => {
  const gateway = await start(t, { reload: NO_WATCH });
  const config = join(gateway.folder, "gateway.yaml");
  const good = readFileSync(config, "utf8");
  assert.match(good, /accounts\.yaml/);
  // The channel of the process that reads: it would wait there for ever.
  writeFileSync(config, good.replace("accounts.yaml", "/dev/fd/3"));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await metricOf(gateway, "config_last_reload_successful")) === 0);
  assert.match(
    gateway.said(),
    /"\/dev\/fd\/3\\": it is a descriptor, not a file that a reload can/,
  );
  assert.equal(await letIn(gateway), "200,403");
  writeFileSync(config, good);
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await generation(gateway)) === 2);
});

test("SIGHUP forgets what was looked up in Ceph", async (t) => {
  const ceph = await startScriptedCeph();
  t.after(() => ceph.stop());
  ceph.replies.set(FIRST.accessKey, userWith("alice", FIRST));
  const gateway = await start(t, { accounts: [], ceph: [ceph.source] });
  assert.equal(await statusFor(gateway, FIRST), 200);
  ceph.replies.delete(FIRST.accessKey);
  assert.equal(await statusFor(gateway, FIRST), 200);
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await statusFor(gateway, FIRST)) === 403);
});

test("a changed file is put in force by itself, when it has settled", async (t) => {
  const gateway = await start(t, { reload: { interval: "500ms" } });
  const file = join(gateway.folder, "accounts.yaml");
  // Each of these is a good file, as half a written one may be; none of them stands long enough.
  const deadline = Date.now() + 2_000;
  while (Date.now() < deadline) {
    writeFileSync(file, `accounts: [] # ${Date.now()}\n`);
    await pause(20);
  }
  writeFileSync(file, accountsWith(SECOND));
  await until(async () => (await statusFor(gateway, SECOND)) === 200);
  assert.equal(await generation(gateway), 2);
  assert.equal(await letIn(gateway), "403,200");
});

test("a bad file is reported once, and picked up when it is corrected", async (t) => {
  const gateway = await start(t, { reload: WATCH });
  const file = join(gateway.folder, "accounts.yaml");
  rmSync(file);
  await until(async () => (await metricOf(gateway, "config_last_reload_successful")) === 0);
  assert.equal(await letIn(gateway), "200,403");
  await pause(500);
  assert.equal(gateway.said().split("stays in force").length, 2);
  writeFileSync(file, accountsWith(SECOND));
  await until(async () => (await generation(gateway)) === 2);
  assert.equal(await metricOf(gateway, "config_last_reload_successful"), 1);
  assert.equal(await letIn(gateway), "403,200");
});

test("a Kubernetes volume whose directory is swapped is put in force", async (t) => {
  // As the kubelet's AtomicWriter does it: the files are links into ..data, a link that is renamed.
  const volume = scratchFolder("volume");
  const write = (version: string, key: KeyPair): void => {
    mkdirSync(join(volume, version));
    writeFileSync(join(volume, version, "secret"), `${key.secretKey}\n`);
    symlinkSync(version, join(volume, "..data_tmp"));
    renameSync(join(volume, "..data_tmp"), join(volume, "..data"));
  };
  write("..2026_1", FIRST);
  symlinkSync(join("..data", "secret"), join(volume, "secret"));
  const keys = [{ accessKey: FIRST.accessKey, secretKey: `\${file:${join(volume, "secret")}}` }];
  const gateway = await start(t, { accounts: [{ name: "lab", keys }], reload: WATCH });
  const changed = { accessKey: FIRST.accessKey, secretKey: SECOND.secretKey };
  assert.equal(await statusFor(gateway, FIRST), 200);
  write("..2026_2", SECOND);
  await until(async () => (await statusFor(gateway, changed)) === 200);
  assert.equal(await statusFor(gateway, FIRST), 403);
});

test("another store is put in force; requests under way finish at the one they began with", async (t) => {
  let finish = (): void => {};
  const before = await startHttpStore((_request, response) => {
    finish = () => response.end("before");
    response.writeHead(200, { "content-length": "6" }).flushHeaders();
  });
  t.after(() => before.stop());
  const gateway = await start(t, { upstream: before.endpoint, reload: NO_WATCH });
  const under = statusFor(gateway, FIRST);
  await until(async () => (await metricOf(gateway, "requests_in_flight")) === 1);

  const after = await startHttpStore((_request, response) => response.writeHead(204).end());
  t.after(() => after.stop());
  edit(gateway, (text) => text.replace(before.endpoint, after.endpoint));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await generation(gateway)) === 2);
  assert.equal(await statusFor(gateway, FIRST), 204);
  assert.equal(await metricOf(gateway, `upstream_up{endpoint="${before.endpoint}"}`), undefined);
  assert.equal(await metricOf(gateway, `upstream_up{endpoint="${after.endpoint}"}`), 1);
  finish();
  assert.equal(await under, 200);
});

test("an upload that began before another store was put in force ends at the one it began with", async (t) => {
  const [before, after] = [await startKeepingStore(), await startKeepingStore()];
  t.after(() => Promise.all([before.stop(), after.stop()]));
  const gateway = await start(t, { upstream: before.endpoint, reload: NO_WATCH });
  const { host } = new URL(gateway.endpoint);
  const client = await RawClient.connect(host);
  t.after(() => client.destroy());
  const body = Buffer.from("one half and the other");
  const head = { method: "PUT", target: "/bucket/key", body };
  const fields: Header[] = [
    ["host", host],
    ["content-length", `${body.length}`],
  ];
  const scope = { timestamp: timestampOf(Date.now()) };
  const bytes = bytesOf(signV4({ ...head, headers: fields }, FIRST, scope));
  client.write(bytes.subarray(0, -10));
  await until(async () => (await metricOf(gateway, "requests_in_flight")) === 1);
  edit(gateway, (text) => text.replace(before.endpoint, after.endpoint));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await generation(gateway)) === 2);
  client.write(bytes.subarray(-10));
  assert.equal((await client.answer()).status, 200);
  assert.equal((await fetch(`${before.endpoint}/bucket/key`)).status, 200);
  assert.equal((await fetch(`${after.endpoint}/bucket/key`)).status, 404);
});

test("a renewed certificate is shown to new connections, and open ones live on", async (t) => {
  const gateway = await start(t, {
    listen: { tls: { cert: "tls.crt", key: "tls.key" } },
    files: { "tls.crt": DOMAIN.cert, "tls.key": DOMAIN.key },
    reload: WATCH,
  });
  const port = Number(new URL(gateway.endpoint).port);
  const shown = async (): Promise<readonly [TLSSocket, string]> => {
    const socket = connect({ host: "127.0.0.1", port, ca: AUTHORITY, rejectUnauthorized: false });
    t.after(() => socket.destroy());
    await once(socket, "secureConnect");
    return [socket, socket.getPeerX509Certificate()?.fingerprint256 ?? ""];
  };
  const [open, before] = await shown();
  writeFileSync(join(gateway.folder, "tls.key"), PHOTOS.key);
  writeFileSync(join(gateway.folder, "tls.crt"), PHOTOS.cert);
  await until(async () => (await generation(gateway)) === 2);
  const [, after] = await shown();
  assert.notEqual(after, before);
  assert.equal(after, new X509Certificate(PHOTOS.cert).fingerprint256);
  open.write("GET /bucket/key HTTP/1.1\r\nhost: localhost\r\n\r\n");
  const [answer]: Buffer[] = await once(open, "data");
  assert.match(String(answer), /^HTTP\/1\.1 403 /);
});

test("a certificate that OpenSSL refuses is refused, and nothing else of it is in force", async (t) => {
  const gateway = await start(t, {
    listen: { tls: { cert: "tls.crt", key: "tls.key" } },
    files: { "tls.crt": DOMAIN.cert, "tls.key": DOMAIN.key },
    reload: NO_WATCH,
  });
  writeFileSync(join(gateway.folder, "tls.key"), WEAK.key);
  writeFileSync(join(gateway.folder, "tls.crt"), WEAK.cert);
  process.kill(gateway.pid, "SIGHUP");
  const refused = /OpenSSL refuses the certificate.*\n.*stays in force/;
  await until(() => refused.test(gateway.said()));
  assert.equal(await metricOf(gateway, "config_last_reload_successful"), 0);
  assert.equal(await generation(gateway), 1);
});

test("requests are served while thousands of accounts are read", async (t) => {
  const gateway = await start(t, { reload: NO_WATCH });
  const many = Array.from({ length: 5_000 }, (_, i) => ({
    name: `account${i}`,
    keys: [{ accessKey: `AKIA${10_000 + i}`, secretKey: `secret${i}` }],
  }));
  const accounts = [{ name: "lab", keys: [FIRST] }, ...many];
  writeFileSync(join(gateway.folder, "accounts.yaml"), JSON.stringify({ accounts }));
  process.kill(gateway.pid, "SIGHUP");
  let served = 0;
  while ((await generation(gateway)) === 1) {
    assert.equal(await statusFor(gateway, FIRST), 200);
    served++;
  }
  // Where reading stopped everything, one or two would have come before it.
  assert.ok(served > 10, `${served} were served`);
});

test("a setting that only a restart can change is refused by name, and nothing else of the file applies", async (t) => {
  const gateway = await start(t, { reload: NO_WATCH });
  writeFileSync(join(gateway.folder, "accounts.yaml"), accountsWith(SECOND));
  edit(gateway, (text) => text.replace('"listen":', '"workers":3,"listen":'));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await metricOf(gateway, "config_last_reload_successful")) === 0);
  assert.equal(await letIn(gateway), "200,403");
  assert.match(gateway.said(), /Cannot change workers without a restart/);
});

function edit({ folder }: Gateway, change: (text: string) => string): void {
  const file = join(folder, "gateway.yaml");
  writeFileSync(file, change(readFileSync(file, "utf8")));
}
