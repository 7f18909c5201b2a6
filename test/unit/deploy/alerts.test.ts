import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { at, deployText, listAt, ROOT, textAt } from "../../support/deploy.ts";
import { unknownIn } from "../../support/promql.ts";

const RULES = listAt(parse(deployText("prometheus/alerts.yaml")), "groups").flatMap((group) =>
  listAt(group, "rules"),
);
const CASES = listAt(parse(deployText("prometheus/alerts.test.yaml")), "tests").flatMap((one) =>
  listAt(one, "alert_rule_test"),
);
const PAGE = readFileSync(`${ROOT}docs/operate.md`, "utf8");
/** The section "Alerts" to the next of its kind. */
const [, ALERTS = ""] = /^## Alerts\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(PAGE) ?? [];

for (const rule of RULES) {
  const name = textAt(rule, "alert");

  test(`${name} asks for metrics that there are`, () => {
    assert.deepEqual(unknownIn(textAt(rule, "expr")), []);
  });

  test(`${name} has a severity, a summary, and a section of docs/operate.md with the remedy`, () => {
    assert.match(textAt(rule, "labels/severity"), /^(?:warning|critical)$/);
    assert.ok(textAt(rule, "annotations/summary").length > 0);
    assert.equal(textAt(rule, "annotations/runbook"), `docs/operate.md#${name.toLowerCase()}`);
    const [, section = ""] = ALERTS.split(`\n### ${name}\n`);
    const [text = ""] = section.split("\n### ");
    assert.match(text, /\*\*Meaning\.\*\* \S/);
    assert.match(text, /\*\*Do\.\*\* \S/);
  });

  test(`${name} is shown to fire, and not to`, () => {
    const cases = CASES.filter((one) => at(one, "alertname") === name);
    const fires = new Set(cases.map((one) => listAt(one, "exp_alerts").length > 0));
    assert.equal(fires.size, 2);
  });
}

test("docs/operate.md has no section of an alert that there is not", () => {
  const told = [...ALERTS.matchAll(/^### (.*)$/gm)].map(([, name]) => name);
  assert.deepEqual(
    told,
    RULES.map((rule) => textAt(rule, "alert")),
  );
});
