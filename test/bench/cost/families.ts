import { BODY_FAMILIES } from "./bodies.ts";
import { HEAD_FAMILIES } from "./heads.ts";
import { LISTING_FAMILIES } from "./listings.ts";
import { POLICY_FAMILIES } from "./policies.ts";

/** Hostile inputs of one kind for one parser or matcher, at any size. */
export type Family = {
  readonly parser: string;
  readonly name: string;
  /** The largest size that its limit lets in; measured at a quarter and a half of it, too. */
  readonly bytesMax: number;
  /** Prepares an input of about `bytes` bytes; the returned function is timed. */
  readonly make: (bytes: number) => () => unknown;
  /** Returns the number of steps, between which other work may come; one if left out. */
  readonly stepsOf?: (bytes: number) => number;
  /**
   * Does the work once; returns the milliseconds of its longest step. For work whose steps differ
   * much.
   */
  readonly longestStepMs?: (bytes: number) => number;
};

export const FAMILIES: readonly Family[] = [
  ...POLICY_FAMILIES,
  ...HEAD_FAMILIES,
  ...BODY_FAMILIES,
  ...LISTING_FAMILIES,
];
