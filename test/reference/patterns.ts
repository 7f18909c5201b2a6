/** Wildcards and variables of policies, by plain recursion (IAM User Guide, "Resource", "Policy variables"). */

/** One step of a pattern: a character that stands for itself, any one, or any number of any. */
type Step = { readonly is: "literal"; readonly text: string } | { readonly is: "one" | "many" };

/** The value of a policy variable, by its name as the policy writes it. */
export type Variables = (name: string) => string | undefined;

/** Without variables, as in policies of 2008 and wherever AWS takes none. */
const NO_VARIABLES = undefined;

/** The steps of a pattern; undefined where a variable has neither value nor default. */
function stepsOf(pattern: string, variables: Variables | undefined): readonly Step[] | undefined {
  if (pattern === "") return [];
  const variable = variables && /^\$\{([^}]*)\}/su.exec(pattern);
  if (variables && variable) {
    const rest = stepsOf(pattern.slice(variable[0].length), variables);
    const value = variableValue(variable[1] ?? "", variables);
    if (rest === undefined || value === undefined) return undefined;
    return [...Array.from(value).map((text): Step => ({ is: "literal", text })), ...rest];
  }
  const [first = ""] = pattern;
  const rest = stepsOf(pattern.slice(first.length), variables);
  if (rest === undefined) return undefined;
  if (first === "*") return [{ is: "many" }, ...rest];
  if (first === "?") return [{ is: "one" }, ...rest];
  return [{ is: "literal", text: first }, ...rest];
}

/** `${*}`, `${?}` and `${$}` are those characters; `${name, 'default'}` has a default. */
function variableValue(inside: string, variables: Variables): string | undefined {
  if (inside === "*" || inside === "?" || inside === "$") return inside;
  const [name = "", ...rest] = inside.split(",");
  const byDefault = /^ *'(.*)'$/su.exec(rest.join(","))?.[1];
  return variables(name.trim()) ?? byDefault;
}

/** Whether `text` is of `pattern`; a character is a code point. */
export function isLike(text: string, pattern: string, variables: Variables | undefined): boolean {
  const steps = variables === undefined ? plainSteps(pattern) : stepsOf(pattern, variables);
  return steps !== undefined && matches(Array.from(text), steps);
}

/** `stepsOf` without variables, which depends on the pattern alone: worked out once for each. */
function plainSteps(pattern: string): readonly Step[] | undefined {
  const known = PLAIN.get(pattern);
  if (known !== undefined) return known;
  const steps = stepsOf(pattern, NO_VARIABLES);
  if (steps !== undefined) PLAIN.set(pattern, steps);
  return steps;
}

const PLAIN = new Map<string, readonly Step[]>();

function matches(text: readonly string[], steps: readonly Step[]): boolean {
  const [step, ...later] = steps;
  const [first, ...rest] = text;
  if (step === undefined) return first === undefined;
  switch (step.is) {
    case "literal":
      return first === step.text && matches(rest, later);
    case "one":
      return first !== undefined && matches(rest, later);
    case "many":
      return matches(text, later) || (first !== undefined && matches(rest, steps));
  }
}

/** The text where wildcards mean nothing, with its variables; undefined as for `stepsOf`. */
export function plainText(text: string, variables: Variables | undefined): string | undefined {
  if (variables === undefined) return text;
  const variable = /\$\{([^}]*)\}/su.exec(text);
  if (variable === null) return text;
  const value = variableValue(variable[1] ?? "", variables);
  const rest = plainText(text.slice(variable.index + variable[0].length), variables);
  if (value === undefined || rest === undefined) return undefined;
  return text.slice(0, variable.index) + value + rest;
}

/**
 * Whether an ARN is of a pattern, part by part: a wildcard stays within its part, and the sixth has
 * all that is behind the fifth colon. `*` alone is everything.
 */
export function isArnLike(arn: string, pattern: string, variables: Variables | undefined): boolean {
  if (pattern === "*") return true;
  const [texts, patterns] = [partsOf(arn), partsOf(pattern)];
  if (texts.length < 6 || patterns.length < 6) return false;
  return patterns.every((part, i) => isLike(texts[i] ?? "", part, variables));
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(":");
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

/** Actions are compared in any letter case; wildcards stand anywhere. */
export function isActionLike(action: string, pattern: string): boolean {
  return isLike(action.toLowerCase(), pattern.toLowerCase(), NO_VARIABLES);
}

/** An address as the text of its bits; an IPv4 address in IPv6's clothes is that IPv4 address. */
function bitsOf(address: string): string {
  if (!address.includes(":")) {
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  }
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/u.exec(address);
  const hex = dotted ? `${dotted[1]}${wordsOf(bitsOf(dotted[2] ?? ""))}` : address;
  const [left = "", right] = hex.split("::");
  const groups = (text: string): readonly string[] => (text === "" ? [] : text.split(":"));
  const known = [groups(left), groups(right ?? "")] as const;
  const gap = right === undefined ? 0 : 8 - known[0].length - known[1].length;
  const all = [...known[0], ...Array.from({ length: gap }, () => "0"), ...known[1]];
  const bits = all.map((word) => Number.parseInt(word, 16).toString(2).padStart(16, "0")).join("");
  return bits.startsWith(MAPPED) ? bits.slice(96) : bits;
}

const MAPPED = "0".repeat(80) + "1".repeat(16);

function wordsOf(bits: string): string {
  const word = (from: number): string =>
    Number.parseInt(bits.slice(from, from + 16), 2).toString(16);
  return `${word(0)}:${word(16)}`;
}

/** Whether the address is in the network, which is an address with or without a length. */
export function isIn(address: string, network: string): boolean {
  const [base = "", length] = network.split("/");
  const [bits, own] = [bitsOf(address), bitsOf(base)];
  const written = base.includes(":") ? 128 : 32;
  const kept = length === undefined ? own.length : Number(length) - (written - own.length);
  return bits.length === own.length && bits.slice(0, kept) === own.slice(0, kept);
}
