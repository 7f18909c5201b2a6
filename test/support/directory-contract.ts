import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

/** docs/openapi/identities.yaml, as far as tests read it. */
export type Contract = {
  /** Answers by the names of the examples. */
  readonly examples: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Checks an answer against its schema; its `errors` say why it is invalid. */
  readonly isKey: ValidateFunction;
  /** The pattern of a schema that is a text. */
  readonly patternOf: (schema: string) => string;
  /** The statuses that have a meaning of their own. */
  readonly statuses: readonly string[];
  readonly document: unknown;
};

const FILE = new URL("../../docs/openapi/identities.yaml", import.meta.url);

/** Reads the contract and compiles its schemas (OpenAPI 3.1 has those of JSON Schema 2020-12). */
export function readContract(): Contract {
  const document: unknown = parse(readFileSync(FILE, "utf8"));
  const responses = at(document, "paths", "/{accessKey}", "get", "responses");
  const written = at(responses, "200", "content", "application/json", "examples");
  const ajv = new Ajv2020({ allErrors: false, strict: true });
  // `example` and its like are OpenAPI's own words.
  ajv.addVocabulary(["components", "paths", "openapi", "info", "servers", "security"]);
  addFormats.default(ajv);
  ajv.addSchema({ $id: "contract", ...objectAt(document) });
  const isKey = ajv.getSchema("contract#/components/schemas/Key");
  if (isKey === undefined) throw new Error("The contract has no schema Key");
  return {
    examples: new Map(
      Object.entries(objectAt(written)).map(([name, example]) => [
        name,
        objectAt(at(example, "value")),
      ]),
    ),
    isKey,
    patternOf: (schema) => String(at(document, "components", "schemas", schema, "pattern")),
    statuses: Object.keys(objectAt(responses)),
    document,
  };
}

/** Returns the value below those names. */
export function at(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((found, name) => objectAt(found)[name], value);
}

function objectAt(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new Error("The contract has no such part");
  return Object.fromEntries(Object.entries(value));
}
