/**
 * Returns `text` as the one string that V8 keeps of it, as of every property's name and of every
 * string in the source. Two such strings are the same if they are in the same place, and no
 * character is compared. A request compares the names of its fields a hundred times: that is 3 % of
 * what a small one costs.
 *
 * One that begins with a digit comes back as it is: a number would be a place in an array, and V8 would
 * make room for a thousand places before it.
 */
export function interned(text: string): string {
  const first = text.charCodeAt(0);
  if (first >= DIGIT_0 && first <= DIGIT_9) return text;
  const named: Record<string, true> = Object.create(null);
  named[text] = true;
  return Object.keys(named)[0] ?? text;
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
