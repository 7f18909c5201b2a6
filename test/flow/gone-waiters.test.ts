/** A request that waits for a connection to the store in order to be decided on, and its client leaves. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { OWNER, READER, startFlow, until, UPSTREAM } from "../support/flow.ts";
import { startHttpStore, startRawStore } from "../support/scripted-store.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf } from "../support/signed.ts";

const STATEMENTS = [
  {
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "*",
    Condition: { StringEquals: { "s3:ExistingObjectTag/a": "b" } },
  },
];

test("the store is asked for no tags for clients that have left", async (t) => {
  const asked: string[] = [];
  let stuck: ServerResponse | undefined;
  const store = await startHttpStore((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/bucket/stuck") stuck = response;
    else response.end();
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    store: { connections: 1 },
    accounts: [
      {
        name: "lab",
        upstream: UPSTREAM,
        keys: [OWNER],
        subusers: [{ name: "reader", policies: ["reader.json"], keys: [READER] }],
      },
    ],
    files: { "reader.json": JSON.stringify({ Version: "2012-10-17", Statement: STATEMENTS }) },
  });
  const first = await flow.connect();
  first.write(bytesOf(flow.signed("GET", "/bucket/stuck")));
  await until(() => stuck !== undefined);
  for (let i = 0; i < 20; i++) {
    const client = await flow.connect();
    client.write(bytesOf(flow.signed("GET", `/bucket/k${i}`, { key: READER })));
    // Behind it on the wire, so that the gateway has read it.
    await flow.exchange("GET", "/bucket/%00").catch(() => undefined);
    client.destroy();
  }
  await flow.gateway.records(40);
  stuck?.end();
  await flow.exchange("GET", "/bucket/last");
  assert.deepEqual(asked, ["/bucket/stuck", "/bucket/last"]);
});

test("an answer that is remembered, and never ends, is not read for ever once its client has left", async (t) => {
  let begun = false;
  const store = await startRawStore((socket, received) => {
    const head = received.toString("latin1");
    if (!head.startsWith("PUT ")) {
      socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    if (begun) return;
    begun = true;
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
    const dribbling = setInterval(() => socket.write("x"), 20);
    socket.once("close", () => clearInterval(dribbling));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    store: { connections: 1 },
    limits: { idleTimeout: "1s" },
    policy: { bucketPolicies: "gateway" },
    state: { directory: scratchFolder("gone") },
  });
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("PUT", "/new-bucket", { body: "" })));
  await until(() => begun);
  client.destroy();
  await until(async () => (await flow.exchange("GET", "/bucket/key")).status === 404, 20_000);
});
