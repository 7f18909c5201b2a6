/** A name that nobody knows, and what may have been meant by it; looked for only if it is asked. */
export type Guess = {
  readonly name: string;
  readonly candidates: () => Iterable<string>;
  /** The remedy if nothing is near. */
  readonly otherwise: string;
};

/** The correction of a problem: a sentence, or a guess that is still to be made. */
export type Remedy = string | Guess;

/**
 * The most suggestions in one document. A user who sees five slips sees the others, and each costs
 * a comparison with every known name.
 */
export const SUGGESTIONS_MAX = 5;

/** The longest name that gets a suggestion: no known name is longer. */
const NAME_LENGTH_MAX = 64;

/** Returns a function that words remedies, with suggestions for the first `SUGGESTIONS_MAX`. */
export function suggester(): (remedy: Remedy) => string {
  let left = SUGGESTIONS_MAX;
  return (remedy) => {
    if (typeof remedy === "string") return remedy;
    if (left === 0) return remedy.otherwise;
    left--;
    return didYouMean(remedy.name, remedy.candidates(), remedy.otherwise);
  };
}

/** "Did you mean …" as a remedy; `otherwise` if nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>, otherwise: string): string {
  const candidate = nearest(name, candidates);
  return candidate === undefined ? otherwise : `Did you mean "${candidate}"?`;
}

/**
 * The candidate nearest to `name`, letter case aside, if a slip of the fingers can explain the
 * difference: at most one edit in every four characters. Undefined if none is near, or if `name` is
 * longer than 64 characters.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let distanceMax = Math.floor(wanted.length / 4);
  for (const candidate of candidates) {
    if (distanceMax < 0) break;
    const distance = editDistance(wanted, candidate.toLowerCase(), distanceMax);
    if (distance > distanceMax) continue;
    best = candidate;
    distanceMax = distance - 1;
  }
  return best;
}

/**
 * Returns Levenshtein's distance (insertions, deletions and substitutions from `a` to `b`) if it is
 * at most `max`; else some number above it. Only cells at most `max` off the diagonal are looked
 * at, since those beyond cost more already (Ukkonen).
 */
function editDistance(a: string, b: string, max: number): number {
  const beyond = max + 1;
  if (Math.abs(a.length - b.length) > max) return beyond;
  let row = Array.from({ length: b.length + 1 }, (_, column) => Math.min(column, beyond));
  for (let i = 1; i <= a.length; i++) {
    const next = row.map(() => beyond);
    if (i <= max) next[0] = i;
    let least = next[0] ?? beyond;
    const to = Math.min(b.length, i + max);
    for (let j = Math.max(1, i - max); j <= to; j++) {
      const replaced = (row[j - 1] ?? beyond) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const cell = Math.min(replaced, (row[j] ?? beyond) + 1, (next[j - 1] ?? beyond) + 1);
      next[j] = cell;
      if (cell < least) least = cell;
    }
    if (least > max) return beyond;
    row = next;
  }
  return row[b.length] ?? beyond;
}
