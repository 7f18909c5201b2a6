/** The story of docs/prove.md: three mistakes that `check` does not see, with the output as printed. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mock, test } from "node:test";
import { runCheck } from "../../../src/cli/check.ts";
import { runProve } from "../../../src/cli/prove.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { storyFiles } from "../../support/story.ts";
import { ran, type Ran } from "../../support/terminal.ts";

const NOW_MS = Date.parse("2026-11-22T12:00:00Z");

function written(mended: boolean): string {
  const folder = scratchFolder("story");
  for (const [name, text] of Object.entries(storyFiles(mended))) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** At the time of the story; paths are written without their folder. */
async function proved(folder: string): Promise<Ran<0 | 1 | 2>> {
  mock.timers.enable({ apis: ["Date"], now: NOW_MS });
  const files = { config: join(folder, "gateway.yaml"), claims: join(folder, "claims.txt") };
  const result = await ran((terminal) => runProve([], files, terminal));
  mock.timers.reset();
  return { ...result, out: result.out.replaceAll(`${folder}/`, "") };
}

test("three mistakes that check does not see are found, as docs/prove.md has it", async () => {
  const folder = written(false);
  const lines = Object.values(storyFiles(false)).join("").split("\n").length;
  assert(lines > 280, `${lines} lines`);
  const checked = await ran((terminal) =>
    runCheck({ config: join(folder, "gateway.yaml") }, terminal),
  );
  assert.equal(checked.code, 0);
  assert.doesNotMatch(checked.err, /\.json/u);
  const { code, out } = await proved(folder);
  const page = readFileSync(new URL("../../../docs/prove.md", import.meta.url), "utf8");
  const [, printed = ""] = /<!-- story: .*?-->\n+```\n(.*?)```/su.exec(page) ?? [];
  assert.equal(out, printed);
  assert.equal(code, 1);
});

test("with the mistakes mended every claim holds", async () => {
  const { code, out } = await proved(written(true));
  assert.match(out, /^4 claims: 4 hold$/mu);
  assert.equal(code, 0);
});
