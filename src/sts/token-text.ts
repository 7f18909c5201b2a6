import { base64url } from "jose";
import { readJson, type JsonNode } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";

/** The content of a token. Nothing of it is proved. */
export type UnprovedToken = { readonly iss: string };

/** Characters of a token; STS takes as many ("AssumeRoleWithWebIdentity", WebIdentityToken). */
const TOKEN_LENGTH_MAX = 20_000;

/** The longest encoded header: certificates may stand in it. */
const HEADER_LENGTH_MAX = 4_096;

const DEPTH_MAX = 16;

/**
 * Finds in `token` the issuer to ask for keys, and refuses what no issuer writes before a key is
 * looked for: anything but three parts of base64url, the two first of which are JSON objects (RFC
 * 7519 section 7.2); headers that must be understood; tokens within tokens. Repeated claims are not
 * looked for before the signature is proved (see `repeatsClaims`): for a hostile token that costs
 * ten times as much as its signature. The error names the fault and quotes nothing.
 */
export function readToken(token: string): Result<UnprovedToken, string> {
  if (token.length > TOKEN_LENGTH_MAX)
    return err(`The token is longer than ${TOKEN_LENGTH_MAX} characters`);
  if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(token)) {
    return err("The token is not a signed JWT: three parts of base64url with dots between them");
  }
  const [first = "", second = ""] = token.split(".");
  if (first.length > HEADER_LENGTH_MAX) {
    return err(`The token's header is longer than ${HEADER_LENGTH_MAX} characters`);
  }
  const header = objectIn(first);
  if (header === undefined) return err("The token's header is no JSON object with unique names");
  if (header.has("crit")) return err("The token's header has extensions that must be understood");
  if (header.has("cty")) return err("The token holds another token");
  if (!isTokenType(header.get("typ"))) return err("The token is of another type than JWT");
  const claims = claimsIn(second);
  if (claims === undefined) return err("The token's claims are no JSON object");
  return "iss" in claims && typeof claims.iss === "string"
    ? ok({ iss: claims.iss })
    : err("The token does not say who issued it");
}

/**
 * Returns true if a name stands twice in an object among the claims of `token`, which `readToken`
 * took: two readers would then see two tokens (RFC 7519 section 4). Also true if claims are nested
 * too deep to be looked at.
 */
export function repeatsClaims(token: string): boolean {
  return objectIn(token.split(".")[1] ?? "") === undefined;
}

function claimsIn(part: string): object | undefined {
  const text = decodeUtf8(bytesOf(part));
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns true for ID tokens, and access tokens of RFC 9068: not for logout tokens, proofs of
 * possession and the like.
 */
function isTokenType(typ: JsonNode | undefined): boolean {
  if (typ === undefined) return true;
  return typ.kind === "string" && /^(?:application\/)?(?:at\+)?jwt$/i.test(typ.text);
}

function objectIn(part: string): ReadonlyMap<string, JsonNode> | undefined {
  const text = decodeUtf8(bytesOf(part));
  const json = text === undefined ? undefined : readJson(text, DEPTH_MAX);
  if (json?.ok !== true || json.value.root.kind !== "object" || repeatsName(json.value.root)) {
    return undefined;
  }
  return new Map(json.value.root.members.map(({ name, value }) => [name, value]));
}

/** Decodes `part`; returns nothing if it is not encoded well, and so no JSON either. */
function bytesOf(part: string): Uint8Array {
  try {
    return base64url.decode(part);
  } catch {
    return new Uint8Array();
  }
}

function repeatsName(node: JsonNode): boolean {
  if (node.kind === "array") return node.items.some(repeatsName);
  if (node.kind !== "object") return false;
  const names = new Set(node.members.map(({ name }) => name));
  return names.size < node.members.length || node.members.some(({ value }) => repeatsName(value));
}
