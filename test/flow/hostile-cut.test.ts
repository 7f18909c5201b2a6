/** Hostile requests whose bytes come one by one and two by two are refused as if they came at once. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { openInProcess, type InProcess } from "../support/in-process.ts";
import { codeOf, RawClient } from "../support/raw-client.ts";
import { bytesOf } from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import type { Hostile } from "./hostile/case.ts";
import { KNOWN_WRONG } from "./hostile/known-wrong.ts";
import { ACCOUNTS, DOMAIN, POLICY, siteAt, STRICT_POLICY } from "./hostile/site.ts";
import { ROWS, TABLES } from "./hostile/tables.ts";

/** Requests at a time. */
const AT_ONCE = 16;
/** What is cut: the beginning and the end. Between them it comes in large pieces. */
const CUT_BYTES = 1_500;
const LARGE_BYTES = 16 * 1024;

let store: RecordingStore;
let gateways: Readonly<Record<Hostile["gateway"], InProcess>>;

before(async () => {
  store = await startRecordingStore();
  const options = {
    upstream: store.endpoint,
    accounts: ACCOUNTS,
    listen: { domains: [DOMAIN] },
    limits: { xmlBytes: "64KiB", headerBytes: "16KiB" },
  };
  gateways = {
    usual: await openInProcess({ ...options, policy: POLICY, store: { store: "aws" } }),
    strict: await openInProcess({ ...options, policy: STRICT_POLICY }),
  };
});

after(async () => {
  await gateways.usual.close();
  await gateways.strict.close();
  await store.stop();
});

for (const [kind, table] of Object.entries(TABLES)) {
  for (const size of [1, 2]) {
    test(`what is refused by ${kind} is refused ${size} at a time`, async () => {
      const wrong: string[] = [];
      const rows = [...table];
      const some = async (): Promise<void> => {
        for (let row = rows.pop(); row !== undefined; row = rows.pop()) {
          const expected = KNOWN_WRONG.get(row.name)?.answer ?? row.expected;
          const got = await outcomeOf(row, size);
          if (got !== expected) wrong.push(`${row.name}: ${got}, not ${expected}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, some));
      assert.deepEqual(wrong, []);
    });
  }
}

async function outcomeOf(row: Hostile, size: number): Promise<string> {
  const { address } = gateways[row.gateway];
  const key = row.store === "nothing" ? "key" : "broken";
  const request = row.request(siteAt(address, Date.now(), key));
  const bytes =
    typeof request === "string"
      ? Buffer.from(request, "latin1")
      : Buffer.isBuffer(request)
        ? request
        : bytesOf(request);
  const method = bytes.toString("latin1", 0, 5) === "HEAD " ? "HEAD" : "GET";
  const client = await RawClient.connect(address);
  try {
    for (let at = 0; at < bytes.length && !client.ended;) {
      const within = at < CUT_BYTES || at >= bytes.length - CUT_BYTES;
      const end = within
        ? at + size
        : Math.min(at + LARGE_BYTES, Math.max(at + size, bytes.length - CUT_BYTES));
      client.write(bytes.subarray(at, end));
      at = end;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (row.cut) client.end();
    const answer = await client.finalAnswer(method);
    return `${answer.status} ${codeOf(answer)}`;
  } catch (error) {
    if (error instanceof Error && error.message.includes("without an answer")) return "none";
    throw error;
  } finally {
    client.destroy();
  }
}

test("none of them reached the store whole, and each was recorded once", async () => {
  // What was still on its way from a broken upload has come by then.
  await pause(100);
  const whole = store.requests.filter(({ ended }) => ended === "complete");
  assert.deepEqual(whole, []);
  const heads = store.heads.filter(({ url }) => !url.endsWith("broken"));
  assert.deepEqual(heads, []);
  for (const [name, gateway] of Object.entries(gateways)) {
    const count = 2 * ROWS.filter((row) => row.gateway === name).length;
    assert.equal((await gateway.records(count)).length, count);
  }
  assert.deepEqual([...gateways.usual.errors, ...gateways.strict.errors], []);
});
