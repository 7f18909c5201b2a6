import { z } from "zod";
import { readJson, type JsonNode } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { NetworksSchema } from "./gateway-schema.ts";
import {
  parseAccessKey,
  parseAccountName,
  parseInstant,
  parsePrincipalName,
  parseSecret,
  parseTenant,
} from "./scalars.ts";
import { text } from "./shape.ts";

/** Objects and lists inside each other: those of a policy, and two around it. */
const DEPTH_MAX = 12;
const POLICIES_MAX = 10;
const TAGS_MAX = 50;

/** An ISO 8601 time with its zone, seconds included (RFC 3339 section 5.6). */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Characters of Unicode, as JSON Schema counts them. */
function characters(least: number, most: number) {
  return z.string().refine((written) => {
    const count = Array.from(written).length;
    return count >= least && count <= most;
  });
}

const credential = { accessKey: text(parseAccessKey), secretKey: text(parseSecret) };

/** `docs/openapi/identities.yaml` says the same to those who write directories. */
const AnswerSchema = z.strictObject({
  ...credential,
  account: text(parseAccountName),
  tenant: text(parseTenant).optional(),
  subuser: text(parsePrincipalName).optional(),
  tier: characters(1, 64).optional(),
  /** As JSON texts. */
  policies: z.array(z.string()).max(POLICIES_MAX).default([]),
  tags: z
    .record(characters(1, 128), characters(0, 256))
    .refine((tags) => Object.keys(tags).length <= TAGS_MAX)
    // Policies ask for tags in any case: of two, the later one would win over that of an accounts file.
    .refine((tags) => !hasDoubles(Object.keys(tags).map((tag) => tag.toLowerCase())))
    .default({}),
  networks: NetworksSchema,
  notBefore: z.string().regex(INSTANT).pipe(text(parseInstant)).optional(),
  expires: z.string().regex(INSTANT).pipe(text(parseInstant)).optional(),
  disabled: z.boolean().default(false),
  upstream: z.strictObject(credential).optional(),
});

/** The answer of a directory about one access key, read and not yet understood. */
export type DirectoryUser = z.output<typeof AnswerSchema>;

/**
 * Reads the answer of a directory exactly: no unknown field, no field twice, nothing beyond its bounds.
 * The error names the field, and quotes none of the answer.
 */
export function readDirectoryAnswer(body: string): Result<DirectoryUser, string> {
  const document = readJson(body, DEPTH_MAX);
  if (!document.ok) return err("The answer is not JSON");
  const data = dataOf(document.value.root);
  if (!data.ok) return data;
  const answer = AnswerSchema.safeParse(data.value);
  if (answer.success) {
    const { tier, subuser } = answer.data;
    return tier !== undefined && subuser === undefined
      ? err("A tier needs a subuser")
      : ok(answer.data);
  }
  const [issue] = answer.error.issues;
  const place = issue?.path.map(String).join(".") ?? "";
  // Names of fields that are not known may be anything, a secret too.
  if (issue?.code === "unrecognized_keys") return err(`Unknown field${below(place)}`);
  return err(place === "" ? "The answer is not an object" : `The field ${place} is invalid`);
}

function hasDoubles(names: readonly string[]): boolean {
  return new Set(names).size < names.length;
}

function below(place: string): string {
  return place === "" ? "" : ` in ${place}`;
}

/** Returns plain data, in which each policy is the text of its JSON. */
function dataOf(node: JsonNode, isTop = true): Result<unknown, string> {
  switch (node.kind) {
    case "object": {
      const entries: (readonly [string, unknown])[] = [];
      const seen = new Set<string>();
      for (const { name, value } of node.members) {
        if (seen.has(name)) return err("A field of the answer is there twice");
        seen.add(name);
        // An object of JavaScript would take it for something else.
        if (name === "__proto__") return err("Unknown field");
        const data = isTop && name === "policies" ? policiesIn(value) : dataOf(value, false);
        if (!data.ok) return data;
        entries.push([name, data.value]);
      }
      return ok(Object.fromEntries(entries));
    }
    case "array": {
      const items: unknown[] = [];
      for (const item of node.items) {
        const data = dataOf(item, false);
        if (!data.ok) return data;
        items.push(data.value);
      }
      return ok(items);
    }
    case "string":
      return ok(node.text);
    case "number":
      return ok(Number(node.text));
    case "boolean":
      return ok(node.text === "true");
    case "null":
      return ok(null);
  }
}

function policiesIn(node: JsonNode): Result<unknown, string> {
  if (node.kind !== "array") return dataOf(node, false);
  if (node.items.some(({ kind }) => kind !== "object")) return err("A policy is not an object");
  return ok(node.items.map(jsonText));
}

/** The JSON of `node`, numbers to the letter and doubled names still twice, without spaces. */
function jsonText(node: JsonNode): string {
  switch (node.kind) {
    case "object": {
      const members = node.members.map(
        ({ name, value }) => `${JSON.stringify(name)}:${jsonText(value)}`,
      );
      return `{${members.join(",")}}`;
    }
    case "array":
      return `[${node.items.map(jsonText).join(",")}]`;
    case "string":
      return JSON.stringify(node.text);
    case "number":
    case "boolean":
      return node.text;
    case "null":
      return "null";
  }
}
