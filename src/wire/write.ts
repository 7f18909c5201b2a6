import { fieldLines, type HeaderList } from "../http/headers.ts";
import { isPlainText } from "../http/plain-text.ts";

/**
 * The head of an answer as bytes, one character each (RFC 9112 section 4). Throws a TypeError for what
 * would not be one line each: `fields` come from a head that was read, or are the gateway's own words.
 */
export function answerHeadText(status: number, reason: string, fields: HeaderList): string {
  const line = `HTTP/1.1 ${status} ${reason}\r\n`;
  return checked(`${line}${fieldLines(fields)}\r\n`, fields, reason);
}

/** Returns the line before `bytes` bytes of a chunked body; at least one. */
export function chunkStart(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

/** The text after the bytes of each chunk. */
export const CHUNK_END = "\r\n";

/** The end of a chunked body with its trailers: name, value, … Throws as `answerHeadText`. */
export function lastChunk(trailers: HeaderList): string {
  return checked(`0\r\n${fieldLines(trailers)}\r\n`, trailers, "");
}

/** Returns `text`: a line, those of `fields`, and an empty one. */
function checked(text: string, fields: HeaderList, reason: string): string {
  if (isPlainText(text, fields.length / 2 + 2)) return text;
  for (const part of [reason, ...fields]) {
    if (NOT_ONE_LINE.test(part)) {
      throw new TypeError("A field of an answer is not one line of bytes");
    }
  }
  return text;
}

/** Matches a byte that no field may have (RFC 9110 section 5.5), or a character that is no byte. */
const NOT_ONE_LINE = /[^\t\x20-\x7e\x80-\xff]/;
