/** Builds the parts of sentences for an operator. */

/** Returns `1 problem`, `2 problems`; `plural`: for nouns that do not take an s. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** Returns the message of an error; Node's own messages name the file. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * `text` for a terminal: what controls it, or changes the direction of writing, is written as JSON
 * writes a character by its number.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}

/**
 * Returns JSON text that means the same and moves no cursor: in strings such characters are escaped.
 * Below space there are none in strings, only line breaks and tabs between tokens.
 */
export function printableJson(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(UNPRINTABLE, (character) =>
    character < " " ? " " : printable(character),
  );
}

const PLAIN = /^[\x20-\x7e]*$/;

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
