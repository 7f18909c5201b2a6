/** What an owner writes into a policy of their bucket, and what clients send, to keep us busy. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import { OWNER, READER, startFlow, until, UPSTREAM, type Flow } from "../support/flow.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf } from "../support/signed.ts";

type Site = { readonly flow: Flow; readonly store: RecordingStore };

/** A gateway that keeps policies, before a store that has `/bucket` of the owner. */
async function site(t: TestContext): Promise<Site> {
  let isMade = false;
  const store = await startRecordingStore({
    onRequest: ({ method }) => {
      const isMissing = method === "HEAD" && !isMade;
      isMade ||= method === "PUT";
      return { kind: "reply", status: isMissing ? 404 : 200 };
    },
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    policy: { bucketPolicies: "gateway" },
    state: { directory: join(scratchFolder("state"), "records") },
  });
  assert.equal((await flow.exchange("PUT", "/bucket")).status, 200);
  return { flow, store };
}

function put({ flow }: Site, action: string, condition: unknown): Promise<RawAnswer> {
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
    Condition: condition,
  };
  const body = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  return flow.exchange("PUT", "/bucket?policy=", { body });
}

/** As long as a head may be. */
const AGENT = "a".repeat(14_500);

test("a policy whose pattern has too many ? between two * is not kept", async (t) => {
  const here = await site(t);
  const pattern = `*${"a?".repeat(4_500)}b*`;
  const answer = await put(here, "s3:*", { StringLike: { "aws:UserAgent": pattern } });
  assert.equal(answer.status, 400);
  assert.equal(codeOf(answer), "MalformedPolicy");
});

// If patterns were tried at each place, and for each key anew, this would take minutes.
test("1,000 keys are answered under the costliest patterns that a policy may have", async (t) => {
  const here = await site(t);
  const patterns = Array.from({ length: 30 }, (_, i) => `*${"a?".repeat(127)}${i}*`);
  const kept = await put(here, "s3:*", { StringLike: { "aws:UserAgent": patterns } });
  assert.equal(kept.status, 204);
  const entries = Array.from({ length: 1_000 }, (_, i) => `<Object><Key>${i}</Key></Object>`);
  const answer = await here.flow.exchange("POST", "/bucket?delete=", {
    headers: [["user-agent", AGENT]],
    body: `<Delete>${entries.join("")}</Delete>`,
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString().match(/<Code>AccessDenied</g)?.length, 1_000);
});

test("a number is looked at by its length and characters before a condition reads it", async (t) => {
  const here = await site(t);
  const kept = await put(here, "s3:ListBucket", { NumericGreaterThan: { "s3:max-keys": "10" } });
  assert.equal(kept.status, 204);
  for (const value of [`${"0".repeat(12_000)}x`, "1000%20", "", "1e3", "0x10"]) {
    const answer = await here.flow.exchange("GET", `/bucket?list-type=2&max-keys=${value}`);
    assert.equal(answer.status, 400, value.slice(-10));
    assert.equal(codeOf(answer), "InvalidArgument");
  }
  assert.equal((await here.flow.exchange("GET", "/bucket?list-type=2&max-keys=11")).status, 403);
  assert.equal((await here.flow.exchange("GET", "/bucket?list-type=2&max-keys=10")).status, 200);
});

// If the suggestions for each of them were looked for, the twenty would take half a minute.
test("a policy full of unknown actions is refused at its first mistakes, each time it is sent", async (t) => {
  const here = await site(t);
  // As many as a policy of 20 KiB has room for.
  const Statement = Array.from({ length: 3 }, (_, i) => ({
    Effect: "Allow",
    Principal: "*",
    Action: Array.from(
      { length: 160 },
      (_, j) => `s3:GetObjectVersionTaggingGetObj${i}${1000 + j}`,
    ),
    Resource: "arn:aws:s3:::bucket",
  }));
  const body = JSON.stringify({ Version: "2012-10-17", Statement });
  const tries = Array.from({ length: 20 }, () =>
    here.flow.exchange("PUT", "/bucket?policy=", { body }),
  );
  for (const answer of await Promise.all(tries)) {
    assert.equal(answer.status, 400);
    assert.equal(codeOf(answer), "MalformedPolicy");
    assert.match(answer.body.toString(), /s3:GetObjectVersionTaggingGet/);
  }
  assert.equal(codeOf(await here.flow.exchange("GET", "/bucket?policy=")), "NoSuchBucketPolicy");
});

// If each bucket were judged by each operation on each key that is named, this would take minutes.
test("a list of 10,000 buckets is filtered by 1,000 patterns that fit one of them", async (t) => {
  const names = Array.from({ length: 10_000 }, (_, i) => `bucket-${i}`);
  const buckets = names.map((name) => `<Bucket><Name>${name}</Name></Bucket>`).join("");
  const body = `<ListAllMyBucketsResult><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`;
  const store = await startRecordingStore({
    onRequest: () => ({ kind: "reply", status: 200, body }),
  });
  t.after(() => store.stop());
  const allow = (Resource: string | readonly string[], Action = "s3:*"): object => ({
    Effect: "Allow",
    Action,
    Resource,
  });
  const ARN = "arn:aws:s3:::";
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      allow("*", "s3:ListAllMyBuckets"),
      allow(`${ARN}bucket-777/only/this`),
      ...Array.from({ length: 50 }, (_, i) =>
        allow(Array.from({ length: 20 }, (_, j) => `${ARN}none-${i}-*/key-${j}*`)),
      ),
    ],
  });
  const flow = await startFlow(t, store.endpoint, {
    policy: { listBuckets: "filtered" },
    files: { "reader.json": policy },
    accounts: [
      {
        name: "lab",
        upstream: UPSTREAM,
        keys: [OWNER],
        subusers: [{ name: "reader", policies: ["reader.json"], keys: [READER] }],
      },
    ],
  });
  const answer = await flow.exchange("GET", "/", { key: READER });
  const seen = [...answer.body.toString().matchAll(/<Name>([^<]*)</g)].map(([, name]) => name);
  assert.deepEqual(seen, ["bucket-777"]);
});

// If it were judged to its end, and in one step, nobody else would be served for a minute.
test("an owner's own buckets that are costly to judge do not keep others waiting, nor last", async (t) => {
  const names = Array.from({ length: 1_000 }, () => "<Bucket><Name>bucket</Name></Bucket>");
  const listing = `<ListAllMyBucketsResult><Buckets>${names.join("")}</Buckets></ListAllMyBucketsResult>`;
  let isMade = false;
  const store = await startRecordingStore({
    onRequest: ({ method, url }) => {
      const isMissing = method === "HEAD" && !isMade;
      isMade ||= method === "PUT";
      return { kind: "reply", status: isMissing ? 404 : 200, body: url === "/" ? listing : "" };
    },
  });
  t.after(() => store.stop());
  const flow = await startFlow(t, store.endpoint, {
    policy: { bucketPolicies: "gateway", listBuckets: "filtered" },
    state: { directory: join(scratchFolder("state"), "records") },
  });
  assert.equal((await flow.exchange("PUT", "/bucket")).status, 200);
  const patterns = Array.from({ length: 30 }, (_, i) => `*${"a?".repeat(127)}${i}*`);
  const kept = await put({ flow, store }, "s3:*", { StringLike: { "aws:UserAgent": patterns } });
  assert.equal(kept.status, 204);
  const ended: string[] = [];
  const client = await flow.connect();
  client.write(bytesOf(flow.signed("GET", "/", { headers: [["user-agent", AGENT]] })));
  const listed = client.closed().then(() => ended.push("list broken off"));
  await until(() => store.requests.some(({ url }) => url === "/"));
  for (let i = 0; i < 3; i++) {
    ended.push(`other ${(await flow.exchange("GET", `/other/${i}`)).status}`);
  }
  await listed;
  assert.deepEqual(ended, [...Array.from({ length: 3 }, () => "other 200"), "list broken off"]);
  const records = await flow.gateway.records(6);
  const list = records.find(({ operation }) => operation === "ListBuckets");
  assert.equal(list?.["errorCode"], "ServiceUnavailable");
  assert.doesNotMatch(client.pending.toString(), /<Name>/);
});
