/** A bug in the gateway is told as its own, and costs nobody else anything. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Responder } from "../../src/gateway/respond.ts";
import type { AnswerHandler, Sending } from "../../src/store/answer-handler.ts";
import { StorePool } from "../../src/store/pool.ts";
import { metricOf, READER, startFlow, type Flow } from "../support/flow.ts";
import { codeOf, RawClient } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf, presignV4 } from "../support/signed.ts";

/** More than `upstream.connections` has by default. */
const MANY = 300;

type Site = Flow & { readonly reached: readonly string[] };

/** A store that answers everything with `content`, behind `connections` connections if given. */
async function site(t: TestContext, store?: { readonly connections: number }): Promise<Site> {
  const reached: string[] = [];
  const { endpoint, stop } = await startHttpStore((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume().on("end", () => response.end("content"));
  });
  t.after(stop);
  const options = store === undefined ? {} : { store };
  return { ...(await startFlow(t, endpoint, options)), reached };
}

/** A presigned GET of the reader's, with `query` among what is signed. */
function presigned({ gateway, scope }: Flow, query: string): Buffer {
  const target = `/bucket/key?${query}`;
  const headers = [["host", gateway.address]] as const;
  const request = { method: "GET", target, headers, body: Buffer.alloc(0) };
  return bytesOf(presignV4(request, READER, scope));
}

test("presigned parameters whose names are no header names are refused, and leave every connection to the store free", async (t) => {
  const flow = await site(t);
  const client = await RawClient.connect(flow.gateway.address);
  t.after(() => client.destroy());
  const codes = new Set<string>();
  for (let i = 0; i < MANY; i++) {
    client.write(presigned(flow, "x-amz-meta-a%20b=1"));
    codes.add(codeOf(await client.answer()));
  }
  assert.deepEqual([...codes], ["InvalidArgument"]);
  assert.deepEqual(flow.reached, []);
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  assert.equal(await metricOf(flow, 'upstream_errors_total{kind="other"}'), undefined);
});

for (const name of [
  "x-amz-meta-a%0Ab",
  "x-amz-meta-a%3Ab",
  "x-amz-meta-%C3%A4",
  "x-amz-meta-a%7Fb",
  "x-amz-meta-%22",
  "x-amz-meta-a%2Cb",
  "x-amz-meta-a%00",
]) {
  test(`a presigned parameter ${name} becomes no header`, async (t) => {
    const flow = await site(t);
    const client = await flow.connect();
    client.write(presigned(flow, `${name}=1`));
    assert.equal(codeOf(await client.answer()), "InvalidArgument");
    assert.deepEqual(flow.reached, []);
  });
}

type Send = (sending: Sending, handler: AnswerHandler, original: () => void) => void;

/** Has the store's pools do `instead`, but for the gateway's own probes. */
function sending(t: TestContext, instead: Send): { readonly restore: () => void } {
  // oxlint-disable-next-line typescript/unbound-method -- It is called with the pool below.
  const original = StorePool.prototype.send;
  return t.mock.method(
    StorePool.prototype,
    "send",
    function (this: StorePool, sending: Sending, handler: AnswerHandler): void {
      const go = (): void => original.call(this, sending, handler);
      if (sending.head.method === "HEAD") go();
      else instead(sending, handler, go);
    },
  ).mock;
}

/** Throws; not `never`, so that it fits wherever something is expected. */
function bug(): boolean {
  throw new TypeError("a bug for the test");
}

async function* brokenBody(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from("begun"));
  bug();
}

const SEND_FAULTS: readonly (readonly [string, Send, "dispatch" | "body"])[] = [
  ["throws", bug, "dispatch"],
  [
    "sends a body that breaks off by a bug",
    (sent, _, go) => {
      Object.assign(sent, { body: brokenBody() });
      go();
    },
    "body",
  ],
  [
    "sends another body than was announced",
    (sent, _, go) => {
      Object.assign(sent, { body: Buffer.from("more than was announced") });
      go();
    },
    "dispatch",
  ],
];

for (const [what, send, where] of SEND_FAULTS) {
  test(`a request whose store pool ${what} is an InternalError of the gateway, and keeps no connection`, async (t) => {
    const flow = await site(t, { connections: 2 });
    const broken = sending(t, send);
    for (let i = 0; i < 5; i++) {
      assert.equal(
        codeOf(await flow.exchange("PUT", "/bucket/key", { body: "text" })),
        "InternalError",
      );
    }
    // A body that is still coming is read over, and its client can read why.
    const body = Buffer.alloc(300_000, "x");
    assert.equal(codeOf(await flow.exchange("PUT", "/bucket/key", { body })), "InternalError");
    broken.restore();
    const answer = await flow.exchange("PUT", "/bucket/key", { body: "text" });
    assert.deepEqual([answer.status, answer.body.toString()], [200, "content"]);
    const records = await flow.gateway.records(7);
    assert.deepEqual(
      records.map(({ outcome }) => outcome),
      [...Array.from({ length: 6 }, () => "gateway_fault"), "forwarded"],
    );
    await assertOurs(flow, where, 6);
  });
}

test("what becomes of a head behind the gate does not reach the store", async (t) => {
  const flow = await site(t, { connections: 1 });
  const broken = sending(t, ({ head }, _, go) => {
    Object.assign(head, { method: "DELETE", target: "/bucket/other", headers: ["host", "other"] });
    go();
  });
  const answer = await flow.exchange("PUT", "/bucket/key", { body: "text" });
  broken.restore();
  assert.equal(answer.status, 200);
  assert.deepEqual(flow.reached, ["PUT /bucket/key"]);
});

/** Counted and logged as the gateway's own, and not as the store's. */
async function assertOurs(flow: Flow, where: string, count: number): Promise<void> {
  assert.equal(await metricOf(flow, `faults_total{where="${where}"}`), count);
  for (const kind of ["other", "reset", "protocol", "connect"]) {
    assert.equal(await metricOf(flow, `upstream_errors_total{kind="${kind}"}`), undefined);
  }
  assert.equal(flow.gateway.errors.length, count);
  for (const line of flow.gateway.errors) {
    assert.match(line, /"where":"\w+".*"stack":"/);
    assert.doesNotMatch(line, /theSecret|AWS4-HMAC|Signature=|authorization/);
  }
  const ready = await fetch(`http://${flow.gateway.adminAddress}/readyz`);
  assert.equal(ready.status, 200, "one client cannot make the gateway unready");
  assert.deepEqual(flow.gateway.warnings, []);
}

/** What the client of an answer hears if a method of it has a bug. */
const HEARD = {
  start: "InternalError",
  // What begins cannot become an error document any more.
  write: "broken off",
  // All bytes that the head promised have left.
  end: "content",
} as const;

for (const method of ["start", "write", "end"] as const) {
  test(`a bug in ${method}() of an answer ends the request as the gateway's fault, and keeps no connection`, async (t) => {
    const flow = await site(t, { connections: 1 });
    for (let i = 0; i < 3; i++) {
      const broken = t.mock.method(Responder.prototype, method, bug, { times: 1 });
      const told = await flow.exchange("GET", "/bucket/key").then(
        (answer) => (answer.status === 200 ? answer.body.toString() : codeOf(answer)),
        () => "broken off",
      );
      assert.equal(told, HEARD[method]);
      broken.mock.restore();
    }
    assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
    await assertOurs(flow, "answer", 3);
  });
}

test("the connection ends if even the error cannot be sent, and the next is served", async (t) => {
  const flow = await site(t, { connections: 1 });
  const broken = t.mock.method(Responder.prototype, "start", bug);
  for (let i = 0; i < 3; i++) await assert.rejects(flow.exchange("GET", "/bucket/key"));
  broken.mock.restore();
  assert.equal((await flow.exchange("GET", "/bucket/key")).status, 200);
  await assertOurs(flow, "answer", 3);
});

test("requests that wait for a connection are all served when those before them fail by a fault", async (t) => {
  const flow = await site(t, { connections: 1 });
  let failures = 20;
  sending(t, (_sending, _handler, go) => (failures-- > 0 ? bug() : go()));
  const asked = await Promise.all(
    Array.from({ length: 30 }, () => flow.exchange("GET", "/bucket/key")),
  );
  assert.equal(asked.filter(({ status }) => status === 500).length, 20);
  assert.equal(asked.filter(({ status }) => status === 200).length, 10);
});
