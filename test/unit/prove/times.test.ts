import assert from "node:assert/strict";
import { test } from "node:test";
import { timesOf } from "../../../src/prove/circumstances.ts";

const BEGIN = Date.parse("2027-06-01T00:00:00Z");

/** What date conditions on `one` say at `atMs`, of aws:CurrentTime and of aws:EpochTime. */
function saidAt(atMs: number, one: number): string {
  const epoch = Math.floor(atMs / 1000) * 1000;
  return [atMs, epoch].map((now) => `${now < one} ${now === one}`).join();
}

for (const [name, first, instants] of [
  ["an instant to come", BEGIN - 5000, [BEGIN]],
  ["the very instant that is asked about", BEGIN, [BEGIN]],
  ["an instant of this second", BEGIN + 500, [BEGIN]],
  ["a part of a second", BEGIN - 5000, [BEGIN + 500]],
  ["a part of this second", BEGIN + 250, [BEGIN + 500]],
  ["two in one second", BEGIN - 5000, [BEGIN, BEGIN + 400, BEGIN + 1001]],
] as const) {
  test(`no time is left out that a date condition tells apart: ${name}`, () => {
    const of = (atMs: number): string => instants.map((one) => saidAt(atMs, one)).join(" ");
    const all = Array.from({ length: 10_000 }, (_, ms) => of(first + ms));
    const looked = timesOf(first, instants);
    assert(looked.every((one) => one >= first));
    assert.deepEqual([...new Set(looked.map(of))].sort(), [...new Set(all)].sort());
  });
}
