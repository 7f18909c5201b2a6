import { hash } from "node:crypto";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";

/** Leaves room below the 255 bytes of a file's name for what temporary names add. */
const ENCODED_MAX = 150;

/** Between the end of an encoded name that was cut and its hash. An encoded byte never begins so. */
const CUT = "~~";

/**
 * The name of revoked sessions among the records of buckets. No bucket has a space in its name, so
 * no request can ask for it or change it.
 */
export const REVOKED_NAME = "revoked sessions";

/**
 * Returns the name of the file or object that keeps the record of `name`: small letters, digits,
 * `.`, `_` and `-` stay, the bytes of any other character become `~XX`. So a name cannot leave its
 * folder. Two names that differ in their capitals are two files even if a file system ignores case,
 * and no part is encoded again in a URL. A name too long for a file ends in its hash.
 */
export function recordFile(name: string): string {
  const encoded = Array.from(Buffer.from(name), encodeByte).join("");
  if (encoded.length <= ENCODED_MAX) return `${encoded}.json`;
  const digest = hash("sha256", name, "hex");
  return `${encoded.slice(0, ENCODED_MAX - digest.length)}${CUT}${digest}.json`;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/^[a-z0-9._-]$/.test(character)) return character;
  return `~${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/**
 * Returns the name whose record `file` keeps. `undefined` if `recordFile` never makes such a name. The error
 * says that the name was too long to stand in it.
 */
export function recordNameOf(file: string): Result<string | undefined, string> {
  const encoded = /^([a-z0-9._~A-F-]+)\.json$/.exec(file)?.[1];
  if (encoded === undefined) return ok(undefined);
  if (encoded.includes(CUT)) return err(`The record ${file} does not tell the whole name`);
  const bytes = encoded.replace(/~([0-9A-F]{2})/g, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const name = decodeUtf8(Buffer.from(bytes, "latin1"));
  return ok(name !== undefined && recordFile(name) === file ? name : undefined);
}
