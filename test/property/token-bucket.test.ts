import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FULL, taken, waitMs } from "../../src/limiter/token-bucket.ts";

const rates = fc.integer({ min: 1, max: 50 });
const start = fc.double({ min: 0, max: 1e10, noNaN: true });
const pauses = fc.array(
  fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true }), fc.constant(1500)),
  { minLength: 1, maxLength: 200 },
);

/**
 * Returns the times at which requests went through that came `pauses` milliseconds after each
 * other.
 */
function passedAt(
  perSecond: number,
  startMs: number,
  pauses: readonly number[],
): readonly number[] {
  const passed: number[] = [];
  let nowMs = startMs;
  let fullAtMs = FULL;
  for (const pause of pauses) {
    nowMs += pause;
    if (waitMs(fullAtMs, 1, perSecond, nowMs) > 0) continue;
    fullAtMs = taken(fullAtMs, 1, perSecond, nowMs);
    passed.push(nowMs);
  }
  return passed;
}

test("a bucket never lets more through than its burst and its rate, over any stretch of time", () => {
  fc.assert(
    fc.property(rates, start, pauses, (perSecond, startMs, pauses) => {
      const passed = passedAt(perSecond, startMs, pauses);
      for (const [first, from] of passed.entries()) {
        for (const [last, until] of passed.entries()) {
          if (last < first) continue;
          const most = perSecond + ((until - from) / 1000) * perSecond;
          // A thousandth of a token is rounding.
          assert.ok(last - first + 1 <= most + 0.001, `${last - first + 1} in ${until - from} ms`);
        }
      }
    }),
  );
});

test("a client that asks again when told to is let through, and not a moment earlier", () => {
  fc.assert(
    fc.property(rates, start, pauses, (perSecond, startMs, pauses) => {
      let fullAtMs = FULL;
      let nowMs = startMs;
      for (const pause of pauses) {
        nowMs += pause;
        const ms = waitMs(fullAtMs, 1, perSecond, nowMs);
        if (ms > 0) {
          assert.ok(ms < 0.01 || waitMs(fullAtMs, 1, perSecond, nowMs + ms - 0.01) > 0);
          nowMs += ms;
          assert.equal(waitMs(fullAtMs, 1, perSecond, nowMs), 0);
        }
        fullAtMs = taken(fullAtMs, 1, perSecond, nowMs);
      }
    }),
  );
});

test("a bucket is exactly a counter that is filled little by little", () => {
  fc.assert(
    fc.property(rates, pauses, (perSecond, pauses) => {
      let fullAtMs = FULL;
      let nowMs = 0;
      let tokens = perSecond;
      for (const pause of pauses) {
        nowMs += pause;
        tokens = Math.min(perSecond, tokens + (pause / 1000) * perSecond);
        const passes = waitMs(fullAtMs, 1, perSecond, nowMs) === 0;
        // On the edge the two round differently.
        if (Math.abs(tokens - 1) > 0.001) assert.equal(passes, tokens > 1);
        if (!passes) continue;
        tokens -= 1;
        fullAtMs = taken(fullAtMs, 1, perSecond, nowMs);
      }
    }),
  );
});
