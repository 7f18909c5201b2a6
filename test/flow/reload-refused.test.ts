import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Config } from "../../src/config/config.ts";
import { openGateway } from "../../src/life/open.ts";
import type { RunningGateway } from "../../src/life/service.ts";
import { startRecordingStore } from "../stores/recording.ts";
import { metricOf, statusFor } from "../support/asked.ts";
import { WEAK } from "../support/certificates.ts";
import { OWNER, READER } from "../support/flow.ts";
import { configWith, endpointsOf, openOwnWorkers, UNHEARD } from "../support/own-workers.ts";

/** As no file can be: the certificate was not proved. */
function brokenWith(config: Config): Config {
  const tls = {
    certificates: [WEAK],
    clientCa: undefined,
    clientCertificates: "optional",
    minVersion: "TLSv1.2",
  } as const;
  return { ...config, listen: { ...config.listen, tls } };
}

const opened: Readonly<Record<string, (config: Config) => Promise<RunningGateway>>> = {
  "one process": (config) => openGateway(config, UNHEARD),
  "two workers": openOwnWorkers,
};
for (const [name, open] of Object.entries(opened)) {
  test(`${name}: a configuration that cannot be opened leaves the one before whole`, (t) =>
    isLeftWhole(t, open));
}

async function isLeftWhole(
  t: TestContext,
  open: (config: Config) => Promise<RunningGateway>,
): Promise<void> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const service = await open(configWith(store.endpoint, OWNER));
  t.after(() => service.close());
  const gateway = endpointsOf(service);
  const broken = brokenWith(configWith(store.endpoint, READER));
  const outcome = await service.reload(broken).catch(() => undefined);
  assert.notEqual(outcome?.ok, true);
  for (let i = 0; i < 6; i++) {
    assert.equal(await statusFor(gateway, OWNER), 200);
    assert.equal(await statusFor(gateway, READER), 403);
  }
  assert.equal(await metricOf(gateway, "config_generation"), 1);
  assert.equal((await metricOf(gateway, "worker_restarts_total")) ?? 0, 0);
  // What was wrong before does not stand in the way.
  const next = await service.reload(configWith(store.endpoint, READER));
  assert.deepEqual(next, { ok: true, value: 2 });
  for (let i = 0; i < 6; i++) assert.equal(await statusFor(gateway, READER), 200);
}
