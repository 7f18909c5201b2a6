import assert from "node:assert/strict";
import { test } from "node:test";
import { startFlow } from "../support/flow.ts";
import { codeOf, headerOf } from "../support/raw-client.ts";
import { startRawStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

const ERROR = "<Error><Code>NoSuchKey</Code><Message></Message></Error>";

for (const [method, head, status] of [
  ["HEAD", '200 OK\r\ncontent-length: 12345\r\netag: "e"', 200],
  ["HEAD", '200 OK\r\ntransfer-encoding: chunked\r\netag: "e"', 200],
  [
    "HEAD",
    `404 Not Found\r\ncontent-type: application/xml\r\ncontent-length: ${ERROR.length}\r\netag: "e"`,
    404,
  ],
  ["GET", '204 No Content\r\netag: "e"', 204],
  ["GET", '304 Not Modified\r\ncontent-length: 12345\r\netag: "e"', 304],
  ["GET", '304 Not Modified\r\ncontent-type: application/xml\r\netag: "e"', 304],
  ["DELETE", '204 No Content\r\netag: "e"', 204],
] as const) {
  test(`${method} answered with ${head.replaceAll("\r\n", ", ")} has no body`, async (t) => {
    const store = await startRawStore((socket) => void socket.write(`HTTP/1.1 ${head}\r\n\r\n`));
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const before = store.connections();
    const client = await flow.connect();
    // The second answer shows that nothing stood behind the first, and that the connection lives on.
    for (let i = 0; i < 2; i++) {
      client.write(bytesOf(flow.signed(method, "/bucket/key")));
      const answer = await client.answer(method);
      assert.equal(answer.status, status);
      assert.equal(headerOf(answer, "etag"), '"e"');
      assert.equal(answer.body.length, 0);
    }
    assert.equal(client.pending.length, 0);
    // No connection is trusted on which a 304 announced a length.
    if (!head.startsWith("304 Not Modified\r\ncontent-length"))
      assert.equal(store.connections() - before, 1);
  });
}

test("HEAD passes the object's length on", async (t) => {
  const store = await startRawStore(
    (socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"),
  );
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  assert.equal(headerOf(await flow.exchange("HEAD", "/bucket/key"), "content-length"), "12345");
});

test("a refused HEAD says why in headers and has no body", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("HEAD", "/bucket/key?acl=")));
  const answer = await client.answer("HEAD");
  assert.equal(answer.status, 405);
  assert.equal(codeOf(answer), "MethodNotAllowed");
  assert.equal(
    headerOf(answer, "x-amz-error-message"),
    "The specified method is not allowed against this resource.",
  );
  assert.equal(
    headerOf(answer, "x-amz-error-detail"),
    'The method "HEAD" is not allowed on the subresource "acl"',
  );
  client.write(bytesOf(flow.signed("HEAD", "/bucket/key?acl=")));
  assert.equal((await client.answer("HEAD")).status, 405);
});
