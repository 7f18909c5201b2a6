/** The operator's port as a Unix socket. */
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { openAdmin } from "../../src/admin/admin.ts";
import { parseAdminAddress } from "../../src/config/scalars.ts";
import { serveFile, startGateway, type Gateway } from "../support/gateway.ts";
import { administeredOf } from "../support/status.ts";
import { scratchFolder } from "../support/scratch.ts";
import { OWNER, until } from "../support/flow.ts";

async function get(socketPath: string, path: string): Promise<string> {
  const sent = request({ socketPath, path, agent: false });
  return new Promise((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (response) => {
      textOf(response).then((body) => resolve(`${response.statusCode} ${body}`), reject);
    });
    sent.end();
  });
}

async function started(t: TestContext, workers: number): Promise<Gateway> {
  const gateway = await startGateway({
    upstream: "http://127.0.0.1:9",
    accounts: [{ name: "lab", keys: [OWNER] }],
    admin: { address: "unix:run/admin.sock", socketMode: "0660" },
    workers,
  });
  t.after(() => gateway.stop());
  return gateway;
}

for (const workers of [1, 2]) {
  test(`operators come by a socket of the mode that was said: workers ${workers}`, async (t) => {
    const gateway = await started(t, workers);
    const path = join(gateway.folder, "run/admin.sock");
    assert.equal(gateway.adminEndpoint, `http://unix:${path}`);
    assert.equal(statSync(path).mode & 0o777, 0o660);
    assert.equal(await get(path, "/healthz"), "200 alive\n");
    assert.match(await get(path, "/metrics"), /^200 [^]*s3warden_config_generation 1\n/);
    assert.match(await get(path, "/"), /^200 <!doctype html>/);
    // A reload leaves it as it is, and another address needs a restart.
    const config = join(gateway.folder, "gateway.yaml");
    const before = readFileSync(config, "utf8");
    writeFileSync(config, before.replace('"level":"info"', '"level":"warn"'));
    process.kill(gateway.pid, "SIGHUP");
    await until(async () => (await get(path, "/")).includes("Cannot change log"));
    writeFileSync(config, before.replace("run/admin.sock", "run/other.sock"));
    process.kill(gateway.pid, "SIGHUP");
    await until(async () => (await get(path, "/")).includes("Cannot change admin"));
    assert.equal(await gateway.stop(), 0);
    assert.equal(existsSync(path), false);
  });
}

test("the socket of a gateway that was killed does not stand in the way of the next", async (t) => {
  const killed = await started(t, 1);
  const path = join(killed.folder, "run/admin.sock");
  process.kill(killed.pid, "SIGKILL");
  await killed.stop();
  assert.ok(existsSync(path));
  const next = await serveFile(join(killed.folder, "gateway.yaml"));
  t.after(() => next.stop());
  assert.equal(await get(path, "/healthz"), "200 alive\n");
});

test("a socket that another process has put in place of ours stays when we close", async (t) => {
  const path = join(scratchFolder("socket"), "admin.sock");
  const open = (): ReturnType<typeof openAdmin> =>
    openAdmin(administeredOf(), { admin: { address: { path, mode: 0o600 }, hosts: [] } });
  const first = await open();
  unlinkSync(path);
  const second = await open();
  t.after(() => second.close());
  await first.close();
  assert.equal(await get(path, "/healthz"), "200 alive\n");
  await second.close();
  assert.deepEqual(readdirSync(dirname(path)), []);
});

test("the longest path that is allowed can be had, however short its last part is", async () => {
  const folder = scratchFolder("socket");
  const path = join(folder, "d".repeat(103 - folder.length - 3), "s");
  assert.ok(parseAdminAddress(`unix:${path}`).ok && !parseAdminAddress(`unix:${path}s`).ok);
  const admin = await openAdmin(administeredOf(), {
    admin: { address: { path, mode: 0o600 }, hosts: [] },
  });
  assert.equal(await get(path, "/healthz"), "200 alive\n");
  assert.deepEqual(readdirSync(dirname(path)), ["s"]);
  await admin.close();
});

test("a socket on which somebody listens, and what is no socket, are left alone", async (t) => {
  const folder = scratchFolder("socket");
  const admin = (path: string) =>
    openAdmin(administeredOf(), { admin: { address: { path, mode: 0o600 }, hosts: [] } });
  const theirs = join(folder, "theirs.sock");
  const server = createServer((socket) => socket.on("error", () => undefined).end("theirs"));
  server.listen(theirs);
  await once(server, "listening");
  t.after(() => server.close());
  await assert.rejects(admin(theirs), {
    code: "EADDRINUSE",
    message: `listen EADDRINUSE: another process listens there: ${theirs}`,
  });
  const file = join(folder, "file");
  writeFileSync(file, "kept");
  await assert.rejects(admin(file), {
    code: "EADDRINUSE",
    message: `listen EADDRINUSE: something that is no socket is there: ${file}`,
  });
  assert.equal(readFileSync(file, "utf8"), "kept");
  await assert.rejects(admin(join(file, "a.sock")), { code: "EEXIST" });
});
