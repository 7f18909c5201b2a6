import type { Facts } from "./facts.ts";
import { matchesTemplate, type Template, type TemplatePart } from "./template.ts";
import { factOf } from "./facts.ts";

/**
 * In nobody's pattern, being of Unicode's private use. A pattern has at most 2,048 characters, so the
 * `?` of none take this many.
 */
const ONE = "\u{e000}";
const MUCH = ONE.repeat(2049);

/**
 * Whether the pattern matches every text that begins with `prefix`. Two of them tell: the prefix alone,
 * and one with more behind it than the `?` of any pattern can take. Only a `*` behind the last literal
 * matches both, and it matches all the others.
 */
export function coversAllBelow(template: Template, prefix: string, facts: Facts): boolean {
  return (
    matchesTemplate(template, prefix, facts, false) &&
    matchesTemplate(template, prefix + MUCH, facts, false)
  );
}

/**
 * Whether the pattern matches any text that begins with `prefix`. As far as the first `*` pattern and
 * prefix must agree; from there on the rest of the text can be whatever the pattern wants.
 */
export function touchesAnyBelow(template: Template, prefix: string, facts: Facts): boolean {
  let at = 0;
  for (const part of template.parts) {
    if (part.kind === "many") return isResolved(template, facts);
    const literal = literalOf(part, prefix, at, facts);
    if (literal === undefined) return false;
    const known = prefix.slice(at, at + literal.length);
    if (!literal.startsWith(known)) return false;
    at += literal.length;
    if (at > prefix.length) return isResolved(template, facts);
  }
  return at === prefix.length;
}

/** What the part stands for at this place of the prefix; undefined: for nothing at all. */
function literalOf(
  part: Exclude<TemplatePart, { readonly kind: "many" }>,
  prefix: string,
  at: number,
  facts: Facts,
): string | undefined {
  if (part.kind === "text") return part.text;
  if (part.kind === "one") {
    const code = prefix.codePointAt(at);
    return code === undefined ? ONE : String.fromCodePoint(code);
  }
  const value = factOf(facts, part.name).value ?? part.fallback;
  return typeof value === "string" ? value : undefined;
}

/** A variable without a value makes a pattern that matches nothing. */
function isResolved(template: Template, facts: Facts): boolean {
  return template.variables.every(({ name, fallback }) => {
    const value = factOf(facts, name).value ?? fallback;
    return typeof value === "string";
  });
}
