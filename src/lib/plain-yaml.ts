import { exact } from "./exact.ts";

/** A document as plain data. */
export type PlainYaml = {
  readonly data: unknown;
  /** 1-based lines of the maps in lists that stand below the name that was asked for. */
  readonly lines: ReadonlyMap<unknown, number>;
};

export type PlainYamlOptions = {
  /** Replaces each text that is a value; `undefined` gives the whole document up. */
  readonly expand: (text: string) => string | undefined;
  /** The name of the lists whose items' lines are kept, such as `shares`. */
  readonly placed: string;
};

/**
 * Reads the plain part of YAML: maps and lists, in blocks or in brackets, of scalars that stand on
 * one line. `undefined` if `text` has anything else in it (anchors, tags, escapes, block scalars,
 * numbers in odd spellings, repeated keys, any mistake): `parseYaml()` must judge that. What is
 * returned is what `parseYaml()` makes of the same text (test/property/plain-yaml.test.ts). This
 * reader is there for its speed: it makes no nodes and keeps no places.
 */
export function readPlainYaml(text: string, options: PlainYamlOptions): PlainYaml | undefined {
  const body = text.startsWith("---\n") ? text.slice(4) : text;
  if (FOREIGN.test(body)) return undefined;
  const reader = new PlainReader(body, body === text ? 1 : 2, options);
  const data = reader.read();
  return data === undefined ? undefined : { data, lines: reader.lines };
}

/** Tabs, carriage returns, control and formatting characters; directives and document markers. */
const FOREIGN =
  /[^\n\x20-\x7e\u00a1-\u1fff\u2070-\u2fff\u3001-\ud7ff\uf900-\ufdcf]|^(?:%|---|\.\.\.)/m;

const KEY = /([A-Za-z_][A-Za-z0-9_-]{0,99}):(?: +|(?=\n)|$)/y;
/** In brackets; a quoted key needs no blank after its colon. */
const FLOW_KEY = /(?:([A-Za-z_][A-Za-z0-9_-]{0,99}): |"([^"\\\n]{1,100})":) */y;
const DASH = /-(?: +|(?=\n)|$)/y;
/** The first character of a scalar without quotes, and all of one in brackets. */
const PLAIN_START = /[A-Za-z0-9_/$]/;
const FLOW_PLAIN = /[A-Za-z0-9_/$](?:[^\n ,[\]{}:]|:[^\n ,[\]{}#:]| +(?![ #]))*/y;
const DOUBLE_QUOTED = /"([^"\\\n]*)"/y;
const SINGLE_QUOTED = /'([^'\n]*)'(?!')/y;
const LINE_END = /(?: +#[^\n]*| *)(?=\n|$)/y;
const BLANK_LINES = /(?: *(?:#[^\n]*)?\n)*/y;
const SPACES = / */y;

/** Names and plain scalars that are no text in the core schema. */
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...["null", "Null", "NULL"].map((text) => [text, null] as const),
  ...["true", "True", "TRUE"].map((text) => [text, true] as const),
  ...["false", "False", "FALSE"].map((text) => [text, false] as const),
]);
const SMALL_INTEGER = /^(?:0|[1-9][0-9]{0,14})$/;
/** Whatever begins with a digit and the core schema may read as a number. */
const NUMERIC = /^(?:0[ox].*|[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)$/;

/** Deeper documents are `parseYaml()`'s. */
const DEPTH_MAX = 32;

/**
 * Reads one document, once. Each method returns `undefined` where the document is not plain, and
 * nothing is read after that.
 */
class PlainReader {
  readonly lines = new Map<unknown, number>();
  readonly #text: string;
  readonly #options: PlainYamlOptions;
  #at = 0;
  #line: number;
  /** Where the line that #at is in begins. */
  #lineStart = 0;
  /** Of what stands first in this line; -1 behind the last line. */
  #column = -1;
  #depth = 0;

  constructor(text: string, line: number, options: PlainYamlOptions) {
    this.#text = text;
    this.#line = line;
    this.#options = options;
  }

  /** The document, which must be a map. */
  read(): unknown {
    this.#nextLine();
    if (this.#column < 0) return undefined;
    if (this.#text[this.#at] !== "{") {
      const map = this.#blockMap(this.#column);
      return this.#column < 0 ? map : undefined;
    }
    const map = this.#flowMap(-1);
    return map !== undefined && this.#endLine() && this.#column < 0 ? map : undefined;
  }

  /** A map or a list in the lines from here on, which stand at `#column`. */
  #block(placed: boolean): unknown {
    const column = this.#column;
    return this.#isAt(DASH) ? this.#blockList(column, placed) : this.#blockMap(column);
  }

  #blockMap(column: number): unknown {
    const map: Record<string, unknown> = {};
    if (++this.#depth > DEPTH_MAX) return undefined;
    while (this.#column === column) {
      const key = this.#match(KEY)?.[1];
      if (key === undefined || CONSTANTS.has(key) || !isNewName(map, key)) return undefined;
      const value = this.#blockValue(column, key === this.#options.placed);
      if (value === undefined) return undefined;
      map[key] = value;
    }
    this.#depth--;
    return this.#column < column ? map : undefined;
  }

  /** What stands behind a key at `column`, up to the next line that is not part of it. */
  #blockValue(column: number, placed: boolean): unknown {
    if (!this.#isLineEnd()) {
      const value = this.#inline(column, placed);
      return value !== undefined && this.#endLine() && this.#column <= column ? value : undefined;
    }
    if (!this.#endLine()) return undefined;
    if (this.#column > column) return this.#block(placed);
    // A list may stand as far left as the key that it belongs to.
    if (this.#column === column && this.#isAt(DASH)) return this.#blockList(column, placed);
    return null;
  }

  #blockList(column: number, placed: boolean): unknown {
    const list: unknown[] = [];
    if (++this.#depth > DEPTH_MAX) return undefined;
    while (this.#column === column && this.#match(DASH) !== undefined) {
      const item = this.#blockItem(column, placed);
      if (item === undefined || this.#column > column) return undefined;
      list.push(item);
    }
    this.#depth--;
    return exact(list);
  }

  #blockItem(column: number, placed: boolean): unknown {
    if (this.#isLineEnd()) {
      if (!this.#endLine() || this.#column <= column) return undefined;
      const line = this.#line;
      return this.#placed(this.#block(false), line, placed);
    }
    const line = this.#line;
    if (this.#isAt(KEY)) {
      this.#column = this.#at - this.#lineStart;
      return this.#placed(this.#blockMap(this.#column), line, placed);
    }
    const item = this.#inline(column, false);
    return item !== undefined && this.#endLine() ? this.#placed(item, line, placed) : undefined;
  }

  #placed(item: unknown, line: number, placed: boolean): unknown {
    if (placed && item !== undefined) this.lines.set(item, line);
    return item;
  }

  /** A value in the line of its key or dash, which stands at `column`. */
  #inline(column: number, placed: boolean): unknown {
    const first = this.#text[this.#at] ?? "";
    if (first === "{") return this.#flowMap(column);
    if (first === "[") return this.#flowList(column, placed);
    if (first === '"' || first === "'") return this.#quoted(first);
    if (!PLAIN_START.test(first)) return undefined;
    const lineEnd = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, lineEnd < 0 ? undefined : lineEnd);
    const comment = line.indexOf(" #");
    const plain = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
    if (plain.includes(": ") || plain.endsWith(":")) return undefined;
    this.#at += plain.length;
    return this.#scalar(plain);
  }

  #quoted(quote: string): string | undefined {
    const written = this.#match(quote === '"' ? DOUBLE_QUOTED : SINGLE_QUOTED)?.[1];
    return written === undefined ? undefined : this.#options.expand(written);
  }

  #flowMap(column: number): unknown {
    const map: Record<string, unknown> = {};
    const isWhole = this.#flowItems(column, "}", () => {
      const [, plain, quoted] = this.#match(FLOW_KEY) ?? [];
      const key = plain ?? quoted;
      if (key === undefined || CONSTANTS.has(plain ?? "") || !isNewName(map, key)) return false;
      const value = this.#flowValue(column, key === this.#options.placed);
      map[key] = value;
      return value !== undefined;
    });
    return isWhole ? map : undefined;
  }

  #flowList(column: number, placed: boolean): unknown {
    const list: unknown[] = [];
    const isWhole = this.#flowItems(column, "]", () => {
      const line = this.#line;
      const item = this.#placed(this.#flowValue(column, false), line, placed);
      list.push(item);
      return item !== undefined;
    });
    return isWhole ? exact(list) : undefined;
  }

  /** From the bracket that opens to the one that ends, as which `end` is given. */
  #flowItems(column: number, end: string, item: () => boolean): boolean {
    if (++this.#depth > DEPTH_MAX) return false;
    this.#at++;
    for (;;) {
      if (!this.#flowSpace(column)) return false;
      if (this.#passes(end)) break;
      if (!item() || !this.#flowSpace(column)) return false;
      if (this.#passes(",")) continue;
      if (!this.#passes(end)) return false;
      break;
    }
    this.#depth--;
    return true;
  }

  #flowValue(column: number, placed: boolean): unknown {
    const first = this.#text[this.#at] ?? "";
    if (first === "{") return this.#flowMap(column);
    if (first === "[") return this.#flowList(column, placed);
    if (first === '"' || first === "'") return this.#quoted(first);
    const plain = this.#match(FLOW_PLAIN)?.[0];
    return plain === undefined ? undefined : this.#scalar(plain.trimEnd());
  }

  /** Passes what separates items. Whether all lines stand further right than `column`. */
  #flowSpace(column: number): boolean {
    this.#match(SPACES);
    if (this.#text[this.#at] !== "\n" && this.#text[this.#at] !== "#") return true;
    const from = this.#at;
    if (!this.#endLine() || this.#column <= column) return false;
    // parseYaml() does not take a comment at the very left of a line for one here.
    return !this.#text.slice(from, this.#at).includes("\n#");
  }

  #scalar(plain: string): unknown {
    if (CONSTANTS.has(plain)) return CONSTANTS.get(plain);
    if (!isDigit(plain)) return this.#options.expand(plain);
    if (SMALL_INTEGER.test(plain)) return Number(plain);
    return NUMERIC.test(plain) ? undefined : this.#options.expand(plain);
  }

  /** Whether nothing more but a comment stands in this line. */
  #isLineEnd(): boolean {
    const next = this.#text[this.#at];
    return next === undefined || next === "\n" || next === "#";
  }

  /** Passes the rest of this line, which must be empty or a comment, and goes to the next one. */
  #endLine(): boolean {
    // A comment has a blank before it, which may have been read already.
    if (this.#text[this.#at] === "#" && this.#text[this.#at - 1] === " ") this.#at--;
    if (this.#match(LINE_END) === undefined) return false;
    this.#nextLine();
    return true;
  }

  /** Goes to the next line that has something in it, from the end of one or from the beginning. */
  #nextLine(): void {
    const from = this.#at;
    this.#match(BLANK_LINES);
    for (let i = from; i < this.#at; i++) if (this.#text[i] === "\n") this.#line++;
    this.#lineStart = this.#at;
    this.#match(SPACES);
    const isEnd = this.#at >= this.#text.length || this.#text[this.#at] === "#";
    this.#column = isEnd ? -1 : this.#at - this.#lineStart;
  }

  #passes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #isAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at = pattern.lastIndex;
    return match;
  }
}

/** Whether the map may get `name`: a repeated one is a fault, `__proto__` no name of ours. */
function isNewName(map: object, name: string): boolean {
  return !Object.hasOwn(map, name) && name !== "__proto__";
}

function isDigit(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}
