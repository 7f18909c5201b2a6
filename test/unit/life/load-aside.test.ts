import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { AsideLoader } from "../../../src/life/load-aside.ts";
import { writeConfig } from "../../support/config-files.ts";
import { until } from "../../support/flow.ts";

/** Of this process, by the kernel's count. */
const threads = (): number => readdirSync("/proc/self/task").length;

test("AsideLoader reads as loadConfig() does, and no thread is left of it", async () => {
  const loader = new AsideLoader();
  const file = writeConfig({ accounts: [{ name: "lab" }] });
  const before = threads();
  for (let i = 0; i < 2; i++) {
    const { result, files } = await loader.load(file);
    assert.ok(result.ok);
    assert.equal(result.value.accounts[0]?.name, "lab");
    assert.equal(files.size, 2);
    await until(() => threads() <= before);
  }
  const bad = await loader.load(`${file}.none`);
  assert.equal(bad.result.ok, false);
});
