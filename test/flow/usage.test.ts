import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram } from "../support/program.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

for (const [args, status] of [
  // 1 is an answer of these: denied, some differ, the identity does not appear.
  [["explain"], 2],
  [["explain", "--config", "x", "--unknown"], 2],
  [["replay", "--config", "x"], 2],
  [["suggest", "file"], 2],
  [["explain", "--help"], 0],
  [["check"], 1],
] as const) {
  test(`s3warden ${args.join(" ")} exits ${status}`, async () => {
    const ended = await runProgram(process.execPath, [MAIN, ...args]);
    assert.equal(ended.status, status, ended.errors);
    if (status > 0) assert.match(ended.errors, /^error: /);
  });
}
