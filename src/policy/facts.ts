import type { Context, KeyName } from "./condition-keys.ts";
import { type Address, parseAddress } from "./network.ts";
import {
  type Decimal,
  foldCase,
  parseArn,
  parseBinary,
  parseDecimal,
  parseInstant,
} from "./values.ts";

/**
 * The request's values as one evaluation sees them: each is got from the context once, and read
 * once in each way, however many conditions ask. Lives no longer than the evaluation.
 */
export type Facts = { readonly context: Context; readonly known: (Fact | undefined)[] };

export type Fact = {
  /** As the context has it: undefined where the key is absent. */
  readonly value: ReturnType<Context>;
  /** A value that is no list is one text; an absent key has none. */
  readonly texts: readonly FactText[];
};

/** One text, with what it reads as; filled in by the functions below, by nobody else. */
export type FactText = {
  readonly text: string;
  folded: string | undefined;
  arn: Read<readonly string[]>;
  binary: Read<string>;
  decimal: Read<Decimal>;
  instant: Read<number>;
  address: Read<Address>;
};

/** Undefined: not read yet. `as` undefined: read, and not of that kind. */
type Read<T> = { readonly as: T | undefined } | undefined;

export function factsOf(context: Context): Facts {
  return { context, known: [] };
}

/** What the request says under `name`. Tags have no number, so they are asked for each time. */
export function factOf({ context, known }: Facts, name: KeyName): Fact {
  if (name.tag !== "") return read(context, name);
  return (known[name.place] ??= read(context, name));
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

export function arnOf(fact: FactText): readonly string[] | undefined {
  return (fact.arn ??= { as: parseArn(fact.text) }).as;
}

export function binaryOf(fact: FactText): string | undefined {
  return (fact.binary ??= { as: parseBinary(fact.text) }).as;
}

export function decimalOf(fact: FactText): Decimal | undefined {
  return (fact.decimal ??= { as: parseDecimal(fact.text) }).as;
}

export function instantOf(fact: FactText): number | undefined {
  return (fact.instant ??= { as: parseInstant(fact.text) }).as;
}

export function addressOf(fact: FactText): Address | undefined {
  return (fact.address ??= { as: parseAddress(fact.text) }).as;
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
