import type { Problem } from "../lib/problem.ts";
import { type JsonNode, type JsonPlace, placesOf } from "../lib/json.ts";
import { type Remedy, suggester } from "../lib/suggestion.ts";

/** Collects all problems of one policy text, so that its author hears of them at once. */
export type Report = {
  readonly file: string;
  readonly text: string;
  readonly problems: Problem[];
  /** The number of problems after which the reader of the text stops. */
  readonly problemsMax: number;
  /** Returns the place of the character at an offset. */
  readonly placeOf: (offset: number) => JsonPlace;
  readonly wordRemedy: (remedy: Remedy) => string;
};

/**
 * The number of problems looked for in a policy that a client puts: the client reads the first. An
 * operator's file is read to its end.
 */
export const CLIENT_PROBLEMS_MAX = 10;

/** A report without problems on the `text` of `file`. */
export function reportOf(file: string, text: string, problemsMax = Infinity): Report {
  const problems: Problem[] = [];
  return { file, text, problems, problemsMax, placeOf: placesOf(text), wordRemedy: suggester() };
}

/** Returns true if no more problems are wanted: results read from then on have no meaning. */
export function isFull({ problems, problemsMax }: Report): boolean {
  return problems.length >= problemsMax;
}

/** Notes a problem of the text at the offset `at`. */
export function complain(
  report: Report,
  at: number,
  path: string,
  message: string,
  remedy: Remedy = "",
): undefined {
  if (isFull(report)) return undefined;
  const { file, problems } = report;
  problems.push({ file, ...report.placeOf(at), path, message, remedy: report.wordRemedy(remedy) });
  return undefined;
}

/** The fields of an object by name; complains of doubled ones, and of any that is not `known`. */
export function fieldsOf(
  report: Report,
  node: JsonNode,
  path: string,
  known: readonly string[],
): ReadonlyMap<string, JsonNode> | undefined {
  const members = membersOf(report, node, path);
  if (members === undefined) return undefined;
  const fields = new Map<string, JsonNode>();
  for (const { name, at, value } of members) {
    if (known.includes(name)) fields.set(name, value);
    else {
      const otherwise = `Allowed: ${known.join(", ")}`;
      const remedy = { name, candidates: () => known, otherwise };
      const message = `Invalid policy syntax: unknown field "${name}"`;
      complain(report, at, fieldPath(path, name), message, remedy);
    }
  }
  return fields;
}

/** The members of an object, each name once; complains of doubled ones, or if it is no object. */
export function membersOf(
  report: Report,
  node: JsonNode,
  path: string,
): readonly { readonly name: string; readonly at: number; readonly value: JsonNode }[] | undefined {
  if (node.kind !== "object") {
    const message = `Invalid policy syntax: expected an object, got ${nameOf(node)}`;
    return complain(report, node.at, path, message);
  }
  if (isFull(report)) return undefined;
  const seen = new Set<string>();
  return node.members.filter(({ name, at }) => {
    if (seen.has(name)) {
      const message = `Invalid policy syntax: the field "${name}" is written twice`;
      complain(report, at, fieldPath(path, name), message, "Keep one of the two");
      return false;
    }
    return seen.add(name);
  });
}

/** A text of a policy and its place. */
export type Item = { readonly text: string; readonly at: number; readonly path: string };

/** No list in a policy is longer. */
export const LIST_MAX = 200;

/**
 * A text or a list of texts. With `scalars`, numbers and booleans count as the texts they are
 * written as. Complains of an empty list: it could be read as nothing or as everything.
 */
export function itemsOf(
  report: Report,
  node: JsonNode,
  path: string,
  scalars = false,
): readonly Item[] {
  if (node.kind !== "array") return itemOf(report, node, path, scalars);
  if (node.items.length === 0) complain(report, node.at, path, "Invalid policy syntax: empty list");
  if (node.items.length > LIST_MAX) {
    const message = `Invalid policy syntax: a list can have at most ${LIST_MAX} values, got ${node.items.length}`;
    complain(report, node.at, path, message);
    return [];
  }
  if (isFull(report)) return [];
  return node.items.flatMap((item, i) => itemOf(report, item, `${path}[${i}]`, scalars));
}

function itemOf(report: Report, node: JsonNode, path: string, scalars: boolean): readonly Item[] {
  const scalar = node.kind === "number" || node.kind === "boolean";
  if (node.kind === "string" || (scalars && scalar)) {
    return [{ text: node.text, at: node.at, path }];
  }
  complain(report, node.at, path, `Invalid policy syntax: expected text, got ${nameOf(node)}`);
  return [];
}

export function fieldPath(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

function nameOf(node: JsonNode): string {
  return node.kind === "null"
    ? "null"
    : `${node.kind === "object" || node.kind === "array" ? "an" : "a"} ${node.kind}`;
}
