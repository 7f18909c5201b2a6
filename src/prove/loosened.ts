import type { Condition } from "../policy/condition.ts";
import type { Statement } from "../policy/policy.ts";
import { compilePolicies, type PolicySet } from "../policy/policy-set.ts";
import { templateOf, type Template } from "../policy/template.ts";
import { OPERATION_LIST, type Operation } from "../s3/operations.ts";
import { hasUnknown, whyBeyond } from "./dimensions.ts";

/**
 * The conditions that are not followed and that do not hold, by `assumptionOf`; all others do. Two
 * configurations that are compared have the same assumptions, so that parts that are the same in
 * both make no difference.
 */
export type Assumed = ReadonlySet<string>;

/** The sets that were loosened, by the parts of an operation that whyBeyond() looks at. */
export type Loosening = Map<PolicySet, Map<string, PolicySet>>;

/**
 * Returns `set` without the parts that are not followed in requests by `operation`, so that it
 * allows whatever `set` may allow, and perhaps more. An Allow loses such conditions, a Deny with
 * one is left out, and variables stand for whatever opens more. The same set if all of it is
 * followed. `assumed`: instead such conditions hold or not as it says, and such variables have a
 * value that nothing else has.
 */
export function loosened(
  set: PolicySet,
  operation: Operation,
  memory: Loosening,
  assumed: Assumed | undefined,
): PolicySet {
  const of = memory.get(set) ?? new Map<string, PolicySet>();
  memory.set(set, of);
  const kind = KINDS.get(operation.name) ?? "";
  const id = assumed === undefined || assumed.size === 0 ? kind : `${kind} ${[...assumed].join()}`;
  const before = of.get(id);
  if (before !== undefined) return before;
  const statements = set.statements.flatMap((statement) =>
    assumed === undefined
      ? loosenedStatement(statement, operation)
      : assumedStatement(statement, operation, assumed),
  );
  const isSame =
    statements.length === set.statements.length &&
    statements.every((statement, i) => statement === set.statements[i]);
  const result = isSame
    ? set
    : compilePolicies([{ file: "", kind: "identity", id: undefined, statements }]);
  of.set(id, result);
  return result;
}

const KINDS: ReadonlyMap<string, string> = new Map(
  OPERATION_LIST.map((operation) => [operation.name, kindOf(operation)]),
);

function kindOf({ method, parameters }: Operation): string {
  const reads = method === "GET" || method === "HEAD";
  return `${reads} ${parameters.has("prefix")} ${parameters.has("delimiter")}`;
}

function loosenedStatement(statement: Statement, operation: Operation): readonly Statement[] {
  const { effect, conditions, resources } = statement;
  const followed = conditions.filter((one) => whyBeyond(one, [operation]) === undefined);
  if (effect === "Deny" && followed.length < conditions.length) return [];
  const known = !resources.patterns.some(hasUnknown);
  if (known && followed.length === conditions.length) return [statement];
  if (known) return [{ ...statement, conditions: followed }];
  const patterns = loosenedPatterns(statement);
  if (patterns.length === 0 && !resources.negated) return [];
  return [
    { ...statement, conditions: followed, resources: { negated: resources.negated, patterns } },
  ];
}

/**
 * Loosens patterns: a variable stands for anything if that opens more; else its pattern is left
 * out.
 */
function loosenedPatterns({ effect, resources }: Statement): readonly Template[] {
  const { negated, patterns } = resources;
  const widens = (effect === "Allow") !== negated;
  if (!widens) return patterns.filter((one) => !hasUnknown(one));
  return patterns.map((one) =>
    hasUnknown(one)
      ? templateOf(
          one.parts.map((part) => (part.kind === "variable" ? { kind: "many" as const } : part)),
        )
      : one,
  );
}

function assumedStatement(
  statement: Statement,
  operation: Operation,
  assumed: Assumed,
): readonly Statement[] {
  const { effect, conditions, resources } = statement;
  const followed = conditions.filter((one) => whyBeyond(one, [operation]) === undefined);
  if (conditions.some((one) => assumed.has(assumptionOf(effect, one)))) return [];
  const known = !resources.patterns.some(hasUnknown);
  if (known && followed.length === conditions.length) return [statement];
  const patterns = resources.patterns.map((one) => (hasUnknown(one) ? withValues(one) : one));
  return [
    { ...statement, conditions: followed, resources: { negated: resources.negated, patterns } },
  ];
}

/** Replaces each of its variables by a text that stands for its value. */
function withValues({ parts }: Template): Template {
  return templateOf(
    parts.map((part) =>
      part.kind === "variable"
        ? { kind: "text" as const, text: `\u{e000}${part.name.key}/${part.name.tag}` }
        : part,
    ),
  );
}

/**
 * Returns the assumption about a condition: one that is written alike in another policy is the
 * same.
 */
export function assumptionOf(
  effect: Statement["effect"],
  { operator, name: { key, tag }, valueTexts }: Condition,
): string {
  return `${effect} ${operator} ${tag === "" ? key : `${key}/${tag}`} ${JSON.stringify(valueTexts)}`;
}
