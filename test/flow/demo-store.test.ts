/**
 * Measures the demo's store as any other store is measured: it does what the gateway sends it, and
 * whatever else is sent changes nothing.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { DEMO_OPERATIONS, startDemoStore, type DemoStore } from "../../src/demo/demo-store.ts";
import { isIgnored } from "../../src/s3/ignored-headers.ts";
import { OPERATION_LIST } from "../../src/s3/operations.ts";
import { knowsVersions, storeTraits } from "../../src/s3/stores.ts";
import { until } from "../support/flow.ts";
import { measureHeaders } from "../support/measure-headers.ts";
import {
  beginUpload,
  measureOperations,
  measureVersions,
  type Measured,
} from "../support/measure-operations.ts";
import { ask, type PlainStore } from "../support/plain-store.ts";
import { scratchFolder } from "../support/scratch.ts";

describe("the demo's store", () => {
  const operations = new Set([...storeTraits("generic").operations, ...DEMO_OPERATIONS]);
  let demo: DemoStore;
  let store: PlainStore;
  let measured: Measured;
  let root: string;
  before(async () => {
    root = scratchFolder("demo-store");
    demo = await startDemoStore(root);
    store = { endpoint: demo.endpoint, key: { accessKey: "demo", secretKey: "demodemo" } };
    measured = await measureOperations(store);
  });
  after(() => demo.stop());

  test("is sent exactly the operations that it does", () => {
    // Nothing here has rules on other origins, so it refuses a Preflight.
    const sent = [...operations].filter((name) => name !== "Preflight");
    assert.deepEqual([...measured.done].sort(), sent.sort());
  });

  test("takes no operation for another: it refuses what it does not do", () => {
    assert.deepEqual([...measured.mistakes], []);
    assert.equal(measured.understood.size, OPERATION_LIST.length);
  });

  test("is asked for no version, and would refuse that", async () => {
    assert.equal(await measureVersions(store), true);
    assert.equal(knowsVersions(operations), false);
  });

  test("ignores no header that a generic store is said to act on", async () => {
    const { ignoredHeaders } = storeTraits("generic");
    const headers = await measureHeaders(store);
    assert(headers.length > 40);
    const ignored = headers.filter((one) => one.ignored);
    const wrong = ignored.filter(
      ({ operation, header }) => !isIgnored(ignoredHeaders, operation, header),
    );
    assert.deepEqual(wrong, []);
  });

  test("serves the bytes, ranges and conditions that clients ask for", async () => {
    await ask(store, "PUT", "/read");
    const headers = { "content-type": "text/x-a", "x-amz-meta-of": "mine", "cache-control": "no" };
    const { headers: put } = await ask(store, "PUT", "/read/a%20%26b", {
      body: "0123456789",
      headers,
    });
    // The MD5 of ten digits, in hexadecimal, by md5sum.
    assert.equal(put.etag, '"781e5e245d69b566979b86e28d23f2c7"');
    const read = (more: Record<string, string>) =>
      ask(store, "GET", "/read/a%20%26b", { headers: more });
    const whole = await read({});
    assert.equal(whole.body, "0123456789");
    assert.deepEqual(
      ["content-type", "x-amz-meta-of", "cache-control"].map((name) => whole.headers[name]),
      ["text/x-a", "mine", "no"],
    );
    for (const [range, bytes, from] of [
      ["bytes=2-4", "234", "bytes 2-4/10"],
      ["bytes=7-", "789", "bytes 7-9/10"],
      ["bytes=-2", "89", "bytes 8-9/10"],
      ["bytes=8-99", "89", "bytes 8-9/10"],
    ] as const) {
      const part = await read({ range });
      assert.deepEqual([part.status, part.body, part.headers["content-range"]], [206, bytes, from]);
    }
    const etag = put.etag ?? "";
    for (const [condition, status] of [
      [{ range: "bytes=10-" }, 416],
      [{ "if-none-match": etag }, 304],
      [{ "if-none-match": '"other"' }, 200],
      [{ "if-match": '"other"' }, 412],
      [{ "if-modified-since": whole.headers["last-modified"] ?? "" }, 304],
      [{ "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" }, 412],
    ] as const) {
      assert.equal((await read(condition)).status, status, JSON.stringify(condition));
    }
  });

  test("lists keys in the order of their bytes, page by page, and each common prefix once", async () => {
    await ask(store, "PUT", "/listed");
    for (const key of ["b/1", "b/2", "a", "c", "\u{1F408}", "\uFF5E"]) {
      await ask(store, "PUT", `/listed/${encodeURIComponent(key).replaceAll("%2F", "/")}`);
    }
    const seen: string[] = [];
    let token = "";
    do {
      const next = token === "" ? "" : `&continuation-token=${token}`;
      const { body } = await ask(
        store,
        "GET",
        `/listed?list-type=2&delimiter=%2F&max-keys=2${next}`,
      );
      seen.push(
        ...[...body.matchAll(/<(?:Key|CommonPrefixes><Prefix)>([^<]*)</g)].map(
          (row) => row[1] ?? "",
        ),
      );
      token = /<NextContinuationToken>([^<]*)</.exec(body)?.[1] ?? "";
    } while (token !== "");
    assert.deepEqual(seen, ["a", "b/", "c", "\uFF5E", "\u{1F408}"]);
  });

  test("keeps its objects for the next start, and nothing of uploads that did not end", async () => {
    const folder = scratchFolder("demo-store-again");
    const first = await startDemoStore(folder);
    const before = { ...store, endpoint: first.endpoint };
    await ask(before, "PUT", "/kept");
    await ask(before, "PUT", "/kept/k", { body: "kept" });
    await ask(before, "PUT", "/kept/k", { body: "kept over it" });
    const upload = await beginUpload(before, "kept");
    assert.notEqual(upload.etag, "");
    assert.equal((await ask(before, "DELETE", "/kept")).status, 409);
    await first.stop();
    const second = await startDemoStore(folder);
    const again = { ...store, endpoint: second.endpoint };
    assert.equal((await ask(again, "GET", "/kept/k")).body, "kept over it");
    assert.equal(readdirSync(join(folder, "kept", "data")).length, 1);
    await second.stop();
  });

  test("answers what it refuses after the body was read", async () => {
    await ask(store, "PUT", "/again");
    for (const body of ["", "<CreateBucketConfiguration/>"]) {
      const { status, body: told } = await ask(store, "PUT", "/again", { body });
      assert.equal(status, 409);
      assert.match(told, /<Code>BucketAlreadyOwnedByYou</);
    }
    const parts = "<CompleteMultipartUpload></CompleteMultipartUpload>";
    const { id } = await beginUpload(store, "again");
    const completed = await ask(store, "POST", `/again/k?uploadId=${id}`, { body: parts });
    assert.equal(completed.status, 400);
  });

  test("an upload that breaks off changes nothing", async () => {
    await ask(store, "PUT", "/broken");
    await ask(store, "PUT", "/broken/k", { body: "as it was" });
    const { hostname, port } = new URL(store.endpoint);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write("PUT /broken/k HTTP/1.1\r\nhost: s\r\ncontent-length: 100\r\n\r\nhalf");
    const data = join(root, "broken", "data");
    await until(() => readdirSync(data).length === 2);
    socket.destroy();
    await until(() => readdirSync(data).length === 1);
    assert.equal((await ask(store, "GET", "/broken/k")).body, "as it was");
  });
});
