import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { ok } from "../../../src/lib/result.ts";
import { GATEWAY, goodConfig, shippedProvider } from "../../support/config.ts";
import { schemaFiles } from "../../support/schemas.ts";

for (const { name, made, stored } of schemaFiles()) {
  test(`config/schema/${name} is what "npm run schemas" makes`, () => {
    assert.deepEqual(stored, made);
  });
}

function read(path: string): string {
  return readFileSync(`config/${path}`, "utf8");
}

test("the example configuration is good and its written values are the defaults", () => {
  const parsed = parseConfig(read("gateway.yaml"), "gateway.yaml", {
    read: (path) => ok(read(path)),
    env: () => undefined,
    provider: shippedProvider,
    nowMs: Date.now(),
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const { upstream, accounts } = parsed.value;
  const defaults = goodConfig({ "gateway.yaml": GATEWAY.replace("store: ceph", "store: generic") });
  assert.deepEqual(
    { ...parsed.value, accounts: [], upstream: { ...upstream, endpoints: [] } },
    { ...defaults, upstream: { ...defaults.upstream, endpoints: [] } },
  );
  assert.deepEqual(
    accounts.map(({ name }) => name),
    ["lab"],
  );
});

test("the example configuration shows every option", () => {
  const shown = read("gateway.yaml");
  const names = optionNames(schemaFiles()[0]?.made);
  assert.deepEqual(
    names.filter((name) => !shown.includes(`${name}:`)),
    [],
  );
  assert.ok(names.length > 40, String(names.length));
});

/** The names of all properties in a JSON schema. */
function optionNames(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (key !== "properties" || typeof value !== "object" || value === null)
      return optionNames(value);
    return Object.keys(value).concat(Object.values(value).flatMap(optionNames));
  });
}
