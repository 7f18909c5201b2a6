/**
 * A compiled wildcard pattern: the pieces between its `*`, which stand for any run of characters,
 * also an empty one, also `/` and line ends (S3-AUTHORIZATION section 3.2). Always at least one.
 */
export type Glob = readonly Piece[];

/** What stands between two `*`. */
type Piece = {
  /** The whole piece where nothing in it varies. */
  readonly text: string;
  /** Else what it is made of, in order. */
  readonly parts: readonly PiecePart[] | undefined;
  /** The place in `parts` of the longest text before any `?`; -1: none. */
  readonly anchor: number;
};

/** Text, a `?`, which stands for exactly one code point, or the number of a hole. */
type PiecePart = string | typeof ONE | number;

const ONE = Symbol("one code point");

/** What a pattern is made of. A `text` is literal, also where it has `*` or `?` in it. */
export type GlobPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "one" }
  | { readonly kind: "many" };

/** A place for a text that is literal too, but only known when the pattern is matched. */
type Hole = { readonly kind: "hole"; readonly number: number };

/** Compiles parts, so that text from outside (a user's name) can never become a wildcard. */
export function globOf(parts: readonly (GlobPart | Hole)[]): Glob {
  const pieces: Piece[] = [];
  let piece: PiecePart[] = [];
  for (const part of parts) {
    if (part.kind === "many") {
      pieces.push(pieceOf(piece));
      piece = [];
    } else piece.push(piecePart(part));
  }
  pieces.push(pieceOf(piece));
  return pieces;
}

/** The parts of a pattern as written, in which `*` and `?` are always wildcards. */
export function wildcardParts(text: string): readonly GlobPart[] {
  const parts: GlobPart[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character !== "*" && character !== "?") continue;
    if (i > start) parts.push({ kind: "text", text: text.slice(start, i) });
    parts.push({ kind: character === "*" ? "many" : "one" });
    start = i + 1;
  }
  if (start < text.length) parts.push({ kind: "text", text: text.slice(start) });
  return parts;
}

/**
 * Whether the whole of `text` matches; `fills` are the texts of the holes, by number. Each piece is
 * taken at the first place it fits and never moved again, which is enough because a `*` takes any
 * rest; so there is no backtracking over pieces and no expression built from input. Everything must
 * be well-formed Unicode.
 */
export function matchesGlob(glob: Glob, text: string, fills: readonly string[] = NONE): boolean {
  const last = glob.length - 1;
  const head = glob[0];
  const tail = glob[last];
  if (head === undefined || tail === undefined) return false;
  let at = endOf(head, text, 0, fills);
  if (last === 0) return at === text.length;
  if (at < 0) return false;
  for (let i = 1; i < last; i++) {
    const piece = glob[i];
    if (piece !== undefined) at = endOfNext(piece, text, at, fills);
    if (at < 0) return false;
  }
  return startAtEnd(tail, text, fills) >= at;
}

/** The only text that matches; undefined for a pattern with wildcards. */
export function literalOf(glob: Glob): string | undefined {
  const [only, ...more] = glob;
  return more.length > 0 || only?.parts !== undefined ? undefined : only?.text;
}

/** What `named` holds under the names that match. */
export function fitting<T>(named: ReadonlyMap<string, T>, glob: Glob): readonly T[] {
  const fits: T[] = [];
  for (const [name, value] of named) if (matchesGlob(glob, name)) fits.push(value);
  return fits;
}

const NONE: readonly string[] = [];

function piecePart(part: Exclude<GlobPart | Hole, { readonly kind: "many" }>): PiecePart {
  if (part.kind === "text") return part.text;
  return part.kind === "one" ? ONE : part.number;
}

function pieceOf(mixed: readonly PiecePart[]): Piece {
  const parts = joined(mixed);
  const [only = ""] = parts;
  if (parts.length <= 1 && typeof only === "string") {
    return { text: only, parts: undefined, anchor: -1 };
  }
  return { text: "", parts, anchor: anchorOf(parts) };
}

/** Texts that stand side by side become one. */
function joined(parts: readonly PiecePart[]): readonly PiecePart[] {
  const out: PiecePart[] = [];
  for (const part of parts) {
    const before = out.at(-1);
    if (typeof part === "string" && typeof before === "string") out[out.length - 1] = before + part;
    else out.push(part);
  }
  return out;
}

function anchorOf(parts: readonly PiecePart[]): number {
  let anchor = -1;
  let longest = 0;
  for (const [place, part] of parts.entries()) {
    if (part === ONE) break;
    if (typeof part === "number" || part.length <= longest) continue;
    anchor = place;
    longest = part.length;
  }
  return anchor;
}

/** Where `piece` ends if it begins at `at`; -1 if it does not fit there. */
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

/** Where the first fit of `piece` at or after `from` ends; -1 if there is none. */
function endOfNext(piece: Piece, text: string, from: number, fills: readonly string[]): number {
  if (piece.parts === undefined) {
    const found = text.indexOf(piece.text, from);
    return found < 0 ? -1 : found + piece.text.length;
  }
  if (piece.anchor >= 0) return endOfNextAnchored(piece, piece.parts, text, from, fills);
  for (let at = from; at <= text.length; at += widthAt(text, at)) {
    const end = endOf(piece, text, at, fills);
    if (end >= 0) return end;
  }
  return -1;
}

/** The same, tried only where the longest text stands, since most texts have it nowhere. */
function endOfNextAnchored(
  piece: Piece,
  parts: readonly PiecePart[],
  text: string,
  from: number,
  fills: readonly string[],
): number {
  let before = 0;
  for (let i = 0; i < piece.anchor; i++) before += filled(parts[i], fills).length;
  const anchor = filled(parts[piece.anchor], fills);
  let at = text.indexOf(anchor, from + before);
  while (at >= 0) {
    const end = endOf(piece, text, at - before, fills);
    if (end >= 0) return end;
    at = text.indexOf(anchor, at + 1);
  }
  return -1;
}

/** Where `piece` begins if it ends with the text; -1 if it does not fit there. */
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

/** Where `literal` begins if it ends at `end`; -1 if it does not. */
function startOf(literal: string, text: string, end: number): number {
  const start = end - literal.length;
  return start >= 0 && (literal === "" || text.startsWith(literal, start)) ? start : -1;
}

/** A hole that nothing fills is a mistake of the caller, who has the pattern's variables. */
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
