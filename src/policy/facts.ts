import type { Context, KeyName } from "./condition-keys.ts";
import type { GlobBudget } from "../lib/glob.ts";
import { type IpAddress, parseIpAddress } from "./network.ts";
import {
  type Decimal,
  foldCase,
  parseArn,
  parseBinary,
  parseDecimal,
  parseInstantText,
} from "./values.ts";

/**
 * The request's values as one evaluation sees them: each is got from the context once, and read
 * once in each way, however many conditions ask.
 */
export type ContextFacts = Values & {
  readonly context: Context;
  /** The values that all questions of the request share; `undefined` if nothing is shared. */
  readonly shared: Values | undefined;
  /** The steps that searching for patterns can still take; see `isSpent`. */
  readonly budget: GlobBudget;
};

/** Values that were got from a context, by the places of their keys; those of tags by `place/tag`. */
export type Values = {
  readonly known: (Fact | undefined)[];
  /** The tags; `undefined` until a tag is asked for. */
  tags: Map<string, Fact> | undefined;
};

export type Fact = {
  /** The value from the context; `undefined` if the key is absent. */
  readonly value: ReturnType<Context>;
  /** A value that is no list is one text; an absent key has none. */
  readonly texts: readonly FactText[];
};

/** A text with its readings; filled in by the functions below, by nobody else. */
export type FactText = {
  readonly text: string;
  folded: string | undefined;
  arn: Read<readonly string[]>;
  binary: Read<string>;
  decimal: Read<Decimal>;
  instant: Read<number>;
  address: Read<IpAddress>;
};

/**
 * A reading; `undefined` before it was made. `as` is `undefined` if the text is not of that kind.
 */
type Read<T> = { readonly as: T | undefined } | undefined;

/**
 * Steps that one evaluation may take in search of patterns, some 2.5 ms. Ordinary ones take some
 * thousands: it takes a policy of hundreds of patterns `*…*` and a header of kilobytes to go
 * beyond, and both are chosen by somebody who wants it to.
 */
export const EVALUATION_STEPS_MAX = 400_000;

/** Returns facts of which none is known yet. */
export function contextFacts(
  context: Context,
  shared?: Values,
  budget: GlobBudget = { stepsLeft: EVALUATION_STEPS_MAX },
): ContextFacts {
  return { context, shared, budget, known: [], tags: undefined };
}

export function noValues(): Values {
  return { known: [], tags: undefined };
}

/**
 * Returns true if the evaluation had cost too much to search for a pattern. A pattern that has not
 * matched since may well match: a Deny must count as matching then, an Allow as not.
 */
export function isSpent({ budget }: ContextFacts): boolean {
  return budget.stepsLeft < 0;
}

/** Returns the request's value of the key `name`. */
export function factOf(facts: ContextFacts, name: KeyName): Fact {
  const { context, shared } = facts;
  const values = shared === undefined || name.ofResource ? facts : shared;
  if (name.tag === "") return (values.known[name.place] ??= read(context, name));
  values.tags ??= new Map();
  const place = `${name.place}/${name.tag}`;
  const fact = values.tags.get(place) ?? read(context, name);
  values.tags.set(place, fact);
  return fact;
}

function read(context: Context, { key, tag }: KeyName): Fact {
  const value = context(key, tag);
  if (value === undefined) return ABSENT;
  const texts = typeof value === "string" ? [unread(value)] : value.map(unread);
  return { value, texts };
}

const ABSENT: Fact = { value: undefined, texts: [] };

export function foldedOf(fact: FactText): string {
  return (fact.folded ??= foldCase(fact.text));
}

export function partsOfArn(fact: FactText): readonly string[] | undefined {
  return (fact.arn ??= { as: parseArn(fact.text) }).as;
}

export function binaryOf(fact: FactText): string | undefined {
  return (fact.binary ??= { as: parseBinary(fact.text) }).as;
}

export function decimalOf(fact: FactText): Decimal | undefined {
  return (fact.decimal ??= { as: parseDecimal(fact.text) }).as;
}

export function instantOf(fact: FactText): number | undefined {
  return (fact.instant ??= { as: parseInstantText(fact.text) }).as;
}

export function addressOf(fact: FactText): IpAddress | undefined {
  return (fact.address ??= { as: parseIpAddress(fact.text) }).as;
}

function unread(text: string): FactText {
  return {
    text,
    folded: undefined,
    arn: undefined,
    binary: undefined,
    decimal: undefined,
    instant: undefined,
    address: undefined,
  };
}
