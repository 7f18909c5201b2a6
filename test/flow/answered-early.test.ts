/** The store's answer to a request that the gateway has refused meanwhile. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { metricOf, startFlow, until } from "../support/flow.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

test("an upload that is cut off and then answered by the store is no fault of the gateway", async (t) => {
  const answers = new Map<string, ServerResponse>();
  const store = await startHttpStore((request, response) => {
    request.on("error", () => {}).resume();
    answers.set(request.url ?? "", response);
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint);
  const client = await flow.connect();
  // Its answer keeps that to the upload from being delivered.
  client.write(bytesOf(flow.signed("GET", "/bucket/first")));
  await until(() => answers.has("/bucket/first"));
  const upload = flow.signed("PUT", "/bucket/second", { body: "x".repeat(200_000) });
  client.write(bytesOf(upload).subarray(0, -50_000));
  await until(() => answers.has("/bucket/second"));
  client.end();
  await until(async () => ((await metricOf(flow, "requests_in_flight")) ?? 0) <= 2);
  for (let i = 0; i < 20; i++) await metricOf(flow, "requests_in_flight");
  answers.get("/bucket/second")?.writeHead(200).end();
  for (let i = 0; i < 20; i++) await metricOf(flow, "requests_in_flight");
  answers.get("/bucket/first")?.end();
  await flow.gateway.records(2);
  assert.deepEqual(flow.gateway.errors, []);
});
