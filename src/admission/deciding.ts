import type { Facts } from "./facts.ts";
import type { Answer, Need } from "./known.ts";
import type { Verdict } from "./verdict.ts";

/** The question of a decision, and the facts for the record if nobody can answer it. */
export type Asking = { readonly need: Need; readonly facts: Facts };

/** A decision under way: it asks for facts, receives answers, and resumes. */
export type Deciding<T = Verdict> = Generator<Asking, T, Answer>;

/**
 * Returns the answer to a need of that kind. Throws for another, which is a bug of the answerer.
 */
export function answered<K extends Answer["kind"]>(
  kind: K,
  answer: Answer,
): Extract<Answer, { readonly kind: K }> {
  if (!isOfKind(kind, answer)) throw new Error(`Asked for "${kind}", got "${answer.kind}"`);
  return answer;
}

function isOfKind<K extends Answer["kind"]>(
  kind: K,
  answer: Answer,
): answer is Extract<Answer, { readonly kind: K }> {
  return answer.kind === kind;
}

/**
 * Runs `deciding` as long as `memory` has the answers. Returns the verdict, or the first need that
 * memory does not have; `next()` with its answer goes on.
 */
export function answerFrom<T>(
  deciding: Deciding<T>,
  memory: (need: Need) => Answer | undefined,
  first?: Answer,
): IteratorResult<Asking, T> {
  let step = first === undefined ? deciding.next() : deciding.next(first);
  while (step.done !== true) {
    const answer = memory(step.value.need);
    if (answer === undefined) return step;
    step = deciding.next(answer);
  }
  return step;
}
