import type { RequestHead } from "../http/head.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { awsFault, fault, type Fault } from "../s3/faults.ts";
import type { FaultCode } from "../s3/fault-table.ts";
import { verifyClaim, type Claim, type Proved } from "../signature/claim.ts";
import { verifyFormClaim, type ProvedForm, type SignedFormClaim } from "../signature/v4-form.ts";
import type { Key } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller } from "./caller.ts";

/**
 * Proves who sent the request. A credential that does not hold is refused and never counts as
 * anonymous. `key`: the one that the claim names; `undefined` if nobody has it. `hostBucket`: the
 * bucket in a virtual-hosted name, which SigV2 signs as part of the path. Errors: those of
 * `verifyClaim`, InvalidToken, and ExpiredToken for a session that has ended.
 */
export function authenticate(
  snapshot: Snapshot,
  head: RequestHead,
  claim: Exclude<Claim, { readonly kind: "anonymous" }>,
  key: Key | undefined,
  hostBucket: string | undefined,
  nowMs: number,
): Result<Caller, Fault> {
  const { signatures: rules, ring } = snapshot;
  const proved = verifyClaim(claim, head, key?.secret, { nowMs, rules, ring, hostBucket });
  return proved.ok
    ? holder(snapshot, claim, key, proved.value, nowMs)
    : err(faultForClient(snapshot, proved.error));
}

/**
 * Proves who wrote a form's policy; `policy`: as the form has it, `key`: as for authenticate().
 * Errors: those of `verifyFormClaim`, InvalidToken and ExpiredToken.
 */
export function authenticateForm(
  snapshot: Snapshot,
  claim: SignedFormClaim,
  policy: string,
  key: Key | undefined,
  nowMs: number,
): Result<Caller, Fault> {
  const proved = verifyFormClaim(claim, policy, key?.secret, snapshot);
  if (!proved.ok) return err(faultForClient(snapshot, proved.error));
  return holder(snapshot, claim, key, proved.value, nowMs);
}

/**
 * Lets anonymous requests go on, if any may; bucket policies or the store decide which. Error:
 * AccessDenied.
 */
export function anonymous(snapshot: Snapshot): Result<Caller, Fault> {
  return snapshot.policy.anonymous === "deny"
    ? err(
        fault("AccessDenied", "Anonymous requests are not allowed: sign the request", {
          rule: NOBODY_RULE,
        }),
      )
    : ok({ kind: "anonymous" });
}

/** The rule that refuses callers without credentials, as it is recorded. */
export const NOBODY_RULE = "policy.anonymous: deny";

/**
 * Returns the fault that the client reads of an invalid credential. Some stores answer AccessDenied
 * and nothing more, and so tell nobody which keys exist. The operator reads the reason in either
 * case.
 */
export function faultForClient(snapshot: Snapshot, refused: Fault): Fault {
  if (snapshot.policy.provider.authErrors === "aws" || !OF_CREDENTIALS.has(refused.code)) {
    return refused;
  }
  return fault("AccessDenied", undefined, { rule: refused.code });
}

/** The codes about the credential itself, and not about how or when it was used. */
const OF_CREDENTIALS: ReadonlySet<FaultCode> = new Set<FaultCode>([
  "InvalidAccessKeyId",
  "InvalidToken",
  "SignatureDoesNotMatch",
]);

/** The session token is no secret of its own: it was signed with the key, or came beside it. */
function holder(
  snapshot: Snapshot,
  claim: { readonly sessionToken: string | undefined },
  key: Key | undefined,
  proved: Proved | ProvedForm,
  nowMs: number,
): Result<Caller, Fault> {
  if (key === undefined) throw new Error("A signature was proved without a key");
  if (key.sessionToken !== claim.sessionToken)
    return err(faultForClient(snapshot, fault("InvalidToken")));
  // Clients get a new session when they read this, and only this.
  const ended = key.session !== undefined && key.expiresMs !== undefined && nowMs >= key.expiresMs;
  return ended ? err(awsFault("ExpiredToken")) : ok({ kind: "known", key, proved });
}
