import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordingStore, type Answer } from "../stores/recording.ts";
import { OWNER, READER, startFlow, UPSTREAM, type Flow } from "../support/flow.ts";
import { headerOf } from "../support/raw-client.ts";

const NAMES = ["mine-data", "mine-logs", "other", "secret", "tagged"];
const listing = (names: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?><ListAllMyBucketsResult><Owner><ID>lab</ID></Owner><Buckets>${names
    .map((name) => `<Bucket><Name>${name}</Name></Bucket>`)
    .join("")}</Buckets></ListAllMyBucketsResult>`;
const whole: Answer = {
  kind: "reply",
  status: 200,
  headers: { "content-type": "application/xml" },
  body: listing(NAMES),
};

const statement = (
  Effect: string,
  Action: string,
  Resource: string | string[],
  more = {},
): object => ({
  Effect,
  Action,
  Resource,
  ...more,
});
const STATEMENTS = [
  statement("Allow", "s3:ListAllMyBuckets", "*"),
  statement("Allow", "s3:GetObject", "arn:aws:s3:::mine-data/home/${aws:username}/*"),
  statement("Allow", "s3:ListBucket", "arn:aws:s3:::mine-l*"),
  statement("Allow", "s3:*", ["arn:aws:s3:::secret", "arn:aws:s3:::secret/*"]),
  statement("Deny", "s3:*", ["arn:aws:s3:::secret", "arn:aws:s3:::secret/*"]),
  statement("Allow", "s3:GetObject", "arn:aws:s3:::tagged/*", {
    Condition: { StringEquals: { "s3:ExistingObjectTag/a": "b" } },
  }),
];

async function before(t: TestContext, answer: Answer, policy = {}): Promise<Flow> {
  const store = await startRecordingStore({ onRequest: () => answer });
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, {
    policy: { listBuckets: "filtered", ...policy },
    accounts: [
      {
        name: "lab",
        upstream: UPSTREAM,
        keys: [OWNER],
        subusers: [{ name: "reader", policies: ["reader.json"], keys: [READER] }],
      },
    ],
    files: {
      "reader.json": JSON.stringify({ Version: "2012-10-17", Statement: STATEMENTS }),
    },
  });
}

async function seen(flow: Flow, key = READER): Promise<readonly string[]> {
  const answer = await flow.exchange("GET", "/", { key });
  assert.equal(answer.status, 200);
  assert.equal(headerOf(answer, "content-length"), undefined);
  return [...answer.body.toString().matchAll(/<Name>([^<]*)</g)].map(([, name = ""]) => name);
}

test("a filtered list shows the buckets in which the caller may do anything", async (t) => {
  assert.deepEqual(await seen(await before(t, whole)), ["mine-data", "mine-logs"]);
});

test("the account itself sees all of them", async (t) => {
  assert.deepEqual(await seen(await before(t, whole), OWNER), NAMES);
});

test("nothing is filtered unless the configuration says so, nor in report mode", async (t) => {
  for (const policy of [{ listBuckets: "all" }, { mode: "report" }]) {
    const flow = await before(t, whole, policy);
    const answer = await flow.exchange("GET", "/", { key: READER });
    assert.equal(answer.body.toString(), listing(NAMES));
  }
});

test("ten thousand buckets are filtered as they pass", async (t) => {
  const names = Array.from({ length: 10_000 }, (_, i) =>
    i % 2 === 0 ? `mine-l${i}` : `other-${i}`,
  );
  const flow = await before(t, { ...whole, body: listing(names) });
  assert.deepEqual(
    await seen(flow),
    names.filter((name) => name.startsWith("mine")),
  );
});

const BROKEN = [
  ["no XML", "hello"],
  [
    "a comment, in which an entry could hide",
    listing(NAMES).replace("<Buckets>", "<!-- <Buckets>"),
  ],
  ["a list that ends early", listing(NAMES).slice(0, -60)],
] as const;
for (const [what, body] of BROKEN) {
  test(`parts of ${what} that are not understood do not reach the client`, async (t) => {
    const flow = await before(t, { ...whole, body });
    const answer = await flow.exchange("GET", "/", { key: READER }).catch(() => undefined);
    assert.doesNotMatch(answer?.body.toString() ?? "", /secret|other|<\/ListAllMyBucketsResult>/);
    assert.deepEqual(flow.gateway.errors, []);
    const [record] = await flow.gateway.records(1);
    assert.equal(record?.["outcome"], "failed");
  });
}

test("an error of the store passes as it is", async (t) => {
  const flow = await before(t, {
    ...whole,
    status: 503,
    body: "<Error><Code>SlowDown</Code></Error>",
  });
  const answer = await flow.exchange("GET", "/", { key: READER });
  assert.equal(answer.status, 503);
  assert.match(answer.body.toString(), /SlowDown/);
});
