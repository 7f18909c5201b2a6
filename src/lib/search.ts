/**
 * Searches whose cost grows with the text alone, whatever is searched for. `indexOf` does not
 * promise that: V8 compares long needles from their end, and a needle `ba…a` in a text `a…a` then
 * costs their product.
 */

/**
 * The longest needle for which `indexOf` is linear: V8's skip tables reach this far
 * (string-search.h).
 */
const NEEDLE_MAX = 200;

/** The index of the first `needle` at or after `from`; -1 if there is none. */
export function indexOfText(text: string, needle: string, from: number): number {
  if (needle.length <= NEEDLE_MAX) return text.indexOf(needle, from);
  if (needle.length > text.length - from) return -1;
  return indexOfLong(text, needle, from);
}

/** Knuth, Morris and Pratt: no character of the text is looked at twice but after a mismatch. */
function indexOfLong(text: string, needle: string, from: number): number {
  const borders = bordersOf(needle);
  let matched = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    while (matched > 0 && needle.charCodeAt(matched) !== code) matched = borders[matched - 1] ?? 0;
    if (needle.charCodeAt(matched) === code) matched++;
    if (matched === needle.length) return i + 1 - matched;
  }
  return -1;
}

/**
 * Returns, for each beginning of `needle`, the length of the longest text that both begins and ends
 * it.
 */
function bordersOf(needle: string): Int32Array {
  const borders = new Int32Array(needle.length);
  let length = 0;
  for (let i = 1; i < needle.length; i++) {
    const code = needle.charCodeAt(i);
    while (length > 0 && needle.charCodeAt(length) !== code) length = borders[length - 1] ?? 0;
    if (needle.charCodeAt(length) === code) length++;
    borders[i] = length;
  }
  return borders;
}

/**
 * A text with gaps of one code point, prepared for `endOfMask`: for each code point that occurs in
 * it a row of bits, one for each place where that code point may stand. Row 0 is of all others.
 */
export type Mask = {
  /** Numbers of 32 bits in a row. */
  readonly words: number;
  readonly rows: Int32Array;
  /** The number of a code point's row: for those below 256, and for others. */
  readonly latin1: Uint16Array;
  readonly others: ReadonlyMap<number, number>;
  /** The bit of the last place, in the last word of a row. */
  readonly last: number;
};

/** Prepares code points in order; -1 is a gap. There is at least one. */
export function maskOf(points: readonly number[]): Mask {
  const words = Math.ceil(points.length / 32);
  const numbers = new Map<number, number>();
  for (const point of points) {
    if (point >= 0 && !numbers.has(point)) numbers.set(point, numbers.size + 1);
  }
  const rows = new Int32Array((numbers.size + 1) * words);
  for (const [place, point] of points.entries()) if (point < 0) set(rows, 0, place);
  for (const number of numbers.values()) rows.copyWithin(number * words, 0, words);
  for (const [place, point] of points.entries()) {
    set(rows, (numbers.get(point) ?? 0) * words, place);
  }
  const latin1 = new Uint16Array(256);
  for (const [point, number] of numbers) if (point < 256) latin1[point] = number;
  return { words, rows, latin1, others: numbers, last: 1 << ((points.length - 1) & 31) };
}

function set(rows: Int32Array, row: number, place: number): void {
  const at = row + (place >>> 5);
  rows[at] = (rows[at] ?? 0) | (1 << (place & 31));
}

/**
 * Returns the end of the first fit of `mask` in `text` at or after `from`, in UTF-16 units; -1 if
 * there is none. Shift-And (Baeza-Yates and Gonnet): the state has a bit for each place of the mask
 * that a fit begun earlier has reached. So one step over a few words tests all beginnings at once.
 */
export function endOfMask(mask: Mask, text: string, from: number): number {
  const { words, rows, latin1, others, last } = mask;
  const state = new Int32Array(words);
  for (let i = from; i < text.length; i++) {
    let point = text.charCodeAt(i);
    let number = 0;
    if (point < 256) number = latin1[point] ?? 0;
    else {
      point = text.codePointAt(i) ?? point;
      if (point > 0xffff) i++;
      number = others.get(point) ?? 0;
    }
    const row = number * words;
    let carry = 1;
    for (let word = 0; word < words; word++) {
      const before = state[word] ?? 0;
      state[word] = ((before << 1) | carry) & (rows[row + word] ?? 0);
      carry = before >>> 31;
    }
    if (((state[words - 1] ?? 0) & last) !== 0) return i + 1;
  }
  return -1;
}
