/** docs/assurance.md and the mutants that test/mutation/survivors.ts explains, against the source. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SURVIVORS } from "../../mutation/survivors.ts";
import { ROOT } from "../../support/deploy.ts";

for (const [file, rows] of Object.entries(SURVIVORS)) {
  test(`the survivors of ${file} are lines of it, each told once`, () => {
    const lines = new Set(
      readFileSync(`${ROOT}src/${file}`, "utf8")
        .split("\n")
        .map((line) => line.trim()),
    );
    const told = rows.map(([line]) => line);
    assert.deepEqual(
      told.filter((line) => !lines.has(line)),
      [],
      "lines that have changed: run `npm run mutate` for the file, and mend survivors.ts",
    );
    assert.equal(new Set(told).size, told.length);
    for (const [line, mutants] of rows) assert.ok(mutants > 0, line);
  });
}

test("docs/assurance.md tells how many survivors of a folder are explained", () => {
  const page = readFileSync(`${ROOT}docs/assurance.md`, "utf8");
  for (const folder of ["policy", "signature", "admission", "provider", "s3"]) {
    const count = Object.entries(SURVIVORS)
      .filter(([file]) => file.startsWith(`${folder}/`))
      .flatMap(([, rows]) => rows)
      .reduce((sum, [, mutants]) => sum + mutants, 0);
    const row = page.split("\n").find((line) => line.startsWith(`| \`${folder}/\``)) ?? "";
    const cells = row.split("|").map((cell) => cell.trim());
    assert.equal(cells.at(-2), String(count), row);
  }
});
