/**
 * Nobody takes over a bucket: two accounts, one or two gateways that share their state, and a store
 * that answers 200 to whoever makes a bucket again that is its own.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { startBucketStore, type Asked, type BucketStore } from "../support/bucket-store.ts";
import { startFlow, until, type Flow } from "../support/flow.ts";
import { portOf } from "../support/ports.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf, type KeyPair } from "../support/signed.ts";

const TEAM1: KeyPair = { accessKey: "AKTEAM1", secretKey: "secretOfTeam1" };
const TEAM2: KeyPair = { accessKey: "AKTEAM2", secretKey: "secretOfTeam2" };
const STORE = { accessKey: "AKSTORE", secretKey: "s" };
const STORE2 = { accessKey: "AKSTORE2", secretKey: "s" };

type Upstreams = readonly [team1: KeyPair, team2: KeyPair];
/** Two keys of the store's, and whose they are. */
const ONE_KEY: Upstreams = [STORE, STORE];
const TWO_KEYS: Upstreams = [STORE, STORE2];
const ONE_USER = { AKSTORE: "store-user", AKSTORE2: "store-user" };
const OWN_USERS = { AKSTORE: "one", AKSTORE2: "two" };

type World = {
  readonly store: BucketStore;
  readonly gateways: readonly Flow[];
  readonly state: string;
};

/** Two gateways on one state, whose caches are never read anew during a test. */
async function world(
  t: TestContext,
  upstreams: Upstreams,
  users: Readonly<Record<string, string>>,
): Promise<World & { readonly one: Flow; readonly two: Flow }> {
  const store = await startBucketStore(users);
  t.after(() => store.stop());
  const state = join(scratchFolder("state"), "records");
  const open = (): Promise<Flow> => openOn(t, store.endpoint, state, upstreams);
  const [one, two] = [await open(), await open()];
  return { store, state, gateways: [one, two], one, two };
}

function openOn(
  t: TestContext,
  endpoint: string,
  state: string,
  upstreams: Upstreams,
): Promise<Flow> {
  return startFlow(t, endpoint, {
    policy: { bucketPolicies: "gateway" },
    state: { directory: state, refresh: "10m" },
    accounts: [
      { name: "team1", upstream: upstreams[0], keys: [TEAM1] },
      { name: "team2", upstream: upstreams[1], keys: [TEAM2] },
    ],
  });
}

const make = (flow: Flow, key: KeyPair, target = "/payroll"): Promise<RawAnswer> =>
  flow.exchange("PUT", target, { key, body: "" });
const put = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("PUT", "/payroll/k", { key, body: "salaries" });
const get = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("GET", "/payroll/k", { key });
const remove = (flow: Flow, key: KeyPair): Promise<RawAnswer> =>
  flow.exchange("DELETE", "/payroll", { key });

/** What is kept of buckets, without what only the time tells. */
function recordsIn(state: string): readonly unknown[] {
  const untimed = (name: string, value: unknown): unknown =>
    name === "at" || name === "since" ? undefined : value;
  return readdirSync(state)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(state, name), "utf8"), untimed));
}

const DENY = JSON.stringify({
  Version: "2012-10-17",
  Statement: {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::payroll/*",
  },
});
const ESTABLISHED = { version: 1, owner: "team1", by: "team1" };

/** A gate at which the store holds the answer to `method` about the bucket itself. */
function heldAt(store: BucketStore, method: string): { open: () => void; reached: () => boolean } {
  const gate = Promise.withResolvers<void>();
  let reached = false;
  store.answering = ({ method: asked, key }: Asked) => {
    if (asked !== method || key !== undefined) return undefined;
    reached = true;
    return gate.promise;
  };
  return { open: () => gate.resolve(), reached: () => reached };
}

describe("a bucket that another account has made", () => {
  for (const [what, upstreams, users] of [
    ["two keys of one user of the store", TWO_KEYS, ONE_USER],
    ["one key for both accounts", ONE_KEY, ONE_USER],
    ["a user of the store each", TWO_KEYS, OWN_USERS],
  ] as const) {
    test(`stays its own when it is made again: ${what}`, async (t) => {
      const { one, store, state } = await world(t, upstreams, users);
      assert.equal((await make(one, TEAM1)).status, 200);
      await put(one, TEAM1);
      const seen = store.asked.length;
      const again = await make(one, TEAM2);
      assert.equal(again.status, 409);
      assert.equal(codeOf(again), "BucketAlreadyExists");
      assert.equal(store.asked.length, seen, "nothing is sent to the store");
      assert.equal(codeOf(await get(one, TEAM2)), "AccessDenied");
      assert.equal((await get(one, TEAM1)).body.toString(), "salaries");
      assert.deepEqual(recordsIn(state), [ESTABLISHED]);
    });
  }

  test("is closed to a gateway that remembers that there was none", async (t) => {
    const { one, two } = await world(t, ONE_KEY, ONE_USER);
    assert.equal(codeOf(await get(two, TEAM2)), "NoSuchBucket");
    await make(one, TEAM1);
    await put(one, TEAM1);
    assert.equal(codeOf(await get(two, TEAM2)), "AccessDenied");
    assert.equal(codeOf(await put(two, TEAM2)), "AccessDenied");
    assert.equal(codeOf(await make(two, TEAM2)), "BucketAlreadyExists");
    assert.equal((await get(two, TEAM1)).body.toString(), "salaries");
  });

  test("is closed to a gateway that remembers its owner before", async (t) => {
    const { one, two } = await world(t, ONE_KEY, ONE_USER);
    await make(one, TEAM2);
    assert.equal(codeOf(await get(two, TEAM2)), "NoSuchKey");
    assert.equal((await remove(one, TEAM2)).status, 204);
    await make(one, TEAM1);
    await put(one, TEAM1);
    assert.equal(codeOf(await get(two, TEAM2)), "AccessDenied");
  });
});

describe("a bucket that was there before the gateway", () => {
  test("is nobody's by being made again, whatever the store answers", async (t) => {
    const { one, store, state } = await world(t, TWO_KEYS, ONE_USER);
    store.buckets.ask("store-user", { method: "PUT", bucket: "payroll", key: undefined });
    assert.equal((await make(one, TEAM2)).status, 200);
    assert.deepEqual(recordsIn(state), []);
    const refused = await one.exchange("PUT", "/payroll?policy", { key: TEAM2, body: DENY });
    assert.equal(codeOf(refused), "MethodNotAllowed");
  });

  test("another store user's bucket gets the store's own answer", async (t) => {
    const { one, store, state } = await world(t, TWO_KEYS, OWN_USERS);
    store.buckets.ask("two", { method: "PUT", bucket: "payroll", key: undefined });
    assert.equal(codeOf(await make(one, TEAM1)), "BucketAlreadyExists");
    assert.deepEqual(recordsIn(state), []);
  });
});

describe("a bucket that is being made", () => {
  test("is nobody else's to make meanwhile, and nobody's policy can be put", async (t) => {
    const { one, two, store } = await world(t, ONE_KEY, ONE_USER);
    const held = heldAt(store, "PUT");
    const making = make(one, TEAM1);
    await until(held.reached);
    assert.equal(codeOf(await make(two, TEAM2)), "OperationAborted");
    // Not its own by any record, so it is not there for the other.
    assert.equal(codeOf(await remove(two, TEAM2)), "NoSuchBucket");
    held.open();
    assert.equal((await making).status, 200);
    assert.equal(codeOf(await make(two, TEAM2)), "BucketAlreadyExists");
  });

  test("is its maker's also if the maker went away before the answer", async (t) => {
    const { one, store, state } = await world(t, ONE_KEY, ONE_USER);
    const held = heldAt(store, "PUT");
    const client = await one.connect();
    client.write(bytesOf(one.signed("PUT", "/payroll", { key: TEAM1, body: "" })));
    await until(held.reached);
    client.destroy();
    await one.gateway.records(1);
    held.open();
    await until(() => recordsIn(state).length === 1);
    await until(() => !("pending" in Object(recordsIn(state)[0])));
    assert.deepEqual(recordsIn(state), [ESTABLISHED]);
  });

  test("is its maker's on the next try if the store broke off", async (t) => {
    const { one, two, store, state } = await world(t, ONE_KEY, ONE_USER);
    store.answering = ({ method }) => (method === "PUT" ? "break" : undefined);
    assert.equal((await make(one, TEAM1)).status, 503);
    store.answering = () => undefined;
    assert.equal((await make(one, TEAM1)).status, 200);
    assert.deepEqual(recordsIn(state), [ESTABLISHED]);
    assert.equal(codeOf(await make(two, TEAM2)), "BucketAlreadyExists");
  });

  test("leaves no claim if the store cannot be reached, or refuses", async (t) => {
    const { one, store, state } = await world(t, TWO_KEYS, OWN_USERS);
    store.buckets.ask("two", { method: "PUT", bucket: "payroll", key: undefined });
    assert.equal((await make(one, TEAM1)).status, 409);
    assert.deepEqual(recordsIn(state), []);
    await store.stop();
    assert.equal((await make(one, TEAM1, "/fresh")).status, 503);
    assert.deepEqual(recordsIn(state), []);
  });
});

test("a bucket whose creation was never sent leaves no claim", async (t) => {
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/payroll") heard.push(request.method);
    // The last that it hears: whoever comes then finds nobody.
    if (request.url === "/payroll") server.close();
    response.writeHead(404, { connection: "close" }).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const state = join(scratchFolder("state"), "records");
  const endpoint = `http://127.0.0.1:${portOf(server.address())}`;
  const flow = await openOn(t, endpoint, state, TWO_KEYS);
  assert.equal((await make(flow, TEAM1)).status, 503);
  assert.deepEqual(heard, ["HEAD"]);
  assert.deepEqual(recordsIn(state), []);
});

describe("a bucket that is being removed", () => {
  test("cannot be made until the removal has ended, so that no record is lost", async (t) => {
    const { one, two, store, state } = await world(t, ONE_KEY, ONE_USER);
    await make(one, TEAM1);
    const held = heldAt(store, "DELETE");
    const removing = remove(one, TEAM1);
    await until(held.reached);
    assert.equal(codeOf(await make(two, TEAM1)), "OperationAborted");
    assert.equal(codeOf(await make(two, TEAM2)), "OperationAborted");
    held.open();
    assert.equal((await removing).status, 204);
    assert.deepEqual(recordsIn(state), []);
    assert.equal((await make(two, TEAM2)).status, 200);
    assert.deepEqual(recordsIn(state), [{ ...ESTABLISHED, owner: "team2", by: "team2" }]);
  });

  test("keeps its policy in force meanwhile, and after a refusal", async (t) => {
    const { one, store, state } = await world(t, ONE_KEY, ONE_USER);
    await make(one, TEAM1);
    await put(one, TEAM1);
    const put1 = await one.exchange("PUT", "/payroll?policy", { key: TEAM1, body: DENY });
    assert.equal(put1.status, 204);
    const held = heldAt(store, "DELETE");
    const removing = remove(one, TEAM1);
    await until(held.reached);
    assert.equal(codeOf(await get(one, TEAM1)), "AccessDenied");
    held.open();
    assert.equal(codeOf(await removing), "BucketNotEmpty");
    assert.equal(codeOf(await get(one, TEAM1)), "AccessDenied");
    assert.deepEqual(recordsIn(state), [{ ...ESTABLISHED, policy: DENY }]);
  });

  test("is its owner's to remove again if the store broke off, and in force until then", async (t) => {
    const { one, store, state } = await world(t, ONE_KEY, ONE_USER);
    await make(one, TEAM1);
    store.answering = ({ method }) => (method === "DELETE" ? "break" : undefined);
    assert.equal((await remove(one, TEAM1)).status, 503);
    store.answering = () => undefined;
    assert.equal(codeOf(await make(one, TEAM2)), "BucketAlreadyExists");
    assert.equal(codeOf(await remove(one, TEAM1)), "NoSuchBucket");
    assert.deepEqual(recordsIn(state), []);
  });
});
