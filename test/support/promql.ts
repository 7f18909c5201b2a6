import { parser } from "@prometheus-io/lezer-promql";
import { Metrics } from "../../src/observe/metrics.ts";

/** A series in an expression: its metric, and the labels that it is matched by. */
type Selector = { readonly metric: string; readonly labels: readonly string[] };

/** Returns the series that an expression of PromQL reads. Throws if it is not one. */
export function selectorsIn(expression: string): readonly Selector[] {
  const selectors: { metric: string; labels: string[] }[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to, node }) => {
      const text = expression.slice(from, to);
      if (type.isError) throw new Error(`Not PromQL at ${from} ("${text}"): ${expression}`);
      if (type.name === "VectorSelector") selectors.push({ metric: "", labels: [] });
      const last = selectors.at(-1);
      if (last === undefined) return;
      if (type.name === "Identifier") last.metric = text;
      // `groupingsIn` checks the labels of `by (…)`.
      if (type.name === "LabelName" && node.parent?.name.endsWith("LabelMatcher")) {
        last.labels.push(text);
      }
    },
  });
  return selectors;
}

/** Returns the labels that an expression groups by. */
function groupingsIn(expression: string): readonly string[] {
  const labels: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.name !== "LabelName" || node.parent?.name !== "GroupingLabels") return;
      labels.push(expression.slice(from, to));
    },
  });
  return labels;
}

/** Labels that Prometheus itself adds. */
const ADDED = ["job", "instance"];

/**
 * Returns the metrics and labels in an expression that the gateway does not have, in words. `up` is
 * Prometheus' own.
 */
export function unknownIn(expression: string): readonly string[] {
  const selectors = selectorsIn(expression);
  const wrong = selectors.flatMap(({ metric, labels }) => {
    const known = SERIES.get(metric);
    if (known === undefined) return [`no metric ${metric}`];
    return labels.filter((label) => !known.includes(label)).map((one) => `no ${metric}{${one}}`);
  });
  const all = new Set(selectors.flatMap(({ metric }) => SERIES.get(metric) ?? []));
  const groups = groupingsIn(expression).filter((label) => !all.has(label));
  return [...wrong, ...groups.map((label) => `no metric with the label ${label}`)];
}

/** Returns the gateway's own metrics, without those of Node. */
export function ownMetrics(): readonly string[] {
  const names = METRICS.map(({ name }) => name);
  return names.filter((name) => !/^s3warden_(?:nodejs|process)_/.test(name));
}

type Metric = {
  readonly name: string;
  readonly labels: readonly string[];
  readonly type: string;
};

const METRICS: readonly Metric[] = new Metrics().registry.getMetricsAsArray().map(metricOf);

/** Reads a metric: prom-client's types do not include its labels. */
function metricOf(metric: object): Metric {
  const labels: unknown = Reflect.get(metric, "labelNames");
  return {
    name: String(Reflect.get(metric, "name")),
    labels: Array.isArray(labels) ? labels.map(String) : [],
    type: metric.constructor.name,
  };
}

/** The metrics by the names of their series. */
const SERIES: ReadonlyMap<string, readonly string[]> = new Map([
  ["up", ADDED],
  ...METRICS.flatMap(seriesOf),
]);

function seriesOf({ name, labels, type }: Metric): readonly [string, readonly string[]][] {
  const all = [...labels, ...ADDED];
  if (type === "Gauge" || type === "Counter") return [[name, all]];
  return [
    [`${name}_bucket`, [...all, "le"]],
    [`${name}_sum`, all],
    [`${name}_count`, all],
  ];
}
