import type { Condition } from "./condition.ts";
import type { Context } from "./condition-keys.ts";
import {
  EVALUATION_STEPS_MAX,
  type ContextFacts,
  contextFacts,
  noValues,
  type Values,
} from "./facts.ts";

/**
 * The values that the questions of one request share, so that a DeleteObjects of a thousand keys
 * asks for the User-Agent once and compares it with a policy's patterns once. The code that decides
 * on a request makes one by `requestMemo()`, passes it with each question and drops it with the
 * request.
 *
 * The questions must agree: one set of switches, and contexts that give the same value for each key
 * that is not `ofResource`. Values that are `ofResource` belong to one context: they are kept as
 * long as questions come with that very function. So after fetching tags, go on with a new context.
 * After reading the document, which gives values to more keys, go on with a new memo.
 */
export type RequestMemo = {
  readonly values: Values;
  /** The results of conditions that do not depend on the resource. */
  readonly held: Map<Condition, boolean>;
  /** The facts of the context that came last. */
  latest: ContextFacts | undefined;
  /** The steps that all evaluations together could still take when `latest` was made. */
  stepsLeft: number;
};

/** Steps of all evaluations of one request: those of 50 that each take the most. */
const REQUEST_STEPS_MAX = 50 * EVALUATION_STEPS_MAX;

/** A memo for one request. */
export function requestMemo(): RequestMemo {
  return { values: noValues(), held: new Map(), latest: undefined, stepsLeft: REQUEST_STEPS_MAX };
}

/** The facts for a question with `context`: those of the last one, if that had the same. */
export function factsIn(memo: RequestMemo, context: Context): ContextFacts {
  const { latest } = memo;
  if (latest?.context === context) return latest;
  if (latest !== undefined) memo.stepsLeft -= allowedBy(memo) - latest.budget.stepsLeft;
  memo.latest = contextFacts(context, memo.values, { stepsLeft: allowedBy(memo) });
  return memo.latest;
}

/** Steps that the evaluations of the request have taken so far. */
export function stepsTaken(memo: RequestMemo): number {
  const { latest, stepsLeft } = memo;
  const ofLatest = latest === undefined ? 0 : allowedBy(memo) - latest.budget.stepsLeft;
  return REQUEST_STEPS_MAX - stepsLeft + ofLatest;
}

function allowedBy({ stepsLeft }: RequestMemo): number {
  return Math.max(0, Math.min(stepsLeft, EVALUATION_STEPS_MAX));
}
