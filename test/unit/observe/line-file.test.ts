import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LineFile, WAITING_CHARACTERS_MAX } from "../../../src/observe/line-file.ts";
import { until } from "../../support/flow.ts";
import { scratchFolder } from "../../support/scratch.ts";

const FOLDER = scratchFolder("lines");

/** A file whose events are counted. */
function watched(name: string) {
  const heard = { failed: 0, written: 0, recovered: 0, dropped: 0 };
  const path = name.startsWith("/") ? name : join(FOLDER, name);
  const file = new LineFile(path, {
    failed: () => void heard.failed++,
    written: () => void heard.written++,
    recovered: () => void heard.recovered++,
    dropped: (lines) => void (heard.dropped += lines),
  });
  return { file, heard, path };
}

test("lines reach the file in their order, also those that came while others were written", async () => {
  const { file, path } = watched("order/deep.txt");
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} ${"x".repeat(i % 90)}\n`);
  for (const [i, line] of lines.entries()) {
    file.append(line);
    if (i % 10_000 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await file.close();
  assert.equal(readFileSync(path, "utf8"), lines.join(""));
});

test("a single line reaches the file without anybody asking", async () => {
  const { file, path } = watched("single.txt");
  file.append("one\n");
  await until(() => file.waiting === 0);
  assert.equal(readFileSync(path, "utf8"), "one\n");
  await file.close();
});

test("lines that a full disk does not take are kept within the bound, and the rest is reported as lost", async () => {
  const { file, heard } = watched("/dev/full");
  const line = `${"x".repeat(65_535)}\n`;
  const count = Math.ceil(WAITING_CHARACTERS_MAX / line.length) + 10;
  for (let i = 0; i < count; i++) file.append(line);
  await until(() => file.failing);
  assert.equal(heard.dropped, 10);
  assert.ok(file.waiting <= WAITING_CHARACTERS_MAX);
  await file.close();
  assert.equal(heard.dropped, count);
});

test("a write that failed is tried again by itself", async () => {
  const { file, heard } = watched("/dev/full");
  file.append("line\n");
  await until(() => heard.failed >= 2);
  await file.close();
});

test("lines that waited for a full disk are written whole when the file is opened anew", async () => {
  const link = join(FOLDER, "link");
  symlinkSync("/dev/full", link);
  const { file, heard } = watched("link");
  file.append("before\n");
  await until(() => file.failing);
  rmSync(link);
  writeFileSync(link, "");
  file.append("after\n");
  file.reopen();
  await until(() => !file.failing);
  await file.close();
  assert.equal(readFileSync(link, "utf8"), "before\nafter\n");
  assert.deepEqual([heard.recovered, heard.dropped], [1, 0]);
});

test("after a rotation lines go to the file that now has the name, and none is lost", async () => {
  const { file, path } = watched("rotated.txt");
  const lines: string[] = [];
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 1_000; j++) {
      const line = `${i} ${j} ${"y".repeat(j % 100)}\n`;
      lines.push(line);
      file.append(line);
    }
    renameSync(path, `${path}.${i}`);
    file.reopen();
    await until(() => file.waiting === 0);
  }
  await file.close();
  const names = [...Array.from({ length: 20 }, (_, i) => `${path}.${i}`), path];
  const text = names.map((name) => readFileSync(name, "utf8"));
  assert.equal(text.join(""), lines.join(""));
  for (const part of text) assert.ok(part === "" || part.endsWith("\n"));
});

/** A file whose folder was moved away, with something in its place that is no folder. */
async function blocked(name: string) {
  const { file, heard, path } = watched(`${name}/file.txt`);
  const folder = join(FOLDER, name);
  renameSync(folder, `${folder}.moved`);
  writeFileSync(folder, "");
  file.append("first\n");
  file.reopen();
  await until(() => heard.failed > 0);
  return { file, heard, path, folder, moved: join(`${folder}.moved`, "file.txt") };
}

test("while a file cannot be opened anew, lines wait for it and it is tried again by itself", async () => {
  const { file, heard, path, folder, moved } = await blocked("again");
  file.append("second\n");
  await until(() => heard.failed > 1);
  assert.equal(file.failing, true);
  assert.equal(readFileSync(moved, "utf8"), "");
  rmSync(folder);
  await until(() => !file.failing);
  await file.close();
  assert.equal(readFileSync(path, "utf8"), "first\nsecond\n");
  assert.deepEqual([heard.recovered, heard.dropped], [1, 0]);
});

test("a file that can be opened again has recovered, also when no line waits", async () => {
  const { file, heard, path } = watched("idle/file.txt");
  const folder = join(FOLDER, "idle");
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "");
  file.reopen();
  await until(() => file.failing);
  rmSync(folder);
  await until(() => !file.failing);
  assert.equal(readFileSync(path, "utf8"), "");
  assert.equal(heard.recovered, 1);
  await file.close();
});

test("at the end, what waits for a file that cannot be opened goes to the one before", async () => {
  const { file, heard, moved } = await blocked("last");
  await file.close();
  assert.equal(readFileSync(moved, "utf8"), "first\n");
  assert.equal(heard.dropped, 0);
});

test("waiting lines are reported as lost at the end if the file before was deleted", async () => {
  const { file, heard, moved } = await blocked("lost");
  rmSync(moved);
  await file.close();
  assert.equal(heard.dropped, 1);
});

test("a folder that went away is made again", async () => {
  const { file, heard, path } = watched("away/deep/file.txt");
  rmSync(join(FOLDER, "away"), { recursive: true });
  file.reopen();
  file.append("line\n");
  await file.close();
  assert.equal(readFileSync(path, "utf8"), "line\n");
  assert.equal(heard.failed, 0);
});

test("a file that cannot be opened at all is an error at once", () => {
  writeFileSync(join(FOLDER, "no-folder"), "");
  assert.throws(() => watched("no-folder/file.txt"), { code: /ENOTDIR|EEXIST/ });
});

test("lines after the end are reported as lost, and reach nobody who has the handle now", async () => {
  const { file, heard } = watched("ended.txt");
  await file.close();
  const next = watched("next.txt");
  for (let i = 0; i < 1_000; i++) file.append(`line ${i} ${"x".repeat(90)}\n`);
  file.reopen();
  next.file.append("its own\n");
  await until(() => next.file.waiting === 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await next.file.close();
  assert.equal(readFileSync(next.path, "utf8"), "its own\n");
  assert.equal(heard.dropped, 1_000);
});
