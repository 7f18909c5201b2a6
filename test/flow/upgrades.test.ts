import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { rawValue, startFlow, until } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";
import { bytesOf } from "../support/signed.ts";
import { startRecordingStore } from "../stores/recording.ts";

/** The connection preface of HTTP/2 (RFC 9113 section 3.4). */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

for (const [what, bytes, expected] of [
  [
    "CONNECT",
    "CONNECT 10.0.0.1:443 HTTP/1.1\r\nHost: 10.0.0.1:443\r\n\r\n",
    [405, "MethodNotAllowed"],
  ],
  [
    "CONNECT with bytes behind it",
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    [405, "MethodNotAllowed"],
  ],
  [
    "CONNECT with a body",
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 4\r\n\r\ndata",
    [405, "MethodNotAllowed"],
  ],
  ["HTTP/2 without asking", PREFACE, [400, "InvalidRequest"]],
] as const) {
  test(`${what} is refused, and the connection ends`, async (t) => {
    const flow = await startFlow(t, "http://127.0.0.1:9");
    const client = await flow.connect();
    client.write(bytes);
    const answer = await client.answer();
    assert.deepEqual([answer.status, codeOf(answer)], expected);
    await client.closed();
    assert.equal(client.pending.length, 0);
    assert.equal((await flow.gateway.records(1)).length, 1);
  });
}

test("a client that breaks the connection after CONNECT breaks nothing else", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  for (let i = 0; i < 20; i++) {
    const client = await flow.connect();
    client.write("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    if (i % 2 === 0) await client.answer();
    client.write("more");
    client.break();
  }
  await pause(20);
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
});

test("a client that keeps a refused tunnel open is let go of", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  client.write("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
  await client.answer();
  await client.closed();
  // Our side has ended; the client's own side it does not end.
  await until(() => {
    client.write("still here");
    return client.broken;
  });
});

test("an upgrade that nobody offers does not change a request, its body or the next one", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  for (const [method, body] of [
    ["GET", undefined],
    ["PUT", "data"],
    ["PUT", "x".repeat(300_000)],
  ] as const) {
    for (const [upgrade, connection] of [
      ["h2c", "Upgrade, HTTP2-Settings"],
      ["websocket", "Upgrade"],
      ["websocket, h2c", "keep-alive, Upgrade"],
    ] as const) {
      const unsigned = [
        ["connection", connection],
        ["upgrade", upgrade],
        ["http2-settings", "AAMAAABkAARAAAAAAAIAAAAA"],
      ] as const;
      const options = body === undefined ? { unsigned } : { unsigned, body };
      client.write(bytesOf(flow.signed(method, "/bucket/key", options)));
      const answer = await client.answer(method);
      assert.equal(answer.status, 200, `${method} ${upgrade}`);
      const { body: came } = store.requests.at(-1) ?? {};
      assert.equal(came?.toString(), body ?? "");
    }
  }
  for (const { rawHeaders } of store.requests) {
    assert.equal(rawValue(rawHeaders, "upgrade"), undefined);
    assert.equal(rawValue(rawHeaders, "http2-settings"), undefined);
  }
});

test("an unsigned upgrade is refused like any unsigned request", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  for (const upgrade of ["websocket", "h2c", "TLS/1.0", "x".repeat(1000)]) {
    client.write(
      `GET /bucket/key HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`,
    );
    const answer = await client.answer();
    assert.deepEqual([answer.status, codeOf(answer)], [403, "AccessDenied"]);
  }
  assert.equal((await flow.gateway.records(4)).length, 4);
});
