/** Conditions of policies (IAM User Guide, "Condition operators", "Multivalued context keys"). */

import { isArnLike, isIn, isLike, plainText, type Variables } from "./patterns.ts";
import { words, type Statement, type Words } from "./world.ts";

/** What a request says of a condition key; undefined: the key is absent. */
export type Values = (key: string) => Words | undefined;

/** Whether all that a statement requires is so. */
export function conditionHolds(
  { Effect: effect, Condition: condition = {} }: Statement,
  values: Values,
  variables: Variables | undefined,
): boolean {
  return Object.entries(condition).every(([operator, block]) =>
    Object.entries(block).every(([key, written]) =>
      testHolds(operator, values(key), { written: words(written), effect, variables }),
    ),
  );
}

type Test = {
  readonly written: readonly string[];
  readonly effect: "Allow" | "Deny";
  readonly variables: Variables | undefined;
};

function testHolds(operator: string, value: Words | undefined, test: Test): boolean {
  if (operator === "Null") return test.written.includes(String(value === undefined));
  const [, set, base = "", ifExists] =
    /^(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$/u.exec(operator) ?? [];
  if (set === "ForAllValues:") return words(value).every((one) => isSo(base, one, test));
  if (value === undefined && ifExists !== undefined) return true;
  if (set === "ForAnyValue:") return words(value).some((one) => isSo(base, one, test));
  // A negated operator is true of a key that is not there.
  if (value === undefined) return base.includes("Not");
  // Several values need a set operator (docs/sts.md).
  if (words(value).length > 1) return test.effect === "Deny";
  return isSo(base, String(value), test);
}

/** The operator on one value of the request: "or" of the policy's values, or "nor" if negated. */
function isSo(base: string, value: string, { written, effect, variables }: Test): boolean {
  const positive = base.replace("Not", "");
  // What cannot be read takes no side but the careful one.
  if (!isReadable(positive, value)) return base.includes("Not") && effect === "Deny";
  const some = written.some((one) => isOne(positive, value, one, variables));
  return base.includes("Not") ? !some : some;
}

function isReadable(operator: string, value: string): boolean {
  if (operator.startsWith("Numeric")) return numberOf(value) !== undefined;
  return true;
}

function isOne(
  operator: string,
  value: string,
  written: string,
  variables: Variables | undefined,
): boolean {
  switch (operator) {
    case "StringEquals":
      return value === plainText(written, variables);
    case "StringEqualsIgnoreCase":
      return value.toLowerCase() === plainText(written, variables)?.toLowerCase();
    case "StringLike":
      return isLike(value, written, variables);
    case "ArnEquals":
    case "ArnLike":
      return isArnLike(value, written, variables);
    case "Bool":
      return value.toLowerCase() === written.toLowerCase();
    case "IpAddress":
      return isIn(value, written);
    default:
      return isInOrder(operator, value, written);
  }
}

/** Numbers and dates, by what is behind `Numeric` or `Date`. */
function isInOrder(operator: string, value: string, written: string): boolean {
  const [, type, order] = /^(Numeric|Date)(\w+)$/u.exec(operator) ?? [];
  const read = type === "Date" ? instantOf : numberOf;
  const [left, right] = [read(value), read(written)];
  if (left === undefined || right === undefined) return false;
  switch (order) {
    case "Equals":
      return left === right;
    case "LessThan":
      return left < right;
    case "LessThanEquals":
      return left <= right;
    case "GreaterThan":
      return left > right;
    case "GreaterThanEquals":
      return left >= right;
    default:
      throw new Error(`No such operator: ${operator}`);
  }
}

function numberOf(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/u.test(text) ? Number(text) : undefined;
}

/** ISO 8601, or seconds since the epoch; in milliseconds. */
function instantOf(text: string): number {
  return /^\d+$/u.test(text) ? Number(text) * 1000 : Date.parse(text);
}
