import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { READER, startFlow, type Flow } from "../support/flow.ts";
import { codeOf, headerOf } from "../support/raw-client.ts";

/** A store in which every key is missing, and a gateway in which READ may or may not list. */
async function before(t: TestContext, read: readonly string[]): Promise<Flow> {
  const headers = { "content-type": "application/xml", "x-amz-delete-marker": "true" };
  const body = "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>";
  const store = await startRecordingStore({
    onRequest: () => ({ kind: "reply", status: 404, headers, body }),
  });
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, { policy: { tiers: { READ: read } } });
}

test("a caller who may not list reads 403 for a missing key, and nothing of the store's answer", async (t) => {
  const flow = await before(t, ["s3:GetObject"]);
  for (const method of ["GET", "HEAD"]) {
    const answer = await flow.exchange(method, "/bucket/key", { key: READER });
    assert.equal(answer.status, 403);
    assert.equal(headerOf(answer, "x-amz-delete-marker"), undefined);
    assert.doesNotMatch(answer.body.toString(), /NoSuchKey|gone/);
  }
});

test("a caller who may list reads the store's 404", async (t) => {
  const flow = await before(t, ["s3:GetObject", "s3:ListBucket"]);
  const answer = await flow.exchange("GET", "/bucket/key", { key: READER });
  assert.equal(answer.status, 404);
  assert.equal(codeOf(answer), "NoSuchKey");
});
