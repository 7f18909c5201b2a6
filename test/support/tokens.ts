import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

/**
 * Tokens for tests, signed by node:crypto as RFC 7515 and RFC 7518 say, without the library that
 * verifies them.
 */

/** A key pair of an issuer, with its name. */
export type TokenKey = {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
};

type Kind = "rsa" | "rsa-4096" | "rsa-1024" | "P-256" | "P-384" | "P-521" | "ed25519";

/** Makes a key of `kind` that signs by `alg`. */
export function makeKey(kid: string, alg: string, kind: Kind): TokenKey {
  return { kid, alg, ...pairOf(kind) };
}

function pairOf(kind: Kind): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  switch (kind) {
    case "rsa":
      return generateKeyPairSync("rsa", { modulusLength: 2048 });
    case "rsa-4096":
      return generateKeyPairSync("rsa", { modulusLength: 4096 });
    case "rsa-1024":
      return generateKeyPairSync("rsa", { modulusLength: 1024 });
    case "ed25519":
      return generateKeyPairSync("ed25519");
    default:
      return generateKeyPairSync("ec", { namedCurve: kind });
  }
}

/** Returns its public half as a JSON Web Key (RFC 7517); `more`: put over its members. */
export function publicJwk(
  { kid, alg, publicKey }: TokenKey,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig", ...more };
}

type Json = Readonly<Record<string, unknown>>;

/** Returns a token of `claims`; `header`: put over alg, kid and typ. */
export function tokenOf(key: TokenKey, claims: Json, header: Json = {}): string {
  const whole = { alg: key.alg, kid: key.kid, typ: "JWT", ...header };
  return tokenOfTexts(key, JSON.stringify(whole), JSON.stringify(claims));
}

/**
 * Returns a token of the texts as they are, which need not be JSON; signed by the key's own
 * algorithm.
 */
export function tokenOfTexts(key: TokenKey, header: string, claims: string): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${signatureOf(key, key.alg, signed).toString("base64url")}`;
}

/** Returns a token of RFC 7515 with a shared secret. */
export function hmacToken(secret: string | Buffer, claims: Json, header: Json): string {
  const signed = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export function encode(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}

function signatureOf({ privateKey }: TokenKey, alg: string, text: string): Buffer {
  const data = Buffer.from(text, "ascii");
  const hash = `sha${alg.slice(2)}`;
  switch (alg.slice(0, 2)) {
    case "RS":
      return sign(hash, data, privateKey);
    case "PS":
      // RSASSA-PSS with a salt of the digest's length (RFC 7518 section 3.5).
      return sign(hash, data, { key: privateKey, padding: 6, saltLength: -1 });
    case "ES":
      return sign(hash, data, { key: privateKey, dsaEncoding: "ieee-p1363" });
    default:
      // EdDSA (RFC 8037) has no hash to choose.
      return sign(undefined, data, privateKey);
  }
}
