import assert from "node:assert/strict";
import { test } from "node:test";
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { startFlow, until, type Flow } from "../support/flow.ts";
import { startHttpStore } from "../support/scripted-store.ts";

async function admin(flow: Flow, path: string): Promise<{ status: number; body: string }> {
  const request = get(`http://${flow.gateway.adminAddress}${path}`);
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("No answer");
  return { status: response.statusCode ?? 0, body: await text(response) };
}

test("requests are balanced, a dead endpoint is skipped and comes back", async (t) => {
  const served = [0, 0];
  const start = (which: 0 | 1, port: number): ReturnType<typeof startHttpStore> =>
    startHttpStore((request, response) => {
      if (request.method === "GET") served[which] = (served[which] ?? 0) + 1;
      response.end("ok");
    }, port);
  const first = await start(0, 0);
  let second = await start(1, 0);
  t.after(() => Promise.all([first.stop(), second.stop()]));
  const flow = await startFlow(t, [first.endpoint, second.endpoint]);
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
    }
  };
  await send(10);
  assert.deepEqual(served, [5, 5]);

  await second.stop();
  await send(10);
  assert.equal(served[0], 15, "a request was lost at the dead endpoint");
  assert.match(
    (await admin(flow, "/metrics")).body,
    new RegExp(`upstream_up\\{endpoint="${second.endpoint}"\\} 0`),
  );
  assert.equal((await admin(flow, "/readyz")).status, 200);

  second = await start(1, second.port);
  await until(() => served[1] === 5, 100);
  const up = `upstream_up{endpoint="${second.endpoint}"} 1`;
  for (let tries = 0; !(await admin(flow, "/metrics")).body.includes(up); tries++) {
    assert.ok(tries < 300, "the endpoint did not come back");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await send(10);
  assert.deepEqual(served, [20, 10]);
});

test("an upload is not tried at a second endpoint, the next one goes there", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end());
  });
  t.after(() => store.stop());
  const dead = await startHttpStore(() => {});
  await dead.stop();
  const flow = await startFlow(t, [dead.endpoint, store.endpoint]);
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) {
    statuses.push((await flow.exchange("PUT", "/bucket/key", { body: "data" })).status);
  }
  assert.ok(statuses.filter((status) => status !== 200).length <= 1, statuses.join());
  assert.deepEqual(statuses.slice(2), [200, 200]);
});

test("the gateway is alive but not ready while every endpoint is dead, and ready again after", async (t) => {
  const handler = (_request: unknown, response: { end: () => void }): void => response.end();
  let store = await startHttpStore(handler);
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  assert.deepEqual(await admin(flow, "/readyz"), { status: 200, body: "ready\n" });
  await store.stop();
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 503);
  assert.equal((await admin(flow, "/readyz")).status, 503);
  assert.equal((await admin(flow, "/healthz")).status, 200);
  store = await startHttpStore(handler, store.port);
  for (let tries = 0; (await admin(flow, "/readyz")).status !== 200; tries++) {
    assert.ok(tries < 300, "the gateway did not become ready");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("the admin port reports requests, refusals and bytes, and serves nothing else", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end("four"));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  await flow.exchange("GET", "/bucket/key");
  await flow.exchange("PUT", "/bucket/key", { body: "data!" });
  await flow.exchange("GET", "/bucket?foo=");
  await flow.gateway.records(3);
  const { body } = await admin(flow, "/metrics");
  for (const line of [
    's3warden_requests_total{operation="GetObject",outcome="forwarded",code="200"} 1',
    's3warden_requests_total{operation="Unknown",outcome="refused",code="InvalidArgument"} 1',
    's3warden_bytes_total{direction="in"} 5',
    "s3warden_requests_in_flight 0",
    "s3warden_config_generation 1",
  ]) {
    assert.ok(body.includes(`${line}\n`), `${line}\nis not in\n${body}`);
  }
  assert.equal((await admin(flow, "/bucket/key")).status, 404);
  assert.equal((await admin(flow, "/status")).status, 404);
});
