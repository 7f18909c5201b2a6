/** README and the pages of docs: each row of a table has a cell for each column. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOT } from "../../support/deploy.ts";

const FILES = ["", "docs/"].flatMap((folder) =>
  readdirSync(`${ROOT}${folder}`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => folder + name),
);

for (const file of FILES) {
  test(`${file}: each row of a table has as many cells as its heading`, () => {
    const text = readFileSync(`${ROOT}${file}`, "utf8");
    const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
    const uneven = tables.flatMap((table) => {
      const rows = table.trimEnd().split("\n");
      return rows.filter((row) => cellsOf(row) !== cellsOf(rows[0] ?? ""));
    });
    assert.deepEqual(uneven, []);
  });
}

/** Returns the number of cells of a row; `\|` is text of a cell. */
function cellsOf(row: string): number {
  return row.replaceAll("\\|", "").split("|").length;
}
