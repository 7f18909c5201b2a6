import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { InProcessOptions } from "../support/in-process.ts";
import { headOf, metricOf, startFlow, until, type Flow } from "../support/flow.ts";
import { CERTIFICATE, KEY } from "../support/pem.ts";
import { headerV2, ipv4 } from "../support/proxy-header.ts";
import { codeOf, headerOf, type RawClient } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

const TLS: Partial<InProcessOptions> = {
  listen: { tls: { cert: "tls.crt", key: "tls.key" } },
  files: { "tls.crt": CERTIFICATE, "tls.key": KEY },
};

const limited = (flow: Flow, limit: string): Promise<number | undefined> =>
  metricOf(flow, `limited_total{limit="${limit}"}`);

/** A gateway before a store that answers every request when it has its body. */
async function start(t: TestContext, options: Partial<InProcessOptions>): Promise<Flow> {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end("ok"));
  });
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, options);
}

/** A connection of a client that never ends its own side, and what it has received. */
type Held = { readonly socket: Socket; readonly received: () => string; closed: boolean };

function held(t: TestContext, socket: Socket): Held {
  const connection: Held = { socket, received: () => text, closed: false };
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("error", () => {});
  socket.once("close", () => (connection.closed = true));
  t.after(() => socket.destroy());
  return connection;
}

async function open(t: TestContext, flow: Flow, localAddress = "127.0.0.1"): Promise<Held> {
  const [host = "", port] = flow.gateway.address.split(":");
  const socket = connect({ host, port: Number(port), localAddress, allowHalfOpen: true });
  await once(socket, "connect");
  return held(t, socket);
}

async function openTls(t: TestContext, flow: Flow): Promise<Held> {
  const [host = "", port] = flow.gateway.address.split(":");
  const trust = { ca: CERTIFICATE, servername: "localhost" };
  const socket = connectTls({ host, port: Number(port), ...trust });
  await once(socket, "secureConnect");
  return held(t, socket);
}

/** Sends a byte every 100 ms for as long as it can, as a slow-header attack does. */
function trickle(t: TestContext, { socket }: Held, byte: string): void {
  const timer = setInterval(() => socket.writable && socket.write(byte), 100);
  t.after(() => clearInterval(timer));
  socket.once("close", () => clearInterval(timer));
}

const HALF_HEAD = "GET /bucket/key HTTP/1.1\r\nHost: a\r\nX-Slow: ";
const SLOW: Partial<InProcessOptions> = { limits: { headerTimeout: "1s", idleTimeout: "1m" } };

/** What is sent before the gateway loses patience. */
const SLOW_HEADS: Readonly<Record<string, (flow: Flow, one: Held) => void>> = {
  "that says nothing": () => {},
  "that stops within a head": (_flow, { socket }) => void socket.write(HALF_HEAD),
  "that stops within the second head": (flow, { socket }) => {
    socket.write(Buffer.concat([bytesOf(flow.signed("GET", "/bucket/key")), Buffer.from("GET /")]));
  },
};
describe("a head that does not come", { concurrency: true }, () => {
  for (const [transport, opened, options] of [
    ["plain", open, SLOW],
    ["TLS", openTls, { ...SLOW, ...TLS }],
  ] as const) {
    for (const [what, send] of Object.entries(SLOW_HEADS)) {
      test(`a ${transport} connection ${what} is answered RequestTimeout and ended`, async (t) => {
        const flow = await start(t, options);
        const one = await opened(t, flow);
        send(flow, one);
        await until(() => one.received().includes("<Code>RequestTimeout</Code>"));
        await until(async () => (await metricOf(flow, "connections")) === 0);
        assert.equal(await limited(flow, "header_timeout"), 1);
      });
    }

    test(`a ${transport} connection whose head comes byte by byte is ended, though it goes on`, async (t) => {
      const flow = await start(t, options);
      const one = await opened(t, flow);
      one.socket.write(HALF_HEAD);
      trickle(t, one, "a");
      await until(() => one.received().includes("<Code>RequestTimeout</Code>"));
      await until(async () => (await metricOf(flow, "connections")) === 0);
      assert.equal(await limited(flow, "header_timeout"), 1);
    });
  }
});

test("a request that comes whole after its client got a timeout is not executed", async (t) => {
  const seen: unknown[] = [];
  const store = await startHttpStore((request, response) => {
    seen.push(request.url);
    response.end();
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, SLOW);
  const one = await open(t, flow);
  const request = bytesOf(flow.signed("DELETE", "/bucket/key"));
  one.socket.write(request.subarray(0, -2));
  await until(() => one.received().includes("<Code>RequestTimeout</Code>"));
  one.socket.write(request.subarray(-2));
  await until(async () => (await metricOf(flow, "connections")) === 0);
  assert.deepEqual(seen, []);
});

test("a TLS handshake that does not come to its end is ended", async (t) => {
  const flow = await start(t, { ...SLOW, ...TLS });
  const one = await open(t, flow);
  // The beginning of a ClientHello record.
  one.socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0]));
  trickle(t, one, "\0");
  await until(async () => (await metricOf(flow, "connections")) === 1);
  await until(async () => (await metricOf(flow, "connections")) === 0);
  assert.equal(await limited(flow, "header_timeout"), 1);
  assert.equal(one.received(), "");
});

test("a client that speaks no TLS to a TLS port is ended without a request's record", async (t) => {
  const flow = await start(t, TLS);
  const one = await open(t, flow);
  one.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(() => one.closed || one.socket.readableEnded);
  await until(async () => (await metricOf(flow, "connections")) === 0);
  assert.equal(await metricOf(flow, "requests_in_flight"), 0);
});

test("a connection that stands still is ended, between requests and within a body", async (t) => {
  const flow = await start(t, { limits: { idleTimeout: "1s" } });
  const kept = await open(t, flow);
  kept.socket.write(bytesOf(flow.signed("GET", "/bucket/key")));
  const stalled = await open(t, flow);
  stalled.socket.write(headOf(flow, "/bucket/up", 1_000_000));
  stalled.socket.write(Buffer.alloc(70_000));
  await until(() => kept.received().endsWith("ok\r\n0\r\n\r\n") || kept.received().endsWith("ok"));
  await until(() => stalled.socket.readableEnded || stalled.closed);
  await until(async () => (await metricOf(flow, "connections")) === 0);
  assert.equal(await limited(flow, "idle_timeout"), 2);
});

for (const [method, body] of [
  ["GET", undefined],
  ["PUT", "data"],
] as const) {
  test(`a ${method} that has come whole waits for the store for longer than a connection may be silent`, async (t) => {
    const store = await startHttpStore((request, response) => {
      request.resume().once("end", () => setTimeout(() => response.end("ok"), 2_000));
    });
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint, { limits: { idleTimeout: "1s" } });
    const answer = await flow.exchange(method, "/bucket/key", body === undefined ? {} : { body });
    assert.deepEqual([answer.status, answer.body.toString()], [200, "ok"]);
  });
}

test("a head beyond its limit is refused, and a reload changes the limit", async (t) => {
  const flow = await start(t, { limits: { headerBytes: "2KiB" } });
  const ask = async (): Promise<string> => {
    const client = await flow.connect();
    const long: [string, string] = ["x-amz-meta-long", "a".repeat(3000)];
    client.write(bytesOf(flow.signed("PUT", "/bucket/key", { headers: [long], body: "" })));
    return codeOf(await client.answer());
  };
  assert.equal(await ask(), "RequestHeaderSectionTooLarge");
  await until(async () => (await limited(flow, "header_bytes")) === 1);
  await flow.gateway.reload({ limits: { headerBytes: "8KiB" } });
  assert.equal(await ask(), "");
  await flow.gateway.reload({ limits: { headerBytes: "1KiB" } });
  assert.equal(await ask(), "RequestHeaderSectionTooLarge");
});

/** A request on `client`, which must be served. */
async function served(flow: Flow, client: RawClient): Promise<void> {
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  assert.equal((await client.answer()).status, 200);
}

test("connections beyond their limit get SlowDown, and each that ends makes room", async (t) => {
  const flow = await start(t, { limits: { connections: 2 } });
  const first = await flow.connect();
  const second = await flow.connect();
  await served(flow, second);
  const third = await flow.connect();
  const answer = await third.answer();
  assert.deepEqual([answer.status, codeOf(answer)], [503, "SlowDown"]);
  assert.equal(headerOf(answer, "retry-after"), "1");
  assert.equal(headerOf(answer, "connection"), "close");
  await third.closed();
  // Requests on a connection that was turned away are read over.
  third.write(bytesOf(flow.signed("DELETE", "/bucket/key")));
  assert.equal(await limited(flow, "connections"), 1);
  assert.equal(await metricOf(flow, "connections"), 2);
  await served(flow, first);
  first.destroy();
  await until(async () => (await metricOf(flow, "connections")) === 1);
  await served(flow, await flow.connect());
  await flow.gateway.reload({ limits: { connections: 3 } });
  await served(flow, await flow.connect());
});

test("a crowd beyond the limit is turned away without being kept", async (t) => {
  const flow = await start(t, { limits: { connections: 1 } });
  await served(flow, await flow.connect());
  const crowd = await Promise.all(Array.from({ length: 600 }, () => open(t, flow)));
  await until(() => crowd.every(({ socket }) => socket.readableEnded || socket.destroyed));
  assert.equal(await limited(flow, "connections"), 600);
  const answered = crowd.filter(({ received }) => received().startsWith("HTTP/1.1 503 "));
  assert.ok(answered.length >= 256 && answered.length < 600, String(answered.length));
  assert.equal(await metricOf(flow, "connections"), 1);
});

test("one address has a limit of its own, and others are not in its way", async (t) => {
  const flow = await start(t, { limits: { connectionsPerAddress: 2 } });
  await open(t, flow, "127.0.0.2");
  const second = await open(t, flow, "127.0.0.2");
  const third = await open(t, flow, "127.0.0.2");
  await until(() => third.received().includes("<Code>SlowDown</Code>"));
  assert.equal(await limited(flow, "connections_per_address"), 1);
  await served(flow, await flow.connect());
  second.socket.destroy();
  await until(async () => (await metricOf(flow, "connections")) === 2);
  const fourth = await open(t, flow, "127.0.0.2");
  await pause(50);
  assert.deepEqual([fourth.received(), fourth.closed], ["", false]);
});

test("a TLS connection beyond the limit is closed before its handshake", async (t) => {
  const flow = await start(t, { ...TLS, limits: { connections: 1 } });
  const first = await openTls(t, flow);
  const second = await open(t, flow);
  await until(() => second.closed || second.socket.readableEnded);
  assert.equal(second.received(), "");
  await assert.rejects(openTls(t, flow));
  assert.equal(await limited(flow, "connections"), 2);
  first.socket.destroy();
  await until(async () => (await metricOf(flow, "connections")) === 0);
  await openTls(t, flow);
});

test("a trusted proxy may have any number of connections, but none of its clients may", async (t) => {
  const limits = { connectionsPerAddress: 1 };
  const trusted = { trustedProxies: ["127.0.0.1"] };
  const ask = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  const ended = async (flow: Flow, header: Buffer): Promise<string> => {
    const connection = await open(t, flow);
    connection.socket.write(Buffer.concat([header, Buffer.from(ask)]));
    await until(() => connection.received().includes("</Error>"));
    return /<Code>(\w+)/.exec(connection.received())?.[1] ?? "";
  };
  const headers = await start(t, { listen: trusted, limits });
  for (let i = 0; i < 3; i++) {
    assert.equal(await ended(headers, Buffer.alloc(0)), "AccessDenied");
  }

  const told = await start(t, { listen: { ...trusted, proxyProtocol: true }, limits });
  const from = (source: string): Buffer => headerV2({ addresses: ipv4(source) });
  assert.equal(await ended(told, from("198.51.100.7")), "AccessDenied");
  assert.equal(await ended(told, from("198.51.100.8")), "AccessDenied");
  assert.equal(await ended(told, from("198.51.100.7")), "SlowDown");
  assert.equal(await limited(told, "connections_per_address"), 1);
});
