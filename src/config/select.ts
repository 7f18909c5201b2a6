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
  const [only] = patterns;
  if (patterns.length === 1 && only !== undefined) return gatherOne(found, placed, only, depth);
  const { value } = placed;
  if (patterns.some(({ length }) => length === depth)) found(placed);
  if (Array.isArray(value)) {
    const fitting = patterns.filter((steps) => steps[depth] === "*");
    if (fitting.length === 0) return;
    for (let i = 0; i < value.length; i++) {
      const item = below(placed, i, value[i]);
      if (item !== undefined) gather(found, item, fitting, depth + 1);
    }
  } else if (isMap(value)) {
    for (const key of Object.keys(value)) {
      const fitting = patterns.filter((steps) => steps[depth] === key);
      const item = fitting.length === 0 ? undefined : below(placed, key, value[key]);
      if (item !== undefined) gather(found, item, fitting, depth + 1);
    }
  }
}

/** The same for one pattern, whose names are looked up: a hundred thousand maps are in its way. */
function gatherOne(
  found: (placed: Placed) => void,
  placed: Placed,
  steps: Pattern,
  depth: number,
): void {
  const step = steps[depth];
  if (step === undefined) return found(placed);
  const { value } = placed;
  if (step !== "*") {
    const item = below(placed, step, field(value, step));
    if (item !== undefined) gatherOne(found, item, steps, depth + 1);
  } else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item = below(placed, i, value[i]);
      if (item !== undefined) gatherOne(found, item, steps, depth + 1);
    }
  }
}

function below(above: Placed, step: string | number, value: unknown): Placed | undefined {
  return value === undefined ? undefined : { document: above.document, value, above, step };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
