import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordingStore, type Answer, type RecordingStore } from "../stores/recording.ts";
import { metricOf, READER, startFlow, UPSTREAM, type Flow } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";

const XML = { "content-type": "application/xml" };
const tagging = (value: string): string =>
  `<?xml version="1.0"?><Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>public</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
const tags = (status: number, body: string | Buffer = ""): Answer => ({
  kind: "reply",
  status,
  headers: XML,
  body,
});

/** A reader of what is tagged public, before a store that answers for tags by `answer`. */
async function before(
  t: TestContext,
  answer: Answer,
  kind = "ceph",
): Promise<{ readonly store: RecordingStore; readonly flow: Flow }> {
  const store = await startRecordingStore({
    onRequest: ({ url }) =>
      url.includes("tagging") ? answer : { kind: "reply", status: 200, body: "content" },
  });
  t.after(() => store.stop());
  const Condition = { StringEquals: { "s3:ExistingObjectTag/public": "yes" } };
  const statement = { Effect: "Allow", Action: "s3:GetObject*", Resource: "*", Condition };
  const policy = { Version: "2012-10-17", Statement: statement };
  const subuser = { name: "reader", policies: ["reader.json"], keys: [READER] };
  const accounts = [{ name: "lab", upstream: UPSTREAM, subusers: [subuser] }];
  const files = { "reader.json": JSON.stringify(policy) };
  return {
    store,
    flow: await startFlow(t, store.endpoint, { accounts, files, store: { store: kind } }),
  };
}

test("a decision on stored tags asks the store once, for the same version, before the request", async (t) => {
  const { store, flow } = await before(t, tags(200, tagging("yes")));
  const answer = await flow.exchange("GET", "/bucket/key?versionId=v1", { key: READER });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), "content");
  assert.deepEqual(
    store.requests.map(({ method, url }) => `${method} ${url}`),
    ["GET /bucket/key?tagging=&versionId=v1", "GET /bucket/key?versionId=v1"],
  );
  const [record] = await flow.gateway.records(1);
  assert.equal(record?.["outcome"], "forwarded");
});

test("a store that is not known to have tags is not asked for them: it would show the object", async (t) => {
  // Whoever may write the object writes its tags so.
  const { store, flow } = await before(t, tags(200, tagging("yes")), "generic");
  const answer = await flow.exchange("GET", "/bucket/key", { key: READER });
  assert.deepEqual([answer.status, codeOf(answer)], [501, "NotImplemented"]);
  assert.deepEqual(store.requests, []);
});

const DENIED = [
  ["other tags", tags(200, tagging("no"))],
  ["no tags", tags(200, "<Tagging><TagSet/></Tagging>")],
  ["no such object", tags(404, "<Error><Code>NoSuchKey</Code></Error>")],
] as const satisfies readonly (readonly [string, Answer])[];
for (const [what, answer] of DENIED) {
  test(`${what} instead of the tag lets nothing through`, async (t) => {
    const { record, got } = await refusedBy(t, answer);
    assert.deepEqual([got.status, codeOf(got)], [403, "AccessDenied"]);
    assert.deepEqual(
      [record?.["outcome"], record?.["upstreamError"], record?.["endpoint"]],
      ["refused", undefined, undefined],
    );
  });
}

const FAILED = [
  ["a refusal", tags(403, "<Error><Code>AccessDenied</Code></Error>"), "protocol"],
  [
    "a refusal of the gateway's key",
    tags(403, "<Error><Code>InvalidAccessKeyId</Code></Error>"),
    "credential",
  ],
  ["an error", tags(500), "protocol"],
  ["garbage", tags(200, "yes"), "protocol"],
  [
    "a doubled tag set",
    tags(200, tagging("yes").replace("</TagSet>", "</TagSet><TagSet/>")),
    "protocol",
  ],
  ["too much", tags(200, tagging("y".repeat(100_000))), "protocol"],
  [
    "half an answer",
    { kind: "cut", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<Tagging>" },
    "reset",
  ],
] as const satisfies readonly (readonly [string, Answer, string])[];
for (const [what, answer, kind] of FAILED) {
  test(`${what} instead of the tag lets nothing through and is the store's failure`, async (t) => {
    const { store, flow, record, got } = await refusedBy(t, answer);
    assert.deepEqual([got.status, codeOf(got)], [503, "ServiceUnavailable"]);
    assert.deepEqual(
      [record?.["outcome"], record?.["upstreamError"], record?.["endpoint"]],
      ["failed", kind, store.endpoint],
    );
    assert.equal(await metricOf(flow, `upstream_errors_total{kind="${kind}"}`), 1);
  });
}

async function refusedBy(t: TestContext, answer: Answer) {
  const { store, flow } = await before(t, answer);
  const got = await flow.exchange("GET", "/bucket/key", { key: READER });
  assert.deepEqual(
    store.requests.map(({ url }) => url),
    ["/bucket/key?tagging="],
  );
  assert.deepEqual(flow.gateway.errors, []);
  const [record] = await flow.gateway.records(1);
  return { store, flow, got, record };
}

test("tags are asked for only where a statement comes down to them", async (t) => {
  const { store, flow } = await before(t, tags(200, tagging("yes")));
  const answer = await flow.exchange("DELETE", "/bucket/key", { key: READER });
  assert.equal(answer.status, 403);
  assert.deepEqual(store.requests, []);
});
