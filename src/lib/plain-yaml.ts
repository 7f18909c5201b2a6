import {
  COLLECTION_STYLE,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type Event,
} from "js-yaml";
import { exact } from "./exact.ts";

/** A document as plain data. */
export type PlainYaml = {
  readonly data: unknown;
  /** 1-based lines of the maps in lists that stand below the name that was asked for. */
  readonly lines: ReadonlyMap<unknown, number>;
};

export type PlainYamlOptions = {
  /** Replaces each text that is a value; `undefined` means that the whole document is not plain. */
  readonly expand: (text: string) => string | undefined;
  /** The name of the lists whose items' lines are kept, such as `shares`. */
  readonly placed: string;
};

/**
 * Reads the plain part of YAML: maps and lists, in blocks or in brackets, of scalars that stand on
 * one line. `undefined` if `text` has anything else (anchors, tags, escapes, block scalars, numbers
 * in odd spellings, repeated keys, any mistake): `parseYaml()` must judge that. The result is the
 * same as that of `parseYaml()` for the same text (test/property/plain-yaml.test.ts).
 *
 * js-yaml returns the places as a flat list of numbers, in a tenth of the time and memory that
 * nodes with their places take.
 */
export function readPlainYaml(text: string, options: PlainYamlOptions): PlainYaml | undefined {
  if (FOREIGN.test(text.startsWith(START) ? text.slice(START.length) : text)) return undefined;
  const events = eventsOf(text);
  if (events === undefined) return undefined;
  const reader = new Reader(text, events, options);
  const data = reader.document();
  return data === undefined ? undefined : { data, lines: reader.lines };
}

const START = "---\n";
/** Tabs, carriage returns, control and formatting characters; directives and document markers. */
const FOREIGN =
  /[^\n\x20-\x7e\u00a1-\u1fff\u2070-\u2fff\u3001-\ud7ff\uf900-\ufdcf]|^ *(?:%|---|\.\.\.)/m;

/** The greatest depth: deeper documents are `parseYaml()`'s. */
const DEPTH_MAX = 32;

/** Returns the events of `text`, or `undefined` if it is not YAML. */
function eventsOf(text: string): readonly Event[] | undefined {
  try {
    return parseEvents(text, { maxDepth: DEPTH_MAX });
  } catch {
    return undefined;
  }
}

/** Plain scalars that are no text in the core schema. */
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...["null", "Null", "NULL"].map((text) => [text, null] as const),
  ...["true", "True", "TRUE"].map((text) => [text, true] as const),
  ...["false", "False", "FALSE"].map((text) => [text, false] as const),
]);
const SMALL_INTEGER = /^(?:0|[1-9][0-9]{0,14})$/;
/** A plain scalar that is surely text, or one of the above. */
const WORD = /^[A-Za-z_/$]/;
/** Matches any text that begins with a digit and could be a number in the core schema. */
const NUMERIC = /^(?:0[ox].*|[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)$/;
const NAME_BYTES_MAX = 100;
/** Matches the text allowed after a bracket or quote that ends something. */
const BEHIND = / *(?:[\n,:}\]]|$)| +#/y;

/** The error of a document that is not plain, caught at the top: it ends the whole reading. */
class NotPlain extends Error {}

/** Makes the data of one document from the places of its parts. */
class Reader {
  readonly lines = new Map<unknown, number>();
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #options: PlainYamlOptions;
  #next = 0;
  /** The offset after the last thing read. */
  #end = 0;
  /** The number of collections in brackets around that. */
  #brackets = 0;
  /** The line of the place that was asked for last. */
  #line = 1;
  #place = 0;

  constructor(text: string, events: readonly Event[], options: PlainYamlOptions) {
    this.#text = text;
    this.#events = events;
    this.#options = options;
  }

  /** Returns the only document, which must be a map; `undefined` if it is not plain. */
  document(): unknown {
    try {
      const start = this.#take();
      if (start?.type !== EVENT_ID.DOCUMENT || start.directives.length > 0) return undefined;
      const map = this.#take();
      if (map?.type !== EVENT_ID.MAPPING) return undefined;
      const data = this.#value(map, false);
      return this.#take()?.type === EVENT_ID.POP && this.#take() === undefined ? data : undefined;
    } catch (error) {
      if (error instanceof NotPlain) return undefined;
      throw error;
    }
  }

  #take(): Event | undefined {
    return this.#events[this.#next++];
  }

  /** `placed`: whether it is a list whose items' lines are kept. */
  #value(event: Event | undefined, placed: boolean): unknown {
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#scalar(event);
      case EVENT_ID.MAPPING:
        return this.#collection(event, "}", () => this.#map());
      case EVENT_ID.SEQUENCE:
        return this.#collection(event, "]", () => this.#list(placed));
      default:
        throw new NotPlain();
    }
  }

  #collection(
    event: Event & { type: typeof EVENT_ID.MAPPING | typeof EVENT_ID.SEQUENCE },
    close: string,
    read: () => unknown,
  ): unknown {
    bare(event);
    if (event.style === COLLECTION_STYLE.BLOCK) return read();
    this.#pass(event.start);
    this.#brackets++;
    this.#end = event.start + 1;
    const collection = read();
    const end = this.#text.indexOf(close, this.#end);
    this.#pass(end);
    this.#brackets--;
    this.#endAt(end + 1);
    return collection;
  }

  /**
   * Passes the text before `place`: in brackets no comment begins a line, which other readers
   * refuse.
   */
  #pass(place: number): void {
    if (this.#brackets > 0 && this.#text.slice(this.#end, place).includes("\n#")) {
      throw new NotPlain();
    }
  }

  /**
   * Refuses another scalar after a bracket or quote that ends at `place`: other readers refuse it
   * too.
   */
  #endAt(place: number): void {
    BEHIND.lastIndex = place;
    if (!BEHIND.test(this.#text)) throw new NotPlain();
    this.#end = place;
  }

  #map(): unknown {
    const map: Record<string, unknown> = {};
    for (let event = this.#take(); event?.type !== EVENT_ID.POP; event = this.#take()) {
      const name = this.#name(event);
      // A repeated name is a fault, and `__proto__` is none of ours.
      if (name === "__proto__" || Object.hasOwn(map, name)) throw new NotPlain();
      map[name] = this.#value(this.#take(), name === this.#options.placed);
    }
    return map;
  }

  #list(placed: boolean): unknown {
    const list: unknown[] = [];
    for (let event = this.#take(); event?.type !== EVENT_ID.POP; event = this.#take()) {
      const start = startOf(event);
      if (placed && start < 0) throw new NotPlain();
      const line = placed ? this.#lineOf(start) : 0;
      const item = this.#value(event, false);
      if (placed) this.lines.set(item, line);
      list.push(item);
    }
    return exact(list);
  }

  #name(event: Event | undefined): string {
    if (event?.type !== EVENT_ID.SCALAR) throw new NotPlain();
    const name = this.#written(event);
    const isText = event.style !== SCALAR_STYLE.PLAIN || (WORD.test(name) && !CONSTANTS.has(name));
    if (!isText || name.length > NAME_BYTES_MAX) throw new NotPlain();
    return name;
  }

  #scalar(event: Event & { type: typeof EVENT_ID.SCALAR }): unknown {
    const written = this.#written(event);
    if (event.style === SCALAR_STYLE.PLAIN && !WORD.test(written)) {
      // A value that is left out, as in `name:`.
      if (written === "") return null;
      if (SMALL_INTEGER.test(written)) return Number(written);
      if (!/^[0-9]/.test(written) || NUMERIC.test(written)) throw new NotPlain();
    } else if (event.style === SCALAR_STYLE.PLAIN) {
      const constant = CONSTANTS.get(written);
      if (constant !== undefined) return constant;
    }
    const expanded = this.#options.expand(written);
    if (expanded === undefined) throw new NotPlain();
    return expanded;
  }

  /** Returns a scalar that is written on one line, without escapes. */
  #written(event: Event & { type: typeof EVENT_ID.SCALAR }): string {
    bare(event);
    const { style, valueStart, valueEnd } = event;
    if (style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK) {
      throw new NotPlain();
    }
    if (valueStart < 0) return "";
    const value = getScalarValue(this.#text, event);
    if (this.#text.slice(valueStart, valueEnd) !== value) throw new NotPlain();
    this.#pass(valueStart);
    if (style === SCALAR_STYLE.PLAIN) this.#end = valueEnd;
    else this.#endAt(valueEnd + 1);
    return value;
  }

  /** Returns the line of a place. Places are asked for in their order. */
  #lineOf(place: number): number {
    for (; this.#place < place; this.#place++) if (this.#text[this.#place] === "\n") this.#line++;
    return this.#line;
  }
}

function startOf(event: Event | undefined): number {
  if (event?.type === EVENT_ID.SCALAR) return event.valueStart;
  const isPlaced = event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE;
  return isPlaced ? event.start : 0;
}

/** Throws for an anchor or a tag. */
function bare({ anchorStart, tagStart }: { anchorStart: number; tagStart: number }): void {
  if (anchorStart >= 0 || tagStart >= 0) throw new NotPlain();
}
