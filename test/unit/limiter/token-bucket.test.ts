import assert from "node:assert/strict";
import { test } from "node:test";
import { FULL, refilled, taken, waitMs } from "../../../src/limiter/token-bucket.ts";

/** How many of `asks` (times in milliseconds, ascending) a bucket of `perSecond` lets through. */
function passes(perSecond: number, asks: readonly number[]): number {
  let fullAtMs = FULL;
  let passed = 0;
  for (const nowMs of asks) {
    if (waitMs(fullAtMs, 1, perSecond, nowMs) > 0) continue;
    fullAtMs = taken(fullAtMs, 1, perSecond, nowMs);
    passed++;
  }
  return passed;
}

const atOnce = (count: number, nowMs: number): readonly number[] =>
  Array.from({ length: count }, () => nowMs);

for (const perSecond of [1, 3, 7, 100, 333, 10_000]) {
  test(`a full bucket of ${perSecond} a second lets ${perSecond} through at once, and no more`, () => {
    // Times that are no whole numbers, as a year of uptime has them.
    for (const nowMs of [0, 1.5, 31_536_000_000.123]) {
      assert.equal(passes(perSecond, atOnce(perSecond + 1, nowMs)), perSecond);
    }
  });
}

test("a bucket fills by its rate, and never beyond what one second brings", () => {
  assert.equal(passes(10, [...atOnce(10, 0), ...atOnce(10, 99)]), 10);
  assert.equal(passes(10, [...atOnce(10, 0), ...atOnce(10, 100)]), 11);
  assert.equal(passes(10, [...atOnce(10, 0), ...atOnce(10, 550)]), 15);
  assert.equal(passes(10, [...atOnce(10, 0), ...atOnce(50, 3_600_000)]), 20);
});

test("waitMs() says when asking again is of use", () => {
  const empty = taken(FULL, 4, 4, 1000);
  assert.equal(waitMs(empty, 1, 4, 1000), 250);
  assert.equal(waitMs(empty, 1, 4, 1100), 150);
  assert.equal(waitMs(empty, 1, 4, 1250), 0);
});

test("a bucket that owes makes wait until it owes nothing, however much it was", () => {
  const owing = taken(FULL, 5000, 1000, 0);
  assert.equal(waitMs(owing, 0, 1000, 0), 4000);
  assert.equal(waitMs(owing, 0, 1000, 3999), 1);
  assert.equal(waitMs(owing, 0, 1000, 4000), 0);
  // What is taken meanwhile is owed besides.
  assert.equal(waitMs(taken(owing, 1000, 1000, 2000), 0, 1000, 2000), 3000);
});

test("another rate leaves a bucket as full as it was, and owing as many tokens", () => {
  const half = refilled(taken(FULL, 5, 10, 0), 10, 100, 0);
  assert.equal(waitMs(half, 50, 100, 0), 0);
  assert.equal(waitMs(half, 51, 100, 0), 10);
  const owing = refilled(taken(FULL, 5000, 1000, 0), 1000, 100, 0);
  assert.equal(waitMs(owing, 0, 100, 0), 40_000);
  assert.equal(refilled(FULL, 10, 100, 0), FULL);
});
