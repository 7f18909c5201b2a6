/** Ways to hold a connection for ever, a byte at a time, besides a first head that does not end. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { metricOf, OWNER, startFlow, until, type Flow } from "../support/flow.ts";
import { streamed } from "../support/framing.ts";
import { codeOf, headerOf, type RawClient } from "../support/raw-client.ts";
import { bytesOf, type Header } from "../support/signed.ts";
import { startRecordingStore } from "../stores/recording.ts";

/** How often a byte comes: far more often than a connection would count as idle. */
const TICK_MS = 50;

async function start(t: TestContext): Promise<Flow> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, { limits: { headerTimeout: "1s", idleTimeout: "1m" } });
}

/** Sends `text` again and again, until the other side ends the connection. */
async function trickle(t: TestContext, client: RawClient, text: string): Promise<void> {
  let at = 0;
  const timer = setInterval(() => {
    if (!client.ended) client.write(text[at++ % text.length] ?? "");
  }, TICK_MS);
  t.after(() => clearInterval(timer));
  await until(() => client.ended, 20_000);
  clearInterval(timer);
}

/** What comes behind an answered request, or before the first. */
const BEGINNINGS = [
  ["a head that does not end", "GET /bucket/key HTTP/1.1\r\nx-slow: ", "a"],
  ["a target that does not end", "GET /", "a"],
  ["a method", "", "GET"],
] as const;

describe("a connection that is kept busy by single bytes", { concurrency: true }, () => {
  for (const [what, beginning, bytes] of BEGINNINGS) {
    for (const behind of [false, true]) {
      const place = behind ? "behind an answered request" : "on a new connection";
      test(`${what} ${place} is ended`, async (t) => {
        const flow = await start(t);
        const client = await flow.connect();
        if (behind) {
          client.write(bytesOf(flow.signed("GET", "/bucket/key")));
          assert.equal((await client.answer()).status, 200);
        }
        client.write(beginning);
        await trickle(t, client, bytes);
        const answer = await client.answer();
        assert.match(codeOf(answer), /^(?:RequestTimeout|MethodNotAllowed)$/);
        await until(async () => (await metricOf(flow, "connections")) === 0);
      });
    }
  }

  test("empty lines before a request that does not come are ended", async (t) => {
    const flow = await start(t);
    const client = await flow.connect();
    await trickle(t, client, "\r\n");
    await until(async () => (await metricOf(flow, "connections")) === 0);
  });
});

/** An upload in HTTP chunks up to the end of its last chunk's data. */
function begun(flow: Flow): Buffer {
  const headers: Header[] = [
    ["host", flow.gateway.address],
    ["transfer-encoding", "chunked"],
  ];
  const bare = { method: "PUT", target: "/bucket/key", headers, body: Buffer.alloc(0) };
  const request = streamed(bare, OWNER, flow.scope, { kind: "unsigned-trailer", chunks: ["data"] });
  const chunk = `${request.body.length.toString(16)}\r\n${request.body.toString()}\r\n`;
  return bytesOf({ ...request, body: Buffer.from(chunk) });
}

for (const [what, beginning, more] of [
  ["the trailers", "0\r\n", "x-more: a\r\n"],
  ["the bytes of a trailer", "0\r\nx-long: ", "aaaaaaaaaa"],
  ["the extensions", "5;a=", "aaaaaaaaaa"],
] as const) {
  test(`${what} of HTTP chunks without an end are refused before it is long`, async (t) => {
    const flow = await start(t);
    const client = await flow.connect();
    client.write(begun(flow));
    client.write(beginning);
    let sent = 0;
    while (!client.ended && client.pending.length === 0) {
      client.write(more.repeat(100));
      sent += more.length * 100;
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.ok(sent < 1_000_000, "a megabyte of it was read");
    }
    const answer = await client.answer();
    assert.match(codeOf(answer), /^(?:InvalidRequest|RequestHeaderSectionTooLarge)$/);
    assert.equal(headerOf(answer, "connection"), "close");
  });
}
