import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import type { RunningGateway } from "../../../src/life/service.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { Reloader } from "../../../src/life/reloader.ts";
import { err, ok, type Result } from "../../../src/lib/result.ts";
import { writeConfig } from "../../support/config-files.ts";
import { until } from "../../support/flow.ts";

/** A reloader before a service of which only `reload` does anything, and what it tells. */
function reloaderFor(reload: RunningGateway["reload"]): {
  readonly reloader: Reloader;
  readonly file: string;
  readonly lines: string[];
  readonly refused: () => number;
  /** Why the last one was. */
  readonly reasons: () => readonly string[];
} {
  let refused = 0;
  let told: readonly string[] = [];
  const lines: string[] = [];
  const service: RunningGateway = {
    address: "",
    adminAddress: "",
    stsAddress: undefined,
    reload,
    reopenAudit: () => undefined,
    refused: (reasons) => {
      refused++;
      told = reasons;
    },
    close: () => Promise.resolve(),
  };
  const file = writeConfig({ accounts: [] });
  edit(file, { reload: { interval: "100ms" } });
  const loaded = loadConfig(file);
  if (!loaded.result.ok) throw new Error("Expected a good configuration");
  const log = pino({ base: null }, { write: (line) => void lines.push(line) });
  const reloader = new Reloader(file, service, log, loaded, loaded.result.value);
  return { reloader, file, lines, refused: () => refused, reasons: () => told };
}

/** Puts `section` into the file, as a whole. */
function edit(file: string, section: Readonly<Record<string, unknown>>): void {
  const before: object = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(`${file}.new`, JSON.stringify({ ...before, ...section }));
  renameSync(`${file}.new`, file);
}

test("a refused configuration does not say whether files are watched; one in force does", async (t) => {
  let refusal: Result<number, string> = err("not now");
  const { reloader, file, lines, refused } = reloaderFor(() => Promise.resolve(refusal));
  t.after(() => reloader.close());
  edit(file, { reload: { watch: false } });
  await until(() => refused() === 1);
  refusal = ok(2);
  edit(file, { workers: 3 });
  await until(() => lines.at(-1)?.includes('"reloaded"') === true);
  edit(file, { workers: 4 });
  await pause(500);
  assert.equal(lines.filter((line) => line.includes('"reloaded"')).length, 1);
});

test("a refused configuration reports each problem, its place and its remedy", async (t) => {
  const { reloader, file, reasons } = reloaderFor(() => Promise.resolve(ok(2)));
  t.after(() => reloader.close());
  edit(file, { limits: { idleTimeout: 30 }, worker: 2 });
  await reloader.reload("SIGHUP");
  assert.match(reasons().join("\n"), /gateway\.yaml:1:\d+: worker: Unknown key .*workers/);
  assert.match(reasons().join("\n"), /gateway\.yaml:1:\d+: limits\.idleTimeout: .*got "30"/);
});

test("a reload that throws counts as refused, and the next one is not lost", async (t) => {
  const { reloader, lines, refused, reasons } = reloaderFor(() =>
    Promise.reject(new Error("a bug")),
  );
  t.after(() => reloader.close());
  for (const count of [1, 2]) {
    await reloader.reload("SIGHUP");
    assert.equal(refused(), count);
    assert.deepEqual(reasons(), ["a bug"]);
  }
  assert.match(lines.at(-1) ?? "", /"why":"a bug".*the one before stays in force/);
});

test("reloads that are asked for while one waits are that one", async (t) => {
  let reloads = 0;
  const { reloader } = reloaderFor(() => Promise.resolve(ok(++reloads)));
  t.after(() => reloader.close());
  const first = reloader.reload("SIGHUP");
  // It has begun: the files may have changed since it read them.
  await Promise.resolve();
  await Promise.all([first, ...Array.from({ length: 50 }, () => reloader.reload("SIGHUP"))]);
  assert.equal(reloads, 2);
});

test("close() ends the reload under way and the one that waits, and says nothing of them", async () => {
  let reloads = 0;
  const { reloader, lines, refused } = reloaderFor(() => Promise.resolve(ok(++reloads)));
  const first = reloader.reload("SIGHUP");
  await Promise.resolve();
  const second = reloader.reload("changed files");
  reloader.close();
  await Promise.all([first, second]);
  assert.equal(reloads, 0);
  assert.equal(refused(), 0);
  assert.deepEqual(lines, []);
});
