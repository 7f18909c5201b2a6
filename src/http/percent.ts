import { decodeUtf8 } from "../lib/utf8.ts";

/**
 * Percent-encoding as SigV4's `UriEncode` demands: unreserved characters (RFC 3986 section 2.3)
 * stay, every other byte of the UTF-8 form becomes `%XX` in upper case.
 */

const UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/** The encoded form of each byte. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (UNRESERVED.includes(character)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

const CODE_PERCENT = 0x25;
const CODE_SLASH = 0x2f;

/** Returns true if encoding would not change `text`, so that the usual text costs one scan. */
function isUnreserved(text: string, keepSlash: boolean): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7e || (ENCODED[code]?.length !== 1 && !(keepSlash && code === CODE_SLASH))) {
      return false;
    }
  }
  return true;
}

/** `text` (any Unicode) as it stands in a canonical query string. */
export function encodeComponent(text: string): string {
  return isUnreserved(text, false) ? text : encodeBytes(Buffer.from(text, "utf8"), false);
}

/** `key` (any Unicode) as it stands in a canonical path: `/` stays as it is. */
export function encodePath(key: string): string {
  return isUnreserved(key, true) ? key : encodeBytes(Buffer.from(key, "utf8"), true);
}

function encodeBytes(bytes: Buffer, keepSlash: boolean): string {
  let out = "";
  for (const byte of bytes) out += keepSlash && byte === CODE_SLASH ? "/" : (ENCODED[byte] ?? "");
  return out;
}

/**
 * The text that `raw` stands for: `%XX` decoded once, everything else (also `+`) as it is.
 * Undefined for a malformed escape, a byte outside printable ASCII, or bytes that are not UTF-8.
 */
export function decode(raw: string): string | undefined {
  let escapes = 0;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code < 0x21 || code > 0x7e) return undefined;
    if (code === CODE_PERCENT) escapes++;
  }
  return escapes === 0 ? raw : decodeEscapes(raw);
}

function decodeEscapes(raw: string): string | undefined {
  const bytes = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    let code = raw.charCodeAt(i);
    if (code === CODE_PERCENT) {
      code = hexPair(raw, i + 1);
      if (code < 0) return undefined;
      i += 2;
    }
    bytes[length++] = code;
  }
  return decodeUtf8(bytes.subarray(0, length));
}

/** The byte that two hex digits at `at` stand for; -1 if they are not hex digits. */
function hexPair(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
