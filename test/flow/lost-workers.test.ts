import assert from "node:assert/strict";
import cluster from "node:cluster";
import { test } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { metricOf, statusFor } from "../support/asked.ts";
import { OWNER, READER, until } from "../support/flow.ts";
import { configWith, endpointsOf, openOwnWorkers } from "../support/own-workers.ts";
import { scratchFolder } from "../support/scratch.ts";

test("a worker that cannot be started is tried again, and a reload does not wait for it", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const service = await openOwnWorkers(configWith(store.endpoint, OWNER));
  t.after(() => service.close());
  const gateway = endpointsOf(service);
  // As where the system has no process or file left to give: the child ends before it began.
  cluster.setupPrimary({ cwd: `${scratchFolder("gone")}/nowhere` });
  const [first] = Object.values(cluster.workers ?? {});
  first?.process.kill("SIGKILL");
  await until(async () => ((await metricOf(gateway, "worker_restarts_total")) ?? 0) >= 3, 10_000);
  assert.equal(await statusFor(gateway, OWNER), 200);

  const late = AbortSignal.timeout(5_000);
  const reloaded = service.reload(configWith(store.endpoint, READER));
  const outcome = await Promise.race([
    reloaded,
    new Promise((resolve) => late.addEventListener("abort", resolve)),
  ]);
  assert.deepEqual(outcome, { ok: true, value: 2 });
  cluster.setupPrimary({ cwd: scratchFolder("there") });
  await until(async () => (await metricOf(gateway, "workers")) === 2, 30_000);
  for (let i = 0; i < 6; i++) assert.equal(await statusFor(gateway, READER), 200);
});
