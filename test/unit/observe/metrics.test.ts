import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Metrics } from "../../../src/observe/metrics.ts";
import type { AccessRecord } from "../../../src/observe/record.ts";

const RECORD: AccessRecord = {
  timeMs: 1_795_000_000_000,
  requestId: "0123456789ABCDEF",
  sourceAddress: "192.0.2.1",
  method: "GET",
  operation: "GetObject",
  bucket: "photos",
  key: "cat.jpg",
  versionId: undefined,
  account: "lab",
  subuser: "reader",
  accessKeyId: "AKIDREADER0000000000",
  outcome: "forwarded",
  status: 200,
  errorCode: undefined,
  gate: undefined,
  rule: undefined,
  limit: undefined,
  ruleFile: undefined,
  ruleLine: undefined,
  reported: false,
  endpoint: "http://store:7480",
  bytesIn: 0,
  bytesOut: 1234,
  durationMs: 12.5,
  firstByteMs: 3,
  upstreamError: undefined,
  userAgent: "test",
};

async function valueOf(metrics: Metrics, line: string): Promise<number | undefined> {
  const text = await metrics.registry.metrics();
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

test("Metrics has no label that a client could fill: no key, bucket, address or account", async () => {
  const metrics = new Metrics();
  metrics.requestStarted();
  metrics.requestEnded(RECORD);
  const text = await metrics.registry.metrics();
  for (const secret of ["photos", "cat.jpg", "192.0.2.1", "AKIDREADER", '"lab"']) {
    assert(!text.includes(secret), secret);
  }
});

test("the README's table of metrics is what the code has", async () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const rows = [...readme.matchAll(/^\| `(s3warden_\w+)` +\|([^|]*)\|([^|]*)\|$/gm)];
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
