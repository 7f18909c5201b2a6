import assert from "node:assert/strict";
import { test } from "node:test";
import { rawValue, startFlow } from "../support/flow.ts";
import { headerOf } from "../support/raw-client.ts";
import { startHttpStore, startRawStore } from "../support/scripted-store.ts";
import { startRecordingStore } from "../stores/recording.ts";

/** What RFC 9110 section 7.6.1 names, and what no store needs to know of a client's connection. */
const HOP_BY_HOP = [
  ["connection", "keep-alive, x-private"],
  ["x-private", "1"],
  ["keep-alive", "timeout=5"],
  ["te", "trailers"],
  ["upgrade", "h2c"],
  ["proxy-authorization", "Basic YTpi"],
  ["proxy-connection", "keep-alive"],
  ["x-forwarded-for", "192.0.2.1"],
  ["x-forwarded-host", "other.example"],
  ["forwarded", "for=192.0.2.1"],
  ["x-http-method-override", "DELETE"],
  ["x-original-url", "/admin"],
  ["cookie", "a=b"],
  ["expect", "something"],
] as const;

test("no header of the client's connection reaches the store", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  assert.equal((await flow.exchange("GET", "/bucket/key", { unsigned: HOP_BY_HOP })).status, 200);
  const { rawHeaders = [] } = store.requests[0] ?? {};
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  // "connection: keep-alive" is the gateway's own.
  assert.equal(rawValue(rawHeaders, "connection"), "keep-alive");
  const own = ["authorization", "connection", "host", "x-amz-content-sha256", "x-amz-date"];
  assert.deepEqual(names.sort(), own);
});

test("no header of the store's connection reaches the client", async (t) => {
  const store = await startHttpStore((_request, response) => {
    response.writeHead(200, [
      ["connection", "close, X-Private"],
      ["x-private", "1"],
      ["keep-alive", "timeout=99"],
      ["proxy-authenticate", "Basic"],
      ["upgrade", "h2c"],
      ["proxy-connection", "a"],
      ["te", "b"],
      ["etag", '"e"'],
      ["x-amz-version-id", "v"],
      ["x-odd", "kept"],
      ["content-length", "2"],
    ]);
    response.end("ok");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key");
  assert.equal(answer.body.toString(), "ok");
  const names = new Set(answer.headers.map(([name]) => name));
  for (const name of ["x-private", "proxy-authenticate", "upgrade", "proxy-connection", "te"]) {
    assert.ok(!names.has(name), name);
  }
  // What the client reads of its connection is the gateway's own word.
  assert.notEqual(headerOf(answer, "keep-alive"), "timeout=99");
  assert.doesNotMatch(headerOf(answer, "connection") ?? "", /private/i);
  for (const [name, value] of [
    ["etag", '"e"'],
    ["x-amz-version-id", "v"],
    ["x-odd", "kept"],
  ] as const) {
    assert.equal(headerOf(answer, name), value);
  }
});

test("several Connection lines of the store all count", async (t) => {
  const store = await startRawStore((socket, received) => {
    if (!received.includes("\r\n\r\n")) return;
    const lines = ["Connection: keep-alive, X-One", "connection: x-two", "x-one: 1", "x-two: 2"];
    socket.write(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\ncontent-length: 2\r\n\r\nok`);
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("PUT", "/bucket/key", { body: "data" });
  assert.deepEqual([answer.status, answer.body.toString()], [200, "ok"]);
  assert.deepEqual(
    answer.headers.filter(([name]) => name.startsWith("x-")),
    [],
  );
});

test("a 204 has no length, whatever the store says", async (t) => {
  const store = await startRawStore((socket, received) => {
    if (received.includes("\r\n\r\n"))
      socket.write("HTTP/1.1 204 Gone\r\ncontent-length: 0\r\n\r\n");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("DELETE", "/bucket/key");
  assert.deepEqual([answer.status, headerOf(answer, "content-length")], [204, undefined]);
});

test("a reason that no status line can have is not passed on", async (t) => {
  const store = await startRawStore((socket, received) => {
    if (!received.includes("\r\n\r\n")) return;
    socket.write("HTTP/1.1 200 O\u0001K\r\ncontent-length: 2\r\n\r\nok");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key");
  assert.deepEqual([answer.status, answer.reason, answer.body.toString()], [200, "OK", "ok"]);
});

test("repeated headers of the store all pass, in their order", async (t) => {
  const store = await startHttpStore((_request, response) => {
    response.writeHead(200, [
      "Vary",
      "Origin",
      "vary",
      "Accept",
      "x-amz-meta-a",
      "caf\u00c3\u00a9",
    ]);
    response.end();
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const { headers } = await flow.exchange("GET", "/bucket/key");
  assert.deepEqual(
    headers.filter(([name]) => name === "vary"),
    [
      ["vary", "Origin"],
      ["vary", "Accept"],
    ],
  );
  assert.ok(
    headers.some(([, value]) => value === "caf\u00c3\u00a9"),
    "latin1 bytes pass unchanged",
  );
});

test("an interim answer of the store stays on its connection", async (t) => {
  const store = await startHttpStore((_request, response) => {
    response.writeEarlyHints({ link: "</a>; rel=preload" });
    response.writeProcessing();
    response.end("ok");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key");
  assert.deepEqual([answer.status, answer.body.toString()], [200, "ok"]);
});
