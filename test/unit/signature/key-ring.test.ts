import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyRing } from "../../../src/signature/key-ring.ts";

test("KeyRing.timestamp() is the second in which a time lies, in whatever order it is asked", () => {
  const ring = new KeyRing(1);
  for (const [ms, text] of [
    [1_369_353_600_000, "20130524T000000Z"],
    [1_369_353_600_999, "20130524T000000Z"],
    [1_369_353_601_000, "20130524T000001Z"],
    [1_369_353_600_000, "20130524T000000Z"],
    [0, "19700101T000000Z"],
    [999, "19700101T000000Z"],
  ] as const) {
    assert.equal(ring.timestamp(ms), text);
  }
});

test("KeyRing keeps eight days and regions of a secret, the newest", () => {
  const ring = new KeyRing(1);
  const keyOf = (day: number) => ring.signingKey("a", `2013052${day}`, "r", "s3");
  const first = keyOf(0);
  for (let day = 1; day <= 7; day += 1) keyOf(day);
  assert.equal(keyOf(0), first);
  keyOf(8);
  assert.notEqual(keyOf(0), first);
});
