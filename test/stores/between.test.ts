/**
 * Tests HAProxy and nginx in front of the gateway and behind it: whatever is sent, two neighbours
 * agree on the end of each request. Request smuggling past either of them would have to begin with
 * a disagreement.
 *
 * In front, the proxy marks each request that it sees in User-Agent: every record of the gateway
 * has a mark, and no two have the same. Behind, the store must see the very requests that the
 * records report as sent there. The sentinel after each odd request has a request as its content,
 * which a neighbour that miscounts would serve.
 */
import assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import { endAll } from "../bench/support/child.ts";
import { ACCOUNTS, DOMAIN, POLICY } from "../flow/hostile/site.ts";
import { auditRecords, type AuditRecord } from "../support/audit.ts";
import { metricOf, until } from "../support/flow.ts";
import { openInProcess, type InProcess } from "../support/in-process.ts";
import { findProgram } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { SEEDS, tellSeed } from "../support/seeds.ts";
import {
  differencesBehind,
  differencesInFront,
  sentinelsIn,
  strayAnswers,
} from "./between/compare.ts";
import { startIntermediary, type Intermediary } from "./between/intermediary.ts";
import { sendAll, trafficFor, type Heard } from "./between/traffic.ts";
import { startLongSighted, startMarking, startShortSighted, type Pipe } from "./between/wrong.ts";
import { startRecordingStore, type RecordingStore } from "./recording.ts";

const NEEDS = ["haproxy", "nginx"].map((name) => ({
  name,
  present: findProgram(name) !== undefined,
  install: `apt-get install -y --no-install-recommends ${name === "nginx" ? "nginx-light" : name}`,
}));

/** Mutations for each seed and each proxy, besides every hostile request as it is. */
const RUNS = 1_000;

tellSeed();

/**
 * Starts a store. It repeats the request in its answer, so that an answer to the wrong client is
 * noticed.
 */
async function startStore(t: TestContext): Promise<RecordingStore> {
  const store = await startRecordingStore({
    onRequest: ({ method, url }) => ({ kind: "reply", status: 200, body: `${method} ${url}` }),
  });
  t.after(() => store.stop());
  return store;
}

async function startGateway(t: TestContext, upstream: string): Promise<InProcess> {
  const gateway = await openInProcess({
    upstream,
    accounts: ACCOUNTS,
    policy: POLICY,
    store: { store: "aws" },
    listen: { domains: [DOMAIN] },
    limits: { headerBytes: "16KiB" },
  });
  t.after(() => gateway.close());
  return gateway;
}

/** Resolves with all records, when every request has ended. */
async function recordsOf(gateway: InProcess): Promise<readonly AuditRecord[]> {
  await until(async () => (await metricOf({ gateway }, "requests_in_flight")) === 0, 20_000);
  const text = await (await fetch(`http://${gateway.adminAddress}/metrics`)).text();
  const series = text.matchAll(/^s3warden_requests_total\{.*\} (\d+)$/gm);
  const count = [...series].reduce((sum, [, value]) => sum + Number(value), 0);
  await until(() => auditRecords(gateway.auditFile).length >= count);
  return auditRecords(gateway.auditFile);
}

describe("HAProxy and nginx", { skip: skipUnless(NEEDS) }, () => {
  after(endAll);
  for (const program of ["HAProxy", "nginx"] as const) {
    for (const strictness of ["strict", "lax"] as const) {
      test(`the gateway behind a ${strictness} ${program} sees each request where it does`, async (t) => {
        const store = await startStore(t);
        const gateway = await startGateway(t, store.endpoint);
        const proxy = await startIntermediary(program, gateway.address, "mark", strictness);
        const { heard, differences } = await differInFront(t, proxy, gateway, RUNS);
        assert.deepEqual(differences.slice(0, 5), []);
        assert.ok(sentinelsIn(heard) > heard.length / 10, `${sentinelsIn(heard)} sentinels served`);
      });
    }

    test(`the store behind ${program} sees each request where the gateway does`, async (t) => {
      const store = await startStore(t);
      const proxy = await startIntermediary(program, new URL(store.endpoint).host, "leave");
      const gateway = await startGateway(t, `http://${proxy.address}`);
      const { heard, differences } = await differBehind(t, store, gateway, RUNS);
      assert.deepEqual(differences.slice(0, 5), []);
      assert.ok(sentinelsIn(heard) > heard.length / 10, `${sentinelsIn(heard)} sentinels served`);
    });
  }
});

type Outcome = { readonly heard: readonly Heard[]; readonly differences: readonly string[] };

async function differInFront(
  t: TestContext,
  proxy: Intermediary,
  gateway: InProcess,
  runs: number,
): Promise<Outcome> {
  const traffic = trafficFor(proxy.address, SEEDS, runs);
  const heard = await sendAll(proxy.address, traffic);
  const records = await recordsOf(gateway);
  const marks = new Set(records.map(({ userAgent }) => userAgent));
  await until(() => {
    const logged = new Set(proxy.marked().map(({ mark }) => mark));
    return [...marks].every(
      (mark) => !String(mark).startsWith("mark-") || logged.has(String(mark)),
    );
  });
  const marked = proxy.marked();
  t.diagnostic(
    `${heard.length} clients, ${marked.length} requests sent on, ${records.length} records`,
  );
  t.diagnostic(`${sentinelsIn(heard)} sentinels served`);
  const differences = [...differencesInFront(marked, records), ...strayAnswers(heard)];
  assert.deepEqual(gateway.errors, []);
  return { heard, differences };
}

async function differBehind(
  t: TestContext,
  store: RecordingStore,
  gateway: InProcess,
  runs: number,
): Promise<Outcome> {
  const heard = await sendAll(gateway.address, trafficFor(gateway.address, SEEDS, runs));
  const records = await recordsOf(gateway);
  const { heads, requests } = store;
  t.diagnostic(`${heard.length} clients, ${records.length} records, ${heads.length} at the store`);
  t.diagnostic(`${sentinelsIn(heard)} sentinels served`);
  const differences = differencesBehind(heads, requests, records);
  assert.deepEqual(gateway.errors, []);
  return { heard, differences: [...differences, ...strayAnswers(heard)] };
}

/** The number of mutations that is enough to see a faulty neighbour. */
const FEW = 20;

async function startWrong(t: TestContext, pipe: Promise<Pipe>): Promise<Pipe> {
  const started = await pipe;
  t.after(() => started.stop());
  return started;
}

test("a proxy in front that takes two requests for one is noticed", async (t) => {
  const store = await startStore(t);
  const gateway = await startGateway(t, store.endpoint);
  const proxy = await startWrong(t, startLongSighted(gateway.address));
  const { differences } = await differInFront(t, proxy, gateway, FEW);
  const sentinels = differences.filter((text) => /^never sent: .*"sentinel-\d+"/.test(text));
  assert.ok(sentinels.length > 100, differences.join("\n"));
});

test("a gateway that takes one request for two is noticed", async (t) => {
  const store = await startStore(t);
  const gateway = await startGateway(t, store.endpoint);
  const wrong = await startWrong(t, startShortSighted(gateway.address));
  const proxy = await startWrong(t, startMarking(wrong.address));
  const { differences } = await differInFront(t, proxy, gateway, FEW);
  const stolen = differences.filter((text) => /^never sent: .*"stolen-\d+"/.test(text));
  assert.ok(stolen.length > 100, differences.join("\n"));
});

test("a proxy behind that takes one request for two is noticed", async (t) => {
  const store = await startStore(t);
  const proxy = await startWrong(t, startShortSighted(new URL(store.endpoint).host));
  const gateway = await startGateway(t, `http://${proxy.address}`);
  const { differences } = await differBehind(t, store, gateway, FEW);
  const stolen = differences.filter((text) => /^at the store only: .*stolen-\d+/.test(text));
  assert.ok(stolen.length > 100, differences.join("\n"));
});
