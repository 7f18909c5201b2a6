import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { decodeUtf8 } from "../lib/utf8.ts";
import type { Key } from "./principal.ts";

/** Bytes by which sealed tokens grow: their length must not tell that of a bucket's name. */
const STEP_BYTES = 128;
const IV_BYTES = 16;
/** The longest token that is opened. */
const SEALED_CHARACTERS_MAX = 4096;

/**
 * Seals the store's continuation token of a filtered list of buckets, which at some stores is the name
 * of the page's last bucket: the caller may not see that one. The same token is sealed the same way by
 * all gateways of one configuration (as in RFC 5297, the authentication code is the start of the
 * cipher), since the key comes from what signs for the caller at the store.
 */
export function sealPageToken(token: string, key: Key): string {
  const { cipher, code } = keysOf(key);
  const text = Buffer.from(token);
  // One byte ends the text, and zeros follow.
  const padded = Buffer.alloc(Math.ceil((text.length + 1) / STEP_BYTES) * STEP_BYTES);
  text.copy(padded);
  padded[text.length] = 1;
  const iv = codeOf(code, padded);
  const encryption = createCipheriv("aes-256-ctr", cipher, iv);
  return Buffer.concat([iv, encryption.update(padded), encryption.final()]).toString("base64url");
}

/** Returns the store's token; `undefined` if `sealed` is none that this caller was given. */
export function openPageToken(sealed: string, key: Key): string | undefined {
  if (sealed.length > SEALED_CHARACTERS_MAX) return undefined;
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length <= IV_BYTES) return undefined;
  const { cipher, code } = keysOf(key);
  const iv = bytes.subarray(0, IV_BYTES);
  const decryption = createDecipheriv("aes-256-ctr", cipher, iv);
  const padded = Buffer.concat([decryption.update(bytes.subarray(IV_BYTES)), decryption.final()]);
  if (!timingSafeEqual(codeOf(code, padded), iv)) return undefined;
  return decodeUtf8(padded.subarray(0, Math.max(0, padded.lastIndexOf(1))));
}

function codeOf(key: Buffer, padded: Buffer): Buffer {
  return createHmac("sha256", key).update(padded).digest().subarray(0, IV_BYTES);
}

/** Two keys, for this one purpose and this one account. */
function keysOf({ account, signing, secret }: Key): Readonly<Record<"cipher" | "code", Buffer>> {
  const signer = account.upstream?.secret ?? signing?.secret ?? secret;
  const made = (use: string): Buffer =>
    createHmac("sha256", signer).update(`s3warden page token ${use} ${account.name}`).digest();
  return { cipher: made("cipher"), code: made("code") };
}
