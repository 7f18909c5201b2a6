import assert from "node:assert/strict";
import { test } from "node:test";
import { READER, startFlow, UPSTREAM } from "../support/flow.ts";
import { bytesOf } from "../support/signed.ts";
import { startHttpStore, startRawStore } from "../support/scripted-store.ts";

test("a forwarded request leaves one record of who did what, and how it went", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end("answer"));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answer = await flow.exchange("GET", "/bucket/a%20key?versionId=v1", {
    key: READER,
    unsigned: [["user-agent", "test/1"]],
  });
  const [record, ...more] = await flow.gateway.records(1);
  assert.deepEqual(more, []);
  const { time, milliseconds, firstByteMilliseconds, ...rest } = record ?? {};
  assert.deepEqual(rest, {
    requestId:
      answer.headers.find(([name]) => name === "x-amz-request-id")?.[1] ?? rest["requestId"],
    sourceAddress: "127.0.0.1",
    method: "GET",
    operation: "GetObject",
    bucket: "bucket",
    key: "a key",
    versionId: "v1",
    account: "lab",
    subuser: "reader",
    accessKeyId: READER.accessKey,
    decision: "allow",
    outcome: "forwarded",
    status: 200,
    endpoint: store.endpoint,
    bytesIn: 0,
    bytesOut: 6,
    userAgent: "test/1",
    request: {
      auth: "header",
      signature: "v4",
      region: "us-east-1",
      query: { versionId: "v1" },
      headers: { "x-amz-content-sha256": "digest" },
    },
  });
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 5_000);
  assert.ok(typeof milliseconds === "number" && milliseconds > 0 && milliseconds < 5_000);
  assert.ok(typeof firstByteMilliseconds === "number" && firstByteMilliseconds <= milliseconds);
});

test("a record has the store's id of the request and the client's of the call, clipped", async (t) => {
  const long = "x".repeat(60_000);
  const ids = ["tx0000-the-stores", long.slice(0, 8_000)];
  const store = await startHttpStore((request, response) => {
    response.setHeader("x-amz-request-id", ids.shift() ?? "");
    request.resume().once("end", () => response.end("answer"));
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  for (const id of ["b63ae2b2-attempts", long.slice(0, 8_000)]) {
    const unsigned = [["amz-sdk-invocation-id", id]] as const;
    await flow.exchange("GET", "/bucket/key", { key: READER, unsigned: [...unsigned] });
  }
  const refused = { key: READER, method: "DELETE" };
  await flow.exchange("DELETE", "/bucket/key", refused);
  const [first, second, third] = await flow.gateway.records(3);
  assert.equal(first?.["storeRequestId"], "tx0000-the-stores");
  assert.equal(first?.["invocationId"], "b63ae2b2-attempts");
  for (const name of ["storeRequestId", "invocationId"]) {
    assert(String(second?.[name]).length < 8_000, name);
    assert.equal(third?.[name], undefined);
  }
});

for (const [what, outcome, request] of [
  ["an error of the store", "forwarded 404", { target: "/bucket/missing" }],
  [
    "a refusal by signature",
    "refused 403 SignatureDoesNotMatch authentication",
    { key: { ...READER, secretKey: "wrong" } },
  ],
  ["a refusal by tier", "refused 403 AccessDenied tier", { key: READER, method: "DELETE" }],
  ["a refusal by operation", "refused 400 InvalidArgument", { target: "/bucket?foo=" }],
  [
    "a store that breaks off before its answer",
    "failed 503 ServiceUnavailable",
    { target: "/bucket/dead" },
  ],
  [
    "a store that breaks off within its answer",
    "failed 200 ServiceUnavailable",
    { target: "/bucket/half" },
  ],
] as const) {
  test(`${what} is recorded once, as ${outcome}`, async (t) => {
    const store = await startRawStore((socket, received) => {
      if (received.includes("/missing"))
        socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
      else if (received.includes("/half"))
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf");
      else socket.destroy();
    });
    t.after(() => store.stop());
    const flow = await startFlow(t, store.endpoint);
    const { method, target, ...options } = { method: "GET", target: "/bucket/key", ...request };
    await flow.exchange(method, target, options);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const records = await flow.gateway.records(1);
    const texts = records.map((record) =>
      ["outcome", "status", "errorCode", "gate"]
        .map((name) => record[name])
        .filter(Boolean)
        .join(" "),
    );
    assert.deepEqual(texts, [outcome]);
  });
}

test("the bytes of an upload are counted", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end());
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  await flow.exchange("PUT", "/bucket/key", { body: "x".repeat(1234) });
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["bytesIn"], 1234);
});

test("no secret stands in an audit line or an error, whatever the client sends", async (t) => {
  const store = await startRawStore((socket) => socket.destroy());
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const answers = [
    await flow.exchange("GET", "/bucket/key"),
    await flow.exchange("GET", "/bucket/key", { key: { ...READER, secretKey: "wrong" } }),
    await flow.exchange("DELETE", "/bucket/key", { key: READER }),
  ];
  const lines = (await flow.gateway.records(3)).map((record) => JSON.stringify(record));
  for (const text of [...lines, ...answers.map(({ body }) => body.toString())]) {
    for (const secret of [READER.secretKey, UPSTREAM.secretKey, UPSTREAM.accessKey]) {
      assert.ok(!text.includes(secret), text);
    }
  }
});

test("no line of the client can forge a record", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const client = await flow.connect();
  const forged = encodeURIComponent('x"}\n{"outcome":"forwarded"}');
  client.write(
    bytesOf(flow.signed("GET", `/bucket/${forged}`, { key: { ...READER, secretKey: "wrong" } })),
  );
  assert.equal((await client.answer()).status, 403);
  assert.equal((await flow.gateway.records(1)).length, 1);
});
