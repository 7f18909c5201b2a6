/** A request that was answered while it was still being decided on, on a connection that has not come to it. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { READER, startFlow, until, UPSTREAM } from "../support/flow.ts";
import { codeOf } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

const tagging = (value: string): string =>
  `<Tagging><TagSet><Tag><Key>public</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;

for (const [what, tag] of [
  ["allowed", "yes"],
  ["refused", "no"],
] as const) {
  test(`a request that would be ${what} is not if its answer was sent, which comes in its turn`, async (t) => {
    const asked = new Map<string, ServerResponse>();
    const forwarded: string[] = [];
    const store = await startHttpStore((request, response) => {
      const { url = "" } = request;
      if (url.includes("tagging")) asked.set(url.slice(0, url.indexOf("?")), response);
      else {
        forwarded.push(url);
        response.end("content");
      }
    });
    t.after(() => store.stop());
    const Condition = { StringEquals: { "s3:ExistingObjectTag/public": "yes" } };
    const statement = { Effect: "Allow", Action: "s3:*Object*", Resource: "*", Condition };
    const policy = { Version: "2012-10-17", Statement: statement };
    const subuser = { name: "reader", policies: ["reader.json"], keys: [READER] };
    const flow = await startFlow(t, store.endpoint, {
      accounts: [{ name: "lab", upstream: UPSTREAM, subusers: [subuser] }],
      files: { "reader.json": JSON.stringify(policy) },
    });
    const client = await flow.connect();
    client.write(bytesOf(flow.signed("GET", "/bucket/one", { key: READER })));
    await until(() => asked.has("/bucket/one"));
    const unsigned = [["transfer-encoding", "chunked"]] as const;
    const second = flow.signed("DELETE", "/bucket/two?tagging", { key: READER, unsigned });
    client.write(bytesOf(second));
    await until(() => asked.has("/bucket/two"));
    client.write("no chunk");
    await until(() => flow.gateway.errors.length > 0, 100).catch(() => undefined);
    asked.get("/bucket/two")?.end(tagging(tag));
    await until(() => forwarded.length > 0, 200).catch(() => undefined);
    assert.deepEqual(forwarded, []);
    asked.get("/bucket/one")?.end(tagging("yes"));
    const answer = await client.answer();
    assert.deepEqual([answer.status, answer.body.toString()], [200, "content"]);
    const refusal = await client.answer();
    assert.deepEqual([refusal.status, codeOf(refusal)], [400, "InvalidRequest"]);
    await client.closed();
    assert.deepEqual(forwarded, ["/bucket/one"]);
    const records = await flow.gateway.records(2);
    assert.deepEqual(
      records.map(({ outcome, status }) => [outcome, status]),
      [
        ["forwarded", 200],
        ["refused", 400],
      ],
    );
    assert.deepEqual(flow.gateway.errors, []);
  });
}
