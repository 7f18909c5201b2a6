import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, durationText, milliseconds, percent } from "../../../src/status/format.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const rows = [
  [bytes(0), "0 B"],
  [bytes(999), "999 B"],
  [bytes(1000), "0.977 KiB"],
  [bytes(1.5 * 1024 ** 3), "1.5 GiB"],
  [bytes(1e20), "88,800 PiB"],
  [milliseconds(0.1234), "0.123 ms"],
  [milliseconds(1500), "1.5 s"],
  [percent(0, 0), "0 %"],
  [percent(1, 100_000), "< 0.1 %"],
  [percent(1, 3), "33.3 %"],
  [durationText(0), "0 s"],
  [durationText(-5), "0 s"],
  [durationText(59 * SECOND), "59 s"],
  [durationText(HOUR), "1 h"],
  [durationText(26 * HOUR + 5 * SECOND), "1 d 2 h"],
  [durationText(24 * HOUR + 5 * SECOND), "1 d"],
] as const;
for (const [actual, expected] of rows) {
  test(`numbers are written such as ${expected}`, () => assert.equal(actual, expected));
}
