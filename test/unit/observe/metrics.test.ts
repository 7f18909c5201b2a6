import assert from "node:assert/strict";
import { test } from "node:test";
import { aggregate, Metrics } from "../../../src/observe/metrics.ts";
import { recordOf } from "../../support/record.ts";
import { pageOf } from "../docs/page.ts";

const RECORD = recordOf();

async function valueOf(metrics: Metrics, line: string): Promise<number | undefined> {
  return valueIn(await metrics.text(), line);
}

function valueIn(text: string, line: string): number | undefined {
  const found = text.split("\n").find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

test("Metrics counts a forwarded request by its status", async () => {
  const metrics = new Metrics();
  metrics.requestStarted();
  metrics.requestEnded(RECORD);
  const labels = '{operation="GetObject",outcome="forwarded",code="200"}';
  assert.equal(await valueOf(metrics, `s3warden_requests_total${labels}`), 1);
  assert.equal(await valueOf(metrics, 's3warden_bytes_total{direction="out"}'), 1234);
  assert.equal(await valueOf(metrics, "s3warden_requests_in_flight"), 0);
  assert.equal(
    await valueOf(metrics, 's3warden_request_duration_seconds_sum{operation="GetObject"}'),
    0.0125,
  );
});

test("Metrics counts a denial by its gate, and the request by its error code", async () => {
  const metrics = new Metrics();
  metrics.requestStarted();
  metrics.requestEnded({
    ...RECORD,
    outcome: "refused",
    status: 403,
    errorCode: "AccessDenied",
    gate: "tier",
  });
  const labels = '{operation="GetObject",outcome="refused",code="AccessDenied"}';
  assert.equal(await valueOf(metrics, `s3warden_requests_total${labels}`), 1);
  assert.equal(
    await valueOf(metrics, 's3warden_denials_total{gate="tier",operation="GetObject"}'),
    1,
  );
});

test("Metrics counts what was refused for a name that is not served, from 0 on, without the name", async () => {
  const metrics = new Metrics();
  const series = 's3warden_unknown_names_total{kind="header"}';
  assert.equal(await valueOf(metrics, series), 0);
  metrics.requestStarted();
  metrics.requestEnded({ ...RECORD, unknown: { kind: "header", name: "x-amz-odd" } });
  assert.equal(await valueOf(metrics, series), 1);
  assert.equal(await valueOf(metrics, 's3warden_unknown_names_total{kind="parameter"}'), 0);
  assert.ok(!(await metrics.text()).includes("x-amz-odd"));
});

test("Metrics has no label that a client could fill: no key, bucket, address or account", async () => {
  const metrics = new Metrics();
  metrics.requestStarted();
  metrics.requestEnded(RECORD);
  const text = await metrics.text();
  for (const secret of ["photos", "cat.jpg", "192.0.2.1", "AKIDREADER", '"lab"']) {
    assert(!text.includes(secret), secret);
  }
});

test("aggregate() sums what processes counted, and takes what is no sum by its own rule", async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  for (const metrics of [one, other, other]) metrics.requestStarted();
  other.requestEnded(RECORD);
  one.requestEnded(RECORD);
  one.configAccepted(2, 1_795_000_000_000);
  other.configAccepted(3, 1_795_000_060_000);
  one.configRefused(1_795_000_070_000);
  one.endpointUp("http://store", true);
  other.endpointUp("http://store", false);
  // As it comes from another process.
  const exported: object[][] = JSON.parse(
    JSON.stringify(await Promise.all([one.export(), other.export()])),
  );
  const text = await aggregate(exported);
  const expected: readonly (readonly [string, number])[] = [
    ['requests_total{operation="GetObject",outcome="forwarded",code="200"}', 2],
    ['request_duration_seconds_count{operation="GetObject"}', 2],
    ['request_duration_seconds_bucket{le="+Inf",operation="GetObject"}', 2],
    ['bytes_total{direction="out"}', 2468],
    ["requests_in_flight", 1],
    ["config_generation", 3],
    ["config_last_reload_successful", 0],
    ["config_last_reload_success_timestamp_seconds", 1_795_000_060],
    ['upstream_up{endpoint="http://store"}', 0],
  ];
  for (const [line, value] of expected)
    assert.equal(valueIn(text, `s3warden_${line}`), value, line);
  const start = valueIn(text, "s3warden_process_start_time_seconds") ?? 0;
  assert(Math.abs(start - (Date.now() / 1000 - process.uptime())) < 5, `started ${start}`);
});

test("aggregate() tells of the process that is nearest its end, whatever the idle ones do", async () => {
  const figures = [
    ["process_open_fds", [20, 900, 300], 900],
    ["process_max_fds", [1024, 1024, 1024], 1024],
    ["nodejs_eventloop_lag_p99_seconds", [0.01, 0.5, 0.02], 0.5],
    ["nodejs_eventloop_lag_mean_seconds", [0.01, 0.3, 0.02], 0.3],
    ["nodejs_eventloop_lag_seconds", [0, 0.4, 0.001], 0.4],
  ] as const;
  const exported = await Promise.all([0, 1, 2].map(() => new Metrics().export()));
  const processes = exported.map((metrics, i) =>
    metrics.map((metric) => {
      const figure = figures.find(([name]) => Reflect.get(metric, "name") === `s3warden_${name}`);
      return figure === undefined
        ? metric
        : { ...metric, values: [{ value: figure[1][i], labels: {} }] };
    }),
  );
  const text = await aggregate(processes);
  for (const [name, , value] of figures) {
    assert.equal(valueIn(text, `s3warden_${name}`), value, name);
  }
});

test("Metrics has a series for the first fault of its own, so that rate() sees it", async () => {
  const text = await new Metrics().text();
  for (const operation of ["GetObject", "PostObject", "Passthrough", "Unknown"]) {
    const labels = `{operation="${operation}",outcome="gateway_fault",code="InternalError"}`;
    assert.equal(valueIn(text, `s3warden_requests_total${labels}`), 0, operation);
  }
});

test("aggregate() of one process tells every metric that the process itself tells", async () => {
  const metrics = new Metrics();
  metrics.requestEnded(RECORD);
  const namesIn = (text: string): readonly string[] =>
    [...text.matchAll(/^# TYPE (\S+ \w+)$/gm)].map(([, name = ""]) => name).sort();
  assert.deepEqual(
    namesIn(await aggregate([await metrics.export()])),
    namesIn(await metrics.text()),
  );
});

test("docs/observe.md has a table of the code's metrics, labels and help texts", () => {
  const rows = [...pageOf("observe.md").matchAll(/^\| `(s3warden_\w+)` +\|([^|]*)\|([^|]*)\|$/gm)];
  const documented = rows.map(
    ([, name, labels = "", help = ""]) => `${name} [${labels.trim()}] ${help.trim()}`,
  );
  const own = new Metrics().registry
    .getMetricsAsArray()
    .filter(({ name }) => !isProcessMetric(name));
  const actual = own.map((metric) => {
    const labels =
      "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
    return `${metric.name} [${labels.join(", ")}] ${metric.help}`;
  });
  assert.deepEqual(documented.sort(), actual.sort());
});

function isProcessMetric(name: string): boolean {
  return name.startsWith("s3warden_process_") || name.startsWith("s3warden_nodejs_");
}
