import type { Problem } from "../lib/problem.ts";
import { literalOf } from "../lib/glob.ts";
import { compileActions } from "../policy/actions.ts";
import { type Condition, holds } from "../policy/condition.ts";
import { contextFacts } from "../policy/facts.ts";
import type { Policy, Statement } from "../policy/policy.ts";
import { coversResources } from "../policy/resource-cover.ts";
import type { Tier } from "../provider/tier.ts";
import type { AccountConfig } from "./config.ts";
import type { Complaint } from "./surroundings.ts";

/**
 * Returns warnings for a policy that is legal, but most likely opens more or guards less than was
 * meant.
 */
export function policyWarnings({ statements }: Policy): readonly Problem[] {
  return statements.flatMap((statement) =>
    statement.effect === "Allow" ? opened(statement) : unguarded(statement, statements),
  );
}

/**
 * Warns if a subuser's own policy allows by name what its tier does not have. Only for tiers that
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

/** Returns warnings for an Allow that is open to everybody, or to a caller who leaves a key out. */
function opened(statement: Statement): readonly Problem[] {
  const { conditions, principals } = statement;
  // NotPrincipal spares whom it names, and nobody who is anonymous.
  const isOpen = principals !== undefined && principals.everyone !== principals.negated;
  if (isOpen && conditions.every(holdsWithoutKey)) {
    return [warningAt(statement, openToEverybody(conditions))];
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

function openToEverybody(conditions: readonly Condition[]): Complaint {
  if (conditions.length === 0) {
    const message = "Public without conditions: everybody is allowed, even without credentials";
    const remedy = "List who is allowed in Principal, or add a Condition";
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
    contextFacts(() => undefined),
    "aws",
  );
}

function needsKey(condition: Condition, { key, tag }: Condition["name"]): boolean {
  const { name } = condition;
  return name.key === key && name.tag === tag && !holdsWithoutKey(condition);
}

/** A Deny that leaves out what does the same by another name, or somebody by one name of two. */
function unguarded(statement: Statement, all: readonly Statement[]): readonly Problem[] {
  const versions = TWINS.flatMap((action) => unguardedVersion(statement, action, all));
  return [...versions, ...ineffectiveNotPrincipal(statement)];
}

/**
 * Actions whose twin for versions is another one: a Deny on them is passed by naming the version, such
 * as `versionId=null` of an object that has only that one.
 */
const TWINS = [
  "DeleteObject",
  "DeleteObjectTagging",
  "GetObject",
  "GetObjectAcl",
  "GetObjectAttributes",
  "GetObjectTagging",
  "PutObjectAcl",
  "PutObjectTagging",
] as const;

function unguardedVersion(
  statement: Statement,
  name: (typeof TWINS)[number],
  all: readonly Statement[],
): readonly Problem[] {
  const action = `s3:${name}`;
  const twin = `s3:${name.replace("Object", "ObjectVersion")}`;
  if (!isAbout(statement, action)) return [];
  const guarded = all.some(
    (other) =>
      other.effect === "Deny" &&
      isAbout(other, twin) &&
      coversResources(other.resources, statement.resources),
  );
  if (guarded) return [];
  const passed = name === "DeleteObject" ? "also destroys data" : "does the same by versionId=null";
  const message = `The Deny covers ${action} but not ${twin}, which ${passed}`;
  const remedy = statement.actions.negated
    ? `Remove ${twin} from NotAction`
    : `Add ${twin} to Action`;
  return [warningAt(statement, { message, remedy })];
}

const ROOT = /^arn:aws:iam::([^:]+):root$/;
const USER = /^arn:aws:iam::([^:]+):(?:user|role)\//;

/** A NotPrincipal that lists a user without its account, or an account without any of its users. */
function ineffectiveNotPrincipal(statement: Statement): readonly Problem[] {
  const { principals } = statement;
  if (principals?.negated !== true || principals.everyone) return [];
  const names = [...principals.names];
  const accounts = new Set(names.flatMap((name) => ROOT.exec(name)?.[1] ?? []));
  const withUsers = new Set(names.flatMap((name) => USER.exec(name)?.[1] ?? []));
  const bare = [...withUsers].filter((account) => !accounts.has(account));
  const alone = [...accounts].filter((account) => !withUsers.has(account));
  return [
    ...bare.map((account) => {
      const message = `NotPrincipal lists users of "${account}" but not the account, so the Deny also meets them`;
      const remedy = `Add arn:aws:iam::${account}:root to NotPrincipal`;
      return warningAt(statement, { message, remedy });
    }),
    ...alone.map((account) => {
      const message = `NotPrincipal lists the account "${account}" alone, so the Deny meets all of its users`;
      const remedy = "Add each user to exempt, by its ARN";
      return warningAt(statement, { message, remedy });
    }),
  ];
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

/**
 * Returns the actions named without wildcards: with them, less than all that fits may have been
 * meant.
 */
function literalActions({ actions }: Statement): readonly string[] {
  return actions.set.globs.flatMap((glob) => {
    const text = literalOf(glob);
    const named = text === undefined ? undefined : compileActions([text]);
    return named?.ok === true ? [...named.value.actions] : [];
  });
}
