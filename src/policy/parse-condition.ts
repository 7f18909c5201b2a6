import type { Result } from "../lib/result.ts";
import { type Condition, templatesOf, type Test } from "./condition.ts";
import {
  conditionKeyNames,
  findConditionKey,
  type KeyName,
  keyRow,
  type KeyType,
  OTHER_NAME,
} from "./condition-keys.ts";
import {
  arnPattern,
  binaryValue,
  boolPattern,
  dateValue,
  networkValue,
  nullValue,
  numberValue,
  textPattern,
  type ValueFault,
} from "./condition-values.ts";
import type { JsonNode } from "../lib/json.ts";
import { type Operator, type OperatorRow, parseOperator } from "./operators.ts";
import { claimNamed, claimNames, type TrustRules } from "./trust-rules.ts";
import { complain, type Item, itemsOf, membersOf, fieldPath, type Report } from "./report.ts";

/**
 * Compiles a Condition block: operators, keys and values, each checked against its table
 * (S3-AUTHORIZATION sections 2.1, 3.3 to 3.6). `variables`: whether `${…}` means something. `trust`: of
 * a trust policy, which may also name claims.
 */
export function parseConditions(
  report: Report,
  node: JsonNode,
  path: string,
  variables: boolean,
  trust?: TrustRules,
): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const member of membersOf(report, node, path) ?? []) {
    const operatorPath = fieldPath(path, member.name);
    const operator = parseOperator(member.name);
    if (operator.ok) {
      const block = { text: member.name, operator: operator.value, variables, trust };
      conditions.push(...parseBlock(report, member.value, operatorPath, block));
    } else {
      const { message, remedy } = operator.error;
      complain(report, member.at, operatorPath, message, remedy);
    }
  }
  return conditions;
}

/** The facts that hold for all keys of one operator. */
type Block = {
  readonly text: string;
  readonly operator: Operator;
  readonly variables: boolean;
  readonly trust: TrustRules | undefined;
};

function parseBlock(
  report: Report,
  node: JsonNode,
  path: string,
  block: Block,
): readonly Condition[] {
  const conditions: Condition[] = [];
  const seen = new Set<string>();
  for (const { name: keyText, at, value } of membersOf(report, node, path) ?? []) {
    const keyPath = fieldPath(path, keyText);
    const name = keyFor(report, keyText, at, keyPath, block);
    const items = itemsOf(report, value, keyPath, true);
    if (name === undefined) continue;
    if (seen.has(`${name.key}/${name.tag}`)) {
      const message = `Invalid policy syntax: the key "${keyText}" is written twice`;
      complain(report, at, keyPath, message, "Keep one of the two: keys ignore letter case");
      continue;
    }
    seen.add(`${name.key}/${name.tag}`);
    const test = testOf(report, block, name, items);
    if (test !== undefined) conditions.push(conditionOf(block, name, keyText, items, test));
  }
  return conditions;
}

function conditionOf(
  block: Block,
  name: KeyName,
  keyText: string,
  items: readonly Item[],
  test: Test,
): Condition {
  const { row, quantifier, ifExists } = block.operator;
  return {
    operator: block.text,
    name,
    otherName: keyRow(name.key).named === true ? { ...name, tag: OTHER_NAME } : undefined,
    keyText,
    valueTexts: items.map((item) => item.text),
    quantifier,
    ifExists,
    negated: row.negated,
    test,
    ofResource:
      name.ofResource ||
      templatesOf(test).some(({ variables }) => variables.some((one) => one.name.ofResource)),
  };
}

/** The key, if it exists and this operator can judge it. */
function keyFor(
  report: Report,
  keyText: string,
  at: number,
  path: string,
  block: Block,
): KeyName | undefined {
  const claim = block.trust && claimNamed(block.trust, keyText);
  const name = claim ?? findConditionKey(keyText);
  if (name === undefined) {
    const message = `Policy has an invalid condition key: got "${keyText}"`;
    const { trust } = block;
    const remedy = {
      name: keyText,
      candidates: () => [...(trust ? claimNames(trust) : []), ...conditionKeyNames()],
      otherwise: "See the table of condition keys",
    };
    return complain(report, at, path, message, remedy);
  }
  const { type, many } = keyRow(name.key);
  const { row, quantifier } = block.operator;
  if (!FAMILIES[type].includes(row.family)) {
    const message = `Cannot judge "${keyText}" by ${block.text}: its values are ${VALUES[type]}`;
    return complain(report, at, path, message, `Use ${SUITABLE[type]}`);
  }
  if (many === true && quantifier === undefined && row.family !== "null") {
    const message = `Cannot judge "${keyText}" by ${block.text}: it has many values`;
    const remedy = `Write ForAnyValue:${block.text} or ForAllValues:${block.text}`;
    return complain(report, at, path, message, remedy);
  }
  return name;
}

/** Text operators may judge any value as text, as on AWS; the others only what they can read. */
const FAMILIES: Readonly<Record<KeyType, readonly OperatorRow["family"][]>> = {
  string: ["text", "binary", "null"],
  numeric: ["text", "number", "null"],
  // Epoch seconds and ISO 8601 are both accepted for both clocks (section 2.1).
  date: ["text", "date", "number", "null"],
  bool: ["text", "bool", "null"],
  address: ["text", "address", "null"],
  arn: ["text", "arn", "null"],
};

const VALUES: Readonly<Record<KeyType, string>> = {
  string: "text",
  numeric: "numbers",
  date: "dates",
  bool: "true or false",
  address: "IP addresses",
  arn: "ARNs",
};

const SUITABLE: Readonly<Record<KeyType, string>> = {
  string: "StringEquals or StringLike",
  numeric: "a Numeric operator",
  date: "a Date operator",
  bool: "Bool",
  address: "IpAddress or NotIpAddress",
  arn: "ArnEquals or ArnLike",
};

/** Compiles the test; `undefined` if a value is not what the operator compares. */
function testOf(
  report: Report,
  block: Block,
  name: KeyName,
  items: readonly Item[],
): Test | undefined {
  const { row } = block.operator;
  const all = <T>(read: (text: string) => Result<T, ValueFault>): readonly T[] | undefined =>
    compileAll(report, items, read);
  switch (row.family) {
    case "text": {
      const patterns = all((text) => textPattern(text, row, name.key, block.variables));
      return patterns && { kind: "text", fold: row.fold, patterns };
    }
    case "arn": {
      const patterns = all((text) => arnPattern(text, block.variables));
      return patterns && { kind: "arn", patterns };
    }
    case "bool": {
      const patterns = all((text) => boolPattern(text, block.variables));
      return patterns && { kind: "bool", patterns };
    }
    case "null": {
      const values = all(nullValue);
      return (
        values && {
          kind: "null",
          absent: values.includes("true"),
          present: values.includes("false"),
        }
      );
    }
    case "binary": {
      const values = all(binaryValue);
      return values && { kind: "binary", values };
    }
    case "address": {
      const networks = all(networkValue);
      return networks && { kind: "address", networks };
    }
    case "number":
    case "date":
      break;
  }
  const { relation } = row;
  // Both clocks are judged by Date and by Numeric operators (section 2.1).
  if (row.family === "date" || keyRow(name.key).type === "date") {
    const values = all(dateValue);
    return values && { kind: "date", relation, values };
  }
  const values = all(numberValue);
  return values && { kind: "number", relation, values };
}

/** Every item compiled; complains of each that cannot be, and is undefined if there is one. */
function compileAll<T>(
  report: Report,
  items: readonly Item[],
  read: (text: string) => Result<T, ValueFault>,
): readonly T[] | undefined {
  const values: T[] = [];
  for (const { text, at, path } of items) {
    const value = read(text);
    if (value.ok) values.push(value.value);
    else complain(report, at, path, value.error.message, value.error.remedy);
  }
  return values.length === items.length ? values : undefined;
}
