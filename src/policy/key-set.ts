import { type ContextFacts, factOf } from "./facts.ts";
import type { Statement } from "./policy.ts";
import { isResolvable, matchesTemplate, type Template, type TemplatePart } from "./template.ts";

/**
 * Returns true if the statement is about all keys that begin with a prefix (`bucket/` and what
 * follows it) at once. An Allow must allow every one, and a Deny counts if it denies any. In doubt
 * it decides against: several patterns are not added up. `prefixes`: the names of the prefix.
 */
export function coversKeysBelow(
  { effect, resources }: Statement,
  prefixes: readonly string[],
  facts: ContextFacts,
): boolean {
  const { negated, patterns } = resources;
  const all = (pattern: Template): boolean =>
    prefixes.some((prefix) => coversAll(pattern, prefix, facts));
  const any = (pattern: Template): boolean =>
    prefixes.some((prefix) => touchesAny(pattern, prefix, facts));
  if (effect === "Deny") return negated ? !patterns.some(all) : patterns.some(any);
  if (!negated) return patterns.some(all);
  return patterns.every((pattern) => isResolvable(pattern, facts) && !any(pattern));
}

/** A character of Unicode's private use. A pattern has at most 2,048 characters. */
const ONE = "\u{e000}";
const LONG = ONE.repeat(2049);

/**
 * Returns true if the pattern matches every text that begins with `prefix`. Two texts tell: the
 * prefix alone, and one with more after it than the `?` of any pattern can take. Only a `*` after
 * the last literal matches both, and so it matches all the others.
 */
function coversAll(template: Template, prefix: string, facts: ContextFacts): boolean {
  // A pattern that has the very character in it would make the texts meaningless.
  if (template.parts.some((part) => part.kind === "text" && part.text.includes(ONE))) return false;
  return (
    matchesTemplate(template, prefix, facts, false) &&
    matchesTemplate(template, prefix + LONG, facts, false)
  );
}

/**
 * Returns true if the pattern matches any text that begins with `prefix`. Up to its first `*`,
 * pattern and prefix must agree; from there on the text can be whatever the pattern wants.
 */
function touchesAny(template: Template, prefix: string, facts: ContextFacts): boolean {
  if (!isResolvable(template, facts)) return false;
  let at = 0;
  for (const part of template.parts) {
    if (part.kind === "many" || at > prefix.length) return true;
    const literal = literalOf(part, prefix, at, facts);
    if (!literal.startsWith(prefix.slice(at, at + literal.length))) return false;
    at += literal.length;
  }
  return at >= prefix.length;
}

/** Returns the text of the part at this place of the prefix. */
function literalOf(
  part: Exclude<TemplatePart, { readonly kind: "many" }>,
  prefix: string,
  at: number,
  facts: ContextFacts,
): string {
  if (part.kind === "text") return part.text;
  if (part.kind === "one") return String.fromCodePoint(prefix.codePointAt(at) ?? 0xe000);
  const value = factOf(facts, part.name).value ?? part.fallback;
  return typeof value === "string" ? value : "";
}
