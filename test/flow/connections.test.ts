import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { metricOf, READER, startFlow, until, type Flow } from "../support/flow.ts";
import { codeOf, headerOf, rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { startHttpStore, type ScriptedStore } from "../support/scripted-store.ts";
import { bytesOf, edited } from "../support/signed.ts";
import { startRecordingStore } from "../stores/recording.ts";

test("one connection of the client and one to the store serve many requests", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  for (const [method, target, body] of [
    ["PUT", "/bucket/a", "data"],
    ["GET", "/bucket/a", undefined],
    ["HEAD", "/bucket/a", undefined],
    ["PUT", "/bucket/b", ""],
    ["POST", "/bucket?delete=", "<Delete><Object><Key>a</Key></Object></Delete>"],
    ["DELETE", "/bucket/b", undefined],
    ["GET", "/", undefined],
  ] as const) {
    client.write(bytesOf(flow.signed(method, target, body === undefined ? {} : { body })));
    const answer = await client.answer(method);
    assert.equal(answer.status, 200, `${method} ${target}`);
    assert.notEqual(headerOf(answer, "connection"), "close", `${method} ${target}`);
  }
  assert.equal(store.connections(), 1);
});

for (const [what, request] of [
  ["a wrong signature", { change: (value: string) => `${value.slice(0, -4)}0000` }],
  ["a refusal by tier", { key: READER, method: "DELETE" }],
  ["an unknown operation", { target: "/bucket?foo=" }],
  ["HEAD of a subresource", { method: "HEAD", target: "/bucket/key?acl=" }],
] as const) {
  test(`a connection lives on after ${what}, where there is no body to read`, async (t) => {
    const store = await startRecordingStore();
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const client = await flow.connect();
    const { method, target, ...more } = { method: "GET", target: "/bucket/key", ...request };
    const good = flow.signed(method, target, "key" in more ? { key: more.key } : {});
    client.write(bytesOf("change" in more ? edited(good, "authorization", more.change) : good));
    const refused = await client.answer(method);
    assert.ok(refused.status >= 400);
    assert.notEqual(headerOf(refused, "connection"), "close");
    client.write(bytesOf(flow.signed("GET", "/bucket/key")));
    assert.equal((await client.answer()).status, 200);
  });
}

test("a refused upload whose body was not read ends the connection", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  const request = flow.signed("PUT", "/bucket/key", { body: "x".repeat(100_000), key: READER });
  client.write(bytesOf({ ...request, body: Buffer.alloc(0) }));
  const answer = await client.answer();
  assert.equal(codeOf(answer), "AccessDenied");
  assert.equal(headerOf(answer, "connection"), "close");
});

test("a refused upload that is still being sent can be read why", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  const body = Buffer.alloc(8 * 1024 * 1024);
  client.write(bytesOf(flow.signed("PUT", "/bucket/key", { body, key: READER })));
  await pause(50);
  assert.equal(codeOf(await client.answer()), "AccessDenied");
});

test("a client that goes on sending a refused upload for a while is not cut off at once", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  const request = flow.signed("PUT", "/bucket/key", { body: Buffer.alloc(2 ** 20), key: READER });
  client.write(bytesOf({ ...request, body: Buffer.alloc(0) }));
  assert.equal(codeOf(await client.answer()), "AccessDenied");
  // A reset would overtake the answer on a longer way than this one.
  for (let i = 0; i < 10; i++) {
    client.write(Buffer.alloc(10_000));
    await pause(20);
  }
  assert.equal(client.broken, false);
});

test("pipelined requests are answered in their order", async (t) => {
  const store = await startHttpStore((request, response) => {
    // The first is the slowest.
    setTimeout(() => response.end(request.url), request.url === "/bucket/1" ? 50 : 0);
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  const targets = ["/bucket/1", "/bucket/2", "/bucket/3"];
  client.write(Buffer.concat(targets.map((target) => bytesOf(flow.signed("GET", target)))));
  for (const target of targets) assert.equal((await client.answer()).body.toString(), target);
});

test("HTTP/1.0 is served, and its connection ended", async (t) => {
  const store = await startRecordingStore({
    onRequest: () => ({ kind: "reply", status: 200, body: "ok" }),
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  const text = bytesOf(flow.signed("GET", "/bucket/key"))
    .toString()
    .replace("HTTP/1.1", "HTTP/1.0");
  client.write(text);
  const answer = await client.answer();
  assert.deepEqual([answer.status, answer.body.toString()], [200, "ok"]);
  await client.closed();
});

for (const [what, garbage] of [
  ["that is no HTTP", "GARBAGE\r\n\r\n"],
  ["with a bad header", "GET / HTTP/1.1\r\nbad header: a\r\n\r\n"],
  ["with a header that is too large", `GET / HTTP/1.1\r\nx-long: ${"a".repeat(70_000)}\r\n\r\n`],
] as const) {
  test(`a request ${what} after a download does not get into it`, async (t) => {
    const content = "the object's own content, and nothing else";
    const store = await startHttpStore((_request, response) => {
      response.writeHead(200, { "content-length": String(content.length) });
      response.write(content.slice(0, 10));
      setTimeout(() => response.end(content.slice(10)), 100);
    });
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const client = await flow.connect();
    client.write(bytesOf(flow.signed("GET", "/bucket/key")));
    while (!client.pending.includes(content.slice(0, 10))) await pause(2);
    client.write(garbage);
    const answer = await client.answer();
    const got = answer.body.toString();
    // Whole, or broken off; never with something else in it.
    assert.equal(got, content.slice(0, got.length));
    assert.equal(answer.whole, got.length === content.length);
  });

  test(`a request ${what} after one that waits for the store is not answered in its place`, async (t) => {
    const store = await startHttpStore((_request, response) => {
      setTimeout(() => response.end("the answer"), 100);
    });
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const client = await flow.connect();
    client.write(bytesOf(flow.signed("GET", "/bucket/key")));
    await pause(20);
    client.write(garbage);
    // Its own answer, or none.
    while (!client.ended && !client.pending.includes("the answer")) await pause(2);
    assert.match(client.pending.toString(), /^$|^HTTP\/1\.1 200 [^]*the answer/);
  });
}

for (const proxyProtocol of [false, true]) {
  test(`a request whose sender is gone before it is accepted is not done, proxyProtocol ${proxyProtocol}`, async (t) => {
    const store = await startRecordingStore();
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint, {
      listen: { trustedProxies: ["127.0.0.1"], proxyProtocol },
    });
    const request = bytesOf(flow.signed("PUT", "/bucket/key", { body: "data" }));
    const header = Buffer.from("PROXY TCP4 198.51.100.7 192.0.2.1 4711 80\r\n");
    const bytes = proxyProtocol ? Buffer.concat([header, request]) : request;
    // This process waits for the other, so that the gateway accepts only when all are gone.
    spawnSync(process.execPath, ["-e", HIT_AND_RUN, flow.gateway.address, bytes.toString("hex")]);
    assert.equal((await sent(flow, bytes)).status, 200);
    const records = await flow.gateway.records(1);
    const unknown = records.filter((record) => record["sourceAddress"] === undefined);
    assert.deepEqual(unknown, []);
    assert.equal(store.requests.length, 1);
    assert.deepEqual(flow.gateway.errors, []);
  });
}

/** Sends the bytes on twenty connections, and resets each. */
const HIT_AND_RUN = `
const [host, port] = process.argv[1].split(":");
const bytes = Buffer.from(process.argv[2], "hex");
for (let i = 0; i < 20; i++) {
  const socket = require("node:net").connect({ host, port }, () => {
    socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 50));
  });
}
`;

function sent(flow: Flow, bytes: Buffer): Promise<RawAnswer> {
  return rawExchange(flow.gateway.address, bytes, { method: "PUT" });
}

/** What reaches a store that answers each request with its method and target. */
async function startTellingStore(t: TestContext): Promise<ScriptedStore & { reached: string[] }> {
  const reached: string[] = [];
  const store = await startHttpStore((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume().once("end", () => response.end("ok"));
  });
  t.after(() => store.stop());
  return { ...store, reached };
}

test("requests after an answer that ends the connection are not executed", async (t) => {
  const store = await startTellingStore(t);
  const flow = await startFlow(t, store.endpoint);
  // Nothing that is done takes time: there is a connection to the store.
  await flow.exchange("GET", "/bucket/key");
  const client = await flow.connect();
  const refused = flow.signed("PUT", "/bucket/key", { body: "x".repeat(1000), key: READER });
  const behind = flow.signed("DELETE", "/bucket/key");
  client.write(Buffer.concat([refused, behind].map(bytesOf)));
  const answer = await client.answer();
  assert.equal(codeOf(answer), "AccessDenied");
  assert.equal(headerOf(answer, "connection"), "close");
  await client.closed();
  assert.equal(client.pending.length, 0);
  await flow.exchange("HEAD", "/bucket/key");
  assert.deepEqual(store.reached, ["GET /bucket/key", "HEAD /bucket/key"]);
  assert.equal(await metricOf(flow, "requests_in_flight"), 0);
});

test("a request beyond limits.pipelinedRequests is refused, and later ones are not executed", async (t) => {
  const waiting: (() => void)[] = [];
  const store = await startHttpStore((request, response) => {
    waiting.push(() => response.end(request.url));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, { limits: { pipelinedRequests: 2 } });
  const client = await flow.connect();
  const requests = Array.from({ length: 50 }, (_, n) => flow.signed("GET", `/bucket/${n}`));
  client.write(Buffer.concat(requests.map(bytesOf)));
  await until(() => waiting.length === 2);
  assert.equal(await metricOf(flow, "requests_in_flight"), 3);
  for (const answer of waiting) answer();
  assert.equal((await client.answer()).body.toString(), "/bucket/0");
  assert.equal((await client.answer()).body.toString(), "/bucket/1");
  const last = await client.answer();
  assert.deepEqual([codeOf(last), headerOf(last, "connection")], ["SlowDown", "close"]);
  await client.closed();
  assert.equal(client.pending.length, 0);
  assert.equal(waiting.length, 2);
  assert.equal(await metricOf(flow, 'limited_total{limit="pipelined_requests"}'), 1);
  assert.equal(await metricOf(flow, "requests_in_flight"), 0);
});

test("any number of requests come on a connection one after the other", async (t) => {
  const store = await startTellingStore(t);
  const flow = await startFlow(t, store.endpoint, { limits: { pipelinedRequests: 1 } });
  const client = await flow.connect();
  for (let n = 0; n < 5; n++) {
    client.write(bytesOf(flow.signed("GET", `/bucket/${n}`)));
    assert.equal((await client.answer()).status, 200);
  }
});

test("a half answer to HTTP/1.0, which has no other end, is reset", async (t) => {
  const store = await startHttpStore((_request, response) => {
    response.writeHead(200, { "transfer-encoding": "chunked" });
    response.write("half");
    setTimeout(() => response.destroy(), 50);
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")).toString().replace("1.1", "1.0"));
  await client.closed();
  assert.match(client.pending.toString(), /^HTTP\/1\.1 200 [^]*half$/);
  assert.equal(client.broken, true);
});
