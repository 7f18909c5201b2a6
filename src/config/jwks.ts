import { z } from "zod";
import { err, ok, type Result } from "../lib/result.ts";

/** A public key that tokens may be signed with (RFC 7517), without any private part. */
export type PublicJwk = z.output<typeof KeySchema>;

/** The keys of one issuer; at least one. */
export type KeySet = { readonly keys: PublicJwk[] };

/** The most keys of an issuer, more than any publishes. */
const KEYS_MAX = 64;

/**
 * The keys of a JSON Web Key Set (RFC 7517 section 5) that tokens can be verified with: RSA of 2048 to
 * 8192 bits, the NIST curves, and Ed25519. Other keys (symmetric ones, those for encryption, curves
 * that nobody here verifies) are left out, as section 5 demands. The error says why none is left, and
 * quotes nothing.
 */
export function readKeySet(value: unknown): Result<KeySet, string> {
  const set = SetSchema.safeParse(value);
  if (!set.success) return err("Expected a JSON Web Key Set: a map with a list called keys");
  if (set.data.keys.length > KEYS_MAX) return err(`Expected at most ${KEYS_MAX} keys`);
  const keys = set.data.keys.flatMap((each) => {
    const key = KeySchema.safeParse(each);
    return key.success ? [key.data] : [];
  });
  if (keys.length > 0) return ok({ keys });
  return err(
    "No key of the set can verify a signature: RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519",
  );
}

/** The algorithms of signatures that count: never `none`, and none with a shared secret. */
export const TOKEN_ALGORITHMS: readonly string[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

const SetSchema = z.object({ keys: z.array(z.unknown()) });

/** Accepts base64url of at least and at most so many characters. */
function encoded(least: number, most: number) {
  return z
    .string()
    .min(least)
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/);
}

const common = {
  kid: z.string().max(256).exactOptional(),
  alg: z.enum(TOKEN_ALGORITHMS).exactOptional(),
  use: z.literal("sig").exactOptional(),
  key_ops: z
    .array(z.string().max(32))
    .max(16)
    .refine((operations) => operations.includes("verify"))
    .exactOptional(),
};

const KeySchema = z.discriminatedUnion("kty", [
  z.object({
    ...common,
    kty: z.literal("RSA"),
    // The time of a verification grows with both: modulus of 8192 bits, exponent of 32 at most.
    n: encoded(342, 1368),
    e: encoded(2, 6),
  }),
  z.object({
    ...common,
    kty: z.literal("EC"),
    crv: z.enum(["P-256", "P-384", "P-521"]),
    x: encoded(1, 90),
    y: encoded(1, 90),
  }),
  z.object({ ...common, kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: encoded(43, 44) }),
]);
