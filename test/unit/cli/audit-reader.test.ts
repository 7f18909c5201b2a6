import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readAudit } from "../../../src/cli/audit-reader.ts";
import { bar, withProgress } from "../../../src/cli/progress.ts";
import { LINE_BYTES_MAX } from "../../../src/observe/audit-line.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";

const FOLDER = scratchFolder("reader");

function entry(key: string): string {
  const time = "2026-11-22T12:00:00.000Z";
  const asked = { requestId: "R", method: "GET", operation: "GetObject", bucket: "b", key };
  return JSON.stringify({ time, ...asked, decision: "allow", request: { auth: "none" } });
}

/** What is read of a file with `content`, entries by their keys. */
async function read(content: string | Buffer): Promise<readonly string[]> {
  const file = join(FOLDER, "audit.jsonl");
  writeFileSync(file, content);
  const found: string[] = [];
  for await (const item of readAudit([file]).items) {
    found.push(item.kind === "entry" ? (item.entry.key ?? "") : item.kind);
  }
  return found;
}

const long = "x".repeat(LINE_BYTES_MAX + 1);
const cut = Buffer.from(entry("é".repeat(50)));
for (const [name, content, expected] of [
  ["nothing", "", []],
  ["lines", `${entry("a")}\n${entry("b")}\n`, ["a", "b"]],
  ["a last line without its newline", `${entry("a")}\n${entry("b")}`, ["a", "b"]],
  ["a torn last line", `${entry("a")}\n${entry("b").slice(0, -9)}`, ["a", "torn"]],
  ["a line torn within a character", Buffer.concat([cut.subarray(0, 130)]), ["torn"]],
  [
    "a key that ends lines elsewhere",
    `${entry("a\u2028b\u2029c\u0085d\r")}\n`,
    ["a\u2028b\u2029c\u0085d\r"],
  ],
  ["carriage returns", `${entry("a")}\r\n${entry("b")}\r\n`, ["a", "b"]],
  [
    "another program's lines",
    '{"level":30,"msg":"listening"}\nnot json\n\n[]\nnull\n',
    Array(5).fill("other"),
  ],
  ["a decision that is none", `${entry("a").replace("allow", "maybe")}\n`, ["other"]],
  ["a line longer than any", `${long}\n${entry("a")}\n`, ["other", "a"]],
  ["a last line longer than any", `${entry("a")}\n${long}`, ["a", "other"]],
  [
    "a line across chunks",
    Array.from({ length: 9_000 }, (_, i) => `${entry(`${i}`)}\n`).join(""),
    Array.from({ length: 9_000 }, (_, i) => `${i}`),
  ],
] as const) {
  test(`the reader of audit files reports ${name}`, async () => {
    assert.deepEqual(await read(content), expected);
  });
}

test("files are read in their order, and a missing one is an error before anything", () => {
  assert.throws(() => readAudit([join(FOLDER, "none")]), { code: "ENOENT" });
});

test("progress is shown on a terminal and nowhere else", async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 450));
  const files = { items: readAudit([]).items, read: () => 25, size: 100 };
  for (const isInteractive of [true, false]) {
    const { err, out } = await ran((terminal) =>
      withProgress(files, { ...terminal, isInteractive }, pause),
    );
    assert.equal(out, "");
    assert.equal(err.includes("25 %"), isInteractive);
    if (isInteractive) assert.match(err, /\r +\r$/, "the line is cleared at the end");
  }
});

test("the bar fills from nothing to all, also where a file grows meanwhile", () => {
  for (const [share, full, percent] of [
    [0, 0, "0 %"],
    [0.5, 20, "50 %"],
    [1, 40, "100 %"],
    [1.5, 40, "100 %"],
  ] as const) {
    assert.equal(
      bar(share),
      `[${"#".repeat(full)}${" ".repeat(40 - full)}] ${percent.padStart(5)}`,
    );
  }
});
