/**
 * Everything a store can do wrong, times every way through the gateway, with several clients at
 * once: what each client is told, what is recorded, and that nothing stays behind. The gateway is a
 * process of its own, so that what it holds can be counted.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { auditRecords, type AuditRecord } from "../support/audit.ts";
import { OWNER, UPSTREAM, until } from "../support/flow.ts";
import { startFaultyStore, type FaultyStore } from "../support/faulty-store.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { connectionsOf, measurable, openFiles } from "../support/process-state.ts";
import { codeOf, headerOf, RawClient, type RawAnswer } from "../support/raw-client.ts";
import { bytesOf } from "../support/signed.ts";
import { atEnd, GOOD, OK } from "./store-faults/acts.ts";
import type { Fault } from "./store-faults/fault.ts";
import { FAULTS } from "./store-faults/faults.ts";
import { ODDITIES } from "./store-faults/oddities.ts";
import { REQUESTS, type Kind } from "./store-faults/requests.ts";

const CLIENTS = 3;
const MIB = 1024 * 1024;
/** A leak of one request's state in each of some thousand requests would be more. */
const GROWTH_MAX = 4 * MIB;
/** How long an idle connection is kept, and some. */
const IDLE_MS_MAX = 8_000;

const memory = measurable();
let store: FaultyStore;
let gateway: Gateway;
/** The gateway's files before the first request. */
let files: number;

before(async () => {
  store = await startFaultyStore();
  gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [{ name: "lab", upstream: UPSTREAM, keys: [OWNER] }],
    store: { headersTimeout: "2s", connections: CLIENTS * REQUESTS.length },
    limits: { idleTimeout: "2s" },
    nodeOptions: memory.nodeOptions,
  });
  // It is opened in the background.
  await until(() => existsSync(gateway.auditFile));
  files = openFiles(gateway.pid).length;
});

after(async () => {
  await gateway.stop();
  await store.kill();
});

for (const fault of [...FAULTS, ...ODDITIES]) {
  test(`a store that ${fault.name}: each client gets the right answer, and nothing stays`, async () => {
    store.play(fault.play);
    const asked = await askAll();
    const failed = asked.filter(({ kind }) => isFailure(toldBy(fault, kind)));
    assert.deepEqual(
      asked.map(tellingOf),
      asked.map(({ kind }) => `${kind}: ${toldBy(fault, kind)}`),
    );
    await assertNothingHeld(asked.length - failed.length);
    await assertRecorded(fault, asked);
    assertNotRepeated();
    store.play(GOOD);
    assert.equal((await ask("get")).told, "200 good");
  });
}

test("a store that nobody finds: 503 at once, and again served when it is back", async () => {
  await store.kill();
  const asked = await askAll();
  await store.revive();
  assert.deepEqual([...new Set(asked.map(({ told }) => told))], ["503"]);
  await assertRecorded({ told: "503", kinds: ["connect", "reset"] }, asked);
  await assertNothingHeld(0);
  await until(async () => (await ask("get")).told === "200 good");
});

test("a store that ends kept connections as they are used again: no answer is lost, nothing sent twice", async () => {
  store.play(
    atEnd(
      (socket) => void socket.write(OK, () => setTimeout(() => socket.end(), Math.random() * 3)),
    ),
  );
  store.heads.length = 0;
  const kinds = ["get", "small put", "head", "delete", "part put"] as const;
  const clients = Array.from({ length: 6 }, async () => {
    const asked: Asked[] = [];
    for (let i = 0; i < 40; i++) asked.push(await ask(kinds[i % kinds.length] ?? "get"));
    return asked;
  });
  const asked = (await Promise.all(clients)).flat();
  const odd = asked.filter(({ told }) => !["200 ok", "200 ", "503"].includes(told));
  assert.deepEqual(odd, []);
  assert.ok(asked.some(({ told }) => told === "200 ok"));
  assertNotRepeated();
  await assertNothingHeld(asked.length);
});

test("the gateway holds the files and sockets that it began with at the end", async () => {
  // Both at one moment: a probe of the store has a connection of its own for a while.
  const isQuiet = (): boolean =>
    openFiles(gateway.pid).length === files && connectionsOf(gateway.pid).length === 0;
  await until(isQuiet, IDLE_MS_MAX);
});

test("the same faults over and over leave no memory in use", async (t) => {
  const quick = FAULTS.filter(({ kinds }) => !kinds.includes("timeout"));
  const round = async (): Promise<number> => {
    for (const fault of quick) {
      store.play(fault.play);
      await askAll();
    }
    await assertNothingHeld(CLIENTS * REQUESTS.length);
    return (await memory.held(gateway.pid)).heapUsed;
  };
  const [before, after] = [await round(), await round()];
  t.diagnostic(`${(before / MIB).toFixed(1)} MiB, a round later ${(after / MIB).toFixed(1)} MiB`);
  assert.ok(after - before < GROWTH_MAX, `the heap grew by ${after - before} bytes`);
});

/** A request and what came of it. */
type Asked = {
  readonly kind: Kind;
  /** Of this request alone. */
  readonly bucket: string;
  readonly told: string;
  readonly answer: RawAnswer | undefined;
};

let asks = 0;

/** All kinds of requests, by several clients each, at once. */
async function askAll(): Promise<readonly Asked[]> {
  store.heads.length = 0;
  return Promise.all(
    REQUESTS.flatMap(([kind]) => Array.from({ length: CLIENTS }, () => ask(kind))),
  );
}

async function ask(kind: Kind): Promise<Asked> {
  const [, make] = REQUESTS.find(([known]) => known === kind) ?? REQUESTS[0];
  const { host } = new URL(gateway.endpoint);
  const bucket = `bucket-${++asks}`;
  const { method, ...request } = make({ host, bucket, key: OWNER });
  const client = await RawClient.connect(host);
  client.write(bytesOf({ method, ...request }));
  const answer = await client.finalAnswer(method).catch((error: unknown) => {
    if (error instanceof Error && error.message.includes("without an answer")) return undefined;
    throw error;
  });
  client.destroy();
  return { kind, bucket, told: tell(method, answer), answer };
}

function tell(method: string, answer: RawAnswer | undefined): string {
  if (answer?.whole !== true) return "broken";
  if (codeOf(answer) !== "ServiceUnavailable") {
    return `${answer.status} ${answer.body.toString("latin1")}`;
  }
  assert.equal(answer.status, 503);
  const id = headerOf(answer, "x-amz-request-id") ?? "";
  assert.match(id, /^[0-9A-F]{16}$/);
  if (method !== "HEAD") {
    const document = new RegExp(`<Message>The store .+</Message>.*<RequestId>${id}</RequestId>`);
    assert.match(answer.body.toString(), document);
  }
  return "503";
}

function tellingOf({ kind, told }: Asked): string {
  return `${kind}: ${told}`;
}

function toldBy(fault: Pick<Fault, "told" | "but">, kind: Kind): string {
  const told = fault.but?.[kind] ?? fault.told;
  return kind === "head" && fault.but?.head === undefined ? told.replace(/^200 .*/s, "200 ") : told;
}

function isFailure(told: string): boolean {
  return told === "503" || told === "broken";
}

/** No client's connection, no request under way, and of the store's connections only idle ones. */
async function assertNothingHeld(idleMax: number): Promise<void> {
  const port = Number(new URL(gateway.endpoint).port);
  const count = (side: "localPort" | "remotePort", of: number): number =>
    connectionsOf(gateway.pid).filter((connection) => connection[side] === of).length;
  await until(() => count("localPort", port) === 0);
  await until(() => count("remotePort", store.port) <= idleMax);
  await until(async () => (await inFlight()) === 0);
}

async function inFlight(): Promise<number> {
  const response = await fetch(`${gateway.adminEndpoint}/metrics`, {
    headers: { connection: "close" },
  });
  return Number(/^s3warden_requests_in_flight (\d+)$/m.exec(await response.text())?.[1]);
}

/** Each left one record, of what its client was told and why. */
async function assertRecorded(
  fault: Pick<Fault, "told" | "but" | "kinds">,
  asked: readonly Asked[],
): Promise<void> {
  const buckets = new Set<unknown>(asked.map(({ bucket }) => bucket));
  const written = (): readonly AuditRecord[] =>
    auditRecords(gateway.auditFile).filter((record) => buckets.has(record["bucket"]));
  await until(() => written().length >= asked.length);
  const records = Map.groupBy(written(), (record) => record["bucket"]);
  for (const { kind, bucket, answer } of asked) {
    const [record, ...more] = records.get(bucket) ?? [];
    assert.ok(record !== undefined && more.length === 0, `${kind}: ${more.length + 1} records`);
    const { outcome, status, upstreamError } = record;
    const failed = isFailure(toldBy(fault, kind));
    assert.equal(outcome, failed ? "failed" : "forwarded", JSON.stringify(record));
    if (answer !== undefined) assert.equal(status, answer.status);
    if (failed) assert.ok(fault.kinds.includes(String(upstreamError)), JSON.stringify(record));
    else assert.equal(upstreamError, undefined);
  }
}

/** What changes something is never sent twice. */
function assertNotRepeated(): void {
  const changing = store.heads.filter((head) => !/^(?:GET|HEAD) /.test(head));
  assert.deepEqual(changing, [...new Set(changing)]);
}
