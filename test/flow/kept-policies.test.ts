import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startRecordingStore, type Answer, type RecordingStore } from "../stores/recording.ts";
import { metricOf, OWNER, READER, startFlow, until, UPSTREAM, type Flow } from "../support/flow.ts";
import { scratchFolder } from "../support/scratch.ts";
import { codeOf, rawExchange } from "../support/raw-client.ts";
import { bytesOf, type KeyPair } from "../support/signed.ts";

const OK: Answer = { kind: "reply", status: 200, body: "content" };
const ABSENT: Answer = { kind: "reply", status: 404 };
const PUBLIC = JSON.stringify({
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::bucket/*",
  },
});
const REFRESH_MS = 200;

type World = { readonly store: RecordingStore; readonly flow: Flow; readonly state: string };

/** Two accounts before a store that answers by `answer`, with a state directory of their own. */
async function before(
  t: TestContext,
  answer: (method: string) => Answer = () => OK,
): Promise<World> {
  const store = await startRecordingStore({
    // That the bucket is not there yet is what lets the gateway remember its maker.
    onRequest: ({ method }) => (method === "HEAD" ? ABSENT : answer(method)),
  });
  t.after(() => store.stop());
  const state = join(scratchFolder("state"), "records");
  return { store, state, flow: await gatewayOn(t, store, state) };
}

function gatewayOn(t: TestContext, store: RecordingStore, state: string): Promise<Flow> {
  return startFlow(t, store.endpoint, {
    policy: { bucketPolicies: "gateway", anonymous: "policy" },
    state: { directory: state, refresh: `${REFRESH_MS}ms` },
    accounts: [
      { name: "lab", upstream: UPSTREAM, keys: [OWNER] },
      { name: "other", upstream: { accessKey: "AKOTHERSTORE", secretKey: "x" }, keys: [READER] },
    ],
  });
}

const make = (flow: Flow) => flow.exchange("PUT", "/bucket", { body: "" });
const put = (flow: Flow, body: string) => flow.exchange("PUT", "/bucket?policy", { body });
const anonymous = async (flow: Flow, target: string): Promise<number> => {
  const line = `GET ${target} HTTP/1.1\r\nHost: ${flow.gateway.address}\r\nConnection: close\r\n\r\n`;
  return (await rawExchange(flow.gateway.address, Buffer.from(line), { method: "GET" })).status;
};

describe("a policy put by its owner", () => {
  test("is answered 204, given back byte for byte, enforced, deleted, and never seen by the store", async (t) => {
    const { store, flow } = await before(t);
    await make(flow);
    assert.equal(await anonymous(flow, "/bucket/k"), 403);
    const spaced = `${PUBLIC}\n `;
    const answer = await put(flow, spaced);
    assert.equal(answer.status, 204);
    assert.equal(answer.body.length, 0);
    const shown = await flow.exchange("GET", "/bucket?policy");
    assert.equal(shown.body.toString(), spaced);
    assert.equal(await anonymous(flow, "/bucket/k"), 200);
    const status = await flow.exchange("GET", "/bucket?policyStatus");
    assert.match(status.body.toString(), /<IsPublic>true</);
    assert.equal((await flow.exchange("DELETE", "/bucket?policy")).status, 204);
    assert.equal(await anonymous(flow, "/bucket/k"), 403);
    assert.equal(codeOf(await flow.exchange("GET", "/bucket?policy")), "NoSuchBucketPolicy");
    assert.deepEqual(
      store.requests.map(({ method, url }) => `${method} ${url}`),
      ["HEAD /bucket", "PUT /bucket", "GET /bucket/k"],
    );
  });

  test("is refused with its place if it is none", async (t) => {
    const { flow } = await before(t);
    await make(flow);
    const answer = await put(flow, PUBLIC.replace("Effect", "Efect"));
    assert.equal(answer.status, 400);
    assert.equal(codeOf(answer), "MalformedPolicy");
    assert.match(answer.body.toString(), /line 1/);
  });

  test("is another account's to put nowhere", async (t) => {
    const { flow } = await before(t);
    await make(flow);
    const answer = await flow.exchange("PUT", "/bucket?policy", { body: PUBLIC, key: READER });
    assert.equal(codeOf(answer), "AccessDenied");
  });

  test("the policy of an unknown bucket is refused with a hint how to adopt it", async (t) => {
    const { flow } = await before(t);
    const answer = await put(flow, PUBLIC);
    assert.equal(answer.status, 405);
    assert.match(answer.body.toString(), /s3warden adopt bucket --account lab/);
  });
});

test("another gateway on the same state enforces it after the refresh at the latest", async (t) => {
  const { store, state, flow } = await before(t);
  const second = await gatewayOn(t, store, state);
  await make(flow);
  assert.equal(await anonymous(second, "/bucket/k"), 403);
  await put(flow, PUBLIC);
  await pause(REFRESH_MS * 2);
  assert.equal(await anonymous(second, "/bucket/k"), 200);
  await flow.exchange("DELETE", "/bucket?policy");
  await pause(REFRESH_MS * 2);
  assert.equal(await anonymous(second, "/bucket/k"), 403);
});

describe("a Deny of changing the policy", () => {
  const deputy: KeyPair = { accessKey: "AKIADEPUTY", secretKey: "theSecretOfTheDeputy" };
  const statement = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  const everything = JSON.stringify({ Version: "2012-10-17", Statement: statement });
  const forbidding = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Deny",
      Principal: { AWS: "arn:aws:iam::lab:user/deputy" },
      Action: ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:DeleteBucket"],
      Resource: "arn:aws:s3:::bucket",
    },
  });

  /** A gateway that believes for ten minutes what it has read, and lets the deputy do everything. */
  const deputysGateway = (t: TestContext, store: RecordingStore, state: string): Promise<Flow> =>
    startFlow(t, store.endpoint, {
      policy: { bucketPolicies: "gateway" },
      state: { directory: state, refresh: "10m" },
      files: { "everything.json": everything },
      accounts: [
        {
          name: "lab",
          upstream: UPSTREAM,
          keys: [OWNER],
          subusers: [{ name: "deputy", policies: ["everything.json"], keys: [deputy] }],
        },
      ],
    });

  async function twoGateways(
    t: TestContext,
  ): Promise<{ one: Flow; two: Flow; shown: () => Promise<string> }> {
    const store = await startRecordingStore({
      onRequest: ({ method }) => (method === "HEAD" ? ABSENT : OK),
    });
    t.after(() => store.stop());
    const state = join(scratchFolder("state"), "records");
    const one = await deputysGateway(t, store, state);
    const two = await deputysGateway(t, store, state);
    await make(one);
    // The second one remembers the bucket without a policy.
    assert.equal((await two.exchange("GET", "/bucket/k", { key: deputy })).status, 200);
    const shown = async () => (await one.exchange("GET", "/bucket?policy")).body.toString();
    return { one, two, shown };
  }

  for (const [method, target, body] of [
    ["PUT", "/bucket?policy", PUBLIC],
    ["DELETE", "/bucket?policy", undefined],
    ["DELETE", "/bucket", undefined],
  ] as const) {
    test(`holds at a gateway that remembers no policy: ${method} ${target}`, async (t) => {
      const { one, two, shown } = await twoGateways(t);
      assert.equal((await put(one, forbidding)).status, 204);
      const options = body === undefined ? { key: deputy } : { key: deputy, body };
      const answer = await two.exchange(method, target, options);
      assert.equal(codeOf(answer), "AccessDenied");
      assert.equal(await shown(), forbidding);
    });
  }

  test("holds for who was let in before it was put, and sends the document afterwards", async (t) => {
    for (const which of ["one", "two"] as const) {
      const { one, two, shown } = await twoGateways(t);
      const flow = which === "one" ? one : two;
      const client = await flow.connect();
      const whole = bytesOf(flow.signed("PUT", "/bucket?policy", { key: deputy, body: PUBLIC }));
      client.write(whole.subarray(0, -1));
      await until(async () => ((await metricOf(flow, "unproved_bytes")) ?? 0) > 0);
      assert.equal((await put(one, forbidding)).status, 204);
      client.write(whole.subarray(-1));
      const answer = await client.finalAnswer("PUT");
      assert.equal(codeOf(answer), "AccessDenied", which);
      assert.equal(await shown(), forbidding, which);
    }
  });
});

test("policies that are put at once are all judged by what was there before each", async (t) => {
  const { flow } = await before(t);
  await make(flow);
  const texts = Array.from({ length: 40 }, (_, i) => `${PUBLIC}${" ".repeat(i)}`);
  const answers = await Promise.all(texts.map((text) => put(flow, text)));
  const put204 = texts.filter((_, i) => answers[i]?.status === 204);
  for (const answer of answers) {
    assert.ok(answer.status === 204 || codeOf(answer) === "OperationAborted", `${answer.status}`);
  }
  const kept = (await flow.exchange("GET", "/bucket?policy")).body.toString();
  assert.ok(put204.includes(kept));
});

describe("a bucket's record", () => {
  test("comes when the store has made the bucket, and not when it has not", async (t) => {
    const refused: Answer = {
      kind: "reply",
      status: 409,
      body: "<Error><Code>BucketAlreadyExists</Code></Error>",
    };
    const { flow, state } = await before(t, () => refused);
    const answer = await make(flow);
    assert.equal(answer.status, 409);
    assert.deepEqual(records(state), []);
  });

  test("goes when the store has removed the bucket, also if that was before", async (t) => {
    for (const status of [204, 404]) {
      const { flow, state } = await before(t, (method) => ({
        kind: "reply",
        status: method === "DELETE" ? status : 200,
        body: status === 404 ? "<Error><Code>NoSuchBucket</Code></Error>" : "",
      }));
      await make(flow);
      await put(flow, PUBLIC);
      assert.equal(records(state).length, 1);
      assert.equal((await flow.exchange("DELETE", "/bucket")).status, status);
      assert.deepEqual(records(state), []);
    }
  });

  test("stays when the store refuses to remove the bucket", async (t) => {
    const { flow, state } = await before(t, (method) => ({
      kind: "reply",
      status: method === "DELETE" ? 409 : 200,
    }));
    await make(flow);
    await flow.exchange("DELETE", "/bucket");
    assert.equal(records(state).length, 1);
  });

  test("stays with its policy when its owner or another makes the bucket again", async (t) => {
    const { flow } = await before(t);
    await make(flow);
    await put(flow, PUBLIC);
    await make(flow);
    assert.equal((await flow.exchange("GET", "/bucket?policy")).body.toString(), PUBLIC);
    // The store says yes to its own users again and again: that is no proof of anything.
    const stolen = await flow.exchange("PUT", "/bucket", { body: "", key: READER });
    assert.equal(codeOf(stolen), "BucketAlreadyExists");
    assert.equal((await flow.exchange("GET", "/bucket?policy")).body.toString(), PUBLIC);
  });
});

describe("a state that cannot be read", () => {
  test("an unreadable state denies, is no bug, and shows in readiness and metrics", async (t) => {
    const { flow, state, store } = await before(t);
    await make(flow);
    const [name = ""] = records(state);
    rmSync(join(state, name));
    mkdirSync(join(state, name));
    await pause(REFRESH_MS * 2);
    const seen = store.requests.length;
    const answer = await flow.exchange("GET", "/bucket/k");
    assert.equal(answer.status, 503);
    assert.equal(store.requests.length, seen);
    const admin = `http://${flow.gateway.adminAddress}`;
    assert.equal((await fetch(`${admin}/readyz`)).status, 503);
    assert.match(
      await (await fetch(`${admin}/metrics`)).text(),
      /s3warden_state_errors_total [1-9]/,
    );
    rmSync(join(state, name), { recursive: true });
    assert.equal((await flow.exchange("GET", "/bucket/k")).status, 200);
    assert.equal((await fetch(`${admin}/readyz`)).status, 200);
    assert.deepEqual(flow.gateway.errors, []);
  });

  test("denies also for a policy that no longer is one", async (t) => {
    const { flow, state } = await before(t);
    await make(flow);
    const [name = ""] = records(state);
    const record = { version: 1, owner: "lab", policy: "{}", at: 1, by: "lab" };
    writeFileSync(join(state, name), `${JSON.stringify(record)}\n`);
    await pause(REFRESH_MS * 2);
    assert.equal((await flow.exchange("GET", "/bucket/k")).status, 503);
  });
});

/** The files of records, without locks and what is being written. */
function records(state: string): readonly string[] {
  return readdirSync(state).filter((name) => name.endsWith(".json"));
}
