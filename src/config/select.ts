import { pathBelow, type ConfigDocument } from "./document.ts";

/** A value of a document and its path, such as `accounts[0].name`. */
export type Placed = {
  readonly document: ConfigDocument;
  readonly path: string;
  /** As in the document's `data`. */
  readonly value: unknown;
};

/** Paths of one kind, read by `pattern()`. */
export type Pattern = readonly string[];

/** `accounts[*].name` as a pattern: the name of each item of the list `accounts`. */
export function pattern(text: string): Pattern {
  return text.replaceAll("[*]", ".*").split(".");
}

/**
 * Every value that one of `patterns` fits, in document order. Costs what is on the way to them, and
 * needs no `nodes`. A value with a problem, `undefined` in the data, is not among them.
 */
export function select(document: ConfigDocument, ...patterns: readonly Pattern[]): Placed[] {
  const found: Placed[] = [];
  gather(found, document, "", document.data, patterns, 0);
  return found;
}

/** What `value`, a map, has by `name`; `undefined` if there is no such map or value. */
export function field(value: unknown, name: string): unknown {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The item of `value`, a list; `undefined` if there is no such list or item. */
export function itemOf(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value[index] : undefined;
}

/** `patterns`: those that fit all `depth` steps to `value`. */
function gather(
  found: Placed[],
  document: ConfigDocument,
  path: string,
  value: unknown,
  patterns: readonly Pattern[],
  depth: number,
): void {
  if (value === undefined) return;
  if (patterns.some(({ length }) => length === depth)) found.push({ document, path, value });
  const below = (step: string | number, name: string, item: unknown): void => {
    const fitting = patterns.filter((steps) => steps[depth] === name);
    if (fitting.length === 0) return;
    gather(found, document, pathBelow(path, step), item, fitting, depth + 1);
  };
  if (Array.isArray(value)) for (const [i, item] of value.entries()) below(i, "*", item);
  else if (isMap(value)) for (const name of Object.keys(value)) below(name, name, value[name]);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
