/**
 * Returns `text`, or its part between two offsets, without the spaces and tabs at its ends (RFC 9110
 * section 5.6.3). Not `trim()`, to which a byte like 0xA0 is a blank, too; and by hand: `[ \t]+$`
 * looks through every run of blanks anew.
 */
export function withoutBlanks(text: string, from = 0, to = text.length): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
