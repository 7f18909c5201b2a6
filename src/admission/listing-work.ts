import { EVALUATION_STEPS_MAX } from "../policy/facts.ts";

/**
 * The cost of a whole list of buckets, in steps as of an evaluation: EVALUATION_STEPS_MAX take some
 * 2.5 ms. Mutable: it lives as long as one list.
 */
export type ListingWork = {
  steps: number;
  /** The step at which it is the others' turn. */
  turnAt: number;
};

/** The steps after which others get a turn: some milliseconds of the slowest. */
const STEPS_A_TURN = EVALUATION_STEPS_MAX;
/** The most steps of one list: more than half a second. */
const LISTING_STEPS_MAX = 250 * EVALUATION_STEPS_MAX;

export function startWork(): ListingWork {
  return { steps: 0, turnAt: STEPS_A_TURN };
}

/**
 * Notes work that was done, and leaves a turn to others if it was much. Returns true if there was
 * too much.
 */
export function* spend(work: ListingWork, steps: number): Generator<undefined, boolean> {
  work.steps += steps;
  if (work.steps >= work.turnAt) {
    work.turnAt = work.steps + STEPS_A_TURN;
    yield;
  }
  return work.steps > LISTING_STEPS_MAX;
}
