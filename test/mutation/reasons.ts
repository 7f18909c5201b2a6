/** The reasons why a mutant that no test notices is no gap. */
export const REASONS = {
  same: "What comes behind refuses it, or computes the same.",
  speed: "Only the cost differs, in time or memory.",
  unreachable: "No input leads there: it stands for the type checker, or for a bug.",
  elsewhere: "A test with sockets or a real store notices it, tried by hand.",
  words: "Only our own words in a message or a trace differ.",
} as const;

/** A line of the source without its indentation, and how many of its mutants survive. */
export type Explained = readonly [line: string, mutants: number, why: keyof typeof REASONS];
