import type { KeyName } from "./condition-keys.ts";
import {
  addressOf,
  partsOfArn,
  binaryOf,
  decimalOf,
  type ContextFacts,
  factOf,
  type FactText,
  foldedOf,
  instantOf,
} from "./facts.ts";
import { type IpAddress, contains, type NetworkSet } from "./network.ts";
import { matchesTemplate, type Template } from "./template.ts";
import { compareDecimals, type Decimal } from "./values.ts";

/** An operator applied to a key, compiled. */
export type Condition = {
  /** The operator as the policy spells it, with set operator and `IfExists`. */
  readonly operator: string;
  readonly name: KeyName;
  /**
   * The key that has the other name of the thing that this key names; `undefined` if it has only
   * one.
   */
  readonly otherName: KeyName | undefined;
  /** The key as the policy spells it, and its values, for explanations. */
  readonly keyText: string;
  readonly valueTexts: readonly string[];
  readonly quantifier: "all" | "any" | undefined;
  readonly ifExists: boolean;
  readonly negated: boolean;
  readonly test: Test;
  /** True if the key's value can differ between the questions of one request; see KeyRow. */
  readonly ofResource: boolean;
};

/** The question to one value; each list is an OR. */
export type Test =
  | { readonly kind: "null"; readonly absent: boolean; readonly present: boolean }
  | { readonly kind: "text"; readonly fold: boolean; readonly patterns: readonly Template[] }
  /** The patterns, each as six templates: one for each component. */
  | { readonly kind: "arn"; readonly patterns: readonly (readonly Template[])[] }
  | { readonly kind: "bool"; readonly patterns: readonly Template[] }
  | { readonly kind: "binary"; readonly values: readonly string[] }
  | { readonly kind: "number"; readonly relation: Relation; readonly values: readonly Decimal[] }
  /** Milliseconds since the epoch. */
  | { readonly kind: "date"; readonly relation: Relation; readonly values: readonly number[] }
  | { readonly kind: "address"; readonly networks: NetworkSet };

export type Relation = "=" | "<" | "<=" | ">" | ">=";

/** Returns the patterns of a test, whatever they are compared with. */
export function templatesOf(test: Test): readonly Template[] {
  switch (test.kind) {
    case "text":
    case "bool":
      return test.patterns;
    case "arn":
      return test.patterns.flat();
    default:
      return [];
  }
}

/** The effect of the condition's statement, which decides in doubt. */
export type Effect = "Allow" | "Deny";

/**
 * Returns true if the condition holds (S3-AUTHORIZATION sections 3.3 and 3.4). `missingKeyNegated`:
 * the result of a negated operator for an absent key: true for AWS ("aws"), false for Ceph ("rgw").
 * A value that cannot be judged, such as an invalid address, makes a positive operator false. It
 * makes a negated one false in an Allow but true in a Deny, so that doubt never opens anything. Of
 * several values, an operator without a set operator is false in an Allow and true in a Deny.
 */
export function holds(
  condition: Condition,
  effect: Effect,
  facts: ContextFacts,
  missingKeyNegated: "aws" | "rgw",
): boolean {
  const { test, quantifier } = condition;
  const { texts } = factOf(facts, condition.name);
  const first = texts[0];
  if (test.kind === "null") return first === undefined ? test.absent : test.present;
  if (first === undefined) return holdsForAbsent(condition, missingKeyNegated);
  if (texts.length === 1) return holdsFor(condition, first, effect, facts);
  const judge = (one: FactText): boolean => holdsFor(condition, one, effect, facts);
  if (quantifier === "all") return texts.every(judge);
  if (quantifier === "any") return texts.some(judge);
  return effect === "Deny"; // Parsing refuses this for the keys that are lists (row 17).
}

function holdsForAbsent(condition: Condition, missingKeyNegated: "aws" | "rgw"): boolean {
  if (condition.quantifier === "all" || condition.ifExists) return true;
  if (condition.quantifier === "any") return false;
  return condition.negated && missingKeyNegated === "aws";
}

function holdsFor(
  condition: Condition,
  text: FactText,
  effect: Effect,
  facts: ContextFacts,
): boolean {
  const { test, negated } = condition;
  const matched = matchesTest(test, text, facts);
  if (matched === undefined) return negated && effect === "Deny";
  return (matched || matchesOtherName(condition, effect, facts)) !== negated;
}

/**
 * Returns true if the other name fits and makes the statement stricter: in a Deny, or after a
 * "not".
 */
function matchesOtherName(
  { test, negated, otherName }: Condition,
  effect: Effect,
  facts: ContextFacts,
): boolean {
  if (otherName === undefined || (effect === "Deny") === negated) return false;
  const [other] = factOf(facts, otherName).texts;
  return other !== undefined && matchesTest(test, other, facts) === true;
}

/** Returns the result of a test; `undefined` if `text` is not of the kind that the test judges. */
function matchesTest(test: Test, text: FactText, facts: ContextFacts): boolean | undefined {
  switch (test.kind) {
    case "text":
      return matchesText(test.patterns, test.fold ? foldedOf(text) : text.text, test.fold, facts);
    case "arn":
      return matchesArn(test.patterns, partsOfArn(text), facts);
    case "bool":
      return matchesBool(test.patterns, foldedOf(text), facts);
    case "binary": {
      const binary = binaryOf(text);
      return binary === undefined ? undefined : test.values.includes(binary);
    }
    case "number":
      return matchesNumber(test.values, test.relation, decimalOf(text));
    case "date":
      return matchesInstant(test.values, test.relation, instantOf(text));
    case "address":
      return matchesAddress(test.networks, addressOf(text));
    case "null":
      break;
  }
  return undefined; // Null judges no value, so it never comes here.
}

function matchesText(
  patterns: readonly Template[],
  value: string,
  fold: boolean,
  facts: ContextFacts,
): boolean {
  for (const pattern of patterns) {
    if (matchesTemplate(pattern, value, facts, fold)) return true;
  }
  return false;
}

function matchesBool(
  patterns: readonly Template[],
  value: string,
  facts: ContextFacts,
): boolean | undefined {
  if (value !== "true" && value !== "false") return undefined;
  return matchesText(patterns, value, true, facts);
}

function matchesArn(
  patterns: readonly (readonly Template[])[],
  parts: readonly string[] | undefined,
  facts: ContextFacts,
): boolean {
  if (parts === undefined) return false;
  return patterns.some((pattern) =>
    pattern.every((template, i) => matchesTemplate(template, parts[i] ?? "", facts, false)),
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

/**
 * The tests of each relation between the request's value and the policy's: below, at or above it.
 */
const STANDS: Readonly<Record<Relation, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function matchesAddress(networks: NetworkSet, actual: IpAddress | undefined): boolean | undefined {
  return actual === undefined ? undefined : contains(networks, actual);
}
