import assert from "node:assert/strict";
import { test } from "node:test";
import { headOf, startFlow } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";
import { startRawStore } from "../support/scripted-store.ts";

const XML = "<Error><Code>QuotaExceeded</Code><Message>full</Message></Error>";
const answer = (connection: string): string =>
  `HTTP/1.1 403 Forbidden\r\ncontent-type: application/xml\r\ncontent-length: ${XML.length}\r\n` +
  `connection: ${connection}\r\n\r\n${XML}`;

for (const [what, connection, end] of [
  ["and reads on", "keep-alive", "read on"],
  ["and says that it will close", "close", "read on"],
  ["and ends the connection", "close", "end"],
  ["and breaks the connection", "close", "destroy"],
] as const) {
  test(`an error that the store answers during an upload ${what} reaches the client`, async (t) => {
    let answered = false;
    const store = await startRawStore((socket, received) => {
      if (answered || !received.includes("\r\n\r\n")) return;
      answered = true;
      socket.write(answer(connection), () => {
        if (end === "end") socket.end();
        if (end === "destroy") setTimeout(() => socket.destroy(), 50);
      });
    });
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const client = await flow.connect();
    client.write(headOf(flow, "/bucket/key", 8 * 1024 * 1024));
    client.write(Buffer.alloc(1024 * 1024));
    const got = await client.finalAnswer();
    assert.equal(`${got.status} ${codeOf(got)}`, "403 QuotaExceeded");
    assert.equal(got.whole, true);
    // It goes on sending, as clients do, and must not bring the gateway down.
    client.write(Buffer.alloc(1024 * 1024));
    client.destroy();
    const [record] = await flow.gateway.records(1);
    assert.equal(record?.["status"], 403);
    assert.deepEqual(flow.gateway.errors, []);
  });
}

test("an error that the store answers to a whole upload reaches the client", async (t) => {
  const store = await startRawStore((socket, received) => {
    if (received.toString().endsWith("data")) socket.write(answer("keep-alive"));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const got = await flow.exchange("PUT", "/bucket/key", { body: "data" });
  assert.equal(`${got.status} ${codeOf(got)}`, "403 QuotaExceeded");
});
