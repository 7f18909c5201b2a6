import { z } from "zod";
import type { Problem } from "../lib/problem.ts";
import { type Remedy, suggester } from "../lib/suggestion.ts";
import { pathBelow, shownName, type ConfigDocument, type DocumentNode } from "./document.ts";
import { placedAt, quoted } from "./placed.ts";
import type { Complaint } from "./surroundings.ts";

type Issue = z.core.$ZodIssue;

/** Returns zod's issues as problems: placed in the file, in our words, secrets never quoted. */
export function shapeProblems(
  document: ConfigDocument,
  schema: z.ZodType,
  issues: readonly Issue[],
): readonly Problem[] {
  const word = suggester();
  return withoutRepeated(issues)
    .flatMap((issue) => issueProblems(document, schema, issue))
    .map((problem) => ({ ...problem, remedy: word(problem.remedy) }));
}

/** A number that no integer can be is beyond its own bound, too: said once, by the nearer bound. */
function withoutRepeated(issues: readonly Issue[]): readonly Issue[] {
  const boundOf = ({ code, path }: Issue): string | undefined =>
    code === "too_big" || code === "too_small" ? JSON.stringify([code, path]) : undefined;
  const last = new Map(issues.map((issue) => [boundOf(issue), issue]));
  return issues.filter((issue) => {
    const bound = boundOf(issue);
    return bound === undefined || last.get(bound) === issue;
  });
}

/** A problem whose suggestion has not been looked for. */
type Unworded<T> = Omit<T, "remedy"> & { readonly remedy: Remedy };

function issueProblems(
  document: ConfigDocument,
  schema: z.ZodType,
  issue: Issue,
): readonly Unworded<Problem>[] {
  const path = issue.path.reduce<string>(pathBelow, "");
  if (issue.code !== "unrecognized_keys")
    return [placedAt(document, path, complain(document, path, schema, issue))];
  const known = keysAt(schema, issue.path);
  return issue.keys.map((key) => {
    const below = pathBelow(path, key);
    const at = document.nodes.get(below)?.keyAt;
    const place = { file: document.file, line: at?.line, column: at?.column, path: below };
    return { ...place, ...unknownKey(key, known) };
  });
}

function complain(
  document: ConfigDocument,
  path: string,
  schema: z.ZodType,
  issue: Issue,
): Unworded<Complaint> {
  const node = document.nodes.get(path);
  if (node === undefined) return { message: `Missing key "${lastOf(path)}"`, remedy: "Add it" };
  if (issue.code === "invalid_value")
    return oneOf(path, node, [...new Set(issue.values.map(String))]);
  if (issue.code === "invalid_type") {
    const unquoted = issue.expected === "string" && isUnquoted(node);
    return unquoted
      ? notText(path, node, schemaAt(schema, issue.path))
      : { message: `Expected ${kindOf(issue.expected)}${quoted(path, node)}`, remedy: "" };
  }
  return custom(path, node, issue);
}

/** Bounds and the checks of our own, whose messages are complete. */
function custom(path: string, node: DocumentNode, issue: Issue): Complaint {
  const remedy = issue.code === "custom" ? String(issue.params?.["remedy"] ?? "") : "";
  return { message: `${limitMessage(issue)}${quoted(path, node)}`, remedy };
}

function unknownKey(key: string, known: readonly string[]): Unworded<Complaint> {
  const otherwise = `Allowed: ${known.join(", ")}`;
  const remedy = { name: key, candidates: () => known, otherwise };
  return { message: `Unknown key "${shownName(key)}"`, remedy };
}

function oneOf(path: string, node: DocumentNode, values: readonly string[]): Unworded<Complaint> {
  const message = `Expected ${values.join(" or ")}${quoted(path, node)}`;
  return { message, remedy: { name: node.written ?? "", candidates: () => values, otherwise: "" } };
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["boolean", "true or false"],
  ["int", "a whole number"],
  ["number", "a number"],
  ["object", "a map"],
  ["record", "a map"],
  ["array", "a list"],
]);

function kindOf(expected: string): string {
  return KINDS.get(expected) ?? expected;
}

/**
 * Returns true if YAML read the value as a number or boolean: the text of 0012 and 1e10 is lost
 * then.
 */
function isUnquoted({ value }: DocumentNode): boolean {
  return typeof value === "number" || typeof value === "boolean";
}

/**
 * Returns the complaint about a value that is not text. Quotes help if the value is valid as text;
 * else its fault is named at once.
 */
function notText(path: string, node: DocumentNode, schema: z.ZodType | undefined): Complaint {
  const asText = schema?.safeParse(node.written);
  const [issue] = asText?.error?.issues ?? [];
  if (issue !== undefined) return custom(path, node, issue);
  return { message: `Expected text${quoted(path, node)}`, remedy: "Put it in quotes" };
}

/**
 * Returns the message for the remaining issues: bounds and custom checks, whose messages are
 * complete.
 */
function limitMessage(issue: Issue): string {
  if (issue.code === "custom") return issue.message;
  if (issue.code === "too_small") {
    if (issue.origin === "array") return "Expected at least one item";
    if (issue.origin === "string") return "Expected text, but it is empty";
    return `Expected at least ${issue.minimum}`;
  }
  if (issue.code === "too_big") return `Expected at most ${issue.maximum}`;
  if (issue.code === "invalid_key") return "Expected a name of letters, digits, _ and -";
  return issue.message;
}

/** The names that a map at `steps` may have. */
function keysAt(schema: z.ZodType, steps: readonly PropertyKey[]): readonly string[] {
  const map = schemaAt(schema, steps);
  return map instanceof z.ZodObject ? Object.keys(map.shape) : [];
}

/** Returns the schema of the value at `steps`; `undefined` if it depends on other values. */
function schemaAt(schema: z.ZodType, steps: readonly PropertyKey[]): z.ZodType | undefined {
  let current: unknown = schema;
  for (const step of [...steps, undefined]) {
    while (isOptional(current)) {
      current = current.unwrap();
    }
    if (step === undefined) break;
    if (current instanceof z.ZodArray) current = current.element;
    else if (current instanceof z.ZodObject) current = current.shape[String(step)];
    else return undefined;
  }
  return current instanceof z.ZodType ? current : undefined;
}

function isOptional(schema: unknown): schema is z.ZodPrefault | z.ZodDefault | z.ZodOptional {
  return [z.ZodPrefault, z.ZodDefault, z.ZodOptional].some((kind) => schema instanceof kind);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
