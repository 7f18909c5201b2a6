import { err, ok, type Result } from "../lib/result.ts";
import type { Remedy } from "../lib/suggestion.ts";
import type { ConditionKey } from "./condition-keys.ts";
import { type Network, parseNetwork, wordMask } from "./network.ts";
import type { OperatorRow } from "./operators.ts";
import { parseTemplate, type Template, type TemplatePart, templateOf } from "./template.ts";
import { type Decimal, parseBinary, parseDecimal, parseInstantText } from "./values.ts";

/** The fault of a condition's value that its operator cannot compare, and the remedy. */
export type ValueFault = { readonly message: string; readonly remedy: Remedy };

/** A pattern of a String operator. */
export function textPattern(
  text: string,
  row: Extract<OperatorRow, { family: "text" }>,
  key: ConditionKey,
  variables: boolean,
): Result<Template, ValueFault> {
  // The key's value has no leading slash, but people write the header with one (section 2.1).
  const slash = key === "s3:x-amz-copy-source" && text.startsWith("/");
  const { wildcards, fold } = row;
  const reading = { wildcards, variables, clientVariables: true, fold };
  return parseTemplate(slash ? text.slice(1) : text, reading);
}

/** `true`, `false` in any letter case, or a variable. */
export function boolPattern(text: string, variables: boolean): Result<Template, ValueFault> {
  const reading = { wildcards: false, variables, clientVariables: true, fold: true };
  const lower = text.toLowerCase();
  const fixed = lower === "true" || lower === "false";
  if (fixed || (variables && text.includes("${"))) return parseTemplate(text, reading);
  return invalid("true or false", text);
}

/** Returns six templates. The colons of the ARN are those outside of variables. */
export function arnPattern(
  text: string,
  variables: boolean,
): Result<readonly Template[], ValueFault> {
  const reading = { wildcards: true, variables, clientVariables: true, fold: false };
  const whole = parseTemplate(text, reading);
  if (!whole.ok) return whole;
  const components = splitAtColons(whole.value.parts);
  const first = components[0]?.[0];
  if (components.length < ARN_COMPONENTS || first?.kind !== "text" || first.text !== "arn") {
    return invalid("an ARN of six components", text);
  }
  return ok(components.map(templateOf));
}

/** The parts between the first five colons of literal text, and the rest. */
function splitAtColons(parts: readonly TemplatePart[]): readonly (readonly TemplatePart[])[] {
  let current: TemplatePart[] = [];
  const components = [current];
  for (const part of parts) {
    if (part.kind !== "text") {
      current.push(part);
      continue;
    }
    let rest = part.text;
    while (components.length < ARN_COMPONENTS && rest.includes(":")) {
      const colon = rest.indexOf(":");
      if (colon > 0) current.push({ kind: "text", text: rest.slice(0, colon) });
      current = [];
      components.push(current);
      rest = rest.slice(colon + 1);
    }
    if (rest !== "") current.push({ kind: "text", text: rest });
  }
  return components;
}

/** arn, partition, service, region, account, resource; the last may have colons in it. */
const ARN_COMPONENTS = 6;

/** `"true"`: the key must be absent. */
export function nullValue(text: string): Result<"true" | "false", ValueFault> {
  const lower = text.toLowerCase();
  return lower === "true" || lower === "false" ? ok(lower) : invalid("true or false", text);
}

/** Reads canonical base64. */
export function binaryValue(text: string): Result<string, ValueFault> {
  const value = parseBinary(text);
  return value === undefined ? invalid("base64", text) : ok(value);
}

/** The longest number that a policy could use. */
const NUMBER_LENGTH_MAX = 64;

/** A decimal number, exactly. */
export function numberValue(text: string): Result<Decimal, ValueFault> {
  if (text.length > NUMBER_LENGTH_MAX) {
    return invalid(`a number of at most ${NUMBER_LENGTH_MAX} characters`, `${text.slice(0, 20)}…`);
  }
  const value = parseDecimal(text);
  return value === undefined ? invalid("a decimal number", text) : ok(value);
}

/** Milliseconds since the epoch. */
export function dateValue(text: string): Result<number, ValueFault> {
  const value = parseInstantText(text);
  return value === undefined ? invalid("an ISO 8601 date or epoch seconds", text) : ok(value);
}

/**
 * A network whose host bits may be set: AWS masks `10.0.0.5/24`, and a policy pasted from there
 * must keep its meaning (section 3.5). The gateway's own lists are stricter (network.ts).
 */
export function networkValue(text: string): Result<Network, ValueFault> {
  const slash = text.indexOf("/");
  const address = parseNetwork(slash < 0 ? text : text.slice(0, slash));
  if (!address.ok) return invalid("an IP network such as 192.0.2.0/24", text);
  if (slash < 0) return address;
  const zero = zeroOf(text.slice(0, slash), address.value);
  const mask = parseNetwork(`${zero}${text.slice(slash)}`);
  if (!mask.ok) return invalid("an IP network such as 192.0.2.0/24", text);
  return ok(masked(address.value, mask.value));
}

/** The zero address written in the same way, to which any prefix length can be applied. */
function zeroOf(text: string, address: Network): string {
  if (address.family === 6) return "::";
  return text.includes(":") ? "::ffff:0.0.0.0" : "0.0.0.0";
}

function masked(address: Network, mask: Network): Network {
  if (address.family === 4 && mask.family === 4) {
    return { family: 4, base: address.base & mask.mask, mask: mask.mask };
  }
  if (address.family === 6 && mask.family === 6) {
    const { bits } = mask;
    const base = address.base.map((word, index) => word & wordMask(bits, index));
    return { family: 6, base, bits };
  }
  throw new TypeError("Cannot mask an address by another family's prefix");
}

function invalid(wanted: string, text: string): { ok: false; error: ValueFault } {
  return err({
    message: `Cannot read the condition's value: expected ${wanted}, got "${text}"`,
    remedy: "",
  });
}
