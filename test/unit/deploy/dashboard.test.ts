import assert from "node:assert/strict";
import { test } from "node:test";
import { DASHBOARD, dashboardExpressions, PANELS } from "../../support/grafana.ts";
import { at, listAt, numberAt, textAt } from "../../support/deploy.ts";
import { ownMetrics, selectorsIn, unknownIn } from "../../support/promql.ts";

for (const [place, expression] of dashboardExpressions()) {
  test(`the dashboard's "${place}" asks for what there is: ${expression}`, () => {
    assert.doesNotMatch(expression, /\$/, "a variable that Grafana does not have");
    assert.deepEqual(unknownIn(expression), []);
  });
}

test("the dashboard shows every metric of the gateway", () => {
  const asked = dashboardExpressions().flatMap(([, expression]) => selectorsIn(expression));
  const shown = new Set(asked.map(({ metric }) => metric.replace(/_(?:bucket|sum|count)$/, "")));
  assert.deepEqual(
    ownMetrics().filter((name) => !shown.has(name)),
    [],
  );
});

test("the dashboard's panels have numbers of their own, a place of their own, and a meaning", () => {
  const panels = listAt(DASHBOARD, "panels");
  const ids = panels.map((panel) => numberAt(panel, "id"));
  assert.equal(new Set(ids).size, ids.length);
  const taken = new Set<string>();
  for (const panel of panels) {
    for (const cell of cellsOf(at(panel, "gridPos"))) {
      assert.ok(!taken.has(cell), `two panels at ${cell}`);
      taken.add(cell);
    }
  }
  for (const panel of PANELS) assert.ok(textAt(panel, "description").length > 0);
});

/** The cells of the grid, 24 wide, that a panel covers. */
function cellsOf(grid: unknown): readonly string[] {
  const [x, y, w, h] = ["x", "y", "w", "h"].map((name) => numberAt(grid, name));
  assert.ok(x !== undefined && y !== undefined && w !== undefined && h !== undefined);
  assert.ok(x + w <= 24);
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
}

test("the dashboard asks the data source that is chosen on it", () => {
  const text = JSON.stringify(DASHBOARD);
  const sources = new Set([...text.matchAll(/"uid":"([^"]*)"/g)].map(([, uid]) => uid));
  assert.deepEqual(sources, new Set(["s3warden", "${datasource}"]));
});
