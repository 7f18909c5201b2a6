import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { metricOf, startFlow, until, type Flow } from "../support/flow.ts";
import type { InProcessOptions } from "../support/in-process.ts";
import { codeOf, headerOf } from "../support/raw-client.ts";
import { startHttpStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

type Site = {
  readonly flow: Flow;
  /** Of each request that has come, in order: how to answer it. */
  readonly reached: { readonly target: string; readonly answer: () => void }[];
  /** A client that has asked, and what it will read. */
  readonly ask: (target: string) => Promise<Asking>;
};
type Asking = { readonly read: () => ReturnType<Flow["exchange"]>; readonly leave: () => void };

/** A store that answers when it is told to, behind `endpoints` names, with one connection to each. */
async function site(
  t: TestContext,
  store: InProcessOptions["store"] = {},
  endpoints = 1,
): Promise<Site> {
  const reached: { target: string; answer: () => void }[] = [];
  const serve = (url: string | undefined, response: ServerResponse): void => {
    reached.push({ target: url ?? "", answer: () => response.end(url) });
  };
  const stores = await Promise.all(
    Array.from({ length: endpoints }, () =>
      startHttpStore((request, response) => {
        request.resume();
        serve(request.url, response);
      }),
    ),
  );
  t.after(() => Promise.all(stores.map((store) => store.stop())));
  const flow = await startFlow(
    t,
    stores.map(({ endpoint }) => endpoint),
    { store: { connections: 1, ...store } },
  );
  const ask = async (target: string): Promise<Asking> => {
    const client = await flow.connect();
    client.write(bytesOf(flow.signed("GET", target)));
    return { read: () => client.answer(), leave: () => client.destroy() };
  };
  return { flow, reached, ask };
}

test("requests beyond upstream.connections wait, and are served in their order", async (t) => {
  const { flow, reached, ask } = await site(t);
  const targets = ["/bucket/1", "/bucket/2", "/bucket/3"];
  const asking: Asking[] = [];
  for (const [n, target] of targets.entries()) {
    asking.push(await ask(target));
    await until(async () => (await metricOf(flow, "requests_in_flight")) === n + 1);
  }
  for (const [n, target] of targets.entries()) {
    await until(() => reached.length === n + 1);
    reached[n]?.answer();
    assert.equal((await asking[n]?.read())?.body.toString(), target);
  }
});

test("a request that waits for longer than upstream.queueTimeout is a SlowDown, and is not done", async (t) => {
  const { flow, reached, ask } = await site(t, { queueTimeout: "300ms" });
  const first = await ask("/bucket/1");
  await until(() => reached.length === 1);
  for (const target of ["/bucket/2", "/bucket/3"]) {
    const late = await flow.exchange("GET", target);
    assert.deepEqual([codeOf(late), headerOf(late, "retry-after")], ["SlowDown", "1"]);
  }
  const upload = await flow.exchange("PUT", "/bucket/4", { body: Buffer.alloc(200_000) });
  assert.equal(codeOf(upload), "SlowDown");
  reached[0]?.answer();
  assert.equal((await first.read()).status, 200);
  const next = await ask("/bucket/5");
  await until(() => reached.length === 2);
  reached[1]?.answer();
  assert.equal((await next.read()).body.toString(), "/bucket/5");
  assert.equal(await metricOf(flow, 'limited_total{limit="store_connections"}'), 3);
});

test("a client that goes away does not wait any more, and takes nobody's turn", async (t) => {
  const { flow, reached, ask } = await site(t);
  const first = await ask("/bucket/1");
  await until(() => reached.length === 1);
  const gone = await ask("/bucket/2");
  await until(async () => (await metricOf(flow, "requests_in_flight")) === 2);
  const third = await ask("/bucket/3");
  await until(async () => (await metricOf(flow, "requests_in_flight")) === 3);
  gone.leave();
  await until(async () => (await metricOf(flow, "requests_in_flight")) === 2);
  reached[0]?.answer();
  assert.equal((await first.read()).status, 200);
  await until(() => reached.length === 2);
  reached[1]?.answer();
  assert.equal((await third.read()).body.toString(), "/bucket/3");
  assert.deepEqual(
    reached.map(({ target }) => target),
    ["/bucket/1", "/bucket/3"],
  );
});

test("a request goes to the endpoint that has a connection free", async (t) => {
  const { reached, ask } = await site(t, {}, 3);
  const asking = await Promise.all(["/bucket/1", "/bucket/2", "/bucket/3"].map(ask));
  await until(() => reached.length === 3);
  const fourth = await ask("/bucket/4");
  await pause(50);
  assert.equal(reached.length, 3);
  reached[1]?.answer();
  await until(() => reached.length === 4);
  for (const { answer } of reached) answer();
  for (const { read } of [...asking, fourth]) assert.equal((await read()).status, 200);
});
