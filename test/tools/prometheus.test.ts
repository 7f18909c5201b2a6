/** Tests the metrics with Debian's Prometheus as their reader. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { aggregate, Metrics } from "../../src/observe/metrics.ts";
import { recordOf } from "../support/record.ts";
import { startHttpStore, type ScriptedStore } from "../support/scripted-store.ts";
import { OWNER, READER, until } from "../support/flow.ts";
import { startGateway, type Gateway } from "../support/gateway.ts";
import { freePorts } from "../support/ports.ts";
import { findProgram, runProgram } from "../support/program.ts";
import { rawExchange } from "../support/raw-client.ts";
import { skipUnless, type Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bytesOf, signV4, timestampOf, type KeyPair } from "../support/signed.ts";

const PROMETHEUS = findProgram("prometheus");
const PROMTOOL = findProgram("promtool");
const NEEDS: readonly Requirement[] = [
  {
    name: "prometheus with promtool",
    present: PROMETHEUS !== undefined && PROMTOOL !== undefined,
    install: "apt-get install -y --no-install-recommends prometheus",
  },
];

/** The expressions of the documentation. */
const PAGE = readFileSync(new URL("../../docs/observe.md", import.meta.url), "utf8");
const QUERIES = [...PAGE.matchAll(/^```promql\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

const START_MS_MAX = 30_000;
const SCRAPED_MS_MAX = 30_000;

describe("Prometheus", { skip: skipUnless(NEEDS) }, () => {
  test("promtool has no complaint about the metrics of a busy gateway", async (t) => {
    const gateway = await busyGateway(t);
    const text = await (await fetch(`${gateway.adminEndpoint}/metrics`)).text();
    assert.match(text, /^s3warden_upstream_errors_total\{kind="\w+"\} 1$/m);
    await assertClean(text);
  });

  test("promtool has no complaint about the metrics of several processes", async () => {
    const metrics = new Metrics();
    metrics.requestEnded(recordOf({ gate: "tier", upstreamError: "reset" }));
    metrics.endpointUp("http://store", true);
    const exported = await metrics.export();
    await assertClean(await aggregate([exported, exported]));
  });

  test("Prometheus scrapes the gateway, and PromQL shows the requests that were sent", async (t) => {
    const gateway = await busyGateway(t);
    const query = await startPrometheus(t, new URL(gateway.adminEndpoint).host);
    const requests = "sum by (operation, outcome, code) (s3warden_requests_total) > 0";
    await until(async () => (await query(requests)).length > 0, SCRAPED_MS_MAX);
    assert.deepEqual(
      await query(requests),
      [
        "GetObject forwarded 200: 3",
        "GetObject forwarded 404: 1",
        "GetObject failed ServiceUnavailable: 1",
        "PutObject refused AccessDenied: 2",
      ].sort(),
    );
    assert.deepEqual(await query("s3warden_denials_total"), ["tier PutObject: 2"]);
    assert.deepEqual(await query("sum(s3warden_bytes_total{direction='out'}) > bool 0"), [": 1"]);
    assert.deepEqual(await query("min(s3warden_upstream_up)"), [": 1"]);
    const quantile = await query(
      "histogram_quantile(0.99, sum by (le) (s3warden_request_duration_seconds_bucket)) > bool 0",
    );
    assert.deepEqual(quantile, [": 1"]);
    assert.deepEqual(await query("up{job='s3warden'}"), [": 1"]);
    assert(QUERIES.length >= 5);
    for (const promql of QUERIES) await query(promql);
  });
});

async function assertClean(text: string): Promise<void> {
  const input = Buffer.from(text);
  const told = await runProgram(PROMTOOL ?? "", ["check", "metrics"], { input });
  assert.deepEqual([told.output.toString(), told.errors, told.status], ["", "", 0]);
}

/** Starts a gateway that has served some requests, refused some, and got no answer to one. */
async function busyGateway(t: TestContext): Promise<Gateway> {
  const store = await someStore();
  t.after(() => store.stop());
  const gateway = await startGateway({
    upstream: store.endpoint,
    accounts: [
      { name: "lab", keys: [OWNER], subusers: [{ name: "reader", tier: "READ", keys: [READER] }] },
    ],
  });
  t.after(() => gateway.stop());
  for (const key of ["a", "b", "c", "missing"]) await send(gateway, "GET", `/bucket/${key}`, OWNER);
  for (const key of ["a", "b"]) await send(gateway, "PUT", `/bucket/${key}`, READER);
  await send(gateway, "GET", "/bucket/garbage", OWNER);
  return gateway;
}

/** Starts a store that answers everything, but `missing` with 404 and `garbage` with no HTTP. */
async function someStore(): Promise<ScriptedStore> {
  return startHttpStore((request, response) => {
    if (request.url?.endsWith("/garbage") === true) response.socket?.end("garbage\r\n\r\n");
    else response.writeHead(request.url?.endsWith("/missing") === true ? 404 : 200).end("body");
  });
}

async function send(gateway: Gateway, method: string, target: string, key: KeyPair): Promise<void> {
  const { host } = new URL(gateway.endpoint);
  const body = Buffer.alloc(0);
  const unsigned = { method, target, headers: [["host", host]] as const, body };
  const request = signV4(unsigned, key, { timestamp: timestampOf(Date.now()) });
  await rawExchange(host, bytesOf(request), { method });
}

/** A function that returns a vector's samples, each as its label values and its value, sorted. */
type Query = (promql: string) => Promise<readonly string[]>;

/** Starts a Prometheus that scrapes `target` (host:port) once a second; it ends with the test. */
async function startPrometheus(t: TestContext, target: string): Promise<Query> {
  const folder = scratchFolder("prometheus");
  const [port = 0] = await freePorts(1);
  const config = join(folder, "prometheus.yml");
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [{ job_name: s3warden, static_configs: [{ targets: ["${target}"] }] }]
`,
  );
  const address = `127.0.0.1:${port}`;
  const options = {
    "config.file": config,
    "storage.tsdb.path": folder,
    "web.listen-address": address,
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(PROMETHEUS ?? "", args, { stdio: "ignore" });
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  const ready = (): Promise<boolean> =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(ready, START_MS_MAX);
  return (promql) => samplesOf(address, promql);
}

async function samplesOf(address: string, promql: string): Promise<readonly string[]> {
  const query = new URLSearchParams({ query: promql });
  const response = await fetch(`http://${address}/api/v1/query?${query.toString()}`);
  assert.equal(response.status, 200, promql);
  const answer: {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  } = JSON.parse(await response.text());
  return answer.data.result.map(told).sort();
}

/** Returns a sample's label values, without the labels that Prometheus adds. */
function told({
  metric,
  value,
}: {
  metric: Record<string, string>;
  value: [number, string];
}): string {
  const { __name__: _name, instance: _instance, job: _job, ...labels } = metric;
  const { operation, outcome, code, ...others } = labels;
  return `${Object.values({ ...others, operation, outcome, code })
    .filter(Boolean)
    .join(" ")}: ${value[1]}`;
}
