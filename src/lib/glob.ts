import { endOfMask, indexOfText, type Mask, maskOf } from "./search.ts";

/**
 * A compiled wildcard pattern: the pieces between its `*`, which stand for any run of characters,
 * also an empty one, also `/` and line ends (S3-AUTHORIZATION section 3.2).
 */
export type Glob = {
  /**
   * The pieces, at least one. The first begins the text, the last ends it, those between are
   * searched for.
   */
  readonly pieces: readonly Piece[];
  /** No shorter text matches, in UTF-16 units; holes count nothing. */
  readonly lengthMin: number;
};

/** The text between two `*`. */
type Piece = {
  /** The whole piece if nothing in it varies. */
  readonly text: string;
  /** The parts of the piece otherwise, in order. */
  readonly parts: readonly PiecePart[] | undefined;
  /** True if the piece has a `?`. */
  readonly masked: boolean;
  /**
   * The mask of a piece with `?` and without holes: built when the piece is first searched for, and
   * kept.
   */
  mask: Mask | undefined;
};

/** Text, a `?`, which stands for exactly one code point, or the number of a hole. */
type PiecePart = string | typeof ONE | number;

const ONE = Symbol("one code point");

/** The parts of a pattern. A `text` is literal, even if it contains `*` or `?`. */
export type GlobPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "one" }
  | { readonly kind: "many" };

/** A place for a text that is literal too, but only known when the pattern is matched. */
type Hole = { readonly kind: "hole"; readonly number: number };

/**
 * The steps that searching can still take: one step looks at one character of the text, or at two
 * words of a mask. Below 0, some piece was not searched for, and a "no" proves nothing.
 */
export type GlobBudget = { stepsLeft: number };

/**
 * The most characters between two `*` if one of them is `?`: searching for these costs the text's
 * length times a 32nd of theirs. Nobody needs more; authors of longer patterns get a problem.
 */
export const MASK_LENGTH_MAX = 256;

/** Compiles parts, so that text from outside (a user's name) can never become a wildcard. */
export function globOf(parts: readonly (GlobPart | Hole)[]): Glob {
  const split: PiecePart[][] = [[]];
  for (const part of parts) {
    if (part.kind === "many") split.push([]);
    else split.at(-1)?.push(piecePart(part));
  }
  const pieces = split.map(pieceOf);
  return { pieces, lengthMin: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0) };
}

/** The parts of a pattern as written, in which `*` and `?` are always wildcards. */
export function wildcardParts(text: string): readonly GlobPart[] {
  const parts: GlobPart[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character !== "*" && character !== "?") continue;
    if (i > start) parts.push({ kind: "text", text: text.slice(start, i) });
    parts.push(character === "*" ? MANY_PART : ONE_PART);
    start = i + 1;
  }
  if (start < text.length) parts.push({ kind: "text", text: text.slice(start) });
  return parts;
}

const MANY_PART: GlobPart = { kind: "many" };
const ONE_PART: GlobPart = { kind: "one" };

/**
 * Returns true if some text between two `*` of the parts is too long to search for with its `?`.
 */
export function isTooLong(
  parts: readonly { readonly kind: string; readonly text?: string }[],
): boolean {
  let between: { length: number; masked: boolean } | undefined;
  for (const { kind, text = "?" } of parts) {
    if (kind === "many") {
      if (between?.masked === true && between.length > MASK_LENGTH_MAX) return true;
      between = { length: 0, masked: false };
    } else if (between !== undefined) {
      between.length += text.length;
      between.masked ||= kind === "one";
    }
  }
  return false;
}

/**
 * Returns true if the whole of `text` matches; `fills` are the texts of the holes, by number. Each
 * piece is taken at the first place it fits and never moved again. This is enough because a `*`
 * takes any rest: no piece is tried twice, and no expression is built from input. Pieces without
 * `?` cost no more than text and pattern together, others the text's length times a 32nd of their
 * own. The steps are taken off `budget`. Everything must be well-formed Unicode.
 */
export function matchesGlob(
  glob: Glob,
  text: string,
  fills: readonly string[] = NONE,
  budget?: GlobBudget,
): boolean {
  const { pieces } = glob;
  let lengthMin = glob.lengthMin;
  for (const fill of fills) lengthMin += fill.length;
  if (text.length < lengthMin) return false;
  const last = pieces.length - 1;
  const head = pieces[0];
  const tail = pieces[last];
  if (head === undefined || tail === undefined) return false;
  let at = endOf(head, text, 0, fills);
  if (last === 0) return at === text.length;
  if (at < 0) return false;
  // The end before the middle: it costs nothing, and most texts end in another way.
  const end = startAtEnd(tail, text, fills);
  if (end < at) return false;
  for (let i = 1; i < last; i++) {
    const piece = pieces[i];
    if (piece !== undefined) at = endOfNext(piece, text, at, fills, budget);
    if (at < 0 || at > end) return false;
  }
  return true;
}

/** The only text that matches; undefined for a pattern with wildcards. */
export function literalOf({ pieces: [only, ...more] }: Glob): string | undefined {
  return more.length > 0 || only?.parts !== undefined ? undefined : only?.text;
}

/**
 * Returns the values of `named` whose names match. A glob without wildcards is looked up directly.
 */
export function fitting<T>(named: ReadonlyMap<string, T>, glob: Glob): readonly T[] {
  const literal = literalOf(glob);
  const fits: T[] = [];
  if (literal !== undefined) {
    const only = named.get(literal);
    return only === undefined ? fits : [only];
  }
  for (const [name, value] of named) if (matchesGlob(glob, name)) fits.push(value);
  return fits;
}

const NONE: readonly string[] = [];

/**
 * The empty piece before and after a `*` at the end of a pattern. Most patterns have one, so they
 * share it.
 */
const NOTHING: Piece = { text: "", parts: undefined, masked: false, mask: undefined };

function piecePart(part: Exclude<GlobPart | Hole, { readonly kind: "many" }>): PiecePart {
  if (part.kind === "text") return part.text;
  return part.kind === "one" ? ONE : part.number;
}

function pieceOf(mixed: readonly PiecePart[]): Piece {
  const parts = joined(mixed);
  const [only = ""] = parts;
  if (parts.length <= 1 && only === "") return NOTHING;
  if (parts.length <= 1 && typeof only === "string") {
    return { text: only, parts: undefined, masked: false, mask: undefined };
  }
  return { text: "", parts, masked: parts.includes(ONE), mask: undefined };
}

/** Joins texts that stand side by side. */
function joined(parts: readonly PiecePart[]): readonly PiecePart[] {
  const out: PiecePart[] = [];
  for (const part of parts) {
    const before = out.at(-1);
    if (typeof part === "string" && typeof before === "string") out[out.length - 1] = before + part;
    else out.push(part);
  }
  return out;
}

function lengthOf({ text, parts }: Piece): number {
  if (parts === undefined) return text.length;
  return parts.reduce<number>((sum, part) => {
    if (typeof part === "number") return sum;
    return sum + (part === ONE ? 1 : part.length);
  }, 0);
}

/** The code points of a piece in order; -1 for each `?`. */
function pointsOf(parts: readonly PiecePart[], fills: readonly string[]): readonly number[] {
  const points: number[] = [];
  for (const part of parts) {
    if (part === ONE) points.push(-1);
    else for (const character of filled(part, fills)) points.push(character.codePointAt(0) ?? 0);
  }
  return points;
}

/** Returns the end of `piece` if it begins at `at`; -1 if it does not fit there. */
function endOf(piece: Piece, text: string, at: number, fills: readonly string[]): number {
  if (piece.parts === undefined)
    return text.startsWith(piece.text, at) ? at + piece.text.length : -1;
  let end = at;
  for (const part of piece.parts) {
    if (part === ONE) {
      if (end >= text.length) return -1;
      end += widthAt(text, end);
    } else {
      const literal = filled(part, fills);
      if (!text.startsWith(literal, end)) return -1;
      end += literal.length;
    }
  }
  return end;
}

/** Returns the end of the first fit of `piece` at or after `from`; -1 if there is none. */
function endOfNext(
  piece: Piece,
  text: string,
  from: number,
  fills: readonly string[],
  budget: GlobBudget | undefined,
): number {
  let end: number;
  let stepsPerUnit = 1;
  if (piece.parts === undefined || !piece.masked) {
    const literal = piece.parts === undefined ? piece.text : filledWhole(piece.parts, fills);
    if (!affords(budget, text.length - from)) return -1;
    const found = indexOfText(text, literal, from);
    end = found < 0 ? -1 : found + literal.length;
  } else {
    const points = piece.mask === undefined ? pointsOf(piece.parts, fills) : NO_POINTS;
    stepsPerUnit = 2 + (piece.mask?.words ?? Math.ceil(points.length / 32)) / 2;
    if (!affords(budget, (text.length - from) * stepsPerUnit)) return -1;
    const mask = piece.mask ?? maskOf(points);
    if (piece.parts.every((part) => typeof part !== "number")) piece.mask = mask;
    end = endOfMask(mask, text, from);
  }
  if (budget !== undefined) {
    budget.stepsLeft -= ((end < 0 ? text.length : end) - from) * stepsPerUnit;
  }
  return end;
}

const NO_POINTS: readonly number[] = [];

/**
 * Returns true if the budget still covers a search to the end of the text; if not, it covers no
 * other.
 */
function affords(budget: GlobBudget | undefined, steps: number): boolean {
  if (budget === undefined || steps <= budget.stepsLeft) return true;
  budget.stepsLeft = -1;
  return false;
}

/** A piece without `?` as the one text that it is then. */
function filledWhole(parts: readonly PiecePart[], fills: readonly string[]): string {
  let whole = "";
  for (const part of parts) if (part !== ONE) whole += filled(part, fills);
  return whole;
}

/** Returns the start of `piece` if it ends with the text; -1 if it does not fit there. */
function startAtEnd(piece: Piece, text: string, fills: readonly string[]): number {
  if (piece.parts === undefined) return startOf(piece.text, text, text.length);
  let start = text.length;
  for (let i = piece.parts.length - 1; i >= 0 && start >= 0; i--) {
    const part = piece.parts[i];
    if (part === ONE) start = start === 0 ? -1 : start - widthBefore(text, start);
    else start = startOf(filled(part, fills), text, start);
  }
  return start;
}

/** Returns the start of `literal` if it ends at `end`; -1 if it does not. */
function startOf(literal: string, text: string, end: number): number {
  const start = end - literal.length;
  return start >= 0 && (literal === "" || text.startsWith(literal, start)) ? start : -1;
}

/**
 * Returns the text of a part. A hole without a fill is a mistake of the caller, who has the
 * pattern's variables.
 */
function filled(part: PiecePart | undefined, fills: readonly string[]): string {
  const literal = typeof part === "number" ? fills[part] : part;
  if (typeof literal !== "string") throw new Error("A hole of the pattern is not filled");
  return literal;
}

/** The UTF-16 units of the code point at `at`, so that `?` takes a whole emoji. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The UTF-16 units of the code point that ends at `end`. */
function widthBefore(text: string, end: number): number {
  return (text.codePointAt(end - 2) ?? 0) > 0xffff ? 2 : 1;
}
