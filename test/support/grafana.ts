import { at, deployText, listAt, textAt } from "./deploy.ts";

export const DASHBOARD: unknown = JSON.parse(deployText("grafana/dashboard.json"));

/** The panels that show data, without the headings of rows. */
export const PANELS = listAt(DASHBOARD, "panels").filter((panel) => at(panel, "type") !== "row");

/** Grafana's variables with values as Grafana would fill them in. */
const VARIABLES: readonly (readonly [name: string, value: string])[] = [
  ["$__rate_interval", "1m"],
  ["$instance", ".*"],
  ["$job", "s3warden"],
];

/** Returns every expression of PromQL and its place. */
export function dashboardExpressions(): readonly (readonly [place: string, expression: string])[] {
  const panels = PANELS.flatMap((panel) =>
    listAt(panel, "targets").map((target) => [textAt(panel, "title"), textAt(target, "expr")]),
  );
  const notes = listAt(DASHBOARD, "annotations/list").map((note) => [
    textAt(note, "name"),
    textAt(note, "expr"),
  ]);
  return [...panels, ...notes].map(([place = "", expression = ""]) => [
    place,
    filledIn(expression),
  ]);
}

function filledIn(expression: string): string {
  return VARIABLES.reduce((text, [name, value]) => text.replaceAll(name, value), expression);
}
