import { hash } from "node:crypto";

/** Leaves room below the 255 bytes of a file's name for what temporary names add. */
const ENCODED_MAX = 150;

/**
 * The name of the file or object that keeps the record of `name`: small letters, digits, `.`, `_`
 * and `-` stay, the bytes of anything else become `~XX`. So a name cannot leave its folder, two names
 * that differ in their capitals are two files also where a file system ignores case, and nothing of
 * it is encoded again in a URL. A name too long for a file ends in its hash.
 */
export function recordFile(name: string): string {
  const encoded = Array.from(Buffer.from(name), encodeByte).join("");
  if (encoded.length <= ENCODED_MAX) return `${encoded}.json`;
  const digest = hash("sha256", name, "hex");
  return `${encoded.slice(0, ENCODED_MAX - digest.length)}~~${digest}.json`;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/^[a-z0-9._-]$/.test(character)) return character;
  return `~${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
