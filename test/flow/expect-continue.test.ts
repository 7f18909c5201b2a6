import assert from "node:assert/strict";
import { test } from "node:test";
import { startFlow, headOf, READER, rawValue } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";
import { bytesOf, edited } from "../support/signed.ts";
import { startRecordingStore } from "../stores/recording.ts";

const EXPECT = ["expect", "100-continue"] as const;

test("an allowed upload is asked to continue, and the store hears nothing of it", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(headOf(flow, "/bucket/key", 4, EXPECT));
  assert.equal((await client.answer()).status, 100);
  client.write("data");
  assert.equal((await client.answer()).status, 200);
  assert.equal(store.requests[0]?.body.toString(), "data");
  assert.equal(rawValue(store.requests[0]?.rawHeaders ?? [], "expect"), undefined);
});

test("a document is asked for only after its sender was proved", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  const body = "<Tagging><TagSet/></Tagging>";
  const request = flow.signed("PUT", "/bucket?tagging=", { body, unsigned: [EXPECT] });
  client.write(bytesOf({ ...request, body: Buffer.alloc(0) }));
  assert.equal((await client.answer()).status, 100);
  client.write(body);
  assert.equal((await client.answer()).status, 200);
});

for (const [what, code, change] of [
  ["a wrong signature", "SignatureDoesNotMatch", (value: string) => `${value.slice(0, -4)}0000`],
  [
    "an unknown key",
    "InvalidAccessKeyId",
    (value: string) => value.replace("AKIAOWNER", "AKIANOBODY"),
  ],
] as const) {
  test(`an upload with ${what} gets its final status and no 100`, async (t) => {
    const flow = await startFlow(t, "http://127.0.0.1:9");
    const client = await flow.connect();
    const request = flow.signed("PUT", "/bucket/key", { body: "data", unsigned: [EXPECT] });
    client.write(bytesOf({ ...edited(request, "authorization", change), body: Buffer.alloc(0) }));
    const answer = await client.answer();
    assert.equal(answer.status, 403);
    assert.equal(codeOf(answer), code);
  });
}

test("an upload that a gate refuses gets its final status and no 100", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  const request = flow.signed("PUT", "/bucket/key", {
    body: "data",
    key: READER,
    unsigned: [EXPECT],
  });
  client.write(bytesOf({ ...request, body: Buffer.alloc(0) }));
  assert.equal((await client.answer()).status, 403);
  await client.closed();
  assert.equal(client.pending.length, 0);
});

test("an upload for a store that is not there gets 503", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  client.write(headOf(flow, "/bucket/key", 4, EXPECT));
  assert.equal((await client.answer()).status, 100);
  client.write("data");
  assert.equal((await client.finalAnswer()).status, 503);
});

test("any other expectation is as none", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key", { unsigned: [["expect", "200-ok"]] });
  assert.equal(answer.status, 200);
});
