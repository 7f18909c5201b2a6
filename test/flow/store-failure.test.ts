import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startFlow, type Flow } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";
import { startRawStore, type ScriptedStore } from "../support/scripted-store.ts";

/** A gateway before a store that writes `bytes` on each request and then does `end` to it. */
async function before(
  t: TestContext,
  bytes: string,
  end: "destroy" | "end" | "hold",
  options: Parameters<typeof startFlow>[2] = {},
): Promise<{ readonly flow: Flow; readonly store: ScriptedStore }> {
  const store = await startRawStore((socket) => {
    if (bytes !== "") socket.write(bytes);
    if (end === "end") socket.end();
    if (end === "destroy") setTimeout(() => socket.destroy(), 20);
  });
  t.after(() => store.stop());
  return { flow: await startFlow(t, store.endpoint, options), store };
}

for (const [what, bytes, end, options] of [
  ["breaks off before its answer", "", "destroy", {}],
  ["ends before its answer", "", "end", {}],
  ["breaks off within its answer's head", "HTTP/1.1 200 OK\r\ncontent-le", "destroy", {}],
  ["answers what is no HTTP", "220 mail.example ESMTP\r\n", "hold", {}],
  ["answers with a bad header", "HTTP/1.1 200 OK\r\nbad header: a\r\n\r\n", "hold", {}],
  [
    "answers with two lengths",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "hold",
    {},
  ],
  [
    "answers length and chunks",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "hold",
    {},
  ],
  [
    "answers with a head of 64 KiB",
    `HTTP/1.1 200 OK\r\nx-long: ${"a".repeat(65_536)}\r\n\r\n`,
    "hold",
    {},
  ],
  ["does not answer in time", "", "hold", { store: { headersTimeout: "100ms" } }],
] as const) {
  test(`a store that ${what} becomes a clean 503`, async (t) => {
    const { flow } = await before(t, bytes, end, options);
    const answer = await flow.exchange("GET", "/bucket/key");
    assert.equal(answer.status, 503);
    assert.equal(codeOf(answer), "ServiceUnavailable");
    assert.match(answer.body.toString(), /<Message>The store .*<\/Message>.*<RequestId>/);
    const [record] = await flow.gateway.records(1);
    assert.deepEqual([record?.["outcome"], record?.["status"]], ["failed", 503]);
  });
}

for (const [what, bytes] of [
  ["of a known length", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"],
  ["in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nonly this\r\n"],
  [
    "in chunks, with a bad one",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nonly this\r\nzz\r\n",
  ],
] as const) {
  test(`a store that breaks off within a body ${what} breaks the client's connection`, async (t) => {
    const { flow } = await before(t, bytes, "destroy");
    const answer = await flow.exchange("GET", "/bucket/key");
    assert.equal(answer.status, 200);
    assert.equal(answer.whole, false);
    assert.equal(answer.body.toString(), "only this", "something was appended");
    const [record] = await flow.gateway.records(1);
    assert.deepEqual([record?.["outcome"], record?.["status"]], ["failed", 200]);
  });
}

test("a body that only the end of the store's connection ends is not passed: it may be half", async (t) => {
  const { flow } = await before(t, "HTTP/1.1 200 OK\r\n\r\nuntil the end", "end");
  const answer = await flow.exchange("GET", "/bucket/key");
  assert.equal(`${answer.status} ${codeOf(answer)}`, "503 ServiceUnavailable");
});

test("an error document of the store that breaks off becomes a 503", async (t) => {
  const bytes =
    "HTTP/1.1 404 Not Found\r\ncontent-type: application/xml\r\ncontent-length: 99\r\n\r\n<Error>";
  const { flow } = await before(t, bytes, "destroy");
  assert.equal(codeOf(await flow.exchange("GET", "/bucket/key")), "ServiceUnavailable");
});

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** A store that breaks the first connection it gets a second request on. */
async function forgetful(
  t: TestContext,
): Promise<{ readonly flow: Flow; readonly heads: string[] }> {
  const heads: string[] = [];
  const requests = new WeakMap<object, number>();
  let broken = false;
  const store = await startRawStore((socket, received) => {
    const count = received.toString("latin1").split("HTTP/1.1\r\n").length - 1;
    if (count === (requests.get(socket) ?? 0)) return;
    requests.set(socket, count);
    heads.push(received.toString("latin1").split("\r\n\r\n").at(-2)?.split(" ")[0] ?? "");
    if (count === 2 && !broken) {
      broken = true;
      socket.destroy();
    } else socket.write(OK);
  });
  t.after(() => store.stop());
  return { flow: await startFlow(t, store.endpoint, { store: { connections: 1 } }), heads };
}

for (const method of ["GET", "HEAD"]) {
  test(`${method} is sent once more if its connection died before the answer`, async (t) => {
    const { flow, heads } = await forgetful(t);
    await flow.exchange("GET", "/bucket/key");
    assert.equal((await flow.exchange(method, "/bucket/key")).status, 200);
    assert.equal(heads.length, 3);
  });
}

for (const [what, method, target, body] of [
  ["an upload", "PUT", "/bucket/key", "data"],
  ["an empty upload", "PUT", "/bucket/key", ""],
  ["a deletion", "DELETE", "/bucket/key", undefined],
  ["the beginning of an upload in parts", "POST", "/bucket/key?uploads=", undefined],
  ["the end of an upload in parts", "POST", "/bucket/key?uploadId=a", "<CompleteMultipartUpload/>"],
] as const) {
  test(`${what} is never sent twice`, async (t) => {
    const { flow, heads } = await forgetful(t);
    await flow.exchange("GET", "/bucket/key");
    const options = body === undefined ? {} : { body };
    assert.equal((await flow.exchange(method, target, options)).status, 503);
    assert.equal(heads.length, 2);
  });
}

test("GET is not sent a third time", async (t) => {
  let heads = 0;
  const store = await startRawStore((socket) => {
    heads++;
    socket.destroy();
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 503);
  assert.equal(heads, 2);
});
