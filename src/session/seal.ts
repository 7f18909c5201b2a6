import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "../lib/result.ts";
import { readSession, sessionBytes, type Session } from "./session.ts";

/**
 * A key that tokens are sealed under. Gateways that have the same keys open each other's tokens.
 */
export type SealingKey = {
  readonly id: string;
  /** 32 bytes. Node reads a key anew each time unless it is an object: four times the work. */
  readonly key: KeyObject;
  /** The first part of every token that is sealed under it (RFC 7516 section 3.1). */
  readonly header: string;
  /** Its bytes, which are proved together with the content. */
  readonly headerBytes: Buffer;
};

/** `key`: 32 bytes. */
export function sealingKey(id: string, key: Buffer): SealingKey {
  const written = JSON.stringify({ alg: "dir", enc: "A256GCM", kid: id });
  const header = Buffer.from(written).toString("base64url");
  return { id, key: createSecretKey(key), header, headerBytes: Buffer.from(header) };
}

/** The bytes of a sealing key. */
export const SEALING_KEY_BYTES = 32;

/** The bytes of the random number that each token needs, never the same twice. */
export const NONCE_BYTES = 12;

const TAG_BYTES = 16;

/** Characters of a token at most: it is sent with every request, within AWS's 2,048 for URLs. */
export const TOKEN_LENGTH_MAX = 2048;

/**
 * The session as a token, a JWE in its compact form (`dir`, `A256GCM`; RFC 7516), written by node:crypto:
 * jose answers by promises only, and a decision waits for none. `nonce`: NONCE_BYTES random bytes.
 * Error: how many characters it would have, if those are more than TOKEN_LENGTH_MAX; 0 if a text in it
 * cannot be kept.
 */
export function seal(
  session: Session,
  { key, header, headerBytes }: SealingKey,
  nonce: Buffer,
): Result<string, number> {
  const bytes = sessionBytes(session);
  if (bytes === undefined) return err(0);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(headerBytes);
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]).toString("base64url");
  const tag = cipher.getAuthTag().toString("base64url");
  const token = `${header}..${nonce.toString("base64url")}.${sealed}.${tag}`;
  return token.length <= TOKEN_LENGTH_MAX ? ok(token) : err(token.length);
}

const ALGORITHM = "aes-256-gcm";

/**
 * Returns the session in a token, if one of `keys` sealed it and nothing of it was changed since;
 * its times are not checked here. Only the exact text that `seal` wrote counts: base64url could be
 * written in several ways.
 */
export function unseal(token: string, keys: readonly SealingKey[]): Session | undefined {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  const parts = token.split(".", PARTS + 1);
  const [header, none, nonceText, sealedText, tagText] = parts;
  if (parts.length !== PARTS || none !== "") return undefined;
  const key = keys.find((one) => one.header === header);
  if (key === undefined) return undefined;
  const nonce = exactly(nonceText, NONCE_BYTES);
  const tag = exactly(tagText, TAG_BYTES);
  const sealed = exactly(sealedText);
  if (nonce === undefined || tag === undefined || sealed === undefined) return undefined;
  const bytes = decrypted(key, nonce, sealed, tag);
  return bytes && readSession(bytes);
}

/** Parts of a JWE: header, no encrypted key, nonce, content, tag. */
const PARTS = 5;

/** The bytes of base64url, if it is written as Node writes them and they are `length` many. */
function exactly(text: string | undefined, length?: number): Buffer | undefined {
  const bytes = Buffer.from(text ?? "", "base64url");
  if (length !== undefined && bytes.length !== length) return undefined;
  return bytes.toString("base64url") === text ? bytes : undefined;
}

function decrypted(
  { key, headerBytes }: SealingKey,
  nonce: Buffer,
  sealed: Buffer,
  tag: Buffer,
): Buffer | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(headerBytes);
  decipher.setAuthTag(tag);
  const bytes = decipher.update(sealed);
  try {
    decipher.final();
    return bytes;
  } catch {
    // Node says by throwing that the tag does not fit.
    return undefined;
  }
}
