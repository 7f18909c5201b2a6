/** How the bench judges and prints figures; the figures themselves are nobody's to assert. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { aimsOf, isMet, type Aim } from "../../bench/support/aims.ts";
import type { CellName, SystemName } from "../../bench/support/cells.ts";
import { FiguresSchema, type Figures } from "../../bench/support/figures.ts";
import type { Round } from "../../bench/support/generator.ts";
import { rowsOf } from "../../bench/support/rows.ts";
import { markdownLines, textLines } from "../../bench/support/table.ts";

const NOTHING: Figures = {
  plan: "quick",
  machine: [],
  decisions: [],
  policies: [],
  scales: [],
  rows: [],
  memory: [],
  sts: [],
};

function round(requests: number, cpuMicros: number, latencyMicros: number): Round {
  return { requests, cpuMicros, latencyMicros, othersShare: 0 };
}

type Rounds = readonly (readonly [SystemName, readonly Round[]])[];

function withRounds(cell: CellName, rounds: Rounds): Figures {
  return { ...NOTHING, rows: rowsOf(cell, new Map(rounds)) };
}

function aim(figures: Figures, name: string): Aim {
  const found = aimsOf(figures).find((one) => one.name === name);
  return found ?? assert.fail(`No aim ${name}`);
}

test("rowsOf() compares within a round, so that a slow round of all changes no ratio", () => {
  const figures = withRounds("get-small", [
    ["HAProxy", [round(20_000, 20, 0), round(2_000, 200, 0), round(20_000, 20, 0)]],
    ["bare node:http + undici", [round(10_000, 80, 0), round(1_000, 800, 0), round(10_000, 80, 0)]],
    ["s3warden", [round(12_000, 50, 0), round(1_200, 500, 0), round(12_000, 50, 0)]],
  ]);
  const [, , own] = figures.rows;
  assert.deepEqual(own?.rateToBare, { median: 1.2, min: 1.2, max: 1.2 });
  assert.deepEqual(own.cpuToHaproxy, { median: 2.5, min: 2.5, max: 2.5 });
  assert(Number.isNaN(own.addedMicros.median), "the store is not in this cell");
});

test("rowsOf() takes the store's own latency from a system's", () => {
  const { rows } = withRounds("latency", [
    ["the store directly", [round(1, 1, 30), round(1, 1, 40)]],
    ["s3warden", [round(1, 1, 130), round(1, 1, 150)]],
  ]);
  assert.deepEqual(rows[1]?.addedMicros, { median: 110, min: 100, max: 110 });
});

test("aims: at the bound they are met, beyond it not, and what was not measured is neither", () => {
  const good = withRounds("get-small", [
    ["HAProxy", [round(20_000, 20, 0)]],
    ["bare node:http + undici", [round(10_000, 80, 0)]],
    ["s3warden", [round(12_000, 50.1, 0)]],
  ]);
  assert.equal(isMet(aim(good, "1 KiB GET: rate to bare node:http + undici")), true);
  assert.equal(isMet(aim(good, "1 KiB GET: CPU to HAProxy's")), false);
  assert.equal(isMet(aim(good, "4 KiB PUT: CPU to HAProxy's")), undefined);
});

test("aims: rivals are compared by the best of them, and without rivals there is no figure", () => {
  const own: Rounds = [["s3warden", [round(12_000, 50, 0)]]];
  const rivals: Rounds = [
    ["versitygw", [round(3_000, 300, 0)]],
    ["s3proxy", [round(2_000, 600, 0)]],
  ];
  const name = "1 KiB GET: rate to the best rival's";
  assert.equal(aim(withRounds("get-small", [...own, ...rivals]), name).value, 4);
  assert(Number.isNaN(aim(withRounds("get-small", own), name).value));
});

test("figures that could not be had survive the file as such", () => {
  const figures = withRounds("get-small", [["s3warden", [round(1, NaN, 1)]]]);
  const read = FiguresSchema.parse(JSON.parse(JSON.stringify(figures)));
  assert.deepEqual(read, figures);
});

test("a table has the same columns in a terminal and on a page", () => {
  const table = {
    title: "Title",
    head: ["system", "µs"],
    rows: [
      ["a", "1000"],
      ["bc", "2"],
    ],
  };
  assert.deepEqual(textLines(table), ["Title    µs", "  a    1000", "  bc      2"]);
  assert.deepEqual(markdownLines(table), [
    "| system |   µs |",
    "| ------ | ---: |",
    "| a      | 1000 |",
    "| bc     |    2 |",
  ]);
});
