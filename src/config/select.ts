import { pathBelow, type ConfigDocument } from "./document.ts";

/** A value of a document, and its place. */
export type Placed = {
  readonly document: ConfigDocument;
  /** The value as in the document's `data`. */
  readonly value: unknown;
  /** The place that holds the value; `undefined` for the document itself. */
  readonly above: Placed | undefined;
  /** The name or the index of the value in what holds it. */
  readonly step: string | number;
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
  visit(document, patterns, (placed) => void found.push(placed));
  return found;
}

/** The same, one value after the other to `found`: of a hundred thousand no list is made. */
export function visit(
  document: ConfigDocument,
  patterns: readonly Pattern[],
  found: (placed: Placed) => void,
): void {
  const root = { document, value: document.data, above: undefined, step: "" };
  gather(found, root, patterns, 0);
}

/** Returns the path, such as `accounts[0].name`: made only when somebody is to read it. */
export function pathOf({ above, step }: Placed): string {
  return above === undefined ? "" : pathBelow(pathOf(above), step);
}

/** Returns the value of `name` in the map `value`; `undefined` if there is no such map or value. */
export function field(value: unknown, name: string): unknown {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The item of `value`, a list; `undefined` if there is no such list or item. */
export function itemOf(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value[index] : undefined;
}

/** `patterns`: those that fit all `depth` steps to `placed`. */
function gather(
  found: (placed: Placed) => void,
  placed: Placed,
  patterns: readonly Pattern[],
  depth: number,
): void {
  const { document, value } = placed;
  if (patterns.some(({ length }) => length === depth)) found(placed);
  const below = (step: string | number, item: unknown, fitting: readonly Pattern[]): void => {
    if (item === undefined) return;
    gather(found, { document, value: item, above: placed, step }, fitting, depth + 1);
  };
  if (Array.isArray(value)) {
    const fitting = patterns.filter((steps) => steps[depth] === "*");
    if (fitting.length > 0) for (const [i, item] of value.entries()) below(i, item, fitting);
  } else if (isMap(value)) {
    // One pattern is looked up at once: a hundred thousand maps are in the way of some.
    const name = patterns.length === 1 ? patterns[0]?.[depth] : undefined;
    if (name !== undefined) return below(name, field(value, name), patterns);
    for (const key of Object.keys(value)) {
      const fitting = patterns.filter((steps) => steps[depth] === key);
      if (fitting.length > 0) below(key, value[key], fitting);
    }
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
