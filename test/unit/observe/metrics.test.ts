import assert from "node:assert/strict";
import { test } from "node:test";
import { aggregate, Metrics } from "../../../src/observe/metrics.ts";
import type { AccessRecord } from "../../../src/observe/record.ts";
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

const photos = recordOf({ account: "lab", bucket: "photos", tenant: undefined });

function ended(metrics: Metrics, record: AccessRecord): void {
  metrics.requestStarted();
  metrics.requestEnded(record);
}

test("Metrics counts by account and by listed bucket if that is wanted, and forgets it after", async () => {
  const metrics = new Metrics();
  const buckets = { kind: "listed", names: new Set(["photos", "t:photos"]) } as const;
  metrics.countByName({ accounts: true, buckets });
  ended(metrics, { ...photos, bytesIn: 3, bytesOut: 4 });
  ended(metrics, { ...photos, tenant: "t", outcome: "refused", account: undefined });
  ended(metrics, { ...photos, bucket: "other" });
  const text = await metrics.text();
  for (const [series, value] of [
    ['account_requests_total{account="lab",outcome="forwarded"}', 2],
    ['account_requests_total{account="",outcome="refused"}', 1],
    ['bucket_requests_total{bucket="photos",outcome="forwarded"}', 1],
    ['bucket_requests_total{bucket="t:photos",outcome="refused"}', 1],
    ['bucket_bytes_total{bucket="photos",direction="in"}', 3],
    ['bucket_bytes_total{bucket="photos",direction="out"}', 4],
  ] as const) {
    assert.equal(valueIn(text, `s3warden_${series}`), value, series);
  }
  assert.ok(!text.includes('bucket="other"'));
  const again = 's3warden_account_requests_total{account="lab",outcome="forwarded"}';
  assert.equal(await valueOf(metrics, again), 2, "asking counts nothing");
  metrics.countByName({ accounts: false, buckets: { kind: "listed", names: new Set() } });
  assert.doesNotMatch(await metrics.text(), /account="|bucket="/);
});

test("the busiest buckets are those of all processes together, and only buckets that are there", async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  const buckets = { kind: "top", count: 2 } as const;
  for (const metrics of [one, other]) metrics.countByName({ accounts: false, buckets });
  for (const [metrics, bucket, times] of [
    [one, "a", 5],
    [one, "b", 4],
    [one, "c", 3],
    [other, "c", 3],
  ] as const) {
    for (let i = 0; i < times; i++) ended(metrics, { ...photos, bucket });
  }
  for (let i = 0; i < 9; i++) ended(one, { ...photos, bucket: "invented", status: 404 });
  const text = await aggregate(await Promise.all([one.export(), other.export()]), buckets);
  assert.equal(valueIn(text, 's3warden_bucket_requests_total{bucket="c",outcome="forwarded"}'), 6);
  // Of one process alone they would be a and b.
  const told = [...text.matchAll(/bucket_requests_total\{bucket="(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(new Set(told), new Set(["a", "c"]));
  assert.match(await one.text(), /bucket_requests_total\{bucket="a"/);
});

test("no answer about a bucket that need not be there makes it one of the busiest", async () => {
  const metrics = new Metrics();
  metrics.countByName({ accounts: false, buckets: { kind: "top", count: 500 } });
  for (const [bucket, operation, status] of [
    ["there", "GetObject", 200],
    ["unchanged", "GetObject", 304],
    ["asked", "Preflight", 200],
    ["elsewhere", "GetObject", 301],
    ["moved", "PutObject", 307],
    ["missing", "GetObject", 404],
  ] as const) {
    ended(metrics, { ...photos, bucket, operation, status });
  }
  const text = await metrics.text();
  const told = [...text.matchAll(/bucket_requests_total\{bucket="(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(new Set(told), new Set(["there", "unchanged"]));
});

test("the number of buckets in memory has a bound, however many answer", async () => {
  const metrics = new Metrics();
  metrics.countByName({ accounts: false, buckets: { kind: "top", count: 500 } });
  for (let i = 0; i < 2_100; i++) ended(metrics, { ...photos, bucket: `b-${i}` });
  const exported = JSON.stringify(await metrics.export());
  assert.equal(exported.match(/"bucket":"b-\d+","outcome"/g)?.length, 2_000);
});

test("aggregate() sums what processes counted, and takes what is no sum by its own rule", async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  for (const metrics of [one, other, other]) metrics.requestStarted();
  other.requestEnded(RECORD);
  one.requestEnded(RECORD);
  one.configAccepted(2, 1_795_000_000_000);
  other.configAccepted(3, 1_795_000_060_000);
  one.configRefused(1_795_000_070_000, ["a.yaml:1: wrong"]);
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

test("aggregate() shows the process that is nearest its end, whatever the idle ones do", async () => {
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
  for (const where of ["decision", "dispatch", "body", "answer"]) {
    assert.equal(valueIn(text, `s3warden_faults_total{where="${where}"}`), 0, where);
  }
});

test("Metrics of requests begin with the first request", async () => {
  const metrics = new Metrics();
  assert.doesNotMatch(await metrics.text(), /^s3warden_(?:requests_total|request_duration)/m);
  metrics.requestStarted();
  metrics.requestEnded(RECORD);
  const lines = (await metrics.text()).match(/^s3warden_requests_total/gm);
  assert.equal(lines?.length, 1);
});

test("Metrics shows when the audit log was last written, once it was", async () => {
  const metrics = new Metrics();
  assert.doesNotMatch(await metrics.text(), /^s3warden_audit_last_write/m);
  metrics.auditWritten(1_500);
  assert.equal(await valueOf(metrics, "s3warden_audit_last_write_timestamp_seconds"), 1.5);
});

test("Metrics shows the running version, and when certificates and the next key expire", async () => {
  const metrics = new Metrics();
  const build = /^s3warden_build_info\{version="\d+\.\d+\.\d+",node="v\d+\.[^"]+"\} 1$/m;
  assert.match(await metrics.text(), build);
  assert.doesNotMatch(await metrics.text(), /^s3warden_(?:certificate|next_key|sealing_key)/m);
  const year2100 = Date.UTC(2100, 0, 1);
  metrics.configured({
    certificates: new Map([["listen.tls", year2100]]),
    keysMs: [Date.UTC(2000, 0, 1), year2100, year2100 + 1000],
    sealingMs: Date.UTC(2026, 10, 1),
  });
  const certificate = 's3warden_certificate_expiry_timestamp_seconds{certificate="listen.tls"}';
  assert.equal(await valueOf(metrics, certificate), year2100 / 1000);
  const key = "s3warden_next_key_expiry_timestamp_seconds";
  assert.equal(await valueOf(metrics, key), year2100 / 1000);
  const made = "s3warden_sealing_key_made_timestamp_seconds";
  assert.equal(await valueOf(metrics, made), Date.UTC(2026, 10, 1) / 1000);
  metrics.configured({ certificates: new Map(), keysMs: [], sealingMs: undefined });
  assert.doesNotMatch(await metrics.text(), /^s3warden_(?:certificate|next_key|sealing_key)/m);
});

test("aggregate() of one process has every metric that the process itself has", async () => {
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
