import assert from "node:assert/strict";
import { test } from "node:test";
import { OWNER, rawValue, startFlow } from "../support/flow.ts";
import { crc32Trailer, streamed, type Framing } from "../support/framing.ts";
import { rawExchange } from "../support/raw-client.ts";
import { bytesOf, type Header } from "../support/signed.ts";
import { startRecordingStore } from "../stores/recording.ts";

const CHUNKS = ["a".repeat(9000), "b".repeat(70_000), "c"];
const CONTENT = CHUNKS.join("");

for (const kind of ["signed", "signed-trailer", "unsigned-trailer"] as const) {
  for (const [encoding, kept] of [
    ["aws-chunked", undefined],
    ["aws-chunked,gzip", "gzip"],
    ["gzip, aws-chunked", "gzip"],
  ] as const) {
    test(`the framing of a ${kind} body with Content-Encoding ${encoding} is removed`, async (t) => {
      const store = await startRecordingStore();
      t.after(() => store.stop());
      const flow = await startFlow(t, store.endpoint);
      const headers: Header[] = [
        ["host", flow.gateway.address],
        ["content-encoding", encoding],
      ];
      const bare = { method: "PUT", target: "/bucket/key", headers, body: Buffer.alloc(0) };
      const framing: Framing = { kind, chunks: CHUNKS };
      const request = streamed(bare, OWNER, flow.scope, framing);
      assert.equal((await rawExchange(flow.gateway.address, bytesOf(request))).status, 200);
      const [got] = store.requests;
      assert.equal(got?.body.toString(), CONTENT);
      const value = (name: string): string | undefined => rawValue(got?.rawHeaders ?? [], name);
      assert.equal(value("content-length"), String(CONTENT.length));
      assert.equal(value("content-encoding"), kept);
      assert.equal(value("x-amz-trailer"), undefined);
      assert.equal(value("x-amz-decoded-content-length"), undefined);
      assert.equal(value("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    });
  }
}

test("a framed body in HTTP chunks, as SDKs stream, becomes a plain one with its length", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const headers: Header[] = [
    ["host", flow.gateway.address],
    ["transfer-encoding", "chunked"],
  ];
  const bare = { method: "PUT", target: "/bucket/key", headers, body: Buffer.alloc(0) };
  const request = streamed(bare, OWNER, flow.scope, { kind: "unsigned-trailer", chunks: CHUNKS });
  const pieces = request.body.toString("latin1").match(/[^]{1,10000}/g) ?? [];
  const coded = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
  const bytes = bytesOf({ ...request, body: Buffer.from(`${coded}0\r\n\r\n`, "latin1") });
  assert.equal((await rawExchange(flow.gateway.address, bytes)).status, 200);
  assert.equal(store.requests[0]?.body.toString(), CONTENT);
  assert.equal(rawValue(store.requests[0]?.rawHeaders ?? [], "transfer-encoding"), undefined);
});

test("an empty framed body becomes an empty one", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const headers: Header[] = [["host", flow.gateway.address]];
  const bare = { method: "PUT", target: "/bucket/key", headers, body: Buffer.alloc(0) };
  const request = streamed(bare, OWNER, flow.scope, { kind: "signed-trailer", chunks: [] });
  assert.equal((await rawExchange(flow.gateway.address, bytesOf(request))).status, 200);
  assert.equal(store.requests[0]?.body.length, 0);
  assert.equal(rawValue(store.requests[0]?.rawHeaders ?? [], "content-length"), "0");
});

test("a store that understands trailers gets the body framed again, with its trailer", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, { store: { trailers: true } });
  const headers: Header[] = [["host", flow.gateway.address]];
  const bare = { method: "PUT", target: "/bucket/key", headers, body: Buffer.alloc(0) };
  const request = streamed(bare, OWNER, flow.scope, { kind: "signed-trailer", chunks: CHUNKS });
  assert.equal((await rawExchange(flow.gateway.address, bytesOf(request))).status, 200);
  const [got] = store.requests;
  const value = (name: string): string | undefined => rawValue(got?.rawHeaders ?? [], name);
  assert.equal(value("x-amz-content-sha256"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  assert.equal(value("content-encoding"), "aws-chunked");
  assert.equal(value("x-amz-trailer"), "x-amz-checksum-crc32");
  assert.equal(value("x-amz-decoded-content-length"), String(CONTENT.length));
  assert.equal(value("content-length"), String(got?.body.length));
  assert.deepEqual(unframed(got?.body.toString() ?? ""), [CONTENT, crc32Trailer(CHUNKS).join(":")]);
});

/** Content and trailer of a body without chunk signatures. */
function unframed(text: string): readonly string[] {
  let content = "";
  let at = 0;
  for (;;) {
    const end = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (!(size > 0)) return [content, text.slice(end + 2, -4)];
    content += text.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}
