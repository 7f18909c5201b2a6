/**
 * The hostile requests again, in pieces of one byte and of two, nearly each of which the gateway
 * reads by itself: the answer is the one that they get when they are sent at once (hostile.test.ts).
 */
import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { codeOf, RawClient } from "../support/raw-client.ts";
import { startRecordingStore, type RecordingStore } from "../stores/recording.ts";
import type { Hostile } from "./hostile/case.ts";
import { BROKEN, bytesOfRow, openGateways, type Gateways } from "./hostile/gateways.ts";
import { ROWS, TABLES } from "./hostile/tables.ts";

const PIECES = [
  ["byte by byte", 1],
  ["two bytes at a time", 2],
] as const;
/** Connections that send at the same time, a piece in each turn of the event loop. */
const AT_ONCE = 100;
/**
 * A request of more than 6,000 bytes (12,000 in pieces of two) is cut in another way: so many pieces
 * of its beginning and half as many of its end are small, and what lies between comes in pieces of
 * LONG_PIECE. The names of those requests are printed.
 */
const SMALL_PIECES = 4_000;
const LONG_PIECE = 509;

let store: RecordingStore;
let gateways: Gateways;

before(async () => {
  store = await startRecordingStore();
  // A busy machine must not look like a slow client.
  gateways = await openGateways(store.endpoint, {
    limits: { headerTimeout: "5m", idleTimeout: "5m" },
  });
});

after(async () => {
  await gateways.usual.close();
  await gateways.strict.close();
  await store.stop();
});

for (const [how, size] of PIECES) {
  for (const [kind, table] of Object.entries(TABLES)) {
    test(`the gateway refuses ${how} what it refuses at once, by ${kind}`, async (t) => {
      const wrong: string[] = [];
      for (let from = 0; from < table.length; from += AT_ONCE) {
        const rows: readonly Hostile[] = table.slice(from, from + AT_ONCE);
        await Promise.all(
          rows.map(async (row) => {
            const got = await outcomeOf(t, row, size);
            if (got !== row.expected) wrong.push(`${row.name}: ${got}, not ${row.expected}`);
          }),
        );
      }
      assert.deepEqual(wrong, []);
    });
  }
}

/** Status and code of the answer to `row` in pieces of `size`; "none" if there was none. */
async function outcomeOf(t: TestContext, row: Hostile, size: number): Promise<string> {
  const { address } = gateways[row.gateway];
  const { bytes, method } = bytesOfRow(row, address);
  if (bytes.length > isWholeIn(size)) t.diagnostic(`${bytes.length} bytes, cut: ${row.name}`);
  const client = await RawClient.connect(address);
  try {
    for (const piece of piecesOf(bytes, size)) {
      // An answer before the end is final: the rest will not be read.
      if (client.ended || /^HTTP\/1\.1 [45]/m.test(client.pending.toString("latin1"))) break;
      client.write(piece);
      await nextTurn();
    }
    if (row.cut) client.end();
    const answer = await client.finalAnswer(method);
    return `${answer.status} ${codeOf(answer)}`;
  } catch (error) {
    if (error instanceof Error && error.message.includes("without an answer")) return "none";
    throw new Error(row.name, { cause: error });
  } finally {
    client.destroy();
  }
}

/** The longest request that comes in small pieces only. */
const isWholeIn = (size: number): number => SMALL_PIECES * size * 1.5;

function* piecesOf(bytes: Buffer, size: number): Generator<Buffer> {
  const beginning = SMALL_PIECES * size;
  const end = bytes.length > isWholeIn(size) ? bytes.length - beginning / 2 : beginning;
  for (let at = 0, next = 0; at < bytes.length; at = next) {
    next = at + (at < beginning || at >= end ? size : Math.min(LONG_PIECE, end - at));
    yield bytes.subarray(at, next);
  }
}

test("each left one record of a refusal, nothing whole at the store, and none was a bug", async () => {
  // What was still on its way from a broken upload has come by then.
  await pause(100);
  for (const name of ["usual", "strict"] as const) {
    const count = PIECES.length * ROWS.filter(({ gateway }) => gateway === name).length;
    const records = await gateways[name].records(count);
    assert.equal(records.length, count);
    assert.deepEqual([...new Set(records.map(({ outcome }) => outcome))], ["refused"]);
  }
  const whole = store.requests.filter(({ ended }) => ended === "complete");
  assert.deepEqual(whole, [], "a whole request reached the store");
  const heads = store.heads.filter(({ url }) => !url.endsWith(BROKEN));
  assert.deepEqual(heads, [], "a head reached the store");
  assert.deepEqual([...gateways.usual.errors, ...gateways.strict.errors], []);
});
