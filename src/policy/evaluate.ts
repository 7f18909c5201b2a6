import { namesAction } from "./actions.ts";
import { type Condition, type Effect, holds } from "./condition.ts";
import type { Context } from "./condition-keys.ts";
import { EVALUATION_STEPS_MAX, type ContextFacts, factOf, contextFacts, isSpent } from "./facts.ts";
import { coversKeysBelow } from "./key-set.ts";
import type { Statement, StatementRef } from "./policy.ts";
import { candidates, type PolicySet, type StatementIndex } from "./policy-set.ts";
import { type Principal, gripOn } from "./principals.ts";
import { factsIn, type RequestMemo } from "./request-memo.ts";
import { relativeResource } from "./resource.ts";
import { isResolvable, matchesTemplate } from "./template.ts";

/** The action that a request asks for, on whatever resource. */
export type AskedAction = {
  /** The action as AWS spells it: `s3:GetObject`. */
  readonly action: string;
  /** The operation that asks, such as `HeadObject`. */
  readonly operation?: string | undefined;
  /**
   * True if it is asked besides the operation's own action, because of a header or a version: an
   * Allow that names only the operation does not grant it.
   */
  readonly ancillary?: boolean;
};

/**
 * A question that a request asks of policies; the request is allowed if each of its questions is.
 */
export type PolicyQuestion = AskedAction & {
  /** `arn:aws:s3:::bucket`, `arn:aws:s3:::bucket/key` (the key decoded), or `*`. */
  readonly resource: string;
  /** Another name of the same resource; `undefined` if it has only one. */
  readonly alias?: ResourceAlias | undefined;
  /** `resource` is only what keys begin with: asked for every key that does, see key-set.ts. */
  readonly below?: boolean | undefined;
  readonly principal: Principal;
  readonly context: Context;
  /**
   * Shared by the questions of one request (see RequestMemo), so that each key's value is asked for
   * once and each condition that depends on nothing of the resource is judged once. Without one
   * nothing is remembered from one question to the next.
   */
  readonly memo?: RequestMemo | undefined;
};

/**
 * Another name for a resource in a policy, as Ceph's `bucket` and `tenant:bucket`. `sure`: it
 * certainly is the same one; else the name counts only if that makes a statement stricter.
 */
export type ResourceAlias = { readonly resource: string; readonly sure: boolean };

/** The readings in which systems differ. AWS's reading is the default. */
export type Switches = {
  /** The result of negated operators for an absent key: true ("aws") or false ("rgw"). */
  readonly missingKeyNegated: "aws" | "rgw";
  /** True if an operation's name in an Action list grants that operation. */
  readonly operationNames: boolean;
};

export const AWS_SWITCHES: Switches = { missingKeyNegated: "aws", operationNames: false };

/** The result of evaluating policies. "none" is no permission, but another source may give it. */
export type Evaluation =
  | { readonly effect: "deny"; readonly statement: StatementRef }
  | {
      readonly effect: "allow";
      readonly statement: StatementRef;
      /** "account": only the caller's account is allowed, which must pass it on by a policy. */
      readonly grip: "direct" | "account";
    }
  | { readonly effect: "none" };

const NOTHING_SAID: Evaluation = { effect: "none" };

/**
 * Evaluates `set` for one (action, resource) pair: a matching Deny wins over any Allow, whatever
 * their order (S3-AUTHORIZATION sections 3.2 to 3.6). An evaluation that costs more than
 * EVALUATION_STEPS_MAX ends there, as a deny if it came to a Deny, and else as "none". Throws for a
 * resource that is not S3's.
 */
export function evaluate(
  set: PolicySet,
  question: PolicyQuestion,
  switches: Switches = AWS_SWITCHES,
): Evaluation {
  const asked = askedOf(question, switches);
  const deny = decisive(set.denies, asked);
  if (deny !== undefined) return { effect: "deny", statement: deny.statement };
  const allow = decisive(set.allows, asked);
  return allow === undefined ? NOTHING_SAID : { effect: "allow", ...allow };
}

/** The reason why a statement does not match, or that it does. */
export type StatementTrace = {
  readonly statement: StatementRef;
  readonly effect: "Allow" | "Deny";
  readonly outcome: "match" | "action" | "principal" | "resource" | "condition";
  /**
   * The condition that failed, and the value that it was judged by; `undefined` for an absent key.
   */
  readonly condition?: {
    readonly operator: string;
    readonly key: string;
    readonly values: readonly string[];
    readonly actual: string | readonly string[] | undefined;
  };
};

/** The same evaluation, and for every statement of the set what made it match or not. */
export function explainEvaluation(
  set: PolicySet,
  question: PolicyQuestion,
  switches: Switches = AWS_SWITCHES,
): { readonly evaluation: Evaluation; readonly trace: readonly StatementTrace[] } {
  const asked = askedOf(question, switches);
  const trace = set.statements.map((statement) => {
    // The first statements would otherwise leave nothing to the last, which evaluate() never comes
    // to.
    asked.facts.budget.stepsLeft = EVALUATION_STEPS_MAX;
    return traceOf(statement, examine(statement, asked), asked.facts);
  });
  return { evaluation: evaluate(set, question, switches), trace };
}

type Asked = {
  readonly question: PolicyQuestion;
  readonly switches: Switches;
  readonly relative: string;
  readonly alias: ResourceAlias | undefined;
  readonly facts: ContextFacts;
};

function askedOf(question: PolicyQuestion, switches: Switches): Asked {
  const { context, memo, resource, alias } = question;
  const other = alias && { resource: relativeResource(alias.resource), sure: alias.sure };
  const facts = memo === undefined ? contextFacts(context) : factsIn(memo, context);
  return { question, switches, relative: relativeResource(resource), alias: other, facts };
}

type Match = { readonly statement: StatementRef; readonly grip: "direct" | "account" };

/** The match that counts most: one that names the caller, else one that names the account. */
function decisive(index: StatementIndex, asked: Asked): Match | undefined {
  const { action, operation } = asked.question;
  const { relative, alias } = asked;
  let viaAccount: Match | undefined;
  // A pattern that is longer than a prefix may be about some of its keys: no index tells.
  const lists =
    asked.question.below === true ? index.all : candidates(index, action, operation, relative);
  // A statement filed under both names is looked at twice, and says the same twice.
  const all =
    alias === undefined
      ? lists
      : [...lists, ...candidates(index, action, operation, alias.resource)];
  for (const list of all) {
    for (const statement of list) {
      const outcome = examine(statement, asked);
      if (isSpent(asked.facts)) return inDoubt(statement);
      if (outcome === "direct") return { statement: statement.place, grip: outcome };
      if (outcome === "account") viaAccount ??= { statement: statement.place, grip: outcome };
    }
  }
  return viaAccount;
}

/** Returns the match of a statement that could not be judged: it must open nothing. */
function inDoubt({ effect, place }: Statement): Match | undefined {
  return effect === "Deny" ? { statement: place, grip: "direct" } : undefined;
}

/**
 * The way in which a statement matches, or its first part that does not; a condition stands for
 * itself.
 */
type Outcome = "direct" | "account" | "action" | "principal" | "resource" | Condition;

/**
 * Compares a statement with a question: the one place for it. Conditions come last, so that values
 * which are costly to get are only asked for if everything else already matches (section 2.3).
 */
function examine(statement: Statement, asked: Asked): Outcome {
  const { question } = asked;
  if (!coversAction(statement, question, asked.switches)) return "action";
  const { principals, conditions } = statement;
  const grip = principals === undefined ? "direct" : gripOn(principals, question.principal);
  if (grip === "none") return "principal";
  if (!coversAsked(statement, asked)) return "resource";
  for (const condition of conditions) {
    if (!holdsIn(condition, statement.effect, asked)) return condition;
  }
  return grip;
}

/** Returns true if the statement covers the resource that is asked about, or every key below it. */
function coversAsked(statement: Statement, { question, relative, alias, facts }: Asked): boolean {
  if (question.below !== true) return coversResource(statement, relative, facts, alias);
  const { effect, resources } = statement;
  const also = aliasFor(effect, resources.negated, alias);
  const prefixes = also === undefined ? [relative] : [relative, also];
  return coversKeysBelow(statement, prefixes, facts);
}

/** Returns true if the condition holds; uses the earlier result if it cannot have changed. */
function holdsIn(condition: Condition, effect: Effect, asked: Asked): boolean {
  const { question, switches, facts } = asked;
  const held = condition.ofResource ? undefined : question.memo?.held;
  const before = held?.get(condition);
  if (before !== undefined) return before;
  const result = holds(condition, effect, facts, switches.missingKeyNegated);
  if (!isSpent(facts)) held?.set(condition, result);
  return result;
}

/**
 * Returns true if the statement is about the asked action. Operation names count without the switch
 * if they make the statement stricter: in a Deny's Action and in an Allow's NotAction (section
 * 1.6).
 */
export function coversAction(
  { effect, actions }: Statement,
  { action, operation, ancillary }: AskedAction,
  switches: Switches,
): boolean {
  const stricter = (effect === "Deny") !== actions.negated;
  const operationNames = stricter || (switches.operationNames && ancillary !== true);
  return namesAction(actions.set, action, operation, operationNames) !== actions.negated;
}

/**
 * Returns true if the statement is about the resource; `relative` and `alias`: its names, see
 * `relativeResource()`. A pattern whose variable has no value matches nothing (section 3.6). In an
 * Allow with NotResource that would open everything to a caller without a name, so it allows
 * nothing there.
 */
export function coversResource(
  { effect, resources }: Statement,
  relative: string,
  facts: ContextFacts,
  alias?: ResourceAlias,
): boolean {
  const { negated, patterns } = resources;
  const also = aliasFor(effect, negated, alias);
  for (const pattern of patterns) {
    if (matchesTemplate(pattern, relative, facts, false)) return !negated;
    if (also !== undefined && matchesTemplate(pattern, also, facts, false)) return !negated;
  }
  if (!negated || effect === "Deny") return negated;
  return patterns.every((pattern) => isResolvable(pattern, facts));
}

/** The other name, if it counts in such a statement: see ResourceAlias. */
function aliasFor(
  effect: Effect,
  negated: boolean,
  alias: ResourceAlias | undefined,
): string | undefined {
  const stricter = (effect === "Deny") !== negated;
  return alias !== undefined && (alias.sure || stricter) ? alias.resource : undefined;
}

function traceOf(statement: Statement, outcome: Outcome, facts: ContextFacts): StatementTrace {
  const { place, effect } = statement;
  if (typeof outcome === "string") {
    const matched = outcome === "direct" || outcome === "account";
    return { statement: place, effect, outcome: matched ? "match" : outcome };
  }
  const { operator, keyText, valueTexts, name } = outcome;
  const actual = factOf(facts, name).value;
  const condition = { operator, key: keyText, values: valueTexts, actual };
  return { statement: place, effect, outcome: "condition", condition };
}
