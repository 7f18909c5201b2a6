import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { AccountsSchema } from "../../src/config/accounts-schema.ts";
import { GatewaySchema } from "../../src/config/gateway-schema.ts";

/** The folder of the schemas for editors, made from the definitions that the gateway reads by. */
const FOLDER = new URL("../../config/schema/", import.meta.url);

const SCHEMAS = [
  ["gateway.schema.json", "gateway.yaml", GatewaySchema],
  ["accounts.schema.json", "accounts.yaml", AccountsSchema],
] as const;

/**
 * The chart's schema, which has the two as definitions: helm refuses the values that the gateway
 * would refuse.
 */
const CHART = new URL("../../deploy/helm/s3warden/values.schema.json", import.meta.url);

/** Returns the name of every schema file, its expected text and its present text. */
export function schemaFiles(): readonly { name: string; made: unknown; stored: unknown }[] {
  const own = SCHEMAS.map(([name, title, schema]) => ({
    name,
    made: jsonSchema(title, schema),
    stored: JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")),
  }));
  const stored: object = JSON.parse(readFileSync(CHART, "utf8"));
  return [...own, { name: "the chart's values.schema.json", made: valuesSchema(stored), stored }];
}

/** Returns `stored`, the chart's own rules, with the definitions of today. */
function valuesSchema(stored: object): object {
  const definitions = SCHEMAS.map(([name, title, schema]) => {
    const { $schema: _, ...rest } = jsonSchema(title, schema);
    return [name.replace(".schema.json", ""), rest] as const;
  });
  const made: object = JSON.parse(JSON.stringify(Object.fromEntries(definitions), enumsByType));
  return { ...stored, definitions: withoutSealing(made) };
}

/** Removes a requirement: in the chart's values, the keys of `sts` come from `sealing.keys`. */
function withoutSealing(definitions: object): object {
  const optional = (name: string, value: unknown): unknown => {
    if (name !== "sts" || typeof value !== "object" || value === null) return value;
    const { required: _, ...rest } = { required: undefined, ...value };
    return rest;
  };
  const made: object = JSON.parse(JSON.stringify(definitions, optional));
  return made;
}

/**
 * Splits enums by type: helm takes the text "1.2" and the number 1.2 of one enum for equal items,
 * which is forbidden.
 */
function enumsByType(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("enum" in value)) return value;
  const { enum: values, ...rest } = value;
  if (!Array.isArray(values) || new Set(values.map((one) => typeof one)).size < 2) return value;
  const texts = values.filter((one) => typeof one === "string");
  const others = values.filter((one) => typeof one !== "string");
  return { ...rest, anyOf: [{ enum: texts }, { enum: others }] };
}

/** Returns the schema of a file's input: an editor sees `30s`, not milliseconds. */
function jsonSchema(title: string, schema: z.ZodType): { readonly $schema: string } {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", override: withDefault });
  return JSON.parse(JSON.stringify({ $schema, title: `s3warden ${title}`, ...rest }));
}

/**
 * Adds the default of a list: zod leaves it out for a list of texts that the gateway reads further.
 */
function withDefault(made: {
  zodSchema: z.core.$ZodType;
  jsonSchema: { default?: unknown };
}): void {
  const { zodSchema, jsonSchema } = made;
  if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
}

if (import.meta.main) {
  for (const [name, title, schema] of SCHEMAS) {
    const text = JSON.stringify(jsonSchema(title, schema), undefined, 2);
    writeFileSync(new URL(name, FOLDER), `${text}\n`);
  }
  const chart = valuesSchema(JSON.parse(readFileSync(CHART, "utf8")));
  writeFileSync(CHART, `${JSON.stringify(chart, undefined, 2)}\n`);
}
