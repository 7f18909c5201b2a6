import assert from "node:assert/strict";
import { test } from "node:test";
import { sealingKeyMadeMs } from "../../../src/config/sealing-date.ts";

const DATED = [
  ["2026-11", "2026-11-01"],
  ["2026-11-30", "2026-11-30"],
  ["2026-11-30_b", "2026-11-30"],
  ["2026-11.b", "2026-11-01"],
  ["2028-02-29", "2028-02-29"],
] as const;
for (const [id, day] of DATED) {
  test(`sealingKeyMadeMs() reads the date in ${id}`, () => {
    assert.equal(sealingKeyMadeMs(id), Date.parse(`${day}T00:00:00Z`));
  });
}

for (const id of [
  "a",
  "",
  "2026",
  "2026-13",
  "2026-00",
  "2026-02-30",
  "202611",
  "2026-11b",
  "x2026-11",
]) {
  test(`sealingKeyMadeMs() finds no date in "${id}"`, () => {
    assert.equal(sealingKeyMadeMs(id), undefined);
  });
}
