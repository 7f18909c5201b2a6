/**
 * Tests query parameters that belong to no operation. They are sent to each store directly and
 * through the gateway, with every method, to the service, a bucket and an object. MEANT lists those
 * with a meaning for a store, so that new ones are found. None with a meaning passes to the store,
 * except for the extensions that have a row of their own.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isUnderstood } from "../../src/s3/extensions.ts";
import type { OperationName } from "../../src/s3/operations.ts";
import { type StoreKind } from "../../src/s3/store-kinds.ts";
import { storeTraits } from "../../src/s3/stores.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import {
  measureWords,
  WORD_REQUESTS,
  wordLine,
  type WordMeaning,
  type WordRequest,
} from "../support/measure-words.ts";
import { REAL_STORES, type Running } from "./real-stores.ts";

/** The operation of the request without the word; an extension of the store's is judged with it. */
const WITHOUT: Readonly<Record<string, OperationName>> = {
  "GET service": "ListBuckets",
  "GET bucket": "ListObjects",
  "HEAD bucket": "HeadBucket",
  // It replaces ?notification.
  "GET bucket?events=s3:ObjectCreated:*": "GetBucketNotificationConfiguration",
};

/**
 * Returns true if the word is one of those that are let through, with a row of its own in
 * extensions.ts.
 */
function isExtension(kind: StoreKind, { method, level, word }: WordRequest): boolean {
  const line = `${method} ${level}`;
  const operation = WITHOUT[`${line}?${word}`] ?? WITHOUT[line];
  const [name = ""] = word.split("=");
  return operation !== undefined && isUnderstood(storeTraits(kind).extensions, operation, name);
}

/** Requests that differ with the word from those without it. */
const MEANT: Partial<Record<StoreKind, readonly string[]>> = {
  ceph: [
    "DELETE bucket?notification",
    "GET bucket?mdsearch",
    "DELETE bucket?mdsearch",
    "GET service?usage",
    "GET service?format=json",
    "GET bucket?format=json",
  ],
  // A stream of events, which never ends.
  minio: ["GET service?events=s3:ObjectCreated:*", "GET bucket?events=s3:ObjectCreated:*"],
  versitygw: [],
};

for (const { name, kind, skip, start } of REAL_STORES) {
  describe(`words in the query at ${name}`, { skip }, () => {
    let store: Running;
    let gateway: Gateway;
    let direct: ReadonlyMap<string, WordMeaning>;
    let through: ReadonlyMap<string, WordMeaning>;
    before(async () => {
      store = await start();
      gateway = await startGateway({
        upstream: store.endpoint,
        store: { store: kind },
        accounts: [{ name: "owner", keys: [store.key] }],
      });
      direct = await measureWords(store);
      through = await measureWords({ endpoint: gateway.endpoint, key: store.key });
    });
    after(async () => {
      // Anything that `before` could not start is missing; anything that it did start must end all
      // the same.
      await gateway?.stop();
      await store?.stop();
    });

    test("gives the found words their recorded meaning, and ignores or refuses all others", () => {
      assert.deepEqual(
        [...direct].filter(([, meaning]) => meaning === "own").map(([line]) => line),
        MEANT[kind],
      );
    });
    test("is sent no word that has a meaning for it", () => {
      const passed = WORD_REQUESTS.filter((request) => {
        const line = wordLine(request);
        if (through.get(line) === "refused" || isExtension(kind, request)) return false;
        // A word that is left out on the way does not count.
        const isRead = request.method === "GET" || request.method === "HEAD";
        return !isRead || through.get(line) === "own" || direct.get(line) === "own";
      });
      assert.deepEqual(passed.map(wordLine), []);
    });
  });
}
