/** The ANSI colours of a terminal, by their use. */
const CODES = { good: 32, bad: 31, odd: 33, faint: 2, strong: 1 } as const;
export type Colour = keyof typeof CODES;

/** Colours `text`; it stays as it is if `isColoured` is false. */
export function colour(text: string, how: Colour, isColoured: boolean): string {
  return isColoured ? `\u001B[${CODES[how]}m${text}\u001B[0m` : text;
}

/** Returns true if colours are wanted on a terminal: NO_COLOR (no-color.org) says no. */
export function wantsColour(isTerminal: boolean, noColor: string | undefined): boolean {
  return isTerminal && (noColor === undefined || noColor === "");
}
