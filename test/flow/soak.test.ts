/**
 * Two hours of a busy gateway's life in a minute: mixed requests, good and bad, many of whose clients
 * go away at some moment. Afterwards everything is told once, nothing unproved has passed, and
 * nothing is held that was not held before. Clients, gateway and store are processes of their own.
 */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { auditRecords, type AuditRecord } from "../support/audit.ts";
import { UPSTREAM, until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { connectionsOf, measurable, openFiles, type Held } from "../support/process-state.ts";
import { SEEDS, tellSeed } from "../support/seeds.ts";
import type { Load } from "./soak/load.ts";
import { OWNER, READER } from "./soak/requests.ts";
import type { Seen } from "./soak/store.ts";

const REQUESTS = 100_000;
/** Of them, until code and caches have come to their usual size; the rest in two halves. */
const WARM_UP = 20_000;
const HALF = (REQUESTS - WARM_UP) / 2;
const CLIENTS = 16;
/** Of a request line with a tab: no head came of it. */
const UNREADABLE = "405 MethodNotAllowed";
const MIB = 1024 * 1024;
/** One half against the other: 40,000 requests that each left 200 bytes would be seen. */
const GROWTH_MAX = 8 * MIB;
/** How long an idle connection is kept, and some. */
const IDLE_MS_MAX = 10_000;

const memory = measurable();
const [FIXED_SEED, FRESH_SEED] = SEEDS;
const PHASES = [
  [FIXED_SEED - 1_000, WARM_UP],
  [FIXED_SEED, HALF],
  [FRESH_SEED, HALF],
] as const;
const children: ChildProcess[] = [];
let gateway: Gateway;
let store: ChildProcess;
let clients: ChildProcess;
/** Before the first request. */
let files: number;

before(async () => {
  tellSeed();
  store = start("soak/store.ts");
  const { port } = await answerOf<Seen>(store, "tell");
  clients = start("soak/load.ts");
  gateway = await startGateway({
    upstream: `http://127.0.0.1:${port}`,
    accounts: [
      {
        name: "lab",
        upstream: UPSTREAM,
        keys: [OWNER],
        subusers: [{ name: "reader", tier: "READ", keys: [READER] }],
      },
    ],
    nodeOptions: memory.nodeOptions,
  });
  // It is opened in the background.
  await until(() => existsSync(gateway.auditFile));
  files = openFiles(gateway.pid).length;
});

after(async () => {
  await gateway.stop();
  for (const child of children) child.kill();
});

function start(file: string): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)));
  children.push(child);
  return child;
}

test("100,000 mixed requests leave no memory, sockets or files, and each is recorded once", async (t) => {
  const loads: Load[] = [];
  const holds: Held[] = [];
  for (const [seed, count] of PHASES) {
    const startMs = performance.now();
    loads.push(await load(seed, count));
    const rate = Math.round((1000 * count) / (performance.now() - startMs));
    const held = await settled();
    holds.push(held);
    t.diagnostic(`seed ${seed}: ${count} requests, ${rate} a second; then ${amounts(held)}`);
  }
  const answers = loads.flatMap((one) => one.answers);
  for (const [answer, told] of Map.groupBy(answers, ([, text]) => text)) {
    t.diagnostic(`${told.length} times ${answer}`);
  }
  const left = loads.flatMap((one) => one.left);
  t.diagnostic(`${left.length} times the client went away`);

  assert.equal(answers.length + left.length, REQUESTS);
  const wrong = loads.flatMap((one) => one.wrong);
  assert.deepEqual(wrong, []);
  await assertRecorded(new Map(answers), new Set(left));
  await until(() => openFiles(gateway.pid).length === files);
  assertNothingHeld(holds);
});

/** Each request that was answered has one record that says so; one that was left has one or none. */
async function assertRecorded(
  answers: ReadonlyMap<string, string>,
  left: ReadonlySet<string>,
): Promise<void> {
  const ended = await metric("requests_total");
  await until(() => auditRecords(gateway.auditFile).length >= ended);
  const records = auditRecords(gateway.auditFile);
  assert.equal(records.length, ended, "the metrics count what the audit log says");
  assert.equal(new Set(records.map(({ requestId }) => requestId)).size, ended);
  const byName = Map.groupBy(records, ({ userAgent }) => userAgent);
  // What was no request has no head, and so no name.
  const unreadable = byName.get(undefined)?.length ?? 0;
  byName.delete(undefined);
  let unnamed = 0;
  for (const [name, answer] of answers) {
    if (answer === UNREADABLE) {
      unnamed++;
      continue;
    }
    const told = (byName.get(name) ?? []).map(({ status }) => status);
    assert.deepEqual(told, [Number(answer.slice(0, 3))], name);
  }
  assert.ok(unreadable >= unnamed && unreadable <= unnamed + left.size);
  for (const name of left) assert.ok((byName.get(name)?.length ?? 0) <= 1, name);
  await assertStoreSaw(records);
}

/** Nothing but what was proved and allowed, and no more than what was recorded as sent there. */
async function assertStoreSaw(records: readonly AuditRecord[]): Promise<void> {
  const seen: Seen = await answerOf(store, "tell");
  assert.deepEqual(seen.never, []);
  assert.deepEqual(seen.completed, []);
  const sent = records.filter(({ endpoint }) => endpoint !== undefined).length;
  assert.ok(seen.requests > 0 && seen.requests <= sent, `${seen.requests} of ${sent}`);
}

function assertNothingHeld([warm, first, second]: readonly Held[]): void {
  assert.ok(warm !== undefined && first !== undefined && second !== undefined);
  assert.deepEqual(second.resources, warm.resources);
  for (const what of ["heapUsed", "external"] as const) {
    const grown = second[what] - first[what];
    assert.ok(grown < GROWTH_MAX, `${what} grew by ${grown} bytes`);
  }
}

async function load(seed: number, count: number): Promise<Load> {
  const task = { host: new URL(gateway.endpoint).host, seed, count, clients: CLIENTS };
  const result: Load | { readonly error: string } = await answerOf(clients, task);
  if ("error" in result) throw new Error(result.error);
  return result;
}

/** What a child of ours answers to a message: it and we are of one mind about its type. */
async function answerOf<T>(child: ChildProcess, message: object | string): Promise<T> {
  child.send(message);
  const [answer]: T[] = await once(child, "message");
  if (answer === undefined) throw new Error("The child said nothing");
  return answer;
}

/** What the gateway holds when everything is over: no connection of a client, none to the store. */
async function settled(): Promise<Held> {
  await until(() => connectionsOf(gateway.pid).length === 0, IDLE_MS_MAX);
  assert.equal(await metric("requests_in_flight"), 0);
  return memory.held(gateway.pid);
}

/** The sum of a metric's series. */
async function metric(name: string): Promise<number> {
  const response = await fetch(`${gateway.adminEndpoint}/metrics`, {
    headers: { connection: "close" },
  });
  const series = (await response.text()).matchAll(
    new RegExp(`^s3warden_${name}(?:\\{.*\\})? (\\d+)$`, "gm"),
  );
  return [...series].reduce((sum, [, value]) => sum + Number(value), 0);
}

function amounts({ heapUsed, external, rss }: Held): string {
  const [heap, outside, all] = [heapUsed, external, rss].map((bytes) => (bytes / MIB).toFixed(1));
  return `heap ${heap} MiB, external ${outside} MiB, resident ${all} MiB`;
}
