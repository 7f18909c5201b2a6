const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Returns `bytes` as text, or `undefined` if they are not UTF-8 (RFC 3629): a replacement character
 * would make one text of many. A byte order mark stays, since it is a character of a key or a
 * value.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined; // Only the fatal decoder's TypeError can come from here.
  }
}
