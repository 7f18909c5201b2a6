import type { RequestHead } from "../http/head.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault, type FaultCode } from "../s3/faults.ts";
import { verifyClaim, type Claim, type Proved } from "../signature/claim.ts";
import { parseFormClaim, verifyFormClaim, type ProvedForm } from "../signature/v4-form.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller } from "./subject.ts";

/**
 * Proves who sent the request. A credential that does not hold is refused and never counts as
 * anonymous. `hostBucket`: the bucket in a virtual-hosted name, which SigV2 signs as part of the
 * path. Errors: those of `verifyClaim`, InvalidToken, and AccessDenied for anonymous requests.
 */
export function authenticate(
  snapshot: Snapshot,
  head: RequestHead,
  claim: Claim,
  hostBucket: string | undefined,
  nowMs: number,
): Result<Caller, Fault> {
  if (claim.kind === "anonymous") return anonymous(snapshot);
  const secret = snapshot.keys.get(claim.accessKeyId)?.secret;
  const { signatures: rules, ring } = snapshot;
  const proved = verifyClaim(claim, head, secret, { nowMs, rules, ring, hostBucket });
  return proved.ok ? known(snapshot, claim, proved.value) : err(told(snapshot, proved.error));
}

/**
 * Proves who wrote a form's policy; `fields` by lower-case name. Errors: those of `parseFormClaim`
 * and `verifyFormClaim`, InvalidToken, and AccessDenied for anonymous forms.
 */
export function authenticateForm(
  snapshot: Snapshot,
  fields: ReadonlyMap<string, string>,
): Result<Caller, Fault> {
  const claim = parseFormClaim(fields, snapshot.signatures);
  if (!claim.ok) return claim;
  if (claim.value.kind === "anonymous") return anonymous(snapshot);
  const secret = snapshot.keys.get(claim.value.accessKeyId)?.secret;
  const proved = verifyFormClaim(claim.value, fields.get("policy") ?? "", secret, snapshot);
  return proved.ok ? known(snapshot, claim.value, proved.value) : err(told(snapshot, proved.error));
}

/** Whether anonymous requests may go on; which of them, bucket policies or the store will say. */
function anonymous(snapshot: Snapshot): Result<Caller, Fault> {
  return snapshot.policy.anonymous === "deny"
    ? err(fault("AccessDenied", "Anonymous requests are not allowed: sign the request"))
    : ok({ kind: "anonymous" });
}

/**
 * What the client is told of a credential that does not hold: some stores answer AccessDenied and
 * nothing more, and so tell nobody which keys exist. The operator reads what it was in either case.
 */
function told(snapshot: Snapshot, refused: Fault): Fault {
  if (snapshot.policy.provider.authErrors === "aws" || !OF_CREDENTIALS.has(refused.code)) {
    return refused;
  }
  return fault("AccessDenied", undefined, { detail: refused.code });
}

/** Codes that speak of the credential itself, and not of how or when it was used. */
const OF_CREDENTIALS: ReadonlySet<FaultCode> = new Set<FaultCode>([
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidToken",
  "SignatureDoesNotMatch",
]);

/** The session token is no secret of its own: it was signed with the key, or came beside it. */
function known(
  snapshot: Snapshot,
  claim: { readonly accessKeyId: string; readonly sessionToken: string | undefined },
  proved: Proved | ProvedForm,
): Result<Caller, Fault> {
  const key = snapshot.keys.get(claim.accessKeyId);
  if (key === undefined) throw new Error("A signature was proved without a key");
  return key.sessionToken === claim.sessionToken
    ? ok({ kind: "known", key, proved })
    : err(told(snapshot, fault("InvalidToken")));
}
