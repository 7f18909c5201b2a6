import assert from "node:assert/strict";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openLog } from "../../../src/life/log.ts";
import { runProgram } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";

test("lines that cannot be written are lost whole, and counted when others can", async (t) => {
  const pipe = join(scratchFolder("log"), "pipe");
  await runProgram("mkfifo", [pipe]);
  const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(fd));
  const log = openLog({ level: "info" }, null, fd);
  // A pipe is full after 64 KiB, in the middle of a line where that is larger than a page.
  const said = "x".repeat(5_000);
  for (let count = 1; count <= 30; count++) log.info({ count }, said);
  const before = readAll(fd);
  log.info({ count: 31 }, "again");
  const lines = (before + readAll(fd)).trimEnd().split("\n");
  const entries = lines.map((line): Record<string, unknown> => JSON.parse(line));
  const counts = entries.flatMap(({ count }) => (typeof count === "number" ? [count] : []));
  const whole = counts.length - 1;
  assert.ok(whole > 1 && whole < 30, `${whole} fitted`);
  assert.deepEqual(counts, [...Array.from({ length: whole }, (_, i) => i + 1), 31]);
  assert.equal(entries.at(-1)?.["lost"], 30 - whole);
});

function readAll(fd: number): string {
  const pieces: Buffer[] = [];
  const piece = Buffer.alloc(65_536);
  for (;;) {
    try {
      pieces.push(Buffer.from(piece.subarray(0, readSync(fd, piece))));
    } catch {
      return Buffer.concat(pieces).toString();
    }
  }
}
