import { err, ok, type Result } from "../lib/result.ts";
import {
  conditionKeyNames,
  type Context,
  findConditionKey,
  keyRow,
  type KeyName,
} from "./condition-keys.ts";
import { type Glob, globOf, type GlobPart, wildcardParts } from "../lib/glob.ts";
import { didYouMean } from "../lib/suggestion.ts";

/** Text of a policy with wildcards and variables in it, such as `home/${aws:username}/*`. */
export type Template = {
  readonly parts: readonly TemplatePart[];
  /** Compiled beforehand where no variable is in it. */
  readonly fixed: Glob | undefined;
};

export type TemplatePart =
  | GlobPart
  | { readonly kind: "variable"; readonly name: KeyName; readonly fallback: string | undefined };

/** How the text is read, which depends on where it stands (S3-AUTHORIZATION section 3.6). */
export type TemplateReading = {
  /** Whether `*` and `?` are wildcards here; else they are themselves. */
  readonly wildcards: boolean;
  /** `${…}` means something only with Version 2012-10-17; before that it is text. */
  readonly variables: boolean;
  /** Whether a variable may be one that the client chooses freely. */
  readonly clientVariables: boolean;
  /** Compare without letter case: everything literal is folded. */
  readonly fold: boolean;
};

export type TemplateFault = { readonly message: string; readonly remedy: string };

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
  return ok(templateOf(parts));
}

/** A template of parts that are already known. */
export function templateOf(parts: readonly TemplatePart[]): Template {
  const fixed = parts.filter((part) => part.kind !== "variable");
  return { parts, fixed: fixed.length === parts.length ? globOf(fixed) : undefined };
}

/**
 * The pattern that the template stands for in this request; undefined if a variable has no value
 * and no default. Values come in as literals: a user who is called `*` is no wildcard (6.3).
 */
export function resolveTemplate(
  template: Template,
  context: Context,
  fold: boolean,
): Glob | undefined {
  if (template.fixed !== undefined) return template.fixed;
  const parts: GlobPart[] = [];
  for (const part of template.parts) {
    if (part.kind === "variable") {
      const value = context(part.name.key, part.name.tag) ?? part.fallback;
      // A list can only come from a context that breaks its own contract: no value, then.
      if (typeof value !== "string") return undefined;
      parts.push({ kind: "text", text: fold ? foldCase(value) : value });
    } else parts.push(part);
  }
  return globOf(parts);
}

/** The text that everything matching begins with, as far as it is known without a request. */
export function templatePrefix(template: Template): string {
  const first = template.parts[0];
  return first?.kind === "text" ? first.text : "";
}

/** The form in which texts are compared by the `…IgnoreCase` operators. */
export function foldCase(text: string): string {
  return text.toLowerCase();
}

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
  // The three escapes stand for characters that would mean something else where they are.
  if (inside === "*" || inside === "?" || inside === "$") return ok({ kind: "text", text: inside });
  const match = VARIABLE.exec(inside);
  const written = match?.[1];
  if (written === undefined) return err(fault(`Invalid policy variable: got "\${${inside}}"`));
  const name = findConditionKey(written);
  if (name === undefined) {
    const remedy = didYouMean(written, conditionKeyNames(), WRITE_SO);
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
    remedy: "Use a variable that the gateway knows for certain, such as aws:username",
  };
}

const WRITE_SO = "Write ${key} or ${key, 'default'}, and ${*}, ${?} or ${$} for the characters";

function fault(message: string): TemplateFault {
  return { message, remedy: WRITE_SO };
}
