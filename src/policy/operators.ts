import { err, ok, type Result } from "../lib/result.ts";
import type { Relation } from "./condition.ts";
import type { Remedy } from "../lib/suggestion.ts";

/** The effect of an operator on values, before set operators and `IfExists`. */
export type OperatorRow = { readonly negated: boolean } & (
  | { readonly family: "text"; readonly wildcards: boolean; readonly fold: boolean }
  | { readonly family: "number" | "date"; readonly relation: Relation }
  | { readonly family: "arn" | "bool" | "binary" | "address" | "null" }
);

/** Every operator, one row each (S3-AUTHORIZATION section 3.3). */
const OPERATORS: ReadonlyMap<string, OperatorRow> = new Map<string, OperatorRow>([
  ["StringEquals", text(false, false, false)],
  ["StringNotEquals", text(true, false, false)],
  ["StringEqualsIgnoreCase", text(false, false, true)],
  ["StringNotEqualsIgnoreCase", text(true, false, true)],
  ["StringLike", text(false, true, false)],
  ["StringNotLike", text(true, true, false)],
  ["NumericEquals", { family: "number", negated: false, relation: "=" }],
  ["NumericNotEquals", { family: "number", negated: true, relation: "=" }],
  ["NumericLessThan", { family: "number", negated: false, relation: "<" }],
  ["NumericLessThanEquals", { family: "number", negated: false, relation: "<=" }],
  ["NumericGreaterThan", { family: "number", negated: false, relation: ">" }],
  ["NumericGreaterThanEquals", { family: "number", negated: false, relation: ">=" }],
  ["DateEquals", { family: "date", negated: false, relation: "=" }],
  ["DateNotEquals", { family: "date", negated: true, relation: "=" }],
  ["DateLessThan", { family: "date", negated: false, relation: "<" }],
  ["DateLessThanEquals", { family: "date", negated: false, relation: "<=" }],
  ["DateGreaterThan", { family: "date", negated: false, relation: ">" }],
  ["DateGreaterThanEquals", { family: "date", negated: false, relation: ">=" }],
  ["Bool", { family: "bool", negated: false }],
  ["BinaryEquals", { family: "binary", negated: false }],
  ["IpAddress", { family: "address", negated: false }],
  ["NotIpAddress", { family: "address", negated: true }],
  // On AWS the Equals and the Like form of ARN operators do the same.
  ["ArnEquals", { family: "arn", negated: false }],
  ["ArnLike", { family: "arn", negated: false }],
  ["ArnNotEquals", { family: "arn", negated: true }],
  ["ArnNotLike", { family: "arn", negated: true }],
  ["Null", { family: "null", negated: false }],
]);

export type Operator = {
  readonly row: OperatorRow;
  readonly quantifier: "all" | "any" | undefined;
  readonly ifExists: boolean;
};

export type OperatorFault = { readonly message: string; readonly remedy: Remedy };

/**
 * Reads `ForAllValues:StringEqualsIfExists`. Exact spelling, since a second spelling of the same
 * operator could hide one block behind another. The error names the unknown part.
 */
export function parseOperator(text: string): Result<Operator, OperatorFault> {
  const set = SET_OPERATORS.find(([prefix]) => text.startsWith(prefix));
  const rest = set === undefined ? text : text.slice(set[0].length);
  const ifExists = rest.endsWith(IF_EXISTS);
  const name = ifExists ? rest.slice(0, -IF_EXISTS.length) : rest;
  const row = OPERATORS.get(name);
  if (row === undefined) return err(unknownOperator(text, name));
  if (row.family === "null" && (set !== undefined || ifExists)) {
    return err({
      message: `Invalid policy syntax: Null takes neither IfExists nor a set operator: got "${text}"`,
      remedy: "Write Null",
    });
  }
  return ok({ row, quantifier: set?.[1], ifExists });
}

const IF_EXISTS = "IfExists";
const SET_OPERATORS = [
  ["ForAllValues:", "all"],
  ["ForAnyValue:", "any"],
] as const;

function unknownOperator(text: string, name: string): OperatorFault {
  return {
    message: `Invalid policy syntax: unknown condition operator "${text}"`,
    remedy: {
      name,
      candidates: () => OPERATORS.keys(),
      otherwise: "Write one such as StringEquals or IpAddress",
    },
  };
}

function text(negated: boolean, wildcards: boolean, fold: boolean): OperatorRow {
  return { family: "text", negated, wildcards, fold };
}
