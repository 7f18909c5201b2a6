import type { KeyRing } from "./key-ring.ts";
import type { SignatureRules } from "./rules.ts";

/** The facts that a claim is judged by, besides the request and the secret. */
export type VerifyContext = {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly rules: SignatureRules;
  readonly ring: KeyRing;
  /** The bucket that the Host header names; part of what SigV2 signs. */
  readonly hostBucket: string | undefined;
};
