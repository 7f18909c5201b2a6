import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { readPlainYaml } from "../lib/plain-yaml.ts";
import type { Problem } from "../lib/problem.ts";
import { ok, type Result } from "../lib/result.ts";
import { parseYaml, positionOf, type Position, type YamlFault } from "../lib/yaml.ts";
import { substitute } from "./substitute.ts";
import type { Complaint, Surroundings } from "./surroundings.ts";

/** A YAML file as plain data; the place of every value is to be had. */
export type ConfigDocument = {
  /** The file as its user named it. */
  readonly file: string;
  /** Maps, lists and scalars only; references such as `${env:NAME}` already replaced. */
  readonly data: unknown;
  /**
   * The nodes by path, such as `policy.networks.allow[0]`, in document order; the root is "". They
   * are made when first asked for, which costs many times what `data` did. So take values from
   * `data` (`select()`), and from here the place of a problem.
   */
  readonly nodes: ReadonlyMap<string, DocumentNode>;
  /** The 1-based line of a map in a list called `shares`, as it stands in `data`. */
  readonly shareLines: ReadonlyMap<unknown, number>;
};

export type DocumentNode = {
  /** 1-based, of the value. */
  readonly at: Position;
  /** 1-based, of the key that names the value; of the value itself for items of lists. */
  readonly keyAt: Position;
  /** A scalar after replacement; undefined for maps and lists. */
  readonly value: unknown;
  /**
   * A scalar as its author wrote it; undefined for maps and lists. No secret that lies in the
   * environment or in a file is in it.
   */
  readonly written: string | undefined;
};

/** The result of reading a file. `document` is `undefined` if the text is not YAML. */
export type Reading = {
  readonly document: ConfigDocument | undefined;
  readonly problems: readonly Problem[];
};

/**
 * Reads what `parseYaml()` does. Aliases, tags and keys that are not text are problems too. A value
 * with a problem is undefined in `data`, so that the rest can still be judged.
 */
export function readConfigDocument(
  text: string,
  file: string,
  surroundings: Surroundings,
): Reading {
  return readPlain(text, file, surroundings) ?? readPlaced(text, file, surroundings);
}

/**
 * Reads a file of plain YAML; `undefined` if something is wrong with it, or it uses more of YAML
 * than most do.
 */
function readPlain(text: string, file: string, surroundings: Surroundings): Reading | undefined {
  const replaced = new Map<string, string>();
  const expand = (written: string): string | undefined => {
    if (!written.includes("${")) return written;
    const value = substitute(written, file, surroundings);
    if (!value.ok) return undefined;
    replaced.set(written, value.value);
    return value.value;
  };
  const plain = readPlainYaml(text, { expand, placed: SHARES });
  if (plain === undefined) return undefined;
  // A policy's own variables look like references: only where a text stands says which it is.
  if (replaced.size > 0 && text.includes("Statement")) return undefined;
  let nodes: ConfigDocument["nodes"] | undefined;
  const document = {
    file,
    data: plain.data,
    get nodes() {
      // The nodes are made of the same text as the data: a file that a reference names may have
      // changed since.
      nodes ??= nodesOf(text, file, (written) => ok(replaced.get(written) ?? written));
      return nodes;
    },
    shareLines: plain.lines,
  };
  return { document, problems: [] };
}

/** `text` is plain. */
function nodesOf(text: string, file: string, expand: Expand): ConfigDocument["nodes"] {
  const { document } = readWithPlaces(text, file, expand);
  if (document === undefined) throw new Error(`What is plain YAML is YAML: ${file}`);
  return document.nodes;
}

/** The same as `readConfigDocument()`, of whatever YAML. Exported for its tests. */
export function readPlaced(text: string, file: string, surroundings: Surroundings): Reading {
  return readWithPlaces(text, file, (written) => substitute(written, file, surroundings));
}

function readWithPlaces(text: string, file: string, expand: Expand): Reading {
  const parsed = parseYaml(text);
  if (!parsed.ok) {
    const problems = parsed.error.map((fault) => syntaxProblem(file, fault));
    return { document: undefined, problems };
  }
  const { document, lines } = parsed.value;
  const walk = { file, lines, expand, nodes: new Map(), shareLines: new Map(), problems: [] };
  const data = valueOf(walk, document.contents, "", positionOf(lines, 0));
  const { nodes, shareLines, problems } = walk;
  return { document: { file, data, nodes, shareLines }, problems };
}

/** The name of the lists whose items' lines are kept: each share is a statement of its own. */
const SHARES = "shares";

/** `parent` and the key or index below it as one path, fit to be shown. */
export function pathBelow(parent: string, step: PropertyKey): string {
  if (typeof step === "number") return `${parent}[${step}]`;
  const name = shownName(String(step));
  return parent === "" ? name : `${parent}.${name}`;
}

/** `{ secretKey:hunter2 }` is YAML for a *name* with a secret in it: only its start is shown. */
export function shownName(name: string): string {
  const shown = /^[A-Za-z0-9_-]{0,40}/.exec(name)?.[0] ?? "";
  return shown === name ? name : `${shown}…`;
}

/** Returns the text that a text with references stands for. */
type Expand = (written: string) => Result<string, Complaint>;

/** The results that one reading gathers. Lives no longer than the call of `readDocument`. */
type Walk = {
  readonly file: string;
  readonly lines: LineCounter;
  readonly expand: Expand;
  readonly nodes: Map<string, DocumentNode>;
  readonly shareLines: Map<unknown, number>;
  readonly problems: Problem[];
};

function valueOf(walk: Walk, node: ParsedNode | null, path: string, keyAt: Position): unknown {
  const at = node === null ? keyAt : positionOf(walk.lines, node.range[0]);
  const written = isScalar(node) ? node.source : undefined;
  // An alias repeats a part of the file: few aliases can stand for gigabytes, and a problem in
  // the repeated part has two places.
  if (isAlias(node)) return refuse(walk, at, path, "Aliases are not supported", "Write it out");
  if (node?.tag !== undefined) {
    return refuse(walk, at, path, "Tags are not supported", "Write text in quotes");
  }
  const enter = (value: unknown): unknown => {
    walk.nodes.set(path, { at, keyAt, value, written });
    return value;
  };
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    enter(undefined);
    return mapOf(walk, node, path);
  }
  if (isSeq<ParsedNode>(node)) {
    enter(undefined);
    return listOf(walk, node, path);
  }
  return enter(scalarOf(walk, node === null ? null : node.value, path, at));
}

function mapOf(walk: Walk, map: YAMLMap<ParsedNode, ParsedNode | null>, path: string): unknown {
  const entries: [string, unknown][] = [];
  for (const { key, value } of map.items) {
    const keyAt = positionOf(walk.lines, key.range[0]);
    // `__proto__` is no name of ours, and some readers of the data would pass over it in silence.
    if (!isScalar(key) || typeof key.value !== "string" || key.value === "__proto__") {
      refuse(walk, keyAt, path, "Expected a name before the colon", "Write names as plain text");
      continue;
    }
    const step = pathBelow(path, key.value);
    entries.push([key.value, valueOf(walk, value, step, keyAt)]);
  }
  return Object.fromEntries(entries);
}

function listOf(walk: Walk, list: YAMLSeq<ParsedNode>, path: string): unknown {
  const areShares = path === SHARES || path.endsWith(`.${SHARES}`);
  return list.items.map((item, index) => {
    const at = positionOf(walk.lines, item.range[0]);
    const value = valueOf(walk, item, pathBelow(path, index), at);
    if (areShares) walk.shareLines.set(value, at.line);
    return value;
  });
}

/** Matches the places of policies in an accounts file. */
const IN_POLICY = /(?:^|\.)policies\[\d+\]\./;
const POLICY_ITEM = /(?:^|\.)policies\[\d+\]$/;

/** Returns true if the text at `path` is part of a policy, whose variables are not references. */
function isOfPolicy(path: string, text: string): boolean {
  if (!text.includes("${")) return false;
  return IN_POLICY.test(path) || (POLICY_ITEM.test(path) && text.trimStart().startsWith("{"));
}

function scalarOf(walk: Walk, value: unknown, path: string, at: Position): unknown {
  if (typeof value !== "string" || isOfPolicy(path, value)) return value;
  const expanded = walk.expand(value);
  if (expanded.ok) return expanded.value;
  return refuse(walk, at, path, expanded.error.message, expanded.error.remedy);
}

function refuse(
  walk: Walk,
  at: Position,
  path: string,
  message: string,
  remedy: string,
): undefined {
  walk.problems.push({ file: walk.file, ...at, path, message, remedy });
}

/** Returns the parser's own words up to where it quotes the file, which may be a secret. */
function syntaxProblem(file: string, { at, message }: YamlFault): Problem {
  const said = message.split(/[:;"\\]/, 1)[0] ?? "";
  return { file, ...at, path: "", message: `Cannot read as YAML: ${said}`, remedy: "" };
}
