import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import type { Service } from "../../../src/gateway/service.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { Reloader } from "../../../src/life/reloader.ts";
import { writeConfig } from "../../support/config-files.ts";

/** A reloader before a service of which only `reload` does anything, and what it tells. */
function reloaderFor(reload: Service["reload"]): {
  readonly reloader: Reloader;
  readonly lines: string[];
  readonly refused: () => number;
} {
  let refused = 0;
  const lines: string[] = [];
  const service: Service = {
    address: "",
    adminAddress: "",
    reload,
    reopenAudit: () => undefined,
    refused: () => void refused++,
    close: () => Promise.resolve(),
  };
  const file = writeConfig({ accounts: [] });
  const loaded = loadConfig(file);
  if (!loaded.result.ok) throw new Error("Expected a good configuration");
  const log = pino({ base: null }, { write: (line) => void lines.push(line) });
  const reloader = new Reloader(file, service, log, loaded, loaded.result.value);
  return { reloader, lines, refused: () => refused };
}

test("a reload that throws counts as refused, and the next one is not lost", async (t) => {
  const { reloader, lines, refused } = reloaderFor(() => Promise.reject(new Error("a bug")));
  t.after(() => reloader.close());
  for (const count of [1, 2]) {
    await reloader.reload("SIGHUP");
    assert.equal(refused(), count);
  }
  assert.match(lines.at(-1) ?? "", /"why":"a bug".*the one before stays in force/);
});
