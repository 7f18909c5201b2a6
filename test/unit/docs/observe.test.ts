import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Metrics } from "../../../src/observe/metrics.ts";
import { PROTOCOLS, SAMPLERS } from "../../../src/observe/trace.ts";

const PAGE = readFileSync(new URL("../../../docs/observe.md", import.meta.url), "utf8");
const sourceOf = (file: string): string =>
  readFileSync(new URL(`../../../src/observe/${file}`, import.meta.url), "utf8");

test("docs/observe.md names only metrics that there are", () => {
  const known = new Set(new Metrics().registry.getMetricsAsArray().map(({ name }) => name));
  const named = [...PAGE.matchAll(/s3warden_\w+/g)].map(([name]) => name.replace(/_bucket$/, ""));
  assert(named.length >= 5);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
});

test("docs/observe.md has every sampler and protocol, and every variable that is read", () => {
  for (const value of [...SAMPLERS, ...PROTOCOLS]) assert(PAGE.includes(`\`${value}\``), value);
  const read = [...`${sourceOf("tracing.ts")}${sourceOf("otel.ts")}`.matchAll(/"(OTEL_\w+)"/g)];
  assert(read.length >= 10);
  for (const [, name = ""] of read) {
    const short = name.replace(/^OTEL_EXPORTER_OTLP_(?:TRACES_)?(TIMEOUT|COMPRESSION)$/, "…_$1");
    assert(PAGE.includes(short), name);
  }
});

test("docs/observe.md has every attribute of a span that is not of the conventions", () => {
  const own = [...sourceOf("otel-trace.ts").matchAll(/"((?:s3warden|aws|http)\.[\w.]+)":/g)];
  assert(own.length >= 9);
  for (const [, name = ""] of own) {
    const short = name.replace("s3warden.", ".");
    assert(PAGE.includes(`\`${name}\``) || PAGE.includes(`\`${short}\``), name);
  }
});
