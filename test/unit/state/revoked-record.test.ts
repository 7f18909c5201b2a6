import assert from "node:assert/strict";
import { test } from "node:test";
import { REVOKED_NAME } from "../../../src/state/record-name.ts";
import { addRevocation, revocationsIn } from "../../../src/state/revoked-record.ts";
import { recordFile } from "../../../src/state/record-name.ts";
import { readRecord, writeRecord } from "../../../src/state/record.ts";
import { memoryState } from "../../support/memory-state.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const HOUR = 3_600_000;

test("revocations are added to those that are there, and are read again as they were", async () => {
  const state = memoryState();
  const first = { role: "lab:writer", before: NOW };
  const second = { issuer: "keycloak", subject: "42", before: NOW };
  assert.deepEqual(await addRevocation(state, first, NOW), { ok: true, value: 1 });
  assert.deepEqual(await addRevocation(state, second, NOW), { ok: true, value: 2 });
  const stored = state.stored.get(REVOKED_NAME);
  if (stored === undefined) throw new Error("Nothing is stored");
  // As the stores keep it: in bytes.
  const record = readRecord(writeRecord(stored.record));
  assert.ok(record.ok);
  assert.deepEqual(revocationsIn(record.value), { ok: true, value: [first, second] });
});

test("a revocation too old to end any session is forgotten, and one without an end is kept", async () => {
  const state = memoryState();
  await addRevocation(state, { role: "old", before: NOW - 49 * HOUR }, NOW - 49 * HOUR);
  await addRevocation(state, { role: "recent", before: NOW - 47 * HOUR }, NOW - 47 * HOUR);
  await addRevocation(state, { session: "for ever" }, NOW - 47 * HOUR);
  await addRevocation(state, { role: "new", before: NOW }, NOW);
  const record = state.stored.get(REVOKED_NAME)?.record;
  const read = revocationsIn({ policy: record?.policy });
  assert.ok(read.ok);
  assert.deepEqual(
    read.value.map(({ role, session }) => role ?? session),
    ["recent", "for ever", "new"],
  );
});

test("two that revoke at once both have their say", async () => {
  const state = memoryState();
  const all = Array.from({ length: 10 }, (_, i) => `s${i}`);
  await Promise.all(all.map((session) => addRevocation(state, { session, before: NOW }, NOW)));
  const read = revocationsIn({ policy: state.stored.get(REVOKED_NAME)?.record.policy });
  assert.ok(read.ok);
  assert.deepEqual(read.value.map(({ session = "" }) => session).toSorted(), all);
});

test("there are a thousand at most", async () => {
  const state = memoryState();
  const list = Array.from({ length: 1000 }, (_, i) => ({ session: `s${i}`, before: NOW }));
  const record = { owner: "operator!", policy: JSON.stringify(list), at: NOW, by: "operator!" };
  await state.write(REVOKED_NAME, record, undefined);
  const added = await addRevocation(state, { session: "more", before: NOW }, NOW);
  assert.deepEqual(added, { ok: false, error: "There are 1000 already" });
});

for (const [name, policy] of [
  ["no JSON", "{"],
  ["no list", "{}"],
  ["a field that nobody knows", '[{"rolle":"writer"}]'],
  ["a time that is none", '[{"role":"writer","before":"today"}]'],
] as const) {
  test(`revocationsIn() refuses ${name}, so that no session is served by half a list`, () => {
    assert.equal(revocationsIn({ policy }).ok, false);
  });
}

test("the record's file is that of no bucket", () => {
  assert.equal(recordFile(REVOKED_NAME), "revoked~20sessions.json");
});
