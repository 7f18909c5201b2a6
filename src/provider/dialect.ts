import { isAboutActions, type ActionFault } from "../policy/actions.ts";
import { findConditionKey } from "../policy/condition-keys.ts";
import { globOf, matchesGlob, wildcardParts } from "../lib/glob.ts";

/** The limits of a provider's policies, if they are less or other than AWS's. */
export type PolicyDialect = {
  readonly document: DocumentShape;
  /** The answer of GetBucketPolicy for a bucket without one; `undefined` for NoSuchBucketPolicy. */
  readonly noPolicy: string | undefined;
  /** The actions as the provider spells them; `undefined` if any is allowed. */
  readonly knownActions: readonly string[] | undefined;
  /** `all`: no wildcard but `s3:*`. */
  readonly wildcardActions: "any" | "all" | "none";
  /** Names that an Allow may not use any more, in lower case, each with what replaced it. */
  readonly retiredActions: ReadonlyMap<string, string>;
  /** The condition keys; `undefined` if any is allowed. */
  readonly conditionKeys: readonly string[] | undefined;
  /** The fields of a statement; `undefined` if any is allowed. */
  readonly fields: readonly string[] | undefined;
  /**
   * True if an Allow may have NotPrincipal, which opens it to all others, anonymous ones included.
   */
  readonly notPrincipalAllow: boolean;
  readonly sids: "any" | "alphanumeric";
};

/** `bucket-wide`: statements without resources and conditions, each about the whole bucket. */
export type DocumentShape =
  | { readonly kind: "aws" }
  | {
      readonly kind: "bucket-wide";
      /** The name of the statements, and of the principals in one. */
      readonly statements: string;
      readonly principal: string;
    };

/**
 * Returns the reason why a statement cannot name `text` as an action; `undefined` if it can. Names
 * that are no action at all are not judged here. `keepsOut`: a Deny or a NotAction has the name.
 */
export function actionFault(
  dialect: PolicyDialect,
  text: string,
  keepsOut: boolean,
): ActionFault | undefined {
  const lower = text.toLowerCase();
  const replacement = dialect.retiredActions.get(lower);
  if (replacement !== undefined) {
    // A Deny still keeps people from the operation of that name (S3-AUTHORIZATION section 5.4).
    if (keepsOut) return undefined;
    const message = `Policy has invalid action: "${text}" is no longer valid`;
    return { message, remedy: `Write "${replacement}"` };
  }
  if (!isAboutActions(text)) return undefined;
  if (lower.includes("*") || lower.includes("?")) return wildcardFault(dialect, text, lower);
  const { knownActions: known } = dialect;
  if (known === undefined || known.some((name) => name.toLowerCase() === lower)) return undefined;
  return unknownHere(text, known);
}

/** Returns true if the dialect has the condition key `name`, which is a valid key. */
export function hasConditionKey({ conditionKeys }: PolicyDialect, name: string): boolean {
  const wanted = findConditionKey(name);
  if (conditionKeys === undefined || wanted === undefined) return true;
  return conditionKeys.some((known) => findConditionKey(known)?.key === wanted.key);
}

function wildcardFault(
  dialect: PolicyDialect,
  text: string,
  lower: string,
): ActionFault | undefined {
  const message = `Policy has invalid action: wildcards are not supported here, got "${text}"`;
  if (dialect.wildcardActions === "none") return { message, remedy: "Write the actions out" };
  if (dialect.wildcardActions === "all" && lower !== "s3:*") {
    return { message, remedy: 'Write the actions out, or "s3:*" for all' };
  }
  const { knownActions: known } = dialect;
  if (known === undefined) return undefined;
  const glob = globOf(wildcardParts(lower));
  return known.some((name) => matchesGlob(glob, name.toLowerCase()))
    ? undefined
    : unknownHere(text, known);
}

function unknownHere(text: string, known: readonly string[]): ActionFault {
  const message = `Policy has invalid action: the provider does not support "${text}"`;
  const otherwise = `Supported are ${known.join(", ")}`;
  return { message, remedy: { name: text, candidates: () => known, otherwise } };
}
