import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startFlow, until, type Flow } from "../support/flow.ts";
import type { RawAnswer } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

/** Clients that keep their connections must not hold up a rollout until they fall idle. */
const DRAIN_MS_MAX = 2_000;

async function closesInTime(flow: Flow): Promise<boolean> {
  const late = pause(DRAIN_MS_MAX, false, { ref: false });
  return Promise.race([flow.gateway.close().then(() => true), late]);
}

test("a gateway that closes lets a request under way finish, then ends its connection", async (t) => {
  let answer = (): void => {};
  const store = await startHttpStore((_request, response) => {
    answer = () => response.end("ole");
    response.writeHead(200, { "content-length": "5" });
    response.write("wh");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  await until(() => client.pending.length > 0);
  const closed = closesInTime(flow);
  setTimeout(() => answer(), 50);
  assert.equal((await client.answer()).body.toString(), "whole");
  assert.equal(await closed, true);
});

test("a request after the last one of a closing gateway's connection is not executed", async (t) => {
  const reached: string[] = [];
  let answer = (): void => {};
  const store = await startHttpStore((request, response) => {
    reached.push(request.method ?? "");
    answer = () => response.end("whole");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  await until(() => reached.length > 0);
  const closed = closesInTime(flow);
  client.write(bytesOf(flow.signed("DELETE", "/bucket/key")));
  setTimeout(() => answer(), 100);
  const last = await client.answer();
  assert.deepEqual([last.body.toString(), headerOf(last, "connection")], ["whole", "close"]);
  assert.equal(await closed, true);
  await client.closed();
  assert.deepEqual(reached, ["GET"]);
});

test("a gateway that closes ends a connection that was used before", async (t) => {
  const store = await startHttpStore((_request, response) => response.end());
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  assert.equal((await client.answer()).status, 200);
  assert.equal(await closesInTime(flow), true);
});

test("a gateway that closes ends a connection on which nothing was ever asked", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  await flow.connect();
  await pause(20);
  assert.equal(await closesInTime(flow), true);
});

test("a gateway that leaves is not ready, still serves, and says that each answer is the last", async (t) => {
  const store = await startHttpStore((_request, response) => response.end());
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, { limits: { drainDelay: "1s" } });
  const ready = async (): Promise<number> =>
    (await fetch(`http://${flow.gateway.adminAddress}/readyz`)).status;
  const kept = await flow.connect();
  kept.write(bytesOf(flow.signed("GET", "/bucket/key")));
  assert.equal(headerOf(await kept.answer(), "connection"), "keep-alive");
  assert.equal(await ready(), 200);

  const closed = flow.gateway.close();
  assert.equal(await ready(), 503);
  kept.write(bytesOf(flow.signed("GET", "/bucket/key")));
  const last = await kept.answer();
  assert.deepEqual([last.status, headerOf(last, "connection")], [200, "close"]);
  const late = await flow.exchange("GET", "/bucket/key");
  assert.deepEqual([late.status, headerOf(late, "connection")], [200, "close"]);
  await closed;
  await assert.rejects(flow.connect(), { code: "ECONNREFUSED" });
});

test("a request that takes longer than limits.drainTimeout is broken off", async (t) => {
  const store = await startHttpStore((_request, response) => {
    response.writeHead(200, { "content-length": "5" });
    response.write("wh");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, { limits: { drainTimeout: "200ms" } });
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  await until(() => client.pending.length > 0);
  assert.equal(await closesInTime(flow), true);
  assert.equal((await client.answer()).whole, false);
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["outcome"], "aborted");
});

function headerOf({ headers }: RawAnswer, name: string): string | undefined {
  return headers.find(([candidate]) => candidate === name)?.[1];
}
