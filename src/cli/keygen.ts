import { randomBytes } from "node:crypto";
import { SEALING_KEY_BYTES } from "../session/seal.ts";
import type { Terminal } from "./terminal.ts";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const SECRET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Runs `s3warden keygen`: `count` key pairs, ready to stand in an accounts file; with `sealing` as
 * many secrets for `sts.keys`, each on a line of its own. Returns the exit code: 0.
 */
export function runKeygen(
  options: { readonly count: number; readonly sealing?: boolean },
  terminal: Terminal,
): 0 {
  for (let i = 0; i < options.count; i++) {
    if (options.sealing === true) {
      terminal.stdout(`${randomBytes(SEALING_KEY_BYTES).toString("base64url")}\n`);
      continue;
    }
    const { accessKey, secretKey } = newKeyPair();
    terminal.stdout(`- { accessKey: "${accessKey}", secretKey: "${secretKey}" }\n`);
  }
  return 0;
}

/**
 * Returns a key pair of the lengths and letters that AWS uses: 20 and 40 characters, about 103 and
 * 240 bits.
 */
export function newKeyPair(): { readonly accessKey: string; readonly secretKey: string } {
  return { accessKey: randomText(UPPER, 20), secretKey: randomText(SECRET, 40) };
}

/**
 * `length` characters of `alphabet` (at most 256), each with the same chance: bytes from the last,
 * incomplete round of the alphabet are thrown away instead of folded by a remainder.
 */
function randomText(alphabet: string, length: number): string {
  const fair = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < fair && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}
