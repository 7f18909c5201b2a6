import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { AuditRecord } from "../support/audit.ts";
import { codeOf, headerOf, rawExchange, type RawAnswer } from "../support/raw-client.ts";
import { bytesOf } from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import type { Hostile } from "./hostile/case.ts";
import { BROKEN, bytesOfRow, openGateways, type Gateways } from "./hostile/gateways.ts";
import { KNOWN_WRONG } from "./hostile/known-wrong.ts";
import { good, SECRETS, siteAt } from "./hostile/site.ts";
import { ROWS, TABLES } from "./hostile/tables.ts";

let store: RecordingStore;
let gateways: Gateways;
/** What came back, by the name of the case. */
const answers = new Map<string, RawAnswer>();

before(async () => {
  store = await startRecordingStore();
  gateways = await openGateways(store.endpoint);
});

after(async () => {
  await gateways.usual.close();
  await gateways.strict.close();
  await store.stop();
});

for (const [kind, table] of Object.entries(TABLES)) {
  for (const row of table) {
    test(`the gateway refuses, by ${kind}, ${row.name}`, async () => {
      store.forget();
      const known = KNOWN_WRONG.get(row.name);
      const got = await outcomeOf(row);
      assert.equal(got, known?.answer ?? row.expected, answers.get(row.name)?.body.toString());
      if (known?.reachesStore !== true) assertStoreUntouched();
    });
  }
}

/** Status and code of the answer; "none" if the connection ended without one. */
async function outcomeOf(row: Hostile): Promise<string> {
  const { address } = gateways[row.gateway];
  const { bytes, method } = bytesOfRow(row, address);
  try {
    const answer = await rawExchange(address, bytes, { method, end: row.cut });
    answers.set(row.name, answer);
    return `${answer.status} ${codeOf(answer)}`;
  } catch (error) {
    if (error instanceof Error && error.message.includes("without an answer")) return "none";
    throw error;
  }
}

/** What was proved in time may have begun an upload; nothing may ever have completed one. */
function assertStoreUntouched(): void {
  const whole = store.requests.filter(({ ended }) => ended === "complete");
  assert.deepEqual(whole, [], "a whole request reached the store");
  const heads = store.heads.filter(({ url }) => !url.endsWith(BROKEN));
  assert.deepEqual(heads, [], "a head reached the store");
}

test("there are at least 200 hostile requests, and no two of one name", () => {
  const names = ROWS.map(({ name }) => name);
  assert.ok(names.length >= 200, `only ${names.length}`);
  assert.deepEqual(names, [...new Set(names)]);
});

test("no hostile request is answered as a fault of the server", () => {
  // 501 says of what others serve that it is not served here; all other faults are the client's.
  const faults = [...answers].filter(([, { status }]) => status >= 500 && status !== 501);
  assert.deepEqual(
    faults.map(([name]) => name),
    [],
  );
});

test("a good request still works after all of them, and alone reaches the store", async () => {
  // What was still on its way from a broken upload has come by then.
  await pause(100);
  assertStoreUntouched();
  store.forget();
  const { address } = gateways.usual;
  const request = good(siteAt(address, Date.now()), "GET", "/bucket/key");
  const answer = await rawExchange(address, bytesOf(request));
  assert.equal(answer.status, 200);
  assert.deepEqual(
    store.heads.map(({ method, url }) => `${method} ${url}`),
    ["GET /bucket/key"],
  );
});

test("each of them left exactly one access record with the client's answer", async () => {
  await pause(100);
  const records = await allRecords();
  const wrong = ROWS.filter((row) => KNOWN_WRONG.get(row.name)?.record !== "missing").filter(
    (row) => !isRecordedOnce(row, records),
  );
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  );
  const missing = ROWS.length - records.filter(({ outcome }) => outcome === "refused").length;
  const known = [...KNOWN_WRONG.values()].filter(({ record }) => record === "missing").length;
  assert.ok(missing <= known, "records that are missing and not known to be");
});

function isRecordedOnce({ name }: Hostile, records: readonly AuditRecord[]): boolean {
  const answer = answers.get(name);
  if (answer === undefined) return false;
  const id = headerOf(answer, "x-amz-request-id");
  const [record, ...more] = records.filter(({ requestId }) => requestId === id);
  if (record === undefined || more.length > 0) return false;
  const { outcome, status, errorCode } = record;
  return outcome === "refused" && status === answer.status && errorCode === codeOf(answer);
}

async function allRecords(): Promise<readonly AuditRecord[]> {
  return [...(await gateways.usual.records(1)), ...(await gateways.strict.records(1))];
}

test("no audit line holds a secret, a token or a signature", async () => {
  for (const record of await allRecords()) {
    const line = JSON.stringify(record);
    for (const secret of SECRETS) assert.ok(!line.includes(secret), line);
    assert.doesNotMatch(line, /[0-9a-fA-F]{63}|Signature=|aws4_request/);
  }
});

test("no answer holds a secret", () => {
  for (const [name, answer] of answers) {
    const text = JSON.stringify(answer.headers) + answer.body.toString();
    for (const secret of SECRETS) assert.ok(!text.includes(secret), name);
  }
});

test("none of them was a bug of the gateway", () => {
  assert.deepEqual([...gateways.usual.errors, ...gateways.strict.errors], []);
});

test("no known exception is left", () => {
  assert.deepEqual([...KNOWN_WRONG.keys()], []);
});
