import assert from "node:assert/strict";
import { test } from "node:test";
import { auditLine } from "../../../src/observe/audit-line.ts";
import { REQUESTS_KEPT } from "../../../src/observe/latest.ts";
import { mergeActivity, MINUTE_MS, Recent } from "../../../src/observe/recent.ts";
import type { AccessRecord } from "../../../src/observe/record.ts";
import { recordOf } from "../../support/record.ts";
import { activityOf, denialOf, minuteAt, NOON } from "../../support/status.ts";

const refused = (changes: Partial<AccessRecord> = {}): AccessRecord =>
  recordOf({ timeMs: NOON, outcome: "refused", status: 403, gate: "tier", ...changes });

test("Recent counts a request in the minute in which it ended", () => {
  const recent = new Recent();
  recent.ended(recordOf({ timeMs: NOON - 500, durationMs: 1000, bytesIn: 3, bytesOut: 4 }));
  recent.ended(recordOf({ timeMs: NOON + 1, durationMs: 0, firstByteMs: undefined }));
  const { minutes } = recent.snapshot(NOON + 59_000);
  assert.equal(minutes.length, 60);
  assert.deepEqual(minutes.at(-1), {
    ...minuteAt(NOON),
    outcomes: { ...minuteAt(NOON).outcomes, forwarded: 2 },
    bytesIn: 3,
    bytesOut: 4 + recordOf({}).bytesOut,
    storeAnswers: 1,
    storeMs: 3,
  });
  assert.deepEqual(minutes.at(-2), minuteAt(NOON - MINUTE_MS));
});

test("Recent counts errors by who is to blame, and denials by their gate", () => {
  const recent = new Recent();
  recent.ended(refused());
  recent.ended(refused({ gate: "networks" }));
  recent.ended(recordOf({ timeMs: NOON, outcome: "forwarded", status: 404 }));
  recent.ended(recordOf({ timeMs: NOON, outcome: "failed", status: 503 }));
  recent.ended(recordOf({ timeMs: NOON, outcome: "aborted", status: 0 }));
  const minute = recent.snapshot(NOON).minutes.at(-1);
  assert.deepEqual(minute?.denials, { tier: 1, networks: 1 });
  assert.deepEqual([minute?.clientErrors, minute?.serverErrors], [3, 1]);
  const outcomes = {
    forwarded: 1,
    answered: 0,
    refused: 2,
    failed: 1,
    aborted: 1,
    gateway_fault: 0,
  };
  assert.deepEqual(minute?.outcomes, outcomes);
});

test("Recent forgets a minute when an hour has passed, also when it was silent since", () => {
  const recent = new Recent();
  recent.ended(refused({ timeMs: NOON }));
  assert.deepEqual(recent.snapshot(NOON + 59 * MINUTE_MS).minutes[0]?.denials, { tier: 1 });
  const later = recent.snapshot(NOON + 60 * MINUTE_MS);
  assert(later.minutes.every(({ denials }) => denials.tier === undefined));
  recent.ended(refused({ timeMs: NOON + 60 * MINUTE_MS, gate: "allow" }));
  const after = recent.snapshot(NOON + 60 * MINUTE_MS);
  assert.deepEqual(after.minutes.at(-1)?.denials, { allow: 1 });
  assert.equal(after.denials.length, 2);
});

test("Recent keeps the latest denials, the newest first, and no more", () => {
  const recent = new Recent();
  for (let i = 0; i < REQUESTS_KEPT + 5; i++) recent.ended(refused({ requestId: String(i) }));
  recent.ended(recordOf({ timeMs: NOON }));
  const { denials } = recent.snapshot(NOON);
  assert.equal(denials.length, REQUESTS_KEPT);
  assert.deepEqual(
    [denials[0]?.requestId, denials.at(-1)?.requestId],
    [String(REQUESTS_KEPT + 4), "5"],
  );
});

test("Recent keeps the latest failures: what no gate refused and the client did not break off", () => {
  const recent = new Recent();
  const failed = { outcome: "failed", upstreamError: "connect", gate: undefined } as const;
  for (const [requestId, changes] of [
    ["store", { ...failed, status: 503 }],
    ["broken", { ...failed, status: 0 }],
    ["bug", { outcome: "gateway_fault", fault: "answer", status: 0 }],
    ["answered so", { outcome: "forwarded", status: 500 }],
    ["reported", { ...failed, status: 503, gate: "tier", reported: true }],
    ["not told", { outcome: "refused", status: 503, gate: "request" }],
    ["not told", { outcome: "refused", status: 404 }],
    ["not told", { outcome: "aborted", status: 0 }],
  ] as const) {
    recent.ended(recordOf({ timeMs: NOON, requestId, ...changes }));
  }
  const { failures } = recent.snapshot(NOON);
  assert.deepEqual(
    failures.map(({ requestId }) => requestId),
    ["reported", "answered so", "bug", "broken", "store"],
  );
  const record = recordOf({ ...failed, status: 503, key: "k?X-Amz-Signature=abcdef" });
  recent.ended(record);
  const [failure] = recent.snapshot(NOON).failures;
  const line: Readonly<Record<string, unknown>> = {
    ...JSON.parse(auditLine(record, undefined)),
    clipped: true,
  };
  for (const [name, value] of Object.entries(failure ?? {})) {
    assert.deepEqual(value, name === "timeMs" ? record.timeMs : line[name], name);
  }
});

test("Recent keeps of a denial nothing that the audit line has not", () => {
  const recent = new Recent();
  recent.ended(refused({ userAgent: "secret agent", endpoint: "http://store" }));
  const [denial] = recent.snapshot(NOON).denials;
  const record: Readonly<Record<string, unknown>> = { ...refused(), clipped: false };
  for (const [name, value] of Object.entries(denial ?? {})) assert.equal(value, record[name], name);
  assert.doesNotMatch(JSON.stringify(denial), /secret agent|http:/);
});

test("Recent keeps the texts of a denial as the audit line has them", () => {
  const recent = new Recent();
  const stray = "?X-Amz-Signature=abcdef";
  const texts = { key: `k${stray}`, versionId: `v${stray}`, rule: `r${stray}` };
  const record = refused({ ...texts, accessKeyId: "A".repeat(2_000) });
  recent.ended(record);
  const [denial] = recent.snapshot(NOON).denials;
  const line: Readonly<Record<string, unknown>> = JSON.parse(auditLine(record, undefined));
  for (const name of ["key", "versionId", "rule", "accessKeyId"] as const) {
    assert.match(denial?.[name] ?? "", /^(?:k|v|r)\?…$|^A{1024}…$/);
    assert.equal(denial?.[name], line[name], name);
  }
  assert.equal(denial?.clipped, true);
});

test("mergeActivity() adds what several processes saw in the same minute", () => {
  const early = activityOf((i) => ({ bytesIn: i, denials: { tier: 1 } }), [denialOf({})]);
  const newest = denialOf({ timeMs: NOON, requestId: "newest" });
  const one = new Recent();
  one.ended(refused({ timeMs: NOON + MINUTE_MS, bytesIn: 7 }));
  const late = { ...one.snapshot(NOON + MINUTE_MS), denials: [newest] };
  const merged = mergeActivity([early, late]);
  assert.equal(merged.minutes.length, 60);
  assert.deepEqual(
    merged.minutes.map(({ startMs }) => startMs),
    late.minutes.map(({ startMs }) => startMs),
  );
  assert.equal(merged.minutes.at(-1)?.bytesIn, 7);
  assert.equal(merged.minutes.at(-2)?.bytesIn, 59);
  assert.deepEqual(merged.minutes.at(-2)?.denials, { tier: 1 });
  assert.deepEqual(
    merged.denials.map(({ requestId }) => requestId),
    ["newest", denialOf({}).requestId],
  );
  assert.deepEqual(mergeActivity([early]), early);
});

test("mergeActivity() returns plain JSON, and does not change its arguments", () => {
  const one = activityOf((i) => ({ bytesIn: i }));
  const before = structuredClone(one);
  const merged = mergeActivity([one, one]);
  assert.deepEqual(one, before);
  assert.deepEqual(JSON.parse(JSON.stringify(merged)), merged);
});
