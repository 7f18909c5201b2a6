import assert from "node:assert/strict";
import { test } from "node:test";
import { DOCUMENTS } from "../../seeds/documents.ts";
import { EXCEPTIONS } from "../../seeds/exceptions.ts";
import { countsTable, exceptionLines } from "../../seeds/table.ts";
import { pageOf, section } from "./page.ts";

const TEXT = section(pageOf("providers.md"), "What holds of each document");

/** The lines of the table that begins with this head, each as its cells. */
function tableWith(head: readonly string[]): readonly (readonly string[])[] {
  const tables = (TEXT.match(/(?:^\|.*\n)+/gm) ?? []).map((lines) =>
    lines.trimEnd().split("\n").map(cellsOf),
  );
  const found = tables.filter(([first]) => first?.join() === head.join());
  assert.equal(found.length, 1, head.join());
  return (found[0] ?? []).filter((_, i) => i !== 1);
}

/** Between bars that are no text. */
function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

test('docs/providers.md: the counts are what "npm run seeds" makes', () => {
  const table = countsTable();
  assert.deepEqual(tableWith(table[0] ?? []), table);
});

test('docs/providers.md: what does not hold is what "npm run seeds" makes', () => {
  // The formatter takes away marks that need no escape.
  const plain = (line: string): string => line.replaceAll("\\", "");
  const lines = TEXT.split("\n").filter((line) => line.startsWith("- **"));
  assert.deepEqual(lines.map(plain), exceptionLines().map(plain));
});

test("each sentence of a document stands once", () => {
  for (const { title, rows } of DOCUMENTS) {
    const says = rows.map((row) => row.says);
    assert.equal(new Set(says).size, says.length, title);
  }
});

test("each exception is of sentences that the document has, and has one reason", () => {
  const seen = new Set<string>();
  for (const { document, on, rows } of EXCEPTIONS) {
    const known = DOCUMENTS.find(({ title }) => title === document);
    for (const says of rows) {
      assert.ok(
        known?.rows.some((row) => row.says === says),
        `${document}: ${says}`,
      );
      for (const configuration of on) {
        const place = `${document}, ${configuration}: ${says}`;
        assert.ok(!seen.has(place), place);
        seen.add(place);
      }
    }
  }
});
