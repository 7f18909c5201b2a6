import type { Statement } from "../policy/policy.ts";
import { compilePolicies, type PolicySet } from "../policy/policy-set.ts";
import { templateOf, type Template } from "../policy/template.ts";
import type { Operation } from "../s3/operations.ts";
import { hasUnknown, whyBeyond } from "./dimensions.ts";

/** What is remembered of sets that were loosened, by what whyBeyond() looks at in an operation. */
export type Loosening = Map<PolicySet, Map<string, PolicySet>>;

/**
 * `set` without what is not followed in requests by `operation`, so that it allows whatever `set` may
 * allow, and perhaps more: an Allow loses such conditions, a Deny with one is left out, and variables
 * stand for whatever opens more. The same set where all of it is followed.
 */
export function loosened(set: PolicySet, operation: Operation, memory: Loosening): PolicySet {
  const of = memory.get(set) ?? new Map<string, PolicySet>();
  memory.set(set, of);
  const id = kindOf(operation);
  const before = of.get(id);
  if (before !== undefined) return before;
  const statements = set.statements.flatMap((statement) => loosenedStatement(statement, operation));
  const isSame =
    statements.length === set.statements.length &&
    statements.every((statement, i) => statement === set.statements[i]);
  const result = isSame
    ? set
    : compilePolicies([{ file: "", kind: "identity", id: undefined, statements }]);
  of.set(id, result);
  return result;
}

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

/** A variable stands for anything where that opens more; else its pattern is left out. */
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
