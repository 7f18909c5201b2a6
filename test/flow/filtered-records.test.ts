/** A filtered list for which records have to be fetched while it passes. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { metricOf, OWNER, READER, startFlow, until, UPSTREAM, type Flow } from "../support/flow.ts";
import { startRawStore } from "../support/scripted-store.ts";
import { scratchFolder } from "../support/scratch.ts";

const START = "<ListAllMyBucketsResult><Buckets>";
const END = "</Buckets></ListAllMyBucketsResult>";
const entry = (name: string): string => `<Bucket><Name>${name}</Name></Bucket>`;
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\n";

function chunked(chunks: readonly string[]): string {
  const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return `${HEAD}transfer-encoding: chunked\r\n\r\n${framed.join("")}0\r\n\r\n`;
}

/** A store whose answer to everything is `answer`, and comes in one piece. */
async function site(
  t: TestContext,
  answer: string,
  directory = scratchFolder("state"),
): Promise<Flow> {
  const store = await startRawStore((socket) =>
    answer.includes("connection: close") ? socket.end(answer) : socket.write(answer),
  );
  t.after(() => store.stop());
  const statement = {
    Effect: "Allow",
    Action: ["s3:ListAllMyBuckets", "s3:ListBucket"],
    Resource: "*",
  };
  return startFlow(t, store.endpoint, {
    policy: { listBuckets: "filtered", bucketPolicies: "gateway" },
    state: { directory },
    accounts: [
      {
        name: "lab",
        upstream: UPSTREAM,
        keys: [OWNER],
        subusers: [{ name: "reader", policies: ["reader.json"], keys: [READER] }],
      },
    ],
    files: {
      "reader.json": JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    },
  });
}

const whole = START + entry("bucket-a") + entry("bucket-b") + END;
const FRAMINGS = [
  ["of known length", `${HEAD}content-length: ${whole.length}\r\n\r\n${whole}`],
  ["in one chunk", chunked([whole])],
  ["in a chunk for each entry", chunked([START + entry("bucket-a"), entry("bucket-b"), END])],
  [
    "that ends with its connection",
    `${HEAD}connection: close\r\ncontent-length: ${whole.length}\r\n\r\n${whole}`,
  ],
] as const;
for (const [framing, answer] of FRAMINGS) {
  test(`a filtered list ${framing} is whole and in order though records are fetched`, async (t) => {
    const flow = await site(t, answer);
    const got = await flow.exchange("GET", "/", { key: READER });
    assert.equal(got.body.toString(), whole);
    assert.ok(got.whole);
    const [record] = await flow.gateway.records(1);
    assert.equal(record?.["outcome"], "forwarded");
    assert.deepEqual(flow.gateway.errors, []);
  });
}

for (const [framing, answer] of FRAMINGS) {
  test(`a filtered list ${framing} is broken off where a record cannot be read`, async (t) => {
    const directory = scratchFolder("state");
    const flow = await site(t, answer, directory);
    rmSync(directory, { recursive: true });
    const got = await flow.exchange("GET", "/", { key: READER }).catch(() => undefined);
    assert.notEqual(got?.whole, true);
    assert.doesNotMatch(got?.body.toString() ?? "", /bucket-/);
    const [record] = await flow.gateway.records(1);
    assert.equal(record?.["outcome"], "failed");
    assert.equal(record?.["errorCode"], "ServiceUnavailable");
    assert.equal(record?.["upstreamError"], undefined);
    assert.deepEqual(flow.gateway.errors, []);
    await until(async () => (await metricOf(flow, "requests_in_flight")) === 0);
  });
}
