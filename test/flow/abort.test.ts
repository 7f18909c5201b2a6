import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { headOf, startFlow, until, type Flow } from "../support/flow.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

test("a client that leaves a download ends the store's work, and is recorded as aborted", async (t) => {
  let left = false;
  const store = await startHttpStore((_request, response) => {
    response.once("close", () => (left = true));
    response.writeHead(200, { "content-length": String(2 ** 30) });
    response.write(Buffer.alloc(64 * 1024));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  await until(() => client.pending.length > 64 * 1024);
  client.destroy();
  await until(() => left);
  const [record] = await flow.gateway.records(1);
  assert.deepEqual([record?.["outcome"], record?.["status"]], ["aborted", 200]);
});

test("a client that leaves before the store has answered ends the store's work", async (t) => {
  let came = false;
  let left = false;
  const store = await startHttpStore((_request, response) => {
    came = true;
    response.once("close", () => (left = true));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  await until(() => came);
  client.destroy();
  await until(() => left);
  const [record] = await flow.gateway.records(1);
  assert.deepEqual([record?.["outcome"], record?.["status"]], ["aborted", 0]);
});

for (const [what, leave, outcome] of [
  ["breaks", "break", "aborted"],
  // Its own side only, for all that can be known: it is answered.
  ["ends", "end", "refused"],
] as const) {
  test(`a client that ${what} its connection within an upload breaks it off at the store`, async (t) => {
    let received = 0;
    let ended = "";
    const store = await startHttpStore((request) => {
      request.on("data", (chunk: Buffer) => (received += chunk.length));
      request.on("error", () => {});
      request.once("close", () => (ended = request.complete ? "complete" : "broken"));
    });
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const client = await flow.connect();
    client.write(headOf(flow, "/bucket/key", 2 ** 20));
    client.write(Buffer.alloc(256 * 1024));
    await until(() => received > 0);
    client[leave]();
    await until(() => ended !== "");
    assert.equal(ended, "broken");
    await assertOutcome(flow, outcome);
  });

  test(`a client that ${what} its connection within a document does not trouble the store`, async (t) => {
    let came = false;
    const store = await startHttpStore(() => (came = true));
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const client = await flow.connect();
    const request = flow.signed("POST", "/bucket?delete=", { body: "<Delete><Object/></Delete>" });
    client.write(bytesOf({ ...request, body: Buffer.from("<Del") }));
    await pause(20);
    client[leave]();
    await assertOutcome(flow, outcome);
    assert.equal(came, false);
  });
}

/** One record, of this outcome; and no bug. */
async function assertOutcome(flow: Flow, expected: string): Promise<void> {
  const records = await flow.gateway.records(1);
  assert.deepEqual(
    records.map(({ outcome }) => outcome),
    [expected],
  );
  assert.deepEqual(flow.gateway.errors, []);
}
