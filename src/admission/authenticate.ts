import type { RequestHead } from "../http/head.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { fault, type Fault, type FaultCode } from "../s3/faults.ts";
import { verifyClaim, type Claim, type Proved } from "../signature/claim.ts";
import { parseFormClaim, verifyFormClaim, type ProvedForm } from "../signature/v4-form.ts";
import type { Known } from "./known.ts";
import type { Key } from "./principal.ts";
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
  known: Known,
): Result<Caller, Fault> | UnknownKey {
  if (claim.kind === "anonymous") return anonymous(snapshot);
  const key = findKey(snapshot, known, claim.accessKeyId);
  if (key === "unknown") return { unknownKey: claim.accessKeyId };
  const { signatures: rules, ring } = snapshot;
  const proved = verifyClaim(claim, head, key?.secret, { nowMs, rules, ring, hostBucket });
  return proved.ok ? holder(snapshot, claim, key, proved.value) : err(told(snapshot, proved.error));
}

/**
 * Proves who wrote a form's policy; `fields` by lower-case name. Errors: those of `parseFormClaim`
 * and `verifyFormClaim`, InvalidToken, and AccessDenied for anonymous forms.
 */
export function authenticateForm(
  snapshot: Snapshot,
  fields: ReadonlyMap<string, string>,
  known: Known,
): Result<Caller, Fault> | UnknownKey {
  const claim = parseFormClaim(fields, snapshot.signatures);
  if (!claim.ok) return claim;
  if (claim.value.kind === "anonymous") return anonymous(snapshot);
  const key = findKey(snapshot, known, claim.value.accessKeyId);
  if (key === "unknown") return { unknownKey: claim.value.accessKeyId };
  const policy = fields.get("policy") ?? "";
  const proved = verifyFormClaim(claim.value, policy, key?.secret, snapshot);
  if (!proved.ok) return err(told(snapshot, proved.error));
  return holder(snapshot, claim.value, key, proved.value);
}

/** Nothing can be proved before it is known whose key it is. */
export type UnknownKey = { readonly unknownKey: string };

/** The configuration's own keys come first: a source elsewhere cannot take one over. */
export function findKey(
  { keys, elsewhere }: Snapshot,
  known: Known,
  accessKeyId: string,
): Key | undefined | "unknown" {
  const configured = keys.get(accessKeyId);
  if (configured !== undefined || elsewhere.key === undefined) return configured;
  if (known.keys.has(accessKeyId)) return known.keys.get(accessKeyId);
  const found = elsewhere.key(accessKeyId);
  return found === "nobody" ? undefined : found;
}

/** Whether anonymous requests may go on; which of them, bucket policies or the store will say. */
function anonymous(snapshot: Snapshot): Result<Caller, Fault> {
  return snapshot.policy.anonymous === "deny"
    ? err(
        fault("AccessDenied", "Anonymous requests are not allowed: sign the request", {
          detail: NOBODY_RULE,
        }),
      )
    : ok({ kind: "anonymous" });
}

/** The rule that refuses who has no credentials, as it is recorded. */
export const NOBODY_RULE = "policy.anonymous: deny";

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
): Result<Caller, Fault> {
  if (key === undefined) throw new Error("A signature was proved without a key");
  return key.sessionToken === claim.sessionToken
    ? ok({ kind: "known", key, proved })
    : err(told(snapshot, fault("InvalidToken")));
}
