import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { metricOf } from "../support/asked.ts";
import { OWNER, READER, until } from "../support/flow.ts";
import { startGateway } from "../support/gateway.ts";
import { startKeepingStore } from "../support/keeping-store.ts";
import { clientOf, PLAIN } from "../support/s3-client.ts";
import { startSteadyLoad } from "../support/steady-load.ts";

const RELOADS = 50;

for (const workers of [1, 2]) {
  test(`${RELOADS} reloads fail no request, of clients that try once, with ${workers} workers`, async (t) => {
    const store = await startKeepingStore();
    t.after(() => store.stop());
    const gateway = await startGateway({
      upstream: store.endpoint,
      accounts: [{ name: "lab", keys: [OWNER] }],
      workers,
      reload: { watch: false },
    });
    t.after(() => gateway.stop());
    const clients = [PLAIN, {}, PLAIN].map((more) => clientOf(gateway.endpoint, OWNER, more));
    const load = startSteadyLoad(t, clients);
    await until(() => load.done() > 20);
    for (let reload = 1; reload <= RELOADS; reload++) {
      // Another key comes and goes; each reload has something to do.
      const keys = reload % 2 === 0 ? [OWNER] : [OWNER, READER];
      const accounts = [{ name: "lab", keys }];
      writeFileSync(join(gateway.folder, "accounts.yaml"), JSON.stringify({ accounts }));
      process.kill(gateway.pid, "SIGHUP");
      const generation = reload + 1;
      await until(async () => (await metricOf(gateway, "config_generation")) === generation);
    }
    const before = load.done();
    await until(() => load.done() > before + 20);
    assert.deepEqual(await load.stop(), []);
  });
}
