import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { headOf, READER, startFlow, until, type Flow } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";
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

for (const [what, leave, recorded] of [
  ["breaks", "break", ["aborted", 0, undefined]],
  // Its own side only, for all that can be known: it is answered.
  ["ends", "end", ["refused", 400, "IncompleteBody"]],
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
    await assertRecorded(flow, recorded);
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
    await assertRecorded(flow, recorded);
    assert.equal(came, false);
  });
}

test("a bad body does not change the record of a refusal that was sent", async (t) => {
  const store = await startHttpStore(() => assert.fail("the store is not asked"));
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  const chunked = ["transfer-encoding", "chunked"] as const;
  const request = flow.signed("DELETE", "/bucket/key", { key: READER, unsigned: [chunked] });
  client.write(bytesOf({ ...request, body: Buffer.from("zz\r\nno chunk\r\n") }));
  const answer = await client.finalAnswer();
  assert.equal(`${answer.status} ${codeOf(answer)}`, "403 AccessDenied");
  await assertRecorded(flow, ["refused", 403, "AccessDenied"]);
});

/** One record of such an outcome, status and error code; and no bug. */
async function assertRecorded(flow: Flow, expected: readonly unknown[]): Promise<void> {
  const records = await flow.gateway.records(1);
  assert.deepEqual(
    records.map(({ outcome, status, errorCode }) => [outcome, status, errorCode]),
    [expected],
  );
  assert.deepEqual(flow.gateway.errors, []);
}
