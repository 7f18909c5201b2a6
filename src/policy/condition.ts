import type { Context, KeyName } from "./condition-keys.ts";
import { matchesGlob } from "../lib/glob.ts";
import { networkDecision, type NetworkRule } from "./network.ts";
import { foldCase, resolveTemplate, type Template } from "./template.ts";
import {
  compareDecimals,
  type Decimal,
  parseArn,
  parseBinary,
  parseDecimal,
  parseInstant,
} from "./values.ts";

/** One operator applied to one key, compiled. */
export type Condition = {
  /** As the policy spells it, with set operator and `IfExists`. */
  readonly operator: string;
  readonly name: KeyName;
  /** As the policy spells the key, and its values, for explanations. */
  readonly keyText: string;
  readonly valueTexts: readonly string[];
  readonly quantifier: "all" | "any" | undefined;
  readonly ifExists: boolean;
  readonly negated: boolean;
  readonly test: Test;
};

/** What is asked of one value; each list is an OR. */
export type Test =
  | { readonly kind: "null"; readonly absent: boolean; readonly present: boolean }
  | { readonly kind: "text"; readonly fold: boolean; readonly patterns: readonly Template[] }
  /** Each pattern is six templates, one for each component. */
  | { readonly kind: "arn"; readonly patterns: readonly (readonly Template[])[] }
  | { readonly kind: "bool"; readonly patterns: readonly Template[] }
  | { readonly kind: "binary"; readonly values: readonly string[] }
  | { readonly kind: "number"; readonly relation: Relation; readonly values: readonly Decimal[] }
  /** Milliseconds since the epoch. */
  | { readonly kind: "date"; readonly relation: Relation; readonly values: readonly number[] }
  | { readonly kind: "address"; readonly rule: NetworkRule };

export type Relation = "=" | "<" | "<=" | ">" | ">=";

/** What decides in doubt: the effect of the statement that the condition is part of. */
export type Effect = "Allow" | "Deny";

/**
 * Whether the condition holds (S3-AUTHORIZATION sections 3.3 and 3.4). `missingKeyNegated`: what
 * a negated operator says of an absent key: true for AWS ("aws"), false for Ceph ("rgw").
 * A value that cannot be judged (an address that is none, a list without a set operator) makes
 * a positive operator false, and a negated one false in an Allow but true in a Deny, so that
 * doubt never opens anything.
 */
export function holds(
  condition: Condition,
  effect: Effect,
  context: Context,
  missingKeyNegated: "aws" | "rgw",
): boolean {
  const { test } = condition;
  const value = context(condition.name.key, condition.name.tag);
  const absent = value === undefined || (typeof value !== "string" && value.length === 0);
  if (test.kind === "null") return absent ? test.absent : test.present;
  if (absent) return holdsForAbsent(condition, missingKeyNegated);
  if (typeof value === "string") return holdsFor(condition, value, effect, context);
  const judge = (one: string): boolean => holdsFor(condition, one, effect, context);
  if (condition.quantifier === "all") return value.every(judge);
  if (condition.quantifier === "any") return value.some(judge);
  const only = value[0];
  if (value.length === 1 && only !== undefined) return judge(only);
  return effect === "Deny"; // Parsing refuses this for the keys that are lists (row 17).
}

function holdsForAbsent(condition: Condition, missingKeyNegated: "aws" | "rgw"): boolean {
  if (condition.quantifier === "all" || condition.ifExists) return true;
  if (condition.quantifier === "any") return false;
  return condition.negated && missingKeyNegated === "aws";
}

function holdsFor(condition: Condition, value: string, effect: Effect, context: Context): boolean {
  const matched = matchesTest(condition.test, value, context);
  if (matched === undefined) return condition.negated && effect === "Deny";
  return matched !== condition.negated;
}

/** Undefined: `value` is not of the kind that the test judges. */
function matchesTest(test: Test, value: string, context: Context): boolean | undefined {
  switch (test.kind) {
    case "text":
      return matchesText(test.patterns, test.fold ? foldCase(value) : value, test.fold, context);
    case "arn":
      return matchesArn(test.patterns, value, context);
    case "bool":
      return matchesBool(test.patterns, value.toLowerCase(), context);
    case "binary": {
      const binary = parseBinary(value);
      return binary === undefined ? undefined : test.values.includes(binary);
    }
    case "number":
      return matchesNumber(test.values, test.relation, parseDecimal(value));
    case "date":
      return matchesInstant(test.values, test.relation, parseInstant(value));
    case "address":
      return matchesAddress(test.rule, value);
    case "null":
      break;
  }
  return undefined; // Null judges no value, so it never comes here.
}

function matchesText(
  patterns: readonly Template[],
  value: string,
  fold: boolean,
  context: Context,
): boolean {
  for (const pattern of patterns) {
    const glob = resolveTemplate(pattern, context, fold);
    if (glob !== undefined && matchesGlob(glob, value)) return true;
  }
  return false;
}

function matchesBool(
  patterns: readonly Template[],
  value: string,
  context: Context,
): boolean | undefined {
  if (value !== "true" && value !== "false") return undefined;
  return matchesText(patterns, value, true, context);
}

function matchesArn(
  patterns: readonly (readonly Template[])[],
  value: string,
  context: Context,
): boolean {
  const parts = parseArn(value);
  if (parts === undefined) return false;
  return patterns.some((pattern) =>
    pattern.every((template, index) => {
      const glob = resolveTemplate(template, context, false);
      return glob !== undefined && matchesGlob(glob, parts[index] ?? "");
    }),
  );
}

function matchesNumber(
  values: readonly Decimal[],
  relation: Relation,
  actual: Decimal | undefined,
): boolean | undefined {
  if (actual === undefined) return undefined;
  return values.some((value) => STANDS[relation](compareDecimals(actual, value)));
}

function matchesInstant(
  values: readonly number[],
  relation: Relation,
  actual: number | undefined,
): boolean | undefined {
  if (actual === undefined) return undefined;
  return values.some((value) => STANDS[relation](actual - value));
}

/** By how the request's value stands to the policy's: below, at or above it. */
const STANDS: Readonly<Record<Relation, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function matchesAddress(rule: NetworkRule, value: string): boolean | undefined {
  const decision = networkDecision(rule, value);
  return decision === "unknown-address" ? undefined : decision === "allowed";
}
