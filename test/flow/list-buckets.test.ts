import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRecordingStore, type Answer } from "../stores/recording.ts";
import { OWNER, READER, startFlow, UPSTREAM, type Flow } from "../support/flow.ts";
import { codeOf, headerOf } from "../support/raw-client.ts";

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

/** The same, of a store whose continuation is the name of the last bucket. */
const paged: Answer = {
  ...whole,
  body: listing(NAMES).replace(
    "</ListAllMyBucketsResult>",
    "<ContinuationToken>secret</ContinuationToken></ListAllMyBucketsResult>",
  ),
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

async function before(
  t: TestContext,
  answer: Answer,
  policy = {},
  endpoint?: string,
): Promise<Flow> {
  const store = await startRecordingStore({ onRequest: () => answer });
  t.after(() => store.stop());
  return startFlow(t, endpoint ?? store.endpoint, {
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

test("the continuation of a filtered list does not name a bucket that is taken out", async (t) => {
  const asked: string[] = [];
  const store = await startRecordingStore({
    onRequest: ({ url }) => {
      asked.push(url);
      return paged;
    },
  });
  t.after(() => store.stop());
  const flow = await before(t, whole, {}, store.endpoint);
  const page = await flow.exchange("GET", "/?max-buckets=5", { key: READER });
  const text = page.body.toString();
  assert.doesNotMatch(text, /secret/);
  const token = /<ContinuationToken>([\w-]+)<\/ContinuationToken>/.exec(text)?.[1] ?? "";
  const next = await flow.exchange("GET", `/?continuation-token=${token}&max-buckets=5`, {
    key: READER,
  });
  assert.equal(next.status, 200);
  assert.match(asked.at(-1) ?? "", /[?&]continuation-token=secret(?:&|$)/);
  const guessed = await flow.exchange("GET", "/?continuation-token=secret", { key: READER });
  assert.equal(codeOf(guessed), "InvalidArgument");
  assert.equal(asked.length, 2);
});

test("the continuation of a list that is not filtered goes as it is", async (t) => {
  const flow = await before(t, paged, { listBuckets: "all" });
  const page = await flow.exchange("GET", "/?continuation-token=t", { key: READER });
  assert.match(page.body.toString(), /<ContinuationToken>secret</);
});
