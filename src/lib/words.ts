/** What sentences for an operator are made of. */

/** `1 problem`, `2 problems`; `plural`: where it is not made with an s. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** What an error says of itself; Node's own name the file. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
