import { templatesOf } from "./condition.ts";
import type { ConditionKey } from "./condition-keys.ts";
import type { Policy, Statement, StatementRef } from "./policy.ts";
import type { Template } from "./template.ts";

/** A condition key that a policy depends on, in a condition or as a variable. */
export type NamedKey = { readonly key: ConditionKey; readonly place: StatementRef };

/** Every key whose value the decision of `policy` can depend on, once for each statement. */
export function namedKeys(policy: Policy): readonly NamedKey[] {
  return policy.statements.flatMap((statement) =>
    [...keysIn(statement)].map((key) => ({ key, place: statement.place })),
  );
}

function keysIn({ conditions, resources }: Statement): ReadonlySet<ConditionKey> {
  const templates = [...resources.patterns, ...conditions.flatMap(({ test }) => templatesOf(test))];
  return new Set([
    ...conditions.map((condition) => condition.name.key),
    ...templates.flatMap(variablesOf),
  ]);
}

function variablesOf({ parts }: Template): readonly ConditionKey[] {
  return parts.flatMap((part) => (part.kind === "variable" ? [part.name.key] : []));
}
