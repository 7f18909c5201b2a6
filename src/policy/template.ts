import { exact } from "../lib/exact.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { conditionKeyNames, findConditionKey, keyRow, type KeyName } from "./condition-keys.ts";
import {
  type GlobBudget,
  type Glob,
  globOf,
  type GlobPart,
  isTooLong,
  MASK_LENGTH_MAX,
  matchesGlob,
  wildcardParts,
} from "../lib/glob.ts";
import type { Remedy } from "../lib/suggestion.ts";
import { type ContextFacts, factOf, foldedOf } from "./facts.ts";
import { foldCase } from "./values.ts";

/** Text of a policy with wildcards and variables in it, such as `home/${aws:username}/*`. */
export type Template = {
  readonly parts: readonly TemplatePart[];
  /** The parts compiled, with a hole for each of the `variables`, in order. */
  readonly glob: Glob;
  readonly variables: readonly Variable[];
  /**
   * A text that every match contains, whatever the variables are. Short, see `needleOf`; empty
   * without variables, since the glob itself is as fast.
   */
  readonly needle: string;
};

export type TemplatePart = GlobPart | Variable;

type Variable = {
  readonly kind: "variable";
  readonly name: KeyName;
  readonly fallback: string | undefined;
};

/** The reading of the text, which depends on its place (S3-AUTHORIZATION section 3.6). */
export type TemplateReading = {
  /** True if `*` and `?` are wildcards here; else they are themselves. */
  readonly wildcards: boolean;
  /** `${…}` means something only with Version 2012-10-17; before that it is text. */
  readonly variables: boolean;
  /** True if a variable may be one that the client chooses freely. */
  readonly clientVariables: boolean;
  /** True to compare without letter case: everything literal is folded. */
  readonly fold: boolean;
};

export type TemplateFault = { readonly message: string; readonly remedy: Remedy };

/** Reads `text`. The error says which variable is not one, and why. */
export function parseTemplate(
  text: string,
  reading: TemplateReading,
): Result<Template, TemplateFault> {
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < text.length) {
    const open = reading.variables ? text.indexOf("${", at) : -1;
    parts.push(...plainParts(text.slice(at, open < 0 ? text.length : open), reading));
    if (open < 0) break;
    const close = text.indexOf("}", open);
    if (close < 0) return err(fault(`Invalid policy variable: "\${" is not closed in "${text}"`));
    const variable = parseVariable(text.slice(open + 2, close), reading);
    if (!variable.ok) return variable;
    parts.push(variable.value);
    at = close + 1;
  }
  if (isTooLong(parts)) return err(TOO_LONG);
  return ok(templateOf(parts));
}

const TOO_LONG: TemplateFault = {
  message: `Invalid pattern: a part with ? between two * can have at most ${MASK_LENGTH_MAX} characters`,
  remedy: "Shorten it, or write a * for some of its ?",
};

/** A template of parts that are already known. */
export function templateOf(parts: readonly TemplatePart[]): Template {
  const variables: Variable[] = [];
  const holed = parts.map((part) => {
    if (part.kind !== "variable") return part;
    return { kind: "hole", number: variables.push(part) - 1 } as const;
  });
  if (variables.length === 0) {
    return { parts: exact(parts), glob: globOf(holed), variables: NO_VARIABLES, needle: "" };
  }
  return { parts, glob: globOf(holed), variables, needle: needleOf(parts) };
}

const NO_VARIABLES: readonly Variable[] = [];

/**
 * Returns true if the pattern that the template stands for in this request matches `text`. Values
 * come in as literals: a user who is called `*` is no wildcard (6.3). If a variable has no value
 * and no default, nothing matches.
 */
export function matchesTemplate(
  template: Template,
  text: string,
  facts: ContextFacts,
  fold: boolean,
): boolean {
  const { glob, variables, needle } = template;
  const { budget } = facts;
  if (variables.length === 0) return matchesGlob(glob, text, NO_FILLS, budget);
  if (text.length < glob.lengthMin || !hasNeedle(text, needle, budget)) return false;
  const fills: string[] = [];
  for (const variable of variables) {
    const value = valueOf(variable, facts, fold);
    if (value === undefined) return false;
    fills.push(value);
  }
  return matchesGlob(glob, text, fills, budget);
}

const NO_FILLS: readonly string[] = [];

function hasNeedle(text: string, needle: string, budget: GlobBudget): boolean {
  budget.stepsLeft -= text.length;
  return budget.stepsLeft >= 0 && text.includes(needle);
}

/** Returns true if the template stands for a pattern at all: each of its variables has a value. */
export function isResolvable({ variables }: Template, facts: ContextFacts): boolean {
  return variables.every((variable) => valueOf(variable, facts, false) !== undefined);
}

/** The text that everything matching begins with, as far as it is known without a request. */
export function templatePrefix(template: Template): string {
  const first = template.parts[0];
  return first?.kind === "text" ? first.text : "";
}

/** Returns the variable's value. A `fallback` is folded if necessary. */
function valueOf(
  { name, fallback }: Variable,
  facts: ContextFacts,
  fold: boolean,
): string | undefined {
  const { value, texts } = factOf(facts, name);
  if (value === undefined) return fallback;
  const [text] = texts;
  // A list can only come from a context that breaks its own contract: no value, then.
  if (typeof value !== "string" || text === undefined) return undefined;
  return fold ? foldedOf(text) : text.text;
}

/**
 * Returns the longest text, without slashes in front: V8 looks for the first character, and in the
 * name of an object no other is as frequent. Of a long one the beginning, which is found in linear
 * time.
 */
function needleOf(parts: readonly TemplatePart[]): string {
  let longest = "";
  for (const part of parts) {
    if (part.kind === "text" && part.text.length > longest.length) longest = part.text;
  }
  return longest.replace(/^\/+/, "").slice(0, NEEDLE_MAX);
}

const NEEDLE_MAX = 100;

function plainParts(text: string, reading: TemplateReading): readonly GlobPart[] {
  const folded = reading.fold ? foldCase(text) : text;
  if (reading.wildcards) return wildcardParts(folded);
  return folded === "" ? [] : [{ kind: "text", text: folded }];
}

/** `key`, or `key, 'default'`: a comma, a space and quotes, as IAM's grammar has it. */
const VARIABLE = /^([^,']+)(?:, '([^']*)')?$/;

function parseVariable(
  inside: string,
  reading: TemplateReading,
): Result<TemplatePart, TemplateFault> {
  // The three escapes mean characters that would have another meaning where they are.
  if (inside === "*" || inside === "?" || inside === "$") return ok({ kind: "text", text: inside });
  const match = VARIABLE.exec(inside);
  const written = match?.[1];
  if (written === undefined) return err(fault(`Invalid policy variable: got "\${${inside}}"`));
  const name = findConditionKey(written);
  if (name === undefined) {
    const remedy = { name: written, candidates: conditionKeyNames, otherwise: WRITE_SO };
    return err({ message: `Unknown policy variable: got "\${${inside}}"`, remedy });
  }
  const row = keyRow(name.key);
  if (row.many === true) return err(unusable(inside, "has many values"));
  if (row.client === true && !reading.clientVariables) {
    return err(unusable(inside, "is chosen by the client, so it cannot choose a resource"));
  }
  const fallback = match?.[2];
  const folded = fallback !== undefined && reading.fold ? foldCase(fallback) : fallback;
  return ok({ kind: "variable", name, fallback: folded });
}

function unusable(inside: string, reason: string): TemplateFault {
  return {
    message: `Cannot use the policy variable "\${${inside}}" here: it ${reason}`,
    remedy: "Use a variable that is always known, such as aws:username",
  };
}

const WRITE_SO = "Write ${key} or ${key, 'default'}, and ${*}, ${?} or ${$} for the characters";

function fault(message: string): TemplateFault {
  return { message, remedy: WRITE_SO };
}
