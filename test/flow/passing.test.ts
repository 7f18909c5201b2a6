import assert from "node:assert/strict";
import { test } from "node:test";
import { OWNER, UPSTREAM, rawValue, startFlow, until } from "../support/flow.ts";
import { headerOf } from "../support/raw-client.ts";
import { bytesOf } from "../support/signed.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { startRecordingStore } from "../stores/recording.ts";

test("a range and its answer pass as they are", async (t) => {
  const headers = {
    "content-range": "bytes 2-4/10",
    "content-length": "3",
    "accept-ranges": "bytes",
  };
  const store = await startRecordingStore({
    onRequest: () => ({ kind: "reply", status: 206, headers, body: "cde" }),
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key", { headers: [["range", "bytes=2-4"]] });
  assert.deepEqual(
    [answer.status, answer.reason, answer.body.toString()],
    [206, "Partial Content", "cde"],
  );
  for (const [name, value] of Object.entries(headers)) assert.equal(headerOf(answer, name), value);
  assert.equal(rawValue(store.requests[0]?.rawHeaders ?? [], "range"), "bytes=2-4");
});

test("conditions reach the store, and its answer the client", async (t) => {
  const conditions = [
    ["if-match", '"a"'],
    ["if-none-match", '"b", W/"c"'],
    ["if-modified-since", "Sat, 01 Jan 2000 00:00:00 GMT"],
    ["if-unmodified-since", "Sun, 02 Jan 2000 00:00:00 GMT"],
    ["if-range", '"d"'],
  ] as const;
  const store = await startRecordingStore({ onRequest: () => ({ kind: "reply", status: 412 }) });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key", { headers: conditions });
  assert.equal(answer.status, 412);
  const { rawHeaders = [] } = store.requests[0] ?? {};
  for (const [name, value] of conditions) assert.equal(rawValue(rawHeaders, name), value);
});

test("response-* parameters reach the store", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const query =
    "response-content-disposition=attachment%3B%20filename%3D%22a%20b%22&response-content-type=text%2Fplain";
  assert.equal((await flow.exchange("GET", `/bucket/key?${query}`)).status, 200);
  assert.equal(store.requests[0]?.url, `/bucket/key?${query}`);
});

for (const [what, sent, reached] of [
  ["slashes and dots", "/bucket//a/./../b//", "/bucket//a/./../b//"],
  ["an encoded slash", "/bucket/a%2Fb", "/bucket/a/b"],
  ["encoded dots", "/bucket/%2e%2e/a", "/bucket/../a"],
  ["plus and space", "/bucket/a+b%20c", "/bucket/a%2Bb%20c"],
  ["letters beyond ASCII", "/bucket/%F0%9F%98%80%C3%A9", "/bucket/%F0%9F%98%80%C3%A9"],
  ["a subresource's name", "/bucket/a%3Facl", "/bucket/a%3Facl"],
] as const) {
  test(`a key with ${what} reaches the store as the same key`, async (t) => {
    const store = await startRecordingStore();
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    assert.equal((await flow.exchange("GET", sent)).status, 200);
    assert.equal(store.requests[0]?.url, reached);
  });
}

test("a bucket with its account's tenant reaches Ceph under that name", async (t) => {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    store: { store: "ceph" },
    accounts: [{ name: "lab", tenant: "tenant", upstream: UPSTREAM, keys: [OWNER] }],
  });
  assert.equal((await flow.exchange("GET", "/tenant%3Abucket/a")).status, 200);
  assert.equal(store.requests[0]?.url, "/tenant%3Abucket/a");
});

test("a chunked answer passes with its trailers", async (t) => {
  const store = await startHttpStore((_request, response) => {
    response.writeHead(200, { trailer: "x-amz-checksum-crc32" });
    response.write("one ");
    setTimeout(() => {
      response.write("two");
      response.addTrailers({ "x-amz-checksum-crc32": "AAAAAA==" });
      response.end();
    }, 20);
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/key");
  assert.equal(answer.body.toString(), "one two");
  assert.deepEqual(answer.trailers, [["x-amz-checksum-crc32", "AAAAAA=="]]);
  assert.equal(answer.whole, true);
});

test("the first bytes of an answer pass before its last are there", async (t) => {
  const store = await startHttpStore((_request, response) => {
    response.writeHead(200, { "content-length": "8" });
    response.write("some");
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/bucket/key")));
  await until(() => client.pending.includes("some"));
  assert.equal(client.ended, false);
});
