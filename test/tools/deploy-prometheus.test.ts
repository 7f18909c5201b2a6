import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { stringify } from "yaml";
import { dashboardExpressions } from "../support/grafana.ts";
import { blocks, pageOf } from "../unit/docs/page.ts";
import { DEPLOY } from "../support/deploy.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { debianProgram, succeeds } from "./programs.ts";

const skip = skipUnless([debianProgram("promtool", "prometheus")]);

/** Series of ten requests a second, by their end: labels, and the counter every 15 s. */
const ENDED = [
  ['outcome="forwarded",code="200"', "0+60x60"],
  ['outcome="forwarded",code="404"', "0+15x60"],
  ['outcome="forwarded",code="503"', "0+15x60"],
  ['outcome="failed",code="ServiceUnavailable"', "0+15x60"],
  ['outcome="refused",code="AccessDenied"', "0+15x60"],
  ['outcome="aborted",code="0"', "0+30x60"],
] as const;

const FAILED = [{ labels: "{}", value: 0.2 }];
const ERRORS = ["404", "503", "AccessDenied", "ServiceUnavailable"].map((code) => ({
  labels: `{code="${code}"}`,
  value: 1,
}));
/** Expressions and their expected values. */
const ANSWERS = [
  ['the dashboard\'s "Failed" is a fifth', panel("Failed"), FAILED],
  ["docs/observe.md: a fifth failed", documented(/outcome="failed"/), FAILED],
  [
    'the dashboard\'s "Errors that clients see" has no aborted one',
    panel("Errors that clients see"),
    ERRORS,
  ],
] as const;

describe("promtool's checks", { skip }, () => {
  test("the alerts are good rules", async () => {
    await succeeds("promtool", ["check", "rules", `${DEPLOY}prometheus/alerts.yaml`]);
  });

  test("each alert fires when it must and is silent when it must", async () => {
    await succeeds("promtool", ["test", "rules", `${DEPLOY}prometheus/alerts.test.yaml`]);
  });

  test("every expression of the dashboard is PromQL", async () => {
    const rules = dashboardExpressions().map(([, expr], i) => ({ record: `panel:${i}`, expr }));
    const file = join(scratchFolder("dashboard"), "rules.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "dashboard", rules }] }));
    const said = await succeeds("promtool", ["check", "rules", file]);
    assert.match(said, new RegExp(`SUCCESS: ${rules.length} rules found`));
  });

  for (const [what, expr, expected] of ANSWERS) {
    test(`${what}, of requests that ended in every way`, async () => {
      const folder = scratchFolder("answers");
      const input_series = ENDED.map(([labels, values]) => ({
        series: `s3warden_requests_total{job="s3warden",instance="a",operation="GetObject",${labels}}`,
        values,
      }));
      const promql_expr_test = [{ expr, eval_time: "10m", exp_samples: expected }];
      const tests = [{ interval: "15s", input_series, promql_expr_test }];
      const file = join(folder, "tests.yaml");
      writeFileSync(file, stringify({ rule_files: [], tests }));
      await succeeds("promtool", ["test", "rules", file]);
    });
  }

  test("the Prometheus of compose.yaml has a good configuration", async () => {
    const folder = scratchFolder("prometheus");
    copyFileSync(`${DEPLOY}compose/prometheus.yaml`, join(folder, "prometheus.yaml"));
    copyFileSync(`${DEPLOY}prometheus/alerts.yaml`, join(folder, "alerts.yaml"));
    await succeeds("promtool", ["check", "config", join(folder, "prometheus.yaml")]);
  });
});

function panel(title: string): string {
  const [, expression] = dashboardExpressions().find(([place]) => place === title) ?? [];
  if (expression === undefined) throw new Error(`The dashboard has no ${title}`);
  return expression;
}

function documented(metric: RegExp): string {
  const found = blocks(pageOf("observe.md"), "promql").find((text) => metric.test(text));
  if (found === undefined) throw new Error(`docs/observe.md asks nothing like ${metric.source}`);
  return found;
}
