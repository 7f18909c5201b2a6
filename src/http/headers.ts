/**
 * The header fields of one message, in the order received, duplicates kept: name, value, name,
 * value, … Names are lower-case; values are as received, each character one byte (latin1), since
 * that is what was signed. Flat, because this is how Node, undici and `wire/` speak.
 */
export type HeaderList = readonly string[];

/** Returns the value of `name` (lower-case) if it occurs exactly once; else `undefined`. */
export function uniqueValue(headers: HeaderList, name: string): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== name) continue;
    if (found !== undefined) return undefined;
    found = headers[i + 1];
  }
  return found;
}

/** The first value of `name` (lower-case); undefined if absent. */
export function firstValue(headers: HeaderList, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return headers[i + 1];
  return undefined;
}

/** Every value of `name` (lower-case), in order. */
export function valuesOf(headers: HeaderList, name: string): readonly string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === name) values.push(headers[i + 1] ?? "");
  }
  return values;
}

/** `headers` with `value` in place of every value of `name` (lower-case). */
export function withValue(headers: HeaderList, name: string, value: string): HeaderList {
  return headers.map((text, i) => (i % 2 === 1 && headers[i - 1] === name ? value : text));
}

/** Returns the fields, a line each (RFC 9112 section 5). Checks nothing. */
export function fieldLines(headers: HeaderList): string {
  let lines = "";
  for (let i = 0; i < headers.length; i += 2) {
    lines += `${headers[i] ?? ""}: ${headers[i + 1] ?? ""}\r\n`;
  }
  return lines;
}

export function hasHeader(headers: HeaderList, name: string): boolean {
  return firstValue(headers, name) !== undefined;
}
