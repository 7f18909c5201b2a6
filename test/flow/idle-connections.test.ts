/**
 * 10,000 clients that keep their connections and say nothing, as pools of SDKs do: others are served
 * meanwhile, and when all of them speak at once, by halves of heads, each is answered what it asked.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { OWNER, UPSTREAM, until } from "../support/flow.ts";
import { metricOf } from "../support/asked.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { measurable, openFiles, type Held } from "../support/process-state.ts";
import { codeOf, RawClient } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf, signV4, timestampOf } from "../support/signed.ts";

const CLIENTS = 10_000;
/** Connections that are begun, or asked on, at a time. */
const AT_ONCE = 200;
const MIB = 1024 * 1024;

const memory = measurable();

async function start(t: TestContext): Promise<Gateway> {
  const store = await startHttpStore((request, response) => response.end(request.url));
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [{ name: "lab", upstream: UPSTREAM, keys: [OWNER] }],
    // Beside them all there is one who is busy.
    limits: { connections: CLIENTS + 1, headerTimeout: "10m", idleTimeout: "10m" },
    nodeOptions: memory.nodeOptions,
  });
  t.after(() => gateway.stop());
  return gateway;
}

const targetOf = (i: number): string => `/bucket/of-client-${i}`;

function requestFor(gateway: Gateway, target: string): Buffer {
  const headers = [["host", new URL(gateway.endpoint).host]] as const;
  const request = { method: "GET", target, headers, body: Buffer.alloc(0) };
  return bytesOf(signV4(request, OWNER, { timestamp: timestampOf(Date.now()) }));
}

async function assertAnswered(client: RawClient, target: string): Promise<void> {
  const answer = await client.answer();
  assert.deepEqual([answer.status, answer.body.toString()], [200, target]);
}

/** Calls `each` with every number below CLIENTS, some at once, and `between` after each some. */
async function inTurns(
  each: (i: number) => Promise<void>,
  between: () => Promise<void>,
): Promise<void> {
  for (let from = 0; from < CLIENTS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => each(from + i)));
    await between();
  }
}

test("10,000 idle connections are kept, hold nobody up, and each is answered its own", async (t) => {
  const gateway = await start(t);
  const { host } = new URL(gateway.endpoint);
  const clients: RawClient[] = [];
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(host);
    t.after(() => client.destroy());
    return client;
  };
  const tell = (when: string, { heapUsed, external, rss }: Held): void => {
    const [heap, outside, all] = [heapUsed, external, rss].map((bytes) => (bytes / MIB).toFixed(1));
    t.diagnostic(`${when}: heap ${heap} MiB, external ${outside} MiB, resident ${all} MiB`);
  };

  const busy = await connect();
  const askBusy = async (): Promise<void> => {
    busy.write(requestFor(gateway, "/bucket/busy"));
    await assertAnswered(busy, "/bucket/busy");
  };
  for (let i = 0; i < 2_000; i++) await askBusy();
  const files = openFiles(gateway.pid).length;
  tell("before", await memory.held(gateway.pid));

  // Every second one has asked something once; the others are as they were accepted.
  await inTurns(async (i) => {
    const client = (clients[i] = await connect());
    if (i % 2 === 0) return;
    client.write(requestFor(gateway, targetOf(i)));
    await assertAnswered(client, targetOf(i));
  }, askBusy);
  await until(async () => (await metricOf(gateway, "connections")) === CLIENTS + 1);
  tell("with 10,000 connections", await memory.held(gateway.pid));
  const surplus = await connect();
  assert.equal(codeOf(await surplus.answer()), "SlowDown");

  // All heads are begun, each cut at another place, before the first is whole.
  const rests: Buffer[] = [];
  await inTurns(async (i) => {
    const request = requestFor(gateway, targetOf(i));
    const cut = 1 + (i % (request.length - 1));
    clients[i]?.write(request.subarray(0, cut));
    rests[i] = request.subarray(cut);
  }, askBusy);
  tell("with 10,000 begun heads", await memory.held(gateway.pid));
  await inTurns(async (i) => {
    const client = clients[i];
    assert.ok(client !== undefined);
    client.write(rests[i] ?? "");
    await assertAnswered(client, targetOf(i));
  }, askBusy);
  assert.ok(clients.every(({ ended }) => !ended));

  for (const client of clients) client.destroy();
  surplus.destroy();
  await until(async () => (await metricOf(gateway, "connections")) === 1, 20_000);
  assert.equal(await metricOf(gateway, "requests_in_flight"), 0);
  await askBusy();
  // Connections to the store are kept for a while.
  await until(() => openFiles(gateway.pid).length <= files + 10, 20_000);
  tell("when they are gone", await memory.held(gateway.pid));
});
