import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { OWNER, READER, until } from "../support/flow.ts";
import { startGateway, type Gateway, type GatewayOptions } from "../support/gateway.ts";
import { startKeepingStore } from "../support/keeping-store.ts";
import { clientOf, PLAIN } from "../support/s3-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { startSteadyLoad } from "../support/steady-load.ts";
import { metricOf, statusFor } from "../support/asked.ts";

async function startWorkers(
  t: TestContext,
  options: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const store = await startKeepingStore();
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [{ name: "lab", keys: [OWNER] }],
    workers: 2,
    ...options,
  });
  t.after(() => gateway.stop());
  return gateway;
}

/** The processes that the gateway has started, from the kernel. */
function workersOf({ pid }: Gateway): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.trim().split(" ").filter(Boolean).map(Number);
}

test("workers share one port and one /metrics, and reload all", async (t) => {
  const gateway = await startWorkers(t);
  assert.equal(workersOf(gateway).length, 2);
  assert.equal(await metricOf(gateway, "workers"), 2);
  for (let i = 0; i < 10; i++) assert.equal(await statusFor(gateway, OWNER), 404);
  for (let i = 0; i < 10; i++) assert.equal(await statusFor(gateway, READER), 403);
  const name = 'requests_total{operation="GetObject",outcome="forwarded",code="404"}';
  await until(async () => (await metricOf(gateway, name)) === 10);

  assert.equal(await (await fetch(`${gateway.adminEndpoint}/readyz`)).text(), "ready\n");
  const page = await (await fetch(`${gateway.adminEndpoint}/status.json`)).text();
  assert.equal(page.split('"gate":"authentication"').length - 1, 10);
  const asked = "?as=lab&request=GET+/bucket/key";
  assert.match(await (await fetch(`${gateway.adminEndpoint}/${asked}`)).text(), /GetObject/);

  const accounts = [{ name: "lab", keys: [READER] }];
  writeFileSync(join(gateway.folder, "accounts.yaml"), JSON.stringify({ accounts }));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await metricOf(gateway, "config_generation")) === 2);
  for (let i = 0; i < 10; i++) {
    assert.equal(await statusFor(gateway, OWNER), 403);
    assert.equal(await statusFor(gateway, READER), 404);
  }
});

test("a worker that is killed is replaced and counted, and counters go on from where they were", async (t) => {
  const gateway = await startWorkers(t);
  for (let i = 0; i < 10; i++) await statusFor(gateway, OWNER);
  const name = 'requests_total{operation="GetObject",outcome="forwarded",code="404"}';
  await until(async () => (await metricOf(gateway, name)) === 10);
  for (const pid of workersOf(gateway)) {
    process.kill(pid, "SIGKILL");
    await until(() => workersOf(gateway).length === 2 && !workersOf(gateway).includes(pid));
    await until(async () => (await metricOf(gateway, "workers")) === 2);
  }
  await until(async () => (await metricOf(gateway, "worker_restarts_total")) === 2);
  assert.equal(await metricOf(gateway, name), 10);
  await until(async () => (await statusFor(gateway, OWNER)) === 404);
});

test("counters never fall, whether a worker is silent or has ended in a drain", async (t) => {
  const held: (() => void)[] = [];
  const store = await startHttpStore((request, response) => {
    if (request.method === "GET") response.writeHead(404).end();
    else held.push(() => response.end());
  });
  t.after(() => store.stop());
  const gateway = await startWorkers(t, { upstream: store.endpoint });
  const name = 'requests_total{operation="GetObject",outcome="forwarded",code="404"}';
  for (let i = 0; i < 20; i++) await statusFor(gateway, OWNER);
  await until(async () => (await metricOf(gateway, name)) === 20);

  const [first = 0] = workersOf(gateway);
  process.kill(first, "SIGSTOP");
  assert.equal(await metricOf(gateway, name), 20);
  assert.equal(await metricOf(gateway, "workers"), 1);
  process.kill(first, "SIGCONT");
  await until(async () => (await metricOf(gateway, "workers")) === 2);

  const put = clientOf(gateway.endpoint, OWNER, PLAIN).send(
    new s3.PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "held" }),
  );
  await until(() => held.length === 1);
  process.kill(gateway.pid, "SIGTERM");
  await until(() => workersOf(gateway).length === 1);
  assert.equal(await metricOf(gateway, name), 20);
  assert.equal(await metricOf(gateway, "workers"), 1);
  held[0]?.();
  await put;
});

test("a worker that takes another's place decides by the configuration in force", async (t) => {
  const gateway = await startWorkers(t);
  const accounts = [{ name: "lab", keys: [READER] }];
  writeFileSync(join(gateway.folder, "accounts.yaml"), JSON.stringify({ accounts }));
  process.kill(gateway.pid, "SIGHUP");
  await until(async () => (await metricOf(gateway, "config_generation")) === 2);
  for (const pid of workersOf(gateway)) process.kill(pid, "SIGKILL");
  await until(async () => (await metricOf(gateway, "worker_restarts_total")) === 2);
  await until(async () => (await metricOf(gateway, "workers")) === 2);
  assert.equal(await metricOf(gateway, "config_generation"), 2);
  for (let i = 0; i < 4; i++) assert.equal(await statusFor(gateway, OWNER), 403);
});

test("a worker that hangs is replaced; readiness and a reload do not wait for it", async (t) => {
  const gateway = await startWorkers(t);
  const [hung = 0] = workersOf(gateway);
  process.kill(hung, "SIGSTOP");
  t.after(() => isGone(hung) || process.kill(hung, "SIGKILL"));
  // Kubernetes gives a probe two seconds in deploy/.
  const signal = AbortSignal.timeout(2_000);
  assert.equal((await fetch(`${gateway.adminEndpoint}/readyz`, { signal })).status, 200);

  const accounts = [{ name: "lab", keys: [READER] }];
  writeFileSync(join(gateway.folder, "accounts.yaml"), JSON.stringify({ accounts }));
  process.kill(gateway.pid, "SIGHUP");
  await until(() => gateway.said().includes('"msg":"reloaded"'));
  assert.equal(isGone(hung), true);
  await until(async () => (await metricOf(gateway, "workers")) === 2);
  assert.equal(await metricOf(gateway, "worker_restarts_total"), 1);
  for (let i = 0; i < 6; i++) assert.equal(await statusFor(gateway, OWNER), 403);
  assert.match(gateway.said(), /A worker does not answer: it is killed/);
});

test("five crashes under load fail no request of a client that tries again as clients do", async (t) => {
  const gateway = await startWorkers(t);
  const clients = [PLAIN, {}, PLAIN, {}].map((more) =>
    clientOf(gateway.endpoint, OWNER, { ...more, maxAttempts: 3 }),
  );
  const load = startSteadyLoad(t, clients, 3);
  for (let crash = 1; crash <= 5; crash++) {
    const before = load.done();
    await until(() => load.done() > before + 50);
    const [oldest = 0] = workersOf(gateway);
    process.kill(oldest, "SIGKILL");
    await until(async () => (await metricOf(gateway, "worker_restarts_total")) === crash);
    await until(async () => (await metricOf(gateway, "workers")) === 2);
  }
  assert.deepEqual(await load.stop(), []);
});

test("SIGTERM ends all workers when their requests are done, with 0", async (t) => {
  const gateway = await startWorkers(t);
  const load = startSteadyLoad(t, [clientOf(gateway.endpoint, OWNER)]);
  await until(() => load.done() > 10);
  const workers = workersOf(gateway);
  await load.stop();
  assert.equal(await gateway.stop(), 0);
  for (const pid of workers) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("a second SIGTERM ends all workers at once", async (t) => {
  let asked = false;
  const store = await startHttpStore(() => {
    asked = true;
  });
  t.after(() => store.stop());
  const gateway = await startWorkers(t, { upstream: store.endpoint });
  const workers = workersOf(gateway);
  const broken = assert.rejects(statusFor(gateway, OWNER));
  await until(() => asked);
  process.kill(gateway.pid, "SIGTERM");
  await until(() => workers.some(isGone), 10_000);
  process.kill(gateway.pid, "SIGTERM");
  await until(() => workers.every(isGone), 10_000);
  await broken;
});

test("workers whose primary is gone finish their requests and end by themselves", async (t) => {
  let finish: (() => void) | undefined;
  const store = await startHttpStore((_request, response) => {
    finish = () => response.end();
  });
  t.after(() => store.stop());
  const gateway = await startWorkers(t, { upstream: store.endpoint });
  const workers = workersOf(gateway);
  const under = statusFor(gateway, OWNER);
  await until(() => finish !== undefined);
  process.kill(gateway.pid, "SIGKILL");
  await until(() => workers.some(isGone), 10_000);
  await assert.rejects(statusFor(gateway, OWNER));
  finish?.();
  assert.equal(await under, 200);
  await until(() => workers.every(isGone), 10_000);
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
