import { coversAction, type AskedAction, type Switches, AWS_SWITCHES } from "./evaluate.ts";
import type { Statement, StatementRef } from "./policy.ts";
import type { PolicySet } from "./policy-set.ts";
import { type Principal, gripOn } from "./principals.ts";
import { coversResources } from "./resource-cover.ts";
import { type Template, templateOf } from "./template.ts";

/**
 * The actions that a caller may want to do with objects of one bucket, before it is known with
 * which.
 */
export type Reach = {
  /** The actions, any of which is enough; each as it would be asked about one object. */
  readonly actions: readonly AskedAction[];
  readonly principal: Principal;
  /** The names of that bucket, all of which are asked about at once, as by a sure ResourceAlias. */
  readonly buckets: readonly string[];
  /** The names that count only if they make a statement stricter, as by one that is not sure. */
  readonly alsoDenied: readonly string[];
};

/**
 * Returns true if some statement of `set` could allow one of the actions on some object of the
 * bucket under one of its names. Conditions and variables are taken for what suits best, and no
 * Deny is looked at. So a no is certain: no question about any key would be answered by "allow".
 */
export function couldAllow(
  set: PolicySet,
  reach: Reach,
  switches: Switches = AWS_SWITCHES,
): boolean {
  const { actions, principal, buckets } = reach;
  return set.allows.all.flat().some((statement) => {
    return (
      actions.some((asking) => coversAction(statement, asking, switches)) &&
      appliesTo(statement, principal) &&
      buckets.some((bucket) => reachesInto(statement, bucket))
    );
  });
}

/**
 * Returns the place of the statement of `set` that denies the first of the actions on every object
 * of the bucket without a condition, if each of the actions is so denied. Then every question about
 * any key would be answered by "deny". `undefined` if not, or in doubt; several statements are not
 * added up.
 */
export function denialOfAll(
  set: PolicySet,
  reach: Reach,
  switches: Switches = AWS_SWITCHES,
): StatementRef | undefined {
  const { actions, principal } = reach;
  let first: StatementRef | undefined;
  for (const asking of actions) {
    const denying = set.denies.all.flat().find((statement) => {
      return (
        statement.conditions.length === 0 &&
        coversAction(statement, asking, switches) &&
        appliesTo(statement, principal) &&
        coversObjects(statement, reach)
      );
    });
    if (denying === undefined) return undefined;
    first ??= denying.place;
  }
  return first;
}

function appliesTo({ principals }: Statement, principal: Principal): boolean {
  return principals === undefined || gripOn(principals, principal) !== "none";
}

/** Returns true if the statement could be about some object of `bucket`. */
function reachesInto({ resources }: Statement, bucket: string): boolean {
  if (!resources.negated) return resources.patterns.some((one) => couldMatchIn(one, bucket));
  return !coversResources({ negated: false, patterns: resources.patterns }, objectsOf(bucket));
}

/**
 * Returns true if the statement is certainly about every object of the bucket. A NotResource that
 * spares one of its names spares the bucket.
 */
function coversObjects({ resources }: Statement, { buckets, alsoDenied }: Reach): boolean {
  const { negated, patterns } = resources;
  return negated
    ? !patterns.some((one) => buckets.some((bucket) => couldMatchIn(one, bucket)))
    : [...buckets, ...alsoDenied].some((bucket) => coversResources(resources, objectsOf(bucket)));
}

/** Every object of `bucket`: a key has one character at least. */
function objectsOf(bucket: string): Statement["resources"] {
  const parts = [{ kind: "text", text: `${bucket}/` }, { kind: "one" }, { kind: "many" }] as const;
  return { negated: false, patterns: [templateOf(parts)] };
}

/**
 * Returns true if the pattern could match `bucket/key` for some key: its beginning is compared with
 * `bucket/`. A `*`, or a variable, of which nothing is known, can take all the rest.
 */
function couldMatchIn({ parts }: Template, bucket: string): boolean {
  const start = `${bucket}/`;
  let at = 0;
  for (const part of parts) {
    if (at >= start.length || part.kind === "many" || part.kind === "variable") return true;
    if (part.kind === "one") at += (start.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    else if (!agree(part.text, start.slice(at))) return false;
    else at += part.text.length;
  }
  // The whole pattern matches no more than `bucket/`, which is no key yet.
  return at > start.length;
}

/** Returns true if one of the texts begins with the other. */
function agree(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
