/** docs/benchmarks.md and its chart against the figures of the run that is kept beside them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { XMLValidator } from "fast-xml-parser";
import { chartOf } from "../../bench/support/chart.ts";
import { CELLS } from "../../bench/support/cells.ts";
import { keptFigures, pageWith } from "../../bench/support/pages.ts";
import { pageOf } from "./page.ts";

const FIGURES = keptFigures();

test("docs/benchmarks.md has the tables that the kept figures make", () => {
  const page = pageOf("benchmarks.md");
  assert.equal(page, pageWith(page, FIGURES));
});

test("docs/benchmarks.svg is the chart that the kept figures make, and is well-formed", () => {
  const chart = pageOf("benchmarks.svg");
  assert.equal(chart, chartOf(FIGURES));
  assert.equal(XMLValidator.validate(chart), true);
});

test("the kept figures are of a run with every cell and every system that is no rival", () => {
  for (const [cell, { systems }] of Object.entries(CELLS)) {
    const rows = FIGURES.rows.filter((row) => row.cell === cell);
    const measured = new Set(rows.map((row) => row.system));
    const missing = systems.filter((name) => !measured.has(name));
    assert.deepEqual(
      missing.filter((name) => name !== "versitygw" && name !== "s3proxy"),
      [],
      cell,
    );
  }
  assert(FIGURES.memory.length > 0 && FIGURES.decisions.length > 0);
});

test("README and docs/benchmarks.md show the chart", () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  assert.match(readme, /!\[[^\]]+\]\(docs\/benchmarks\.svg\)/);
  assert.match(pageOf("benchmarks.md"), /!\[[^\]]+\]\(benchmarks\.svg\)/);
});
