import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { dashboardExpressions } from "../support/grafana.ts";
import { DEPLOY } from "../support/deploy.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { debianProgram, succeeds } from "./programs.ts";

const skip = skipUnless([debianProgram("promtool", "prometheus")]);

describe("what promtool says", { skip }, () => {
  test("the alerts are good rules", async () => {
    await succeeds("promtool", ["check", "rules", `${DEPLOY}prometheus/alerts.yaml`]);
  });

  test("each alert fires when it shall and is silent when it shall be", async () => {
    await succeeds("promtool", ["test", "rules", `${DEPLOY}prometheus/alerts.test.yaml`]);
  });

  test("every expression of the dashboard is PromQL", async () => {
    const rules = dashboardExpressions().map(([, expr], i) => ({ record: `panel:${i}`, expr }));
    const file = join(scratchFolder("dashboard"), "rules.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "dashboard", rules }] }));
    const said = await succeeds("promtool", ["check", "rules", file]);
    assert.match(said, new RegExp(`SUCCESS: ${rules.length} rules found`));
  });

  test("the Prometheus of compose.yaml has a good configuration", async () => {
    const folder = scratchFolder("prometheus");
    copyFileSync(`${DEPLOY}compose/prometheus.yaml`, join(folder, "prometheus.yaml"));
    copyFileSync(`${DEPLOY}prometheus/alerts.yaml`, join(folder, "alerts.yaml"));
    await succeeds("promtool", ["check", "config", join(folder, "prometheus.yaml")]);
  });
});
