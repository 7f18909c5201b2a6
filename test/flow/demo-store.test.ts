/**
 * What the demo's store is sent against what it makes of it: an update of the store that changes
 * anything there must not go unnoticed, whether it understands more or less.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DEMO_OPERATIONS, startDemoStore, type DemoStore } from "../../src/cli/demo-store.ts";
import { isIgnored } from "../../src/s3/ignored-headers.ts";
import { NEVER_SENT } from "../../src/s3/store-operations.ts";
import { knowsVersions, storeTraits } from "../../src/s3/stores.ts";
import { measureHeaders } from "../support/measure-headers.ts";
import {
  measureOperations,
  measureVersions,
  type Measured,
} from "../support/measure-operations.ts";
import type { PlainStore } from "../support/plain-store.ts";
import { scratchFolder } from "../support/scratch.ts";

describe("the demo's store", () => {
  const operations = new Set([...storeTraits("generic").operations, ...DEMO_OPERATIONS]);
  let demo: DemoStore;
  let store: PlainStore;
  let measured: Measured;
  before(async () => {
    demo = await startDemoStore(scratchFolder("demo-store"));
    store = { endpoint: demo.endpoint, key: { accessKey: "demo", secretKey: "demodemo" } };
    measured = await measureOperations(store);
  });
  after(() => demo.stop());

  test("is sent exactly the operations that it takes for what they are", () => {
    const understood = [...measured.understood].filter((name) => !NEVER_SENT.has(name));
    assert.deepEqual(understood.sort(), [...operations].sort());
  });

  test("would lose buckets and objects by the others", () => {
    const losses = ["bucket gone", "k gone", "k written"];
    const lossy = [...measured.mistakes].filter(([, sentences]) =>
      sentences.some((sentence) => losses.some((loss) => sentence.startsWith(loss))),
    );
    assert(lossy.length > 20);
    for (const [name] of lossy) assert(!operations.has(name), name);
  });

  test("is asked for no version, which it would take for the object itself", async () => {
    assert.equal(await measureVersions(store), false);
    assert.equal(knowsVersions(operations), false);
  });

  test("ignores no header that a generic store is said to act on", async () => {
    const { ignoredHeaders } = storeTraits("generic");
    const ignored = (await measureHeaders(store)).filter((one) => one.ignored);
    assert(ignored.length > 20);
    const wrong = ignored.filter(
      ({ operation, header }) => !isIgnored(ignoredHeaders, operation, header),
    );
    assert.deepEqual(wrong, []);
  });
});
