/**
 * Tests the gateway's own state in a bucket of a real RGW: the conditions that it honours, and
 * races.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as s3 from "@aws-sdk/client-s3";
import { openStateBucket, stateBucketReader } from "../../src/state/bucket.ts";
import { probeConditions } from "../../src/state/conditions.ts";
import type { StateStore } from "../../src/state/state-store.ts";
import { openStoreClient, type StoreOptions } from "../../src/state/store-client.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf } from "../support/s3-client.ts";
import { race } from "../unit/state/counting.ts";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";

const RECORD = { owner: "alice", policy: "{}", at: 1, by: "alice" };

describe("state in a bucket of a real Ceph", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  const open: StateStore[] = [];
  before(async () => {
    ceph = await startCeph();
  });
  after(async () => {
    for (const store of open) await store.close();
    await ceph.stop();
  });

  function optionsOf(user: string, bucket = "gateway-state"): StoreOptions {
    const { accessKey, secretKey } = ceph.users(user);
    return {
      endpoints: [ceph.endpoint],
      authority: new URL(ceph.endpoint).host,
      region: "us-east-1",
      addressing: "path",
      credential: { accessKeyId: accessKey, secret: secretKey },
      bucket,
      tls: { ca: undefined, serverName: undefined, clientCertificate: undefined },
    };
  }

  async function opened(): Promise<StateStore> {
    const store = await openStateBucket(optionsOf("alice"));
    assert(store.ok, store.ok ? "" : store.error);
    open.push(store.value);
    return store.value;
  }

  /** Returns the status of a request about the object `key` of the state bucket. */
  async function statusOf(
    method: "PUT" | "DELETE",
    key: string,
    condition: Record<string, string>,
  ): Promise<number | string> {
    const client = openStoreClient(optionsOf("alice"));
    const body = method === "PUT" ? Buffer.from(key) : undefined;
    const answer = await client.send(method, key, body, condition);
    await client.close();
    return answer.ok ? answer.value.status : answer.error;
  }

  test("the bucket is made, and opened again by the next gateway", async () => {
    const [first, second] = [await opened(), await opened()];
    assert.deepEqual(await first.write("t:made", RECORD, undefined), {
      ok: true,
      value: "written",
    });
    const stored = await second.read("t:made");
    assert.deepEqual(stored.ok && stored.value?.record, RECORD);
  });

  test("a reader reads it, and makes no bucket where there is none", async () => {
    const store = await opened();
    await store.write("t:seen", RECORD, undefined);
    const reader = stateBucketReader(optionsOf("alice"));
    const seen = await reader.read("t:seen");
    await reader.close();
    assert.deepEqual(seen.ok && seen.value?.record, RECORD);
    for (let i = 0; i < 2; i++) {
      const none = stateBucketReader(optionsOf("alice", "never-made"));
      const refused = await none.read("t:seen");
      await none.close();
      assert.match(refused.ok ? "" : refused.error, /The store answered 404 NoSuchBucket/);
    }
  });

  test("a reader lists all records, more than one page of them", async () => {
    const options = optionsOf("alice", "state-of-many");
    const store = await openStateBucket(options);
    assert(store.ok);
    open.push(store.value);
    const names = Array.from({ length: 210 }, (_, i) => `t:made-${i}`);
    for (const name of names) await store.value.write(name, RECORD, undefined);
    const reader = stateBucketReader(options);
    const listed = await reader.list();
    await reader.close();
    assert(listed.ok, listed.ok ? "" : listed.error);
    assert.deepEqual(listed.value.toSorted(), names.toSorted());
  });

  test("RGW honours conditional writes with a bare ETag, and no conditional deletes", async () => {
    await opened();
    const client = openStoreClient(optionsOf("alice"));
    assert.deepEqual(await probeConditions(client, "probe/a"), { ok: true, value: "bare" });
    const put = await client.send("PUT", "measured", Buffer.from("x"));
    const etag = put.ok ? (put.value.etag ?? "") : "";
    await client.close();
    assert.equal(await statusOf("PUT", "measured", { "if-none-match": "*" }), 412);
    assert.equal(await statusOf("PUT", "measured", { "if-match": `"${etag}"` }), 412);
    assert.equal(await statusOf("PUT", "measured", { "if-match": "0".repeat(32) }), 412);
    assert.equal(await statusOf("PUT", "measured", { "if-match": etag }), 200);
    assert.equal(await statusOf("PUT", "missing", { "if-match": etag }), 412);
    assert.equal(await statusOf("DELETE", "measured", { "if-match": "0".repeat(32) }), 204);
    assert.equal(await statusOf("PUT", "measured", { "if-none-match": "*" }), 200);
  });

  test("of many first writers, one succeeds", async () => {
    const stores = [await opened(), await opened(), await opened(), await opened()];
    for (let round = 0; round < 10; round++) {
      const writes = stores.map(async (store, i) =>
        store.write(`first-${round}`, { ...RECORD, at: i }, undefined),
      );
      const all = (await Promise.all(writes)).map((one) => (one.ok ? one.value : one.error));
      assert.deepEqual(all.toSorted(), ["conflict", "conflict", "conflict", "written"]);
    }
  });

  test("of 200 changes by two gateways, four at once in each, none is lost", async () => {
    const stores = [await opened(), await opened()];
    await race(stores, "counted", 4, 25);
    const stored = await stores[0]?.read("counted");
    assert.equal(stored?.ok === true && stored.value?.record.by, "200");
  });

  test("a record that was removed can be written again, by one", async () => {
    const [first, second] = [await opened(), await opened()];
    await first.write("again", RECORD, undefined);
    for (let round = 0; round < 5; round++) {
      const stored = await first.read("again");
      const revision = stored.ok ? (stored.value?.revision ?? "") : "";
      assert.deepEqual(await first.remove("again", revision), { ok: true, value: "written" });
      assert.deepEqual(await second.read("again"), { ok: true, value: undefined });
      assert.deepEqual(await second.remove("again", revision), { ok: true, value: "conflict" });
      const writes = [first, second].map(async (store, i) =>
        store.write("again", { ...RECORD, at: round * 2 + i }, undefined),
      );
      const all = (await Promise.all(writes)).map((one) => (one.ok ? one.value : one.error));
      assert.deepEqual(all.toSorted(), ["conflict", "written"]);
    }
  });

  test("a process killed while it writes leaves every record whole, old or new", async () => {
    const child = fileURLToPath(new URL("../unit/state/child/bucket-writer.ts", import.meta.url));
    const store = await opened();
    let seen = 0;
    for (let round = 0; round < 20; round++) {
      const args = [child, JSON.stringify(optionsOf("alice")), `${round}`];
      const writer = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      await once(writer.stdout, "data");
      await setTimeout(Math.random() * 200);
      const gone = once(writer, "exit");
      writer.kill("SIGKILL");
      assert.deepEqual(await gone, [null, "SIGKILL"]);
      for (let i = 0; i < 5; i++) {
        const stored = await store.read(`killed-${i}`);
        assert(stored.ok, stored.ok ? "" : stored.error);
        if (stored.value === undefined) continue;
        const { by, at, policy } = stored.value.record;
        assert.equal(policy, `${by}-${at} `.repeat(2_000));
        seen++;
      }
    }
    assert(seen > 20, `only ${seen} records were ever written`);
  });

  test("a bucket of somebody else's is not used, even if it lets us in", async () => {
    const bob = clientOf(ceph.endpoint, ceph.users("bob"));
    await bob.send(new s3.CreateBucketCommand({ Bucket: "of-bob", ACL: "public-read-write" }));
    const store = await openStateBucket(optionsOf("alice", "of-bob"));
    assert.match(store.ok ? "opened" : store.error, /it belongs to somebody else/);
  });

  test("a wrong credential, and one that may only read, are reported at once", async () => {
    const wrong = optionsOf("alice");
    const credential = { ...wrong.credential, secret: "wrong" };
    const store = await openStateBucket({ ...wrong, credential });
    assert.match(store.ok ? "opened" : store.error, /403 SignatureDoesNotMatch/);
    const reader = await openStateBucket(optionsOf("alice:reader"));
    assert.match(reader.ok ? "opened" : reader.error, /403 AccessDenied/);
  });

  test("a bucket that is removed meanwhile is an error, not an empty state", async () => {
    const store = await openStateBucket(optionsOf("alice", "short-lived"));
    assert(store.ok);
    const client = openStoreClient(optionsOf("alice", "short-lived"));
    const gone = await client.send("DELETE", undefined);
    assert.equal(gone.ok && gone.value.status, 204);
    const stored = await store.value.read("photos");
    assert.match(stored.ok ? "nothing" : stored.error, /404 NoSuchBucket/);
    await client.close();
    await store.value.close();
  });
});
