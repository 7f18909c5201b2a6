import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FAULTS } from "../../../src/s3/fault-table.ts";
import { limitFault } from "../../../src/s3/limits.ts";
import { LIMIT_NAMES } from "../../../src/s3/limit-table.ts";
import { GatewaySchema } from "../../../src/config/gateway-schema.ts";

const { limits, upstream, formSpool } = GatewaySchema.shape;
const settings = new Set([
  ...Object.keys(limits.unwrap().shape).map((name) => `limits.${name}`),
  ...Object.keys(upstream.shape).map((name) => `upstream.${name}`),
  ...Object.keys(formSpool.unwrap().shape).map((name) => `formSpool.${name}`),
]);
/** The rows of the table of limits in docs/operate.md: settings, default, names. */
const rows = readFileSync(new URL("../../../docs/operate.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => LIMIT_NAMES.some((name) => line.includes(`| \`${name}\``)))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "").split(", ")));

test("every limit names a setting that there is, and an error that S3 has", () => {
  for (const name of LIMIT_NAMES) {
    const { limit, rule, code } = limitFault(name);
    assert.equal(limit, name);
    assert.ok(settings.has(rule ?? ""), `${name}: ${rule}`);
    assert.ok(FAULTS[code].status >= 400);
  }
});

test("the table of limits in docs/operate.md is what the code has", () => {
  const documented = rows.flatMap(([, names = [], , limits = []]) =>
    limits.map((limit, i) => {
      const name = names[i] ?? "";
      return `${limit} ${name.includes(".") ? name : `limits.${name}`}`;
    }),
  );
  const actual = LIMIT_NAMES.map((name) => `${name} ${limitFault(name).rule}`);
  assert.deepEqual(documented.sort(), actual.sort());
});

test("docs/operate.md tells the error of each limit whose place answers one", () => {
  const told = rows.flatMap(([, , , limits = [], beyond = []]) => {
    const [code = ""] = beyond.join(", ").split(/\W/);
    return code in FAULTS ? limits.map((limit) => `${limit}: ${code}`) : [];
  });
  const actual = LIMIT_NAMES.map((name) => `${name}: ${limitFault(name).code}`);
  assert.deepEqual(
    told.filter((line) => !actual.includes(line)),
    [],
  );
  // The connection just ends after `idle_timeout`, and of an address is said "the same".
  assert.equal(told.length, actual.length - 2);
});

test("limitFault() passes on what is known of the refusal", () => {
  const elements = [["MaxSizeAllowed", "5"]] as const;
  const refusal = limitFault("body_bytes", { why: "w", elements, retryAfterSeconds: 3 });
  assert.equal(refusal.why, "w");
  assert.deepEqual(refusal.elements, elements);
  assert.equal(refusal.retryAfterSeconds, 3);
});
