/** What a gateway knows of its store although no client asks for anything. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { metricOf, startFlow, until, type Flow } from "../support/flow.ts";
import { freePorts, portOf } from "../support/ports.ts";
import { startHttpStore } from "../support/scripted-store.ts";

async function ready(flow: Flow): Promise<number> {
  return (await fetch(`http://${flow.gateway.adminAddress}/readyz`)).status;
}

/** A server that takes connections, says `answer` to each request, and nothing where that is empty. */
async function startTeller(
  t: TestContext,
  answer: string,
): Promise<{ readonly endpoint: string; readonly open: Set<Socket>; readonly heads: string[] }> {
  const open = new Set<Socket>();
  const heads: string[] = [];
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
    socket.on("data", (head) => {
      heads.push(head.toString("latin1"));
      if (answer !== "") socket.write(answer);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { endpoint: `http://127.0.0.1:${portOf(server.address())}`, open, heads };
}

test("a gateway whose store is not there is not ready, and ready when it comes", async (t) => {
  const [port = 0] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const flow = await startFlow(t, endpoint);
  assert.equal(await ready(flow), 503);
  assert.equal(await metricOf(flow, `upstream_up{endpoint="${endpoint}"}`), 0);
  assert.equal(flow.gateway.warnings.length, 1);
  assert.match(flow.gateway.warnings[0] ?? "", /ECONNREFUSED.*does not answer/);
  const store = await startHttpStore((_request, response) => response.end(), port);
  t.after(() => store.stop());
  await until(async () => (await ready(flow)) === 200);
  assert.equal(await metricOf(flow, `upstream_up{endpoint="${endpoint}"}`), 1);
});

test("a gateway is ready as soon as it listens, whatever the store says to strangers", async (t) => {
  const store = await startTeller(t, "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  const flow = await startFlow(t, store.endpoint);
  assert.equal(await ready(flow), 200);
  assert.equal(store.heads.length, 1);
  assert.match(store.heads[0] ?? "", /^HEAD \/ HTTP\/1\.1\r\n/);
  assert.doesNotMatch(store.heads[0] ?? "", /authorization/i);
});

test("a store that dies while nobody asks for anything is noticed", async (t) => {
  const store = await startHttpStore((_request, response) => response.end());
  const flow = await startFlow(t, store.endpoint);
  assert.equal(await ready(flow), 200);
  await store.stop();
  await until(async () => (await ready(flow)) === 503, 15_000);
  assert.equal(await metricOf(flow, `upstream_up{endpoint="${store.endpoint}"}`), 0);
});

test("a store that is silent is asked once at a time, and does not hold up the end", async (t) => {
  const store = await startTeller(t, "");
  const flow = await startFlow(t, store.endpoint);
  assert.equal(await ready(flow), 503);
  await pause(2_500);
  assert.equal(store.heads.length, 1);
  const closed = flow.gateway.close().then(() => true);
  assert.equal(await Promise.race([closed, pause(4_000, false, { ref: false })]), true);
  await until(() => store.open.size === 0);
  assert.deepEqual(flow.gateway.warnings, []);
});
