/**
 * A compiled wildcard pattern: the pieces between its `*`, which stand for any run of characters,
 * also an empty one, also `/` and line ends (S3-AUTHORIZATION section 3.2). Always at least one.
 */
export type Glob = readonly Piece[];

/** Text with `?` in it, each of which stands for exactly one code point. */
type Piece = {
  /** The whole piece where it has no `?`. */
  readonly text: string;
  /** Its texts and its `?` in order; undefined where it has none. */
  readonly parts: readonly (string | typeof ONE)[] | undefined;
};

const ONE = Symbol("one code point");

/** What a pattern is made of. A `text` is literal, also where it has `*` or `?` in it. */
export type GlobPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "one" }
  | { readonly kind: "many" };

/** Compiles parts, so that text from outside (a user's name) can never become a wildcard. */
export function globOf(parts: readonly GlobPart[]): Glob {
  const pieces: Piece[] = [];
  let piece: (string | typeof ONE)[] = [];
  for (const part of parts) {
    if (part.kind === "many") {
      pieces.push(pieceOf(piece));
      piece = [];
    } else piece.push(part.kind === "one" ? ONE : part.text);
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
 * Whether the whole of `text` matches. Each piece is taken at the first place it fits and never
 * moved again, which is enough because a `*` takes any rest; so there is no backtracking over
 * pieces and no expression built from input. Both sides must be well-formed Unicode.
 */
export function matchesGlob(glob: Glob, text: string): boolean {
  const last = glob.length - 1;
  const head = glob[0];
  const tail = glob[last];
  if (head === undefined || tail === undefined) return false;
  let at = endOf(head, text, 0);
  if (last === 0) return at === text.length;
  if (at < 0) return false;
  for (let i = 1; i < last; i++) {
    const piece = glob[i];
    if (piece !== undefined) at = endOfNext(piece, text, at);
    if (at < 0) return false;
  }
  return fitsAtEnd(tail, text, at);
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

function pieceOf(parts: readonly (string | typeof ONE)[]): Piece {
  if (parts.includes(ONE)) return { text: "", parts: joined(parts) };
  return { text: parts.join(""), parts: undefined };
}

/** Texts that stand side by side become one. */
function joined(parts: readonly (string | typeof ONE)[]): readonly (string | typeof ONE)[] {
  const out: (string | typeof ONE)[] = [];
  for (const part of parts) {
    const before = out.at(-1);
    if (typeof part === "string" && typeof before === "string") out[out.length - 1] = before + part;
    else out.push(part);
  }
  return out;
}

/** Where `piece` ends if it begins at `at`; -1 if it does not fit there. */
function endOf(piece: Piece, text: string, at: number): number {
  if (piece.parts === undefined)
    return text.startsWith(piece.text, at) ? at + piece.text.length : -1;
  let end = at;
  for (const part of piece.parts) {
    if (part === ONE) {
      if (end >= text.length) return -1;
      end += widthAt(text, end);
    } else if (text.startsWith(part, end)) end += part.length;
    else return -1;
  }
  return end;
}

/** Where the first fit of `piece` at or after `from` ends; -1 if there is none. */
function endOfNext(piece: Piece, text: string, from: number): number {
  if (piece.parts === undefined) {
    const found = text.indexOf(piece.text, from);
    return found < 0 ? -1 : found + piece.text.length;
  }
  for (let at = from; at <= text.length; at += widthAt(text, at)) {
    const end = endOf(piece, text, at);
    if (end >= 0) return end;
  }
  return -1;
}

/** Whether `piece` fits at or after `from` so that it ends with the text. */
function fitsAtEnd(piece: Piece, text: string, from: number): boolean {
  if (piece.parts === undefined) {
    const start = text.length - piece.text.length;
    return start >= from && (piece.text === "" || text.startsWith(piece.text, start));
  }
  for (let at = from; at <= text.length; at += widthAt(text, at)) {
    if (endOf(piece, text, at) === text.length) return true;
  }
  return false;
}

/** The UTF-16 units of the code point at `at`, so that `?` takes a whole emoji. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
