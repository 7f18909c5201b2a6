/**
 * Tests that a decision sees each outside fact exactly once. A key, a record, tags, the document
 * and the form are each asked for at most once. The value of a condition key is looked up at most
 * once for each question to policies. The number of policies, statements and entries that depend on
 * it does not matter.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { admit } from "../../src/admission/admit.ts";
import type { Answer, Need } from "../../src/admission/known.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { readDocument } from "../../src/s3/document-reader.ts";
import { gatewayOf, headOf } from "../unit/admission/people.ts";
import { NOW } from "../unit/admission/world.ts";

const STATEMENTS = [
  { Effect: "Allow", Action: "s3:*", Resource: "*" },
  {
    Effect: "Deny",
    Action: "s3:*",
    Resource: "arn:aws:s3:::*/secret/*",
    Condition: { StringLike: { "aws:UserAgent": "*curl*" } },
  },
  {
    Effect: "Deny",
    Action: "s3:*",
    Resource: "*",
    Condition: {
      StringLike: { "aws:UserAgent": "*wget*" },
      StringEquals: { "s3:ExistingObjectTag/hold": "yes" },
    },
  },
  {
    Effect: "Deny",
    Action: ["s3:GetObject", "s3:DeleteObject", "s3:PutBucketTagging"],
    Resource: "*",
    Condition: { StringEquals: { "s3:BucketTag/closed": "yes" } },
  },
  {
    Effect: "Deny",
    Action: "s3:*",
    Resource: "*",
    Condition: { StringEquals: { "s3:ExistingObjectTag/hold": "yes", "aws:Referer": "x" } },
  },
] as const;

const REQUESTS = [
  { line: "GET /bucket/a", headers: {}, body: "" },
  { line: "GET /bucket/a?versionId=1", headers: {}, body: "" },
  { line: "PUT /bucket/a", headers: { "x-amz-copy-source": "other/secret/b" }, body: "" },
  { line: "GET /bucket?list-type=2&prefix=a", headers: {}, body: "" },
  {
    line: "POST /bucket?delete",
    headers: {},
    body: `<Delete>${["a", "b", "secret/c", "a2"].map((key) => `<Object><Key>${key}</Key></Object>`).join("")}</Delete>`,
  },
  {
    line: "PUT /bucket?tagging",
    headers: {},
    body: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
  },
] as const;

const world = fc.record({
  policy: fc.subarray([...STATEMENTS], { minLength: 1 }),
  bucketPolicy: fc.subarray([...STATEMENTS], { minLength: 1 }),
  request: fc.constantFrom(...REQUESTS),
  hold: fc.constantFrom("yes", "no"),
  who: fc.constantFrom("lab.alice", "lab"),
});

test("a decision asks each question once, and reads each judged value once a question", () => {
  fc.assert(
    fc.property(world, ({ policy, bucketPolicy, request, hold, who }) => {
      const about = (name: string) => ({
        Version: "2012-10-17",
        Statement: bucketPolicy.map((one) => ({
          ...one,
          Principal: "*",
          Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
        })),
      });
      const gateway = gatewayOf({
        policy: { tierMode: "union" },
        accounts: { lab: { users: { alice: { policy } } } },
        buckets: {
          bucket: { account: "lab", policy: about("bucket") },
          other: { account: "lab", policy: about("other") },
        },
      });
      // A snapshot in which everything has to be fetched.
      const snapshot: Snapshot = {
        ...gateway,
        keys: new Map(),
        buckets: new Map(),
        elsewhere: { keys: true, records: true },
      };
      const head = headOf(who.replace(".", ":"), request.line, {
        headers: { ...request.headers, "user-agent": "curl wget", referer: "x" },
      });
      const asked: string[] = [];
      const read = new Map<string, number>();
      const deciding = admit(snapshot, counting(head, read), NOW);
      let step = deciding.next();
      while (step.done !== true) {
        const { need } = step.value;
        asked.push(nameOf(need));
        step = deciding.next(answerTo(need, gateway, request.body, hold));
      }
      const once = asked.filter((name) => name !== "turn");
      assert.deepEqual(once, [...new Set(once)]);
      // The question whether the caller may learn that a key is missing is a second one: about a
      // listing.
      const questions = request.line.includes("/bucket/a") ? 2 : 1;
      assert.deepEqual(
        [...read].filter(([, times]) => times > questions),
        [],
      );
    }),
    { numRuns: 300 },
  );
});

/** The headers that only conditions read, counted: each look-up goes through the whole list. */
const JUDGED = new Set(["user-agent", "referer"]);

/** Returns `head` with values that count in `read` how often each judged header is read. */
function counting(head: RequestHead, read: Map<string, number>): RequestHead {
  const headers = new Proxy(head.headers, {
    get: (list, at, receiver) => {
      const name = typeof at === "string" ? list[Number(at) - 1] : undefined;
      if (name !== undefined && Number(at) % 2 === 1 && JUDGED.has(name) && judging()) {
        read.set(name, (read.get(name) ?? 0) + 1);
      }
      const value: unknown = Reflect.get(list, at, receiver);
      return value;
    },
  });
  return { ...head, headers };
}

/**
 * Returns true if a condition reads, not the signature or the head for the store, which read all
 * headers.
 */
function judging(): boolean {
  return new Error("only for its stack").stack?.includes("condition-context.ts") === true;
}

function nameOf(need: Need): string {
  switch (need.kind) {
    case "key":
      return `key ${need.accessKeyId}`;
    case "owner":
      return `owner ${need.account}`;
    case "record":
      return `record ${need.bucket.id}`;
    case "tags":
      return `tags ${need.name}`;
    case "revocations":
    case "document":
    case "body":
    case "form":
    case "file":
    case "turn":
      return need.kind;
  }
}

function answerTo(need: Need, gateway: Snapshot, body: string, hold: string): Answer {
  switch (need.kind) {
    case "key":
      return { kind: "key", key: gateway.keys.get(need.accessKeyId) };
    case "record":
      return { kind: "record", record: gateway.buckets.get(need.bucket.id) };
    case "tags":
      return { kind: "tags", tags: new Map([["hold", hold]]) };
    case "document": {
      const document = readDocument(need.operation, need.headers, Buffer.from(body));
      if (!document.ok) throw new Error(document.error.message);
      return { kind: "document", document: document.value };
    }
    case "turn":
      return { kind: "turn" };
    case "revocations":
    case "body":
    case "owner":
    case "form":
    case "file":
      throw new Error(`Nothing here sends a ${need.kind}`);
  }
}
