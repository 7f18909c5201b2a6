/** The path of docs/migrate.md: judged and let through, then refused, without a failed request. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { metricOf } from "../support/asked.ts";
import { OWNER, READER, until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { startKeepingStore } from "../support/keeping-store.ts";
import { clientOf, PLAIN, told } from "../support/s3-client.ts";
import { startSteadyLoad } from "../support/steady-load.ts";

const OBJECT = { Bucket: "photos", Key: "cat.jpg" };

test("report mode lets through and records; enforce refuses; the change fails no request", async (t) => {
  const store = await startKeepingStore();
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [
      { name: "lab", keys: [OWNER], subusers: [{ name: "reader", tier: "READ", keys: [READER] }] },
    ],
    policy: { mode: "report" },
    reload: { interval: "100ms" },
  });
  t.after(() => gateway.stop());
  const reader = clientOf(gateway.endpoint, READER);
  t.after(() => reader.destroy());
  const write = (): Promise<string> =>
    told(reader.send(new PutObjectCommand({ ...OBJECT, Body: "miaow" })));
  const load = startSteadyLoad(t, [
    clientOf(gateway.endpoint, OWNER),
    clientOf(gateway.endpoint, OWNER, PLAIN),
  ]);
  await until(() => load.done() > 20, 30_000);

  assert.equal(await write(), "ok");
  assert.equal(await (await fetch(`${store.endpoint}/photos/cat.jpg`)).text(), "miaow");
  const reported = await lineOfReader(gateway, 1);
  assert.equal(reported["reported"], true);
  assert.equal(reported["gate"], "tier");
  assert.equal(reported["rule"], "lab:reader: READ");
  assert.equal(reported["outcome"], "forwarded");
  assert.equal(await denials(gateway), 1);

  // As in step 4: the file changes, and nobody sends a signal.
  await setMode(gateway, "enforce", 2);
  assert.equal(await write(), "AccessDenied");
  const refused = await lineOfReader(gateway, 2);
  assert.equal(refused["reported"], undefined);
  assert.equal(refused["outcome"], "refused");
  assert.equal(refused["rule"], "lab:reader: READ");
  assert.equal(await denials(gateway), 2);

  // And back.
  await setMode(gateway, "report", 3);
  assert.equal(await write(), "ok");
  const before = load.done();
  await until(() => load.done() > before + 20, 30_000);
  assert.deepEqual(await load.stop(), []);
});

async function setMode(gateway: Gateway, mode: string, generation: number): Promise<void> {
  const file = join(gateway.folder, "gateway.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/"mode":"\w+"/, `"mode":"${mode}"`));
  await until(async () => (await metricOf(gateway, "config_generation")) === generation, 30_000);
}

function denials(gateway: Gateway): Promise<number | undefined> {
  return metricOf(gateway, 'denials_total{gate="tier",operation="PutObject"}');
}

/** The `count`th line of the reader in the audit log, when it is written. */
async function lineOfReader(gateway: Gateway, count: number): Promise<Record<string, unknown>> {
  const lines = (): readonly string[] =>
    readFileSync(gateway.auditFile, "utf8")
      .split("\n")
      .filter((line) => line.includes('"subuser":"reader"'));
  await until(() => lines().length >= count);
  const line: unknown = JSON.parse(lines()[count - 1] ?? "");
  assert(typeof line === "object" && line !== null);
  return { ...line };
}
