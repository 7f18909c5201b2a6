import assert from "node:assert/strict";
import { test } from "node:test";
import {
  REFUSAL_WAIT_MS_MAX,
  REFUSALS_PER_SECOND,
  RefusalPace,
} from "../../../src/limiter/refusal-pace.ts";

const NOW = 1_000;
const STEP_MS = 1_000 / REFUSALS_PER_SECOND;

/** The waits of `count` refusals at that moment, in whole milliseconds. */
const waits = (pace: RefusalPace, count: number, nowMs = NOW): readonly number[] =>
  Array.from({ length: count }, () => Math.round(pace.next(nowMs)));

test("the refusals of one second go at once, and further ones one after the other", () => {
  const pace = new RefusalPace();
  const first = waits(pace, REFUSALS_PER_SECOND);
  assert.deepEqual(new Set(first), new Set([0]));
  assert.deepEqual(waits(pace, 3), [STEP_MS, 2 * STEP_MS, 3 * STEP_MS]);
  // What came in a second later goes when those have gone.
  assert.deepEqual(waits(pace, 1, NOW + 1_000), [0]);
});

test("no refusal waits for longer than the longest wait, and a flood leaves no debt behind", () => {
  const pace = new RefusalPace();
  const all = waits(pace, 20 * REFUSALS_PER_SECOND);
  assert.equal(Math.max(...all), REFUSAL_WAIT_MS_MAX);
  const afterMs = NOW + REFUSAL_WAIT_MS_MAX + 1_000;
  assert.deepEqual(new Set(waits(pace, REFUSALS_PER_SECOND, afterMs)), new Set([0]));
});

test("a refusal whose client leaves waits no longer", async () => {
  const pace = new RefusalPace();
  for (let i = 0; i < 20 * REFUSALS_PER_SECOND; i++) pace.next(performance.now());
  const leave: (() => void)[] = [];
  const turn = pace.turn((callback) => leave.push(callback));
  assert.equal(pace.waiting, 1);
  for (const callback of leave) callback();
  await turn;
  assert.equal(pace.waiting, 0);
});

test("after the end no refusal waits, nor does one that waited before", async () => {
  const pace = new RefusalPace();
  for (let i = 0; i < 20 * REFUSALS_PER_SECOND; i++) pace.next(performance.now());
  const waiting = [1, 2, 3].map(() => pace.turn(() => undefined));
  assert.equal(pace.waiting, 3);
  pace.end();
  assert.equal(pace.waiting, 0);
  await Promise.all(waiting);
  const later = pace.turn(() => undefined);
  assert.equal(pace.waiting, 0);
  await later;
});
