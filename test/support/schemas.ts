import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { AccountsSchema } from "../../src/config/accounts-schema.ts";
import { GatewaySchema } from "../../src/config/gateway-schema.ts";

/** Where the schemas for editors lie, made from the same definitions that the gateway reads by. */
const FOLDER = new URL("../../config/schema/", import.meta.url);

const SCHEMAS = [
  ["gateway.schema.json", "gateway.yaml", GatewaySchema],
  ["accounts.schema.json", "accounts.yaml", AccountsSchema],
] as const;

/** Name of every schema file, what it should say and what it says. */
export function schemaFiles(): readonly { name: string; made: unknown; stored: unknown }[] {
  return SCHEMAS.map(([name, title, schema]) => ({
    name,
    made: jsonSchema(title, schema),
    stored: JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")),
  }));
}

/** What a file may say, so the schemas' inputs: an editor sees `30s`, not milliseconds. */
function jsonSchema(title: string, schema: z.ZodType): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", override: withDefault });
  return JSON.parse(JSON.stringify({ $schema, title: `s3warden ${title}`, ...rest }));
}

/** zod leaves out what stands for an absent list of texts that the gateway reads further. */
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
}
