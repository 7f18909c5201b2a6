/**
 * Checks that a client reads the same through the gateway as from the store: the status line, each
 * header with its name's letters and its place, and the body's bytes. Each operation is sent to
 * each store directly and through, once to succeed and once to be refused by the store. The changes
 * that the gateway has a reason for are in answer-changes.ts.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { OPERATION_LIST, type Operation } from "../../src/s3/operations.ts";
import { storeTraits } from "../../src/s3/stores.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import {
  beginUpload,
  nameOf,
  needsUpload,
  NO_UPLOAD,
  prepare,
  sendOperation,
  SITUATIONS,
  type Situation,
} from "../support/measure-operations.ts";
import {
  ask,
  type PlainAnswer,
  type PlainRequest,
  type PlainStore,
} from "../support/plain-store.ts";
import { BODIES } from "../unit/admission/operation-rows.ts";
import { comparable, unchanged, type Names } from "./answer-changes.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

const MISSING: Situation = { bucket: false, k: false, other: false };

/** Further requests that change nothing: line, headers; `B` stands for the bucket. */
const READS: readonly (readonly [line: string, headers?: PlainRequest["headers"]])[] = [
  ["GET /B/k", { range: "bytes=0-3" }],
  ["GET /B/k", { range: "bytes=-4" }],
  ["GET /B/k", { range: "bytes=4-" }],
  ["GET /B/k", { range: "bytes=9999-" }],
  ["HEAD /B/k", { range: "bytes=0-3" }],
  ["HEAD /B/k", { range: "bytes=9999-" }],
  ["GET /B/k", { "if-match": '"0"' }],
  ["HEAD /B/k", { "if-match": '"0"' }],
  ["GET /B/k", { "if-none-match": "*" }],
  ["HEAD /B/k", { "if-none-match": "*" }],
  ["GET /B/k", { "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT" }],
  ["GET /B/k", { "if-unmodified-since": "Sat, 01 Jan 2000 00:00:00 GMT" }],
  ["GET /B/k?response-content-type=text%2Fcsv&response-cache-control=no-store"],
  ["GET /B/k?response-content-disposition=attachment%3B%20filename%3D%22a%20b%22"],
  ["GET /B/none"],
  ["HEAD /B/none"],
  ["GET /B/k?versionId=00000000-0000-4000-8000-000000000000"],
  ["GET /B/none?tagging"],
  ["GET /B/none?uploadId=none"],
  ["GET /B?max-keys=1"],
  ["GET /B?list-type=2&max-keys=1&fetch-owner=true"],
  ["GET /B?list-type=2&prefix=o&delimiter=t"],
  ["GET /B?prefix=none&encoding-type=url"],
  ["GET /B?versions&max-keys=1"],
  ["GET /B?uploads&max-uploads=1"],
  ["GET /B?max-keys=0"],
];

/**
 * Further requests that change something, with the bucket's content before: k and its neighbour.
 */
const CHANGES: readonly (readonly [line: string, request?: PlainRequest])[] = [
  ["PUT /B/k", { body: "new", headers: { "if-none-match": "*" } }],
  ["PUT /B/k", { body: "new", headers: { "if-match": '"0"' } }],
  ["PUT /B/new", { headers: { "x-amz-copy-source": "/B/none" } }],
  ["PUT /B/new", { headers: { "x-amz-copy-source": "/B/k", "x-amz-copy-source-if-match": '"0"' } }],
  ["PUT /B/k", { headers: { "x-amz-copy-source": "/B/k" } }],
  ["PUT /B/k%2Fa%20b%2Bc", { body: "new", headers: { "x-amz-meta-a": "b  c" } }],
  ["PUT /B/new", { headers: { "content-type": "text/plain" } }],
  ["PUT /B"],
  ["DELETE /B"],
  ["DELETE /B/none"],
  ["DELETE /B/k?uploadId=none"],
  ["PUT /B/k?partNumber=1&uploadId=none", { body: "part" }],
  ["POST /B?delete", { body: "<Delete><Quiet>true</Quiet><Object><Key>k</Key></Object></Delete>" }],
  ["POST /B?delete", { body: "<Delete><Object><Key>none</Key></Object></Delete>" }],
];

let made = 0;

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`answers of ${name}, directly and through the gateway`, { skip }, () => {
    const { operations } = storeTraits(kind);
    let store: Running;
    let gateway: Gateway;
    let through: PlainStore;
    before(async () => {
      store = await start();
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        accounts: [{ name: "owner", keys: [store.key] }],
      });
      through = { endpoint: gateway.endpoint, key: store.key };
    });
    after(async () => {
      // Anything that `before` could not start is missing; anything that it did start must end all
      // the same.
      await gateway?.stop();
      await store?.stop();
    });

    /** Makes a bucket name that is as long as all others, so that answers are, too. */
    const newName = (): string => `answers-${process.pid}-${String(++made).padStart(5, "0")}`;

    async function bucketIn(situation: Situation): Promise<string> {
      const bucket = newName();
      await prepare(store, bucket, situation);
      return bucket;
    }

    type Send = (way: PlainStore, bucket: string) => Promise<PlainAnswer>;

    function same(
      changed: PlainAnswer,
      direct: PlainAnswer,
      names: Names,
      isChange: boolean,
    ): void {
      const [expected, got] = unchanged(
        comparable(kind, direct, names, isChange),
        comparable(kind, changed, names, isChange),
      );
      assert.deepEqual(got, expected);
    }

    /** Sends a request about one bucket on both ways. */
    async function sameRead(situation: Situation, send: Send): Promise<void> {
      const bucket = await bucketIn(situation);
      const direct = await send(store, bucket);
      const changed = await send(through, bucket);
      same(changed, direct, [[bucket, "BUCKET"]], false);
    }

    /** Sends a request on both ways, to a bucket of its own each. */
    async function sameChange(situation: Situation, send: Send): Promise<void> {
      const one = await bucketIn(situation);
      const two = await bucketIn(situation);
      const direct = await send(store, one);
      const changed = await send(through, two);
      const names = [
        [one, "BUCKET"],
        [two, "BUCKET"],
      ] as const;
      same(changed, direct, names, true);
    }

    for (const operation of OPERATION_LIST) {
      if (!operations.has(operation.name) || operation.name === "PostObject") continue;
      const situations = [
        ...SITUATIONS[operation.level],
        ...(operation.level === "object" ? [MISSING] : []),
      ];
      for (const situation of situations) {
        test(`${operation.name} of ${nameOf(situation)}`, async () => {
          const send: Send = async (way, bucket) => {
            const begins = situation.bucket && needsUpload(operation);
            const upload = begins ? await beginUpload(store, bucket) : NO_UPLOAD;
            return sendOperation(way, operation, bucket, upload, documentOf(operation));
          };
          const sameAnswer = isRead(operation) ? sameRead : sameChange;
          await sameAnswer(situation, send);
        });
      }
    }

    const ALL: Situation = { bucket: true, k: true, other: true };
    for (const [line, headers] of READS) {
      const [method = "", target = ""] = line.split(" ");
      test(`${line} ${headers === undefined ? "" : JSON.stringify(headers)}`, () =>
        sameRead(ALL, (way, bucket) =>
          ask(way, method, target.replace("B", bucket), headers === undefined ? {} : { headers }),
        ));
    }
    for (const [line, request = {}] of CHANGES) {
      const [method = "", target = ""] = line.split(" ");
      test(`${line} ${JSON.stringify(request)}`, () =>
        sameChange(ALL, (way, bucket) => {
          const headers = Object.fromEntries(
            Object.entries(request.headers ?? {}).map(([key, value]) => [
              key,
              value.replace("/B/", `/${bucket}/`),
            ]),
          );
          return ask(way, method, target.replace("B", bucket), { ...request, headers });
        }));
    }
  });
}

/**
 * Returns the document to send. Those of uploads and deletions are made for the existing objects.
 */
function documentOf({ name, body }: Operation): string | undefined {
  if (name === "CompleteMultipartUpload" || name === "DeleteObjects") return undefined;
  return body === "xml" || body === "json" ? (BODIES[name] ?? "") : undefined;
}

function isRead({ method, name }: Operation): boolean {
  return (method === "GET" || method === "HEAD" || name === "Preflight") && name !== "ListParts";
}
