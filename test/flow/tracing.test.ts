/** OpenTelemetry: what comes in, goes on to the store, and reaches a collector. */
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test, type TestContext } from "node:test";
import { startCollector, type CollectedSpan, type Collector } from "../support/collector.ts";
import { OWNER, READER, startFlow, UPSTREAM, until, type Flow } from "../support/flow.ts";
import { startHttpStore } from "../support/scripted-store.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID = "b7ad6b7169203331";
const PARENT = `00-${TRACE_ID}-${PARENT_ID}-01`;

/** What Node loads from here on. */
const loaded: string[] = [];
registerHooks({
  load: (url, context, next) => {
    loaded.push(url);
    return next(url, context);
  },
});

/** Header fields of a request as the store saw them: name, value, … */
type Seen = readonly string[];

type Site = Flow & { readonly seen: readonly Seen[] };

/** A gateway under `env`, before a store that answers by the key that it is asked for. */
async function start(t: TestContext, env: Readonly<Record<string, string>>): Promise<Site> {
  const seen: Seen[] = [];
  const store = await startHttpStore((request, response) => {
    seen.push(request.rawHeaders);
    request.resume();
    if (request.url?.endsWith("/broken") === true) response.socket?.destroy();
    else response.writeHead(request.url?.endsWith("/missing") === true ? 404 : 200).end("body");
  });
  t.after(() => store.stop());
  Object.assign(process.env, env);
  t.after(() => {
    for (const name of Object.keys(env)) delete process.env[name];
  });
  return { ...(await startFlow(t, store.endpoint)), seen };
}

/** The same with a collector, which reads spans at once. */
async function traced(
  t: TestContext,
  env: Readonly<Record<string, string>> = {},
): Promise<Site & { readonly collector: Collector }> {
  const collector = await startCollector(t);
  const site = await start(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "20",
    ...env,
  });
  return { ...site, collector };
}

function valuesOf(seen: Seen | undefined, name: string): readonly string[] {
  return (seen ?? []).filter((_, i) => i % 2 === 1 && seen?.[i - 1]?.toLowerCase() === name);
}

const SERVER = 2;
const CLIENT = 3;

function spanOf(spans: readonly CollectedSpan[], kind: number): CollectedSpan {
  const span = spans.find((candidate) => candidate.kind === kind);
  assert(span !== undefined, `no span of kind ${kind}`);
  return span;
}

test("nothing is loaded without a collector, and the store hears of no trace", async (t) => {
  const site = await start(t, {});
  const headers = [["traceparent", PARENT]] as const;
  await site.exchange("GET", "/bucket/k", { headers });
  await site.exchange("GET", "/bucket/k", { unsigned: headers });
  assert.equal(site.seen.length, 2);
  assert.deepEqual(
    site.seen.flatMap((one) => valuesOf(one, "traceparent")),
    [],
  );
  assert.deepEqual(
    loaded.filter((url) => /opentelemetry|otel/.test(url)),
    [],
  );
});

const off = [
  ["the SDK is disabled", { OTEL_SDK_DISABLED: "true" }],
  ["there is no exporter", { OTEL_TRACES_EXPORTER: "none" }],
  ["the endpoint is empty", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }],
] as const;
for (const [name, env] of off) {
  test(`nothing is loaded if ${name}`, async (t) => {
    const site = await traced(t, env);
    await site.exchange("GET", "/bucket/k");
    assert.equal(site.seen.length, 1);
    assert.deepEqual(valuesOf(site.seen[0], "traceparent"), []);
    assert.deepEqual(
      loaded.filter((url) => /opentelemetry|otel/.test(url)),
      [],
    );
  });
}

test("a request is a span below the client's, and has one below it at the store", async (t) => {
  const { exchange, seen, collector, gateway } = await traced(t);
  const unsigned = [
    ["traceparent", PARENT],
    ["tracestate", "vendor=1"],
  ] as const;
  await exchange("GET", "/bucket/secret-name.pdf", { unsigned });
  const spans = await collector.spans(2);
  const server = spanOf(spans, SERVER);
  const client = spanOf(spans, CLIENT);
  assert.deepEqual([server.traceId, server.parentSpanId], [TRACE_ID, PARENT_ID]);
  assert.deepEqual([client.traceId, client.parentSpanId], [TRACE_ID, server.spanId]);
  assert.deepEqual(valuesOf(seen[0], "traceparent"), [`00-${TRACE_ID}-${client.spanId}-01`]);
  assert.deepEqual(valuesOf(seen[0], "tracestate"), ["vendor=1"]);
  assert.doesNotMatch(valuesOf(seen[0], "authorization").join(), /traceparent/);
  const [record] = await gateway.records(1);
  assert.equal(server.name, "GetObject");
  assert.deepEqual(server.attributes, {
    "http.request.method": "GET",
    "url.scheme": "http",
    "http.response.status_code": 200,
    "http.request.body.size": 0,
    "http.response.body.size": 4,
    "aws.s3.bucket": "bucket",
    "s3warden.request_id": record?.["requestId"],
    "s3warden.outcome": "forwarded",
    "s3warden.account": "lab",
  });
  assert.equal(client.name, "GET");
  const { "server.port": port, ...attributes } = client.attributes;
  assert.deepEqual(attributes, {
    "http.request.method": "GET",
    "server.address": "127.0.0.1",
    "http.response.status_code": 200,
  });
  assert.equal(typeof port, "number");
  assert(BigInt(client.startTimeUnixNano) >= BigInt(server.startTimeUnixNano));
  assert(BigInt(server.endTimeUnixNano) > BigInt(server.startTimeUnixNano));
});

const junk: readonly (readonly [string, readonly string[]])[] = [
  ["empty", [""]],
  ["words", ["hello"]],
  ["of zeros", [`00-${"0".repeat(32)}-${PARENT_ID}-01`]],
  ["without a parent", [`00-${TRACE_ID}-${"0".repeat(16)}-01`]],
  ["of the version that is none", [PARENT.replace(/^00/, "ff")]],
  ["in capitals", [PARENT.toUpperCase()]],
  ["too long for its version", [`${PARENT}-more`]],
  ["repeated", [PARENT, PARENT]],
];
for (const [name, values] of junk) {
  test(`a traceparent ${name} is ignored, and a trace begins here`, async (t) => {
    const { exchange, seen, collector } = await traced(t);
    const unsigned = values.map((value) => ["traceparent", value] as const);
    const { status } = await exchange("GET", "/bucket/k", { unsigned });
    assert.equal(status, 200);
    const server = spanOf(await collector.spans(2), SERVER);
    assert.notEqual(server.traceId, TRACE_ID);
    assert.equal(server.parentSpanId ?? "", "");
    const [sent = "", ...more] = valuesOf(seen[0], "traceparent");
    assert.equal(sent.split("-")[1], server.traceId);
    assert.deepEqual(more, []);
  });
}

test("a traceparent that the client signed arrives as it was sent", async (t) => {
  const { exchange, seen, collector } = await traced(t);
  const headers = [
    ["traceparent", PARENT],
    ["tracestate", "a=1"],
  ] as const;
  await exchange("GET", "/bucket/k", { headers });
  assert.deepEqual(valuesOf(seen[0], "traceparent"), [PARENT]);
  assert.deepEqual(valuesOf(seen[0], "tracestate"), ["a=1"]);
  const server = spanOf(await collector.spans(2), SERVER);
  assert.deepEqual([server.traceId, server.parentSpanId], [TRACE_ID, PARENT_ID]);
});

test("a refusal is a span with its gate, and no error of the server", async (t) => {
  const { exchange, seen, collector } = await traced(t);
  await exchange("DELETE", "/bucket/secret-name.pdf?versionId=v", { key: READER });
  const [span] = await collector.spans(1);
  assert.equal(seen.length, 0);
  assert.equal(span?.name, "DeleteObject");
  assert.equal(span?.attributes["s3warden.gate"], "tier");
  assert.equal(span?.attributes["s3warden.error_code"], "AccessDenied");
  assert.equal(span?.attributes["http.response.status_code"], 403);
  assert.notEqual(span?.status.code, 2);
});

test("each attempt at the store is a span, and what fails is an error", async (t) => {
  const { exchange, seen, collector } = await traced(t);
  assert.equal((await exchange("GET", "/bucket/broken")).status, 503);
  const spans = await collector.spans(3);
  const server = spanOf(spans, SERVER);
  assert.deepEqual(
    [server.status.code, server.attributes["error.type"]],
    [2, "ServiceUnavailable"],
  );
  const attempts = spans.filter(({ kind }) => kind === CLIENT);
  assert.deepEqual(
    attempts.map(({ parentSpanId }) => parentSpanId),
    [server.spanId, server.spanId],
  );
  assert.deepEqual(
    attempts.map(({ attributes }) => attributes["error.type"]),
    ["reset", "reset"],
  );
  assert.deepEqual(
    attempts.map(({ attributes }) => attributes["http.request.resend_count"]),
    [undefined, 1],
  );
  assert.deepEqual(
    seen.map((one) => valuesOf(one, "traceparent").map((value) => value.split("-")[2])),
    attempts.map(({ spanId }) => [spanId]),
  );
});

test("a store's 404 is an error of the request to it alone", async (t) => {
  const { exchange, collector } = await traced(t);
  await exchange("GET", "/bucket/missing");
  const spans = await collector.spans(2);
  assert.equal(spanOf(spans, CLIENT).status.code, 2);
  assert.notEqual(spanOf(spans, SERVER).status.code, 2);
});

test("spans tell nothing of keys, people or secrets", async (t) => {
  const { exchange, collector } = await traced(t);
  const headers = [
    ["x-amz-meta-patient", "Jane Doe"],
    ["user-agent", "agent/1.0"],
  ] as const;
  await exchange("PUT", "/bucket/secret-name.pdf", { headers, body: "content" });
  await exchange("GET", "/bucket/secret-name.pdf?X-Amz-Signature=abcdef", { key: READER });
  await collector.spans(3);
  const all = collector.bodies.map(({ body }) => body.toString()).join("\n");
  const secrets = ["secret-name", "Jane", "agent/1.0", "abcdef", "Signature=", "127.0.0.1:"];
  for (const { accessKey, secretKey } of [OWNER, READER, UPSTREAM])
    secrets.push(accessKey, secretKey);
  for (const secret of secrets) assert(!all.includes(secret), secret);
});

test("the service is named by the environment, and the sampler is what it asks for", async (t) => {
  const named = await traced(t, {
    OTEL_SERVICE_NAME: "gw-1",
    OTEL_RESOURCE_ATTRIBUTES: "team=storage",
  });
  await named.exchange("GET", "/bucket/k");
  await named.collector.spans(2);
  const [resource] = named.collector.resources;
  assert.deepEqual([resource?.["service.name"], resource?.["team"]], ["gw-1", "storage"]);
  assert.match(String(resource?.["service.version"]), /^\d+\.\d+\.\d+$/);
});

test("a trace that is not sampled goes on without a span", async (t) => {
  const { exchange, seen, collector, gateway } = await traced(t, {
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0",
  });
  await exchange("GET", "/bucket/k");
  await exchange("GET", "/bucket/k", { unsigned: [["traceparent", PARENT]] });
  const spans = await collector.spans(2);
  await gateway.close();
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([TRACE_ID]));
  assert.match(valuesOf(seen[0], "traceparent").join(), /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test("http/protobuf is what is sent unless another protocol is asked for", async (t) => {
  const { exchange, collector, seen, gateway } = await traced(t, {
    OTEL_EXPORTER_OTLP_PROTOCOL: "",
  });
  await exchange("GET", "/bucket/k");
  await gateway.close();
  const [sent] = collector.bodies;
  assert.deepEqual([sent?.type, sent?.path], ["application/x-protobuf", "/v1/traces"]);
  const [, traceId = "", spanId = ""] = valuesOf(seen[0], "traceparent").join().split("-");
  for (const id of [traceId, spanId]) assert(sent?.body.includes(Buffer.from(id, "hex")), id);
  assert(sent?.body.includes("GetObject"));
});

test("closing sends what is there, and does not wait long for a collector that is silent", async (t) => {
  const slow = { OTEL_BSP_SCHEDULE_DELAY: "3600000" };
  const { exchange, collector, gateway } = await traced(t, slow);
  await exchange("GET", "/bucket/k");
  await gateway.close();
  assert.equal((await collector.spans(2)).length, 2);
  const silent = await startHttpStore(() => {});
  t.after(() => silent.stop());
  const dead = await traced(t, { ...slow, OTEL_EXPORTER_OTLP_ENDPOINT: silent.endpoint });
  await dead.exchange("GET", "/bucket/k");
  const before = performance.now();
  await dead.gateway.close();
  assert(performance.now() - before < 10_000);
});

test("a failing collector is logged, and no request notices", async (t) => {
  const collector = await startCollector(t, 400);
  const { exchange, gateway } = await traced(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  });
  for (let i = 0; i < 5; i++) assert.equal((await exchange("GET", "/bucket/k")).status, 200);
  await until(() => gateway.warnings.some((line) => line.includes("Cannot send traces")));
  assert.equal((await exchange("GET", "/bucket/k")).status, 200);
  assert.deepEqual(gateway.errors, []);
});

const refused = [
  [
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "grpc",
    /OTEL_EXPORTER_OTLP_PROTOCOL is "grpc", expected http\/protobuf, http\/json/,
  ],
  ["OTEL_TRACES_SAMPLER", "often", /OTEL_TRACES_SAMPLER is "often", expected always_on, /],
  ["OTEL_TRACES_SAMPLER_ARG", "2", /OTEL_TRACES_SAMPLER_ARG is "2", expected a number from 0 to 1/],
  ["OTEL_TRACES_EXPORTER", "zipkin", /OTEL_TRACES_EXPORTER is "zipkin", expected otlp/],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318", /expected an http or https URL/],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://", /expected an http or https URL/],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:b:c", /expected an http or https URL/],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "zip", /COMPRESSION is "zip", expected none, gzip/],
  ["OTEL_EXPORTER_OTLP_TIMEOUT", "3s", /TIMEOUT is "3s", expected a whole number above 0/],
  ["OTEL_BSP_SCHEDULE_DELAY", "soon", /DELAY is "soon", expected a whole number above 0/],
  ["OTEL_BSP_MAX_QUEUE_SIZE", "-1", /SIZE is "-1", expected a whole number above 0/],
  ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1e9", /SIZE is "1e9", expected a whole number above 0/],
] as const;
for (const [name, value, expected] of refused) {
  test(`the gateway does not start with ${name}=${value}`, async (t) => {
    await assert.rejects(traced(t, { [name]: value }), expected);
  });
}
