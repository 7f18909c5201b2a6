import type { Context } from "./condition-keys.ts";
import type { Statement } from "./policy.ts";
import { contextFacts } from "./facts.ts";
import { matchesTemplate, type Template, templateOf, type TemplatePart } from "./template.ts";

type Resources = Statement["resources"];

/**
 * Returns true if `wide` is about every resource that `narrow` is about. In doubt it returns false:
 * a NotResource is not compared with a Resource, nor are several patterns added up.
 */
export function coversResources(wide: Resources, narrow: Resources): boolean {
  if (!wide.negated) {
    const patterns = narrow.negated ? [EVERYTHING] : narrow.patterns;
    return patterns.every((pattern) => coveredByAny(wide.patterns, pattern));
  }
  if (!narrow.negated) return false;
  return wide.patterns.every((spared) => coveredByAny(narrow.patterns, spared));
}

const EVERYTHING = templateOf([{ kind: "many" }]);

/**
 * Tests two texts that `narrow` matches: one with nothing for each `*`, and one with more than the
 * `?` of any pattern can take. Only a `*` of the other pattern can match both.
 */
function coveredByAny(wide: readonly Template[], narrow: Template): boolean {
  const facts = contextFacts(itsName, undefined, { stepsLeft: Infinity });
  return wide
    .filter(isOrdinary)
    .some((pattern) =>
      ["", LONG].every((many) => matchesTemplate(pattern, textOf(narrow, many), facts, false)),
    );
}

/** A character of Unicode's private use. A pattern has at most 2,048 characters. */
const ONE = "\u{e000}";
const LONG = ONE.repeat(2049);

/**
 * Returns false for a pattern that itself has that character: the two texts would prove nothing.
 */
function isOrdinary({ parts }: Template): boolean {
  return parts.every((part) => part.kind !== "text" || !part.text.includes(ONE));
}

function textOf({ parts }: Template, many: string): string {
  return parts.map((part) => partText(part, many)).join("");
}

function partText(part: TemplatePart, many: string): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "one":
      return ONE;
    case "many":
      return many;
    case "variable":
      return itsName(part.name.key, part.name.tag);
  }
}

/** A variable covers itself and nothing else. */
function itsName(...[key, tag]: Parameters<Context>): string {
  return `\${${key}/${tag}}`;
}
