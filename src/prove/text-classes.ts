import type { GlobPart } from "../lib/glob.ts";

/**
 * The most places in patterns that are looked at, which is the cost of the search: some seconds.
 * Beyond that nothing is decided.
 */
const STEPS_MAX = 1_500_000;

/** A pattern, and the text that was read before: patterns of `bucket/key` are asked about keys. */
export type Begun = { readonly parts: readonly GlobPart[]; readonly before: string };

/** A text of a class, and the patterns that match all texts of the class, by number. */
export type TextClass = { readonly text: string; readonly matched: ReadonlySet<number> };

/** The texts that exist at all, before patterns: an automaton over code points. */
export type Grammar = {
  /** Returns the state after `point`; -1 if no text continues so. The first state is 0. */
  readonly read: (state: number, point: number) => number;
  readonly isEnd: (state: number) => boolean;
  /**
   * Returns a code point that is read from `state` and that is none of `taken`; `undefined` if
   * there is none.
   */
  readonly other: (state: number, taken: ReadonlySet<number>) => number | undefined;
  /** Code points that lead elsewhere than the others, whether or not a pattern writes them. */
  readonly special: readonly number[];
};

/** A step of a pattern: a code point that stands for itself, any one, or any number of any. */
type Step = number | "one" | "many";

/** The states of a pattern, as places in its steps, in ascending order. */
type Places = readonly number[];

/** The patterns that may still match, the universe first. */
type Live = readonly { readonly number: number; readonly places: Places }[];

type State = {
  readonly text: string;
  readonly grammar: number;
  readonly live: Live;
};

/** Returns the texts of `classesWithin` that are at least `lengthMin` code points long. */
export function textClasses(
  universe: readonly GlobPart[],
  patterns: readonly Begun[],
  lengthMin: number,
): readonly string[] | undefined {
  return classesWithin({ parts: universe, before: "" }, patterns, textsOf(lengthMin))?.map(
    ({ text }) => text,
  );
}

/**
 * Returns one text of each class of the texts of `universe`: two texts are of one class if the same
 * `patterns` match them. A pattern is a regular language, so following all of them at once, symbol
 * by symbol, meets every class; the texts are the shortest. `undefined` if there are too many
 * states to look at.
 */
export function classesWithin(
  universe: Begun,
  patterns: readonly Begun[],
  grammar: Grammar,
): readonly TextClass[] | undefined {
  const all = [universe, ...patterns];
  const steps = all.map(({ parts }) => stepsOf(parts));
  const live = all.flatMap(({ before }, number) => {
    const places = readAll(steps[number] ?? [], before);
    return places.length === 0 ? [] : [{ number, places }];
  });
  const found = new Map<string, TextClass>();
  if (live[0]?.number !== 0) return [];
  const seen = new Set<string>();
  let front: readonly State[] = [{ text: "", grammar: 0, live }];
  let left = STEPS_MAX;
  while (front.length > 0) {
    const next: State[] = [];
    for (const state of front) {
      noteEnd(state, steps, grammar, found);
      for (const symbol of symbolsAt(state, steps, grammar)) {
        left -= state.live.length;
        const after = afterSymbol(state, steps, grammar, symbol);
        if (after === undefined) continue;
        const id = idOf(after);
        if (seen.has(id)) continue;
        seen.add(id);
        left -= after.live.reduce((sum, { places }) => sum + places.length, 0);
        next.push(after);
      }
      if (left < 0) return undefined;
    }
    front = next;
  }
  return [...found.values()];
}

/** Texts of any characters, of `lengthMin` code points or more. */
export function textsOf(lengthMin: number): Grammar {
  return {
    read: (state) => Math.min(state + 1, lengthMin),
    isEnd: (state) => state === lengthMin,
    other: (_, taken) => otherOf(LETTERS, taken) ?? foreignLetter(taken),
    special: [],
  };
}

const LETTERS = pointsOf("klmnopqrstuvwxyzabcdefghij");
/** Greek: letters that no keyboard's pattern has used up. */
const FIRST_FOREIGN = 0x3b1;

export function otherOf(points: readonly number[], taken: ReadonlySet<number>): number | undefined {
  return points.find((point) => !taken.has(point));
}

function foreignLetter(taken: ReadonlySet<number>): number {
  let point = FIRST_FOREIGN;
  while (taken.has(point)) point += 1;
  return point;
}

function noteEnd(
  { text, grammar: at, live }: State,
  steps: readonly (readonly Step[])[],
  grammar: Grammar,
  found: Map<string, TextClass>,
): void {
  if (!grammar.isEnd(at)) return;
  const matched = live
    .filter(({ number, places }) => places.at(-1) === steps[number]?.length)
    .map(({ number }) => number);
  if (matched[0] !== 0) return;
  const id = matched.join(" ");
  if (found.has(id)) return;
  found.set(id, { text, matched: new Set(matched.slice(1).map((number) => number - 1)) });
}

/**
 * Returns the symbols that some pattern reads next, those that lead elsewhere, and one for all
 * others.
 */
function symbolsAt(
  { grammar: at, live }: State,
  steps: readonly (readonly Step[])[],
  grammar: Grammar,
): Iterable<number> {
  const symbols = new Set(grammar.special);
  for (const { number, places } of live) {
    for (const place of places) {
      const step = steps[number]?.[place];
      if (typeof step === "number") symbols.add(step);
    }
  }
  const other = grammar.other(at, symbols);
  return other === undefined ? symbols : [other, ...symbols];
}

/** Returns the state after a symbol; `undefined` if nothing that begins so is in the universe. */
function afterSymbol(
  { text, grammar: at, live }: State,
  steps: readonly (readonly Step[])[],
  grammar: Grammar,
  symbol: number,
): State | undefined {
  const then = grammar.read(at, symbol);
  if (then < 0) return undefined;
  const after: { number: number; places: Places }[] = [];
  for (const { number, places } of live) {
    const moved = read(steps[number] ?? [], places, symbol);
    if (moved.length > 0) after.push({ number, places: moved });
    else if (number === 0) return undefined;
  }
  return { text: text + String.fromCodePoint(symbol), grammar: then, live: after };
}

function stepsOf(parts: readonly GlobPart[]): readonly Step[] {
  return parts.flatMap((part): readonly Step[] =>
    part.kind === "text" ? pointsOf(part.text) : [part.kind],
  );
}

export function pointsOf(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function idOf({ grammar, live }: State): string {
  let id = `${grammar}`;
  for (const { number, places } of live) id += `;${number}:${places.join(",")}`;
  return id;
}

function readAll(steps: readonly Step[], text: string): Places {
  return pointsOf(text).reduce<Places>(
    (places, point) => read(steps, places, point),
    closed(steps, [0]),
  );
}

function read(steps: readonly Step[], places: Places, symbol: number): Places {
  const next: number[] = [];
  for (const place of places) {
    const step = steps[place];
    if (step === "many") next.push(place);
    else if (step === "one" || step === symbol) next.push(place + 1);
  }
  return closed(steps, next);
}

/** Adds the places after each `*`, which may match nothing. */
function closed(steps: readonly Step[], places: Places): Places {
  if (!places.some((place) => steps[place] === "many")) return places;
  const all = new Set(places);
  for (const place of all) if (steps[place] === "many") all.add(place + 1);
  return [...all].sort((a, b) => a - b);
}
