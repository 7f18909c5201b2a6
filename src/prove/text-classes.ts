import type { GlobPart } from "../lib/glob.ts";

/** How many states of all patterns together are looked at; beyond that nothing is decided. */
const STATES_MAX = 5_000;

/** A pattern, and what was read of the text before: patterns of `bucket/key` are asked about keys. */
export type Begun = { readonly parts: readonly GlobPart[]; readonly before: string };

/** One step of a pattern: a code point that stands for itself, any one, or any number of any. */
type Step = number | "one" | "many";

/** Where a pattern may stand, as places in its steps, in ascending order. */
type Places = readonly number[];

/**
 * One text of each class of the texts of `universe` that are at least `lengthMin` code points long:
 * two texts are of one class if the same `patterns` match them. A pattern is a regular language, so
 * that following all of them at once, symbol by symbol, meets every class; the texts are the shortest.
 * Undefined: there are too many states to look at.
 */
export function textClasses(
  universe: readonly GlobPart[],
  patterns: readonly Begun[],
  lengthMin: number,
): readonly string[] | undefined {
  const steps = [universe, ...patterns.map(({ parts }) => parts)].map(stepsOf);
  const befores = ["", ...patterns.map(({ before }) => before)];
  const start = steps.map((one, i) => readAll(one, befores[i] ?? ""));
  const symbols = symbolsOf(steps);
  const found = new Map<string, string>();
  const seen = new Set([`0 ${idOf(start)}`]);
  let front = [{ text: "", length: 0, states: start }];
  while (front.length > 0) {
    const next: typeof front = [];
    for (const { text, length, states } of front) {
      const ends = states.map((places, i) => places.includes(steps[i]?.length ?? 0));
      const id = ends.join(" ");
      if (ends[0] === true && length >= lengthMin && !found.has(id)) found.set(id, text);
      for (const symbol of symbols) {
        const after = states.map((places, i) => read(steps[i] ?? [], places, symbol));
        // Nothing that begins so is of the universe.
        if (after[0]?.length === 0) continue;
        const longer = Math.min(length + 1, lengthMin);
        const state = `${longer} ${idOf(after)}`;
        if (seen.has(state)) continue;
        if (seen.size >= STATES_MAX) return undefined;
        seen.add(state);
        next.push({ text: text + String.fromCodePoint(symbol), length: longer, states: after });
      }
    }
    front = next;
  }
  return [...found.values()];
}

function stepsOf(parts: readonly GlobPart[]): readonly Step[] {
  return parts.flatMap((part): readonly Step[] =>
    part.kind === "text" ? pointsOf(part.text) : [part.kind],
  );
}

function pointsOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function idOf(states: readonly Places[]): string {
  return states.map((places) => places.join(",")).join(";");
}

/** Every character that some pattern writes, and one that none does, which stands for all others. */
function symbolsOf(steps: readonly (readonly Step[])[]): readonly number[] {
  const written = new Set(steps.flat().filter((step) => typeof step === "number"));
  let other = "k".codePointAt(0) ?? 0;
  while (written.has(other)) other = other === LAST ? FIRST_OUTSIDE : other + 1;
  return [other, ...written];
}

const LAST = "z".codePointAt(0) ?? 0;
/** Letters that no keyboard's pattern has used up. */
const FIRST_OUTSIDE = 0x3b1;

function readAll(steps: readonly Step[], text: string): Places {
  return pointsOf(text).reduce<Places>(
    (places, point) => read(steps, places, point),
    closed(steps, [0]),
  );
}

function read(steps: readonly Step[], places: Places, symbol: number): Places {
  const next = places.flatMap((place) => {
    const step = steps[place];
    if (step === "many") return [place];
    return step === "one" || step === symbol ? [place + 1] : [];
  });
  return closed(steps, next);
}

/** With the places behind each `*`, which may stand for nothing. */
function closed(steps: readonly Step[], places: Places): Places {
  const all = new Set(places);
  for (const place of all) if (steps[place] === "many") all.add(place + 1);
  return [...all].sort((a, b) => a - b);
}
