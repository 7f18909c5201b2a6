import type { Problem } from "../lib/problem.ts";
import { literalOf } from "../lib/glob.ts";
import { compileActions } from "../policy/actions.ts";
import { type Condition, holds } from "../policy/condition.ts";
import { factsOf } from "../policy/facts.ts";
import type { Policy, Statement } from "../policy/policy.ts";
import { coversResources } from "../policy/resource-cover.ts";
import type { Tier } from "../provider/tier.ts";
import type { AccountConfig } from "./config.ts";
import type { Complaint } from "./surroundings.ts";

/** What one policy says that is legal, but most likely opens more or guards less than was meant. */
export function policyWarnings({ statements }: Policy): readonly Problem[] {
  return statements.flatMap((statement) =>
    statement.effect === "Allow" ? opened(statement) : unguarded(statement, statements),
  );
}

/**
 * Where a subuser's own policy allows by name what its tier does not have. Only for tiers that
 * are ceilings; a policy of the whole account may be meant for others.
 */
export function tierWarnings(
  account: AccountConfig,
  tiers: ReadonlyMap<string, Tier>,
): readonly Problem[] {
  return account.subusers.flatMap(({ name, tier: tierName, policies }) => {
    const tier = tierName === undefined ? undefined : tiers.get(tierName);
    if (tier === undefined) return [];
    return policies
      .flatMap(({ statements }) => statements)
      .flatMap((statement) => aboveTier(statement, tier, `${account.name}:${name}`));
  });
}

function warningAt({ place }: Statement, complaint: Complaint): Problem {
  const { file, line, index } = place;
  return { file, line, column: undefined, path: `Statement[${index}]`, ...complaint };
}

/** An Allow that is open to everybody, or to whoever leaves a key out. */
function opened(statement: Statement): readonly Problem[] {
  const { conditions, principals } = statement;
  if (principals?.everyone === true && conditions.every(holdsWithoutKey)) {
    return [warningAt(statement, everybody(conditions))];
  }
  return conditions
    .filter(({ quantifier }) => quantifier === "all")
    .filter(({ name }) => !conditions.some((other) => needsKey(other, name)))
    .map(({ operator, keyText }) => {
      const message = `The Allow also holds for requests without "${keyText}": ${operator} says nothing of an absent key`;
      const remedy = `Add "Null": {"${keyText}": "false"} to its Condition`;
      return warningAt(statement, { message, remedy });
    });
}

function everybody(conditions: readonly Condition[]): Complaint {
  if (conditions.length === 0) {
    const message = "Public without conditions: everybody is allowed, also without credentials";
    const remedy = "Name whom to allow in Principal, or add a Condition";
    return { message, remedy };
  }
  const named = conditions.map(({ operator, keyText }) => `${operator} on "${keyText}"`);
  const message = `Everybody is allowed, and absent keys satisfy every condition: ${named.join(", ")}`;
  const remedy = "Add a condition that needs its key, such as IpAddress on aws:SourceIp";
  return { message, remedy };
}

function holdsWithoutKey(condition: Condition): boolean {
  return holds(
    condition,
    "Allow",
    factsOf(() => undefined),
    "aws",
  );
}

function needsKey(condition: Condition, { key, tag }: Condition["name"]): boolean {
  const { name } = condition;
  return name.key === key && name.tag === tag && !holdsWithoutKey(condition);
}

/** A Deny that keeps objects, while their versions may be deleted one by one. */
function unguarded(statement: Statement, all: readonly Statement[]): readonly Problem[] {
  if (!isAbout(statement, "s3:DeleteObject")) return [];
  const guarded = all.some(
    (other) =>
      other.effect === "Deny" &&
      isAbout(other, "s3:DeleteObjectVersion") &&
      coversResources(other.resources, statement.resources),
  );
  if (guarded) return [];
  const message =
    "The Deny covers s3:DeleteObject but not s3:DeleteObjectVersion, which also destroys data";
  const remedy = statement.actions.negated
    ? "Remove s3:DeleteObjectVersion from NotAction"
    : "Add s3:DeleteObjectVersion to Action";
  return [warningAt(statement, { message, remedy })];
}

function isAbout({ actions: { negated, set } }: Statement, action: string): boolean {
  return set.actions.has(action) !== negated;
}

function aboveTier(statement: Statement, tier: Tier, subuser: string): readonly Problem[] {
  if (statement.effect !== "Allow" || statement.actions.negated) return [];
  const above = literalActions(statement).find((action) => !tier.set.actions.has(action));
  if (above === undefined) return [];
  const message = `${subuser} has the tier ${tier.name} without ${above}, so allowing it has no effect`;
  const remedy = "Give the subuser a tier that has the action, or remove the action";
  return [warningAt(statement, { message, remedy })];
}

/** What is named without wildcards: with them, less than all that fits may have been meant. */
function literalActions({ actions }: Statement): readonly string[] {
  return actions.set.globs.flatMap((glob) => {
    const text = literalOf(glob);
    const named = text === undefined ? undefined : compileActions([text]);
    return named?.ok === true ? [...named.value.actions] : [];
  });
}
