import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { HeldBytes, type Holding } from "../../../src/limiter/held-bytes.ts";

test("bytes beyond the limit are not taken, and there is room again when another request ends", () => {
  const held = new HeldBytes(10);
  const [one, other] = [held.begin(), held.begin()];
  assert.deepEqual([one.take(6), other.take(5), held.bytes], [true, false, 6]);
  one.end();
  assert.deepEqual([other.take(5), held.bytes], [true, 5]);
});

test("a request that is decided goes on, and one that has ended does not", () => {
  const held = new HeldBytes(10);
  const [one, other] = [held.begin(), held.begin()];
  one.decided();
  other.end();
  assert.deepEqual([one.take(100), other.take(1), held.bytes], [true, false, 0]);
  one.end();
  assert.equal(held.bytes, 0);
});

test("a lower limit leaves what is held, and takes no more until there is room", () => {
  const held = new HeldBytes(10);
  const one = held.begin();
  one.take(8);
  held.follow(5);
  assert.deepEqual([one.take(1), held.bytes], [false, 8]);
  one.end();
  assert.equal(held.begin().take(5), true);
});

const step = fc.record({
  which: fc.nat(4),
  what: fc.constantFrom("take", "take", "take", "decided", "end"),
  bytes: fc.nat(60),
});

test("after any sequence of pieces, decisions and aborts nothing stays held, and never more than the limit", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const held = new HeldBytes(100);
      const requests: Holding[] = Array.from({ length: 5 }, () => held.begin());
      for (const { which, what, bytes } of steps) {
        const request = requests[which];
        if (what === "take") request?.take(bytes);
        else if (what === "decided") request?.decided();
        else request?.end();
        assert.ok(held.bytes >= 0 && held.bytes <= 100);
      }
      for (const request of requests) request.end();
      assert.equal(held.bytes, 0);
    }),
  );
});
