import type { ConditionKey, Context } from "../policy/condition-keys.ts";
import { holds, templatesOf } from "../policy/condition.ts";
import { coversResource, type Switches } from "../policy/evaluate.ts";
import { type ContextFacts, contextFacts, isSpent } from "../policy/facts.ts";
import type { Statement } from "../policy/policy.ts";
import type { PolicySet } from "../policy/policy-set.ts";
import { indexByPrefix, itemsFor, type PrefixIndex } from "../policy/prefix-index.ts";
import { type Template, templatePrefix } from "../policy/template.ts";
import type { PolicyNames } from "./policy-names.ts";

/**
 * The resources that the statements of one set of policies are about, prepared for a list of
 * buckets.
 */
export type ResourceStatements = {
  /**
   * The items of `places`, by the beginning that `bucket/` must have for them to be about that
   * bucket.
   */
  readonly byBucket: PrefixIndex<Placed>;
  /** A key for each resource that an Allow names, see `sampleOf`. */
  readonly keys: readonly string[];
  /** The statements by key: those about the key in any bucket whose name they do not touch. */
  readonly everywhere: Map<string, readonly Placed[]>;
  /** The statements that may be about keys without a look at the bucket. */
  readonly free: readonly Placed[];
  readonly facts: ContextFacts;
};

/** A statement, and the place where an evaluation finds it. */
type Placed = {
  readonly statement: Statement;
  readonly number: number;
  /** The beginnings of its resources, the longest first: so they are looked for. */
  readonly prefixes: readonly string[];
  /** True if its resources have variables that stand for something else in each question. */
  readonly varies: boolean;
  /**
   * The texts after the `*` if each of its resources begins with one. Unless one of those is found
   * in a bucket's name, the statement says of its keys what it says of them in any other.
   * `undefined` if it is about buckets by name.
   */
  readonly follows: readonly string[] | undefined;
};

/** `context`: the values of the request that lists; `missingKeyNegated`: see `holds()`. */
export function resourceStatements(
  { statements }: PolicySet,
  context: Context,
  missingKeyNegated: Switches["missingKeyNegated"],
): ResourceStatements {
  const places = statements
    .map(placed)
    .filter(({ statement }) => !isMoot(statement, context, missingKeyNegated));
  return {
    byBucket: indexByPrefix(places, bucketPrefixes),
    keys: [...new Set(statements.flatMap((statement) => samplesOf(statement, context)))],
    everywhere: new Map(),
    free: places.filter(({ follows }) => follows !== undefined),
    // An answer by half of the statements would be none: the caller looks at what it has cost.
    facts: contextFacts(context, undefined, { stepsLeft: Number.MAX_SAFE_INTEGER }),
  };
}

function placed(statement: Statement, number: number): Placed {
  const { negated, patterns } = statement.resources;
  const prefixes = negated ? [""] : patterns.map(templatePrefix);
  prefixes.sort((a, b) => b.length - a.length);
  const follows = patterns.flatMap((pattern) => followsOf(pattern) ?? []);
  return {
    statement,
    number,
    prefixes,
    varies: patterns.some(varies),
    follows: follows.length === patterns.length ? follows : undefined,
  };
}

/**
 * Returns true if a condition fails that would fail whatever the request wanted, so that the
 * statement says nothing.
 */
function isMoot(
  { conditions, effect }: Statement,
  context: Context,
  missingKeyNegated: Switches["missingKeyNegated"],
): boolean {
  const facts = contextFacts(context);
  return conditions.some((condition) => {
    const { name, ofResource, test } = condition;
    if (ofResource || OF_OPERATION.has(name.key) || templatesOf(test).some(varies)) return false;
    return !holds(condition, effect, facts, missingKeyNegated) && !isSpent(facts);
  });
}

/**
 * Returns the text between the `*` in front and the next; `undefined` if the pattern has another
 * form.
 */
function followsOf({ parts: [first, text, then] }: Template): string | undefined {
  if (first?.kind !== "many" || (then !== undefined && then.kind !== "many")) return undefined;
  if (text === undefined || text.kind === "many") return "";
  return text.kind === "text" ? text.text : undefined;
}

/** The statements about one bucket. */
export type About = {
  /** All that may be about the bucket or its objects, each once. */
  readonly all: ReadonlySet<Placed>;
  /** The items of `all` that depend on the bucket's name. */
  readonly named: ReadonlySet<Placed>;
};

export function aboutBucket({ byBucket }: ResourceStatements, { name, alias }: PolicyNames): About {
  const names = alias === undefined ? [name] : [name, alias.name];
  const all = new Set(names.flatMap((each) => itemsFor(byBucket, `${each}/`).flat()));
  const named = new Set<Placed>();
  for (const one of all) {
    const touched = one.follows?.some((text) => names.some((each) => touches(text, each)));
    if (one.varies || touched !== false) named.add(one);
  }
  return { all, named };
}

/** Returns true if `text` can begin within the name in `name/key`; a name has no slash. */
function touches(text: string, name: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return text !== "" && name.includes(text);
  return slash > 0 && name.endsWith(text.slice(0, slash));
}

/**
 * Returns the statements about the bucket itself, as `statementsAboutKey` does for an object in it.
 */
export function statementsAboutBucket(
  { facts }: ResourceStatements,
  { all }: About,
  names: PolicyNames,
): string {
  return numbersOf(all, names, facts, []);
}

/**
 * Returns the numbers of the statements about an object, in the order in which an evaluation comes
 * to them. If two objects have the same numbers, their evaluations have the same results, also in
 * what they ask of the store before they are done.
 */
export function statementsAboutKey(
  statements: ResourceStatements,
  { named }: About,
  { name, alias }: PolicyNames,
  key: string,
): string {
  const { everywhere, free, facts } = statements;
  let others = everywhere.get(key);
  if (others === undefined) {
    others = free.filter(({ statement }) => coversResource(statement, `/${key}`, facts));
    everywhere.set(key, others);
  }
  const other = alias && { name: `${alias.name}/${key}`, sure: alias.sure };
  const names = { name: `${name}/${key}`, alias: other };
  return numbersOf(named, names, facts, others);
}

/** `others`: known to be about the resource, unless they are among `asked`. */
function numbersOf(
  asked: ReadonlySet<Placed>,
  { name, alias }: PolicyNames,
  facts: ContextFacts,
  others: readonly Placed[],
): string {
  const said = others.filter((one) => !asked.has(one)).map(({ number }) => ({ number, length: 0 }));
  const other = alias && { resource: alias.name, sure: alias.sure };
  let own = "";
  for (const { statement, number, prefixes, varies: isOwn } of asked) {
    // A statement that varies is judged for this resource alone.
    if (isOwn) own = name;
    else if (coversResource(statement, name, facts, other)) {
      const prefix = prefixes.find((each) => isPrefix(each, name, alias?.name)) ?? "";
      said.push({ number, length: prefix.length });
    }
  }
  said.sort((a, b) => b.length - a.length || a.number - b.number);
  return `${said.map(({ number }) => number).join()} ${own}`;
}

function isPrefix(prefix: string, name: string, alias: string | undefined): boolean {
  return name.startsWith(prefix) || alias?.startsWith(prefix) === true;
}

/** The keys whose values differ between the operations that a listing is judged for. */
const OF_OPERATION: ReadonlySet<ConditionKey> = new Set<ConditionKey>([
  "gw:Operation",
  "s3:ObjectCreationOperation",
  "s3:max-keys",
]);

function varies({ variables }: Template): boolean {
  return variables.some(({ name }) => name.ofResource || OF_OPERATION.has(name.key));
}

/**
 * Returns the prefixes up to the slash after the bucket: the rest is of no use in finding a bucket.
 */
function bucketPrefixes({ prefixes }: Placed): readonly string[] {
  return prefixes.map((prefix) => {
    const slash = prefix.indexOf("/");
    return slash < 0 ? prefix : prefix.slice(0, slash + 1);
  });
}

function samplesOf({ effect, resources }: Statement, context: Context): readonly string[] {
  if (effect === "Deny" || resources.negated) return [];
  return resources.patterns.flatMap((pattern) => sampleOf(pattern, context) ?? []);
}

/**
 * A key that the pattern matches, if its bucket does: nothing for each `*`, a letter for each `?`.
 * Undefined if it names no key.
 */
function sampleOf({ parts }: Template, context: Context): string | undefined {
  const text = parts
    .map((part) => {
      if (part.kind === "text") return part.text;
      if (part.kind !== "variable") return part.kind === "one" ? "x" : "";
      const value = context(part.name.key, part.name.tag) ?? part.fallback;
      return typeof value === "string" ? value : "";
    })
    .join("");
  const slash = text.indexOf("/");
  return slash < 0 || slash === text.length - 1 ? undefined : text.slice(slash + 1);
}
