import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import type { Result } from "../../../src/lib/result.ts";
import type { Fault } from "../../../src/s3/faults.ts";
import { parseClaim, verifyClaim, type Proved } from "../../../src/signature/claim.ts";
import { KeyRing } from "../../../src/signature/key-ring.ts";
import type { SignatureRules } from "../../../src/signature/rules.ts";

/** The key pair of AWS's documentation. */
export const EXAMPLE = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
} as const;

export const RULES: SignatureRules = {
  v2: true,
  regions: [],
  clockSkewMs: 15 * 60_000,
  presignedExpiryMaxMs: 604_800_000,
  presignedExpiryMinMs: 1000,
  presignedV2: true,
  presignedV2MaxMs: 604_800_000,
};

/** A head from a target as it stands on the wire and header lines `Name: value`. */
export function headOf(method: string, target: string, ...lines: readonly string[]): RequestHead {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const headers = lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).replace(/^ /, "")];
  });
  return { method, target: parsed.value, headers, sourceAddress: "192.0.2.1", secure: true };
}

export type Judged = {
  /** Whose key it is, whatever its name; present but undefined: nobody's. */
  readonly secret?: string | undefined;
  readonly rules?: SignatureRules;
  readonly hostBucket?: string;
};

/** Parses and verifies as if the example's key were the only one, or with `options`' secret. */
export function judge(head: RequestHead, now: string, options: Judged = {}): Result<Proved, Fault> {
  const rules = options.rules ?? RULES;
  const claim = parseClaim(head, rules);
  if (!claim.ok) return claim;
  if (claim.value.kind === "anonymous") throw new Error("The head has no credential");
  const known = claim.value.accessKeyId === EXAMPLE.accessKeyId ? EXAMPLE.secret : undefined;
  return verifyClaim(claim.value, head, "secret" in options ? options.secret : known, {
    nowMs: Date.parse(now),
    rules,
    ring: new KeyRing(8),
    hostBucket: options.hostBucket,
  });
}
