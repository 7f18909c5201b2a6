import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { OPTIONAL_PACKAGES } from "../../../src/observe/version.ts";
import { at, ROOT, textsAt } from "../../support/deploy.ts";

const PACKAGE: unknown = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
const NAMES = OPTIONAL_PACKAGES.map(([name]) => name);

test("traces ask for the packages that they import, each of them optional", () => {
  const sources = ["otel.ts", "otel-trace.ts"].map((file) =>
    readFileSync(`${ROOT}src/observe/${file}`, "utf8"),
  );
  const imported = sources.join("").matchAll(/"(@opentelemetry\/[\w-]+)"/g);
  assert.deepEqual(NAMES, [...new Set([...imported].map(([, name = ""]) => name))].sort());
  const all = NAMES.map((name) => [name, { optional: true }]);
  assert.deepEqual(at(PACKAGE, "peerDependenciesMeta"), Object.fromEntries(all));
  assert.deepEqual(
    NAMES.filter((name) => name in textsAt(PACKAGE, "dependencies")),
    [],
  );
});

test("the packages of traces that are tested are of the releases that are asked for", () => {
  const tested = textsAt(PACKAGE, "devDependencies");
  for (const [name, range] of OPTIONAL_PACKAGES) {
    assert.match(range, /^\d+\.\d+$/, name);
    assert.equal(tested[name]?.replace(/\.\d+$/, ""), range, name);
  }
});
