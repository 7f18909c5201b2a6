import { checksumChecks } from "../checksum/checks.ts";
import type { ChecksumCheck } from "../checksum/checksum.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { encodePath } from "../http/percent.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { bucketText, inAccount } from "../s3/address.ts";
import { putActions, type Ask } from "../s3/asks.ts";
import { canonicalAddress, type Bucket } from "../s3/bucket.ts";
import type { Fault } from "../s3/faults.ts";
import { putFromForm, type PutFromForm } from "../s3/post-object.ts";
import {
  ageFault,
  checkPostPolicy,
  lengthFault,
  parsePostPolicy,
  type LengthRange,
} from "../signature/post-policy.ts";
import { parseFormClaim } from "../signature/v4-form.ts";
import { anonymous, authenticateForm } from "./authenticate.ts";
import { keepsRecords } from "./buckets.ts";
import { withCaller, type Facts } from "./facts.ts";
import { keyOf } from "./find-key.ts";
import { forwardVerdict, ownOrigin, UNTOUCHED } from "./forward.ts";
import { judgeAsking } from "./judge-asking.ts";
import { answered, type Deciding } from "./deciding.ts";
import { withOwner, withRecords } from "./need.ts";
import type { PendingForm } from "./pending.ts";
import { tooLarge } from "./plan-body.ts";
import { denied, refused } from "./refuse.ts";
import { ineffective } from "./served.ts";
import type { Snapshot } from "./snapshot.ts";
import { storeRequest } from "./store-request.ts";
import { NOTHING_KNOWN, type Subject } from "./subject.ts";
import { tenantOf, type Caller } from "./caller.ts";
import { withValues } from "./values.ts";
import type { Verdict } from "./verdict.ts";

/** The object that a form uploads, and what must be true of its bytes. */
type FormUpload = {
  readonly put: PutFromForm;
  readonly checks: readonly ChecksumCheck[];
  readonly range: LengthRange;
};

/**
 * Decides a browser's upload ("POST Object", S3 API Reference): proves the form's policy and judges
 * the PutObject it stands for from its fields. So no file is read whose sender may not store it.
 * That PutObject is what is forwarded; the form itself never reaches the store. Pure, as `admit`
 * is. `nowMs`: milliseconds since the epoch.
 *
 * Conditions on the length (`gw:ContentLength`) see the most that the file can have, and are asked
 * again if it turns out to be shorter.
 */
export function* admitForm(snapshot: Snapshot, pending: PendingForm, nowMs: number): Deciding {
  const need = { kind: "form", form: pending } as const;
  const { fields, fileBytesMax } = answered("form", yield { need, facts: pending.facts }).head;
  const caller = yield* callerOf(snapshot, fields, pending.facts, nowMs);
  if (!caller.ok) return denied(pending.facts, caller.error, "authentication");
  const facts = withCaller({ ...pending.facts, key: fields.get("key") }, caller.value);
  const name = signedName(snapshot, pending, caller.value);
  const upload = readUpload(snapshot, fields, name, nowMs);
  if (!upload.ok) return refused(facts, upload.error);
  const written = subjectOf(snapshot, pending, upload.value, caller.value);
  if (!written.ok) return refused(facts, written.error);
  const noEffect = ineffective(snapshot.store, "PutObject", written.value.headers);
  if (noEffect !== undefined) return refused(facts, noEffect);
  const valued = withValues(snapshot, written.value, undefined);
  if (!valued.ok) return refused(facts, valued.error);
  const asks = asksOfForm(valued.value, upload.value);
  const subject = keepsRecords(snapshot)
    ? yield* withRecords(snapshot, valued.value, facts, asks)
    : valued.value;
  const judged = yield* judgeAsking(snapshot, ofLength(subject, fileBytesMax), asks, facts, nowMs);
  if (judged.kind === "verdict") return judged.verdict;
  const { length } = answered("file", yield { need: { kind: "file" }, facts: judged.facts });
  const { bodyBytesMax } = snapshot.limits;
  if (length > bodyBytesMax) return refused(judged.facts, tooLarge(length, bodyBytesMax));
  const wrongLength = lengthFault(upload.value.range, length);
  if (wrongLength !== undefined) return refused(judged.facts, wrongLength);
  const about = { ...ofLength(subject, length), known: judged.subject.known };
  const again =
    length === fileBytesMax ? judged : yield* judgeAsking(snapshot, about, asks, facts, nowMs);
  if (again.kind === "verdict") return again.verdict;
  const admitted = { ...pending, facts: again.facts };
  const asking = { ...subject, known: again.subject.known };
  const owned = yield* withOwner(snapshot, asking, again.facts, nowMs);
  return forwardForm(snapshot, admitted, owned, upload.value, length, nowMs);
}

/**
 * Returns the upload with the length that it would have as a PutObject, since the file is what is
 * stored.
 */
function ofLength(subject: Subject, bytes: number): Subject {
  return { ...subject, headers: [...subject.headers, "content-length", String(bytes)] };
}

/**
 * Returns the caller who wrote the form. Errors: those of `parseFormClaim` and `authenticateForm`.
 */
function* callerOf(
  snapshot: Snapshot,
  fields: ReadonlyMap<string, string>,
  facts: Facts,
  nowMs: number,
): Deciding<Result<Caller, Fault>> {
  const claim = parseFormClaim(fields, snapshot.signatures);
  if (!claim.ok) return claim;
  if (claim.value.kind === "anonymous") return anonymous(snapshot);
  const key = yield* keyOf(snapshot, claim.value, facts, nowMs);
  if (!key.ok) return key;
  return authenticateForm(snapshot, claim.value, fields.get("policy") ?? "", key.value, nowMs);
}

/**
 * Returns the name that a form must use for the bucket of its URL: another tenant's with its
 * tenant. A bare name is one of the signer's own, so that no form for it is good for a bucket of
 * that name elsewhere.
 */
function signedName({ store }: Snapshot, { bucket }: PendingForm, caller: Caller): string {
  const isOwn = caller.kind === "anonymous" || bucket.tenant === tenantOf(caller);
  return isOwn || !store.naming.tenants ? bucket.name : bucketText(bucket);
}

/**
 * Checks the form against its own policy, which restricts the holder of the form. `bucket`: that of
 * the URL, see signedName().
 */
function readUpload(
  snapshot: Snapshot,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  nowMs: number,
): Result<FormUpload, Fault> {
  const range = rangeOf(snapshot, fields, bucket, nowMs);
  if (!range.ok) return range;
  const put = putFromForm(fields, bucket);
  if (!put.ok) return put;
  const checks = checksumChecks(put.value.headers);
  if (!checks.ok) return checks;
  return ok({ put: put.value, checks: checks.value, range: range.value });
}

/** A form without a policy, which only anonymous ones are, restricts nothing. */
function rangeOf(
  { signatures }: Snapshot,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  nowMs: number,
): Result<LengthRange, Fault> {
  const policyText = fields.get("policy");
  if (policyText === undefined) return ok({ minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER });
  const policy = parsePostPolicy(policyText);
  if (!policy.ok) return policy;
  const tooOld = ageFault(policy.value, fields, nowMs, signatures);
  if (tooOld !== undefined) return err(tooOld);
  return checkPostPolicy(policy.value, fields, bucket, nowMs);
}

/** The upload as if it had come as PutObject. */
function subjectOf(
  { store }: Snapshot,
  { head, bucket, hostAccount }: PendingForm,
  { put }: FormUpload,
  caller: Caller,
): Result<Subject, Fault> {
  const spelled = { kind: "object", bucket, key: put.key } as const;
  const meant = caller.kind === "anonymous" ? inAccount(spelled, hostAccount) : spelled;
  const address = canonicalAddress(meant, tenantOf(caller), store.naming);
  if (!address.ok) return address;
  return ok({
    head: { ...head, method: "PUT" },
    operation: "PutObject",
    address: address.value,
    source: undefined,
    versionId: undefined,
    query: [],
    headers: [...fromRequest(head), ...put.headers],
    caller,
    payload: { kind: "unsigned" },
    values: undefined,
    known: NOTHING_KNOWN,
  });
}

/** Returns the headers of the form's own request that a store may want to know. */
function fromRequest(head: RequestHead): HeaderList {
  const headers: string[] = [];
  for (const name of ["origin", "referer", "user-agent"]) {
    const value = firstValue(head.headers, name);
    if (value !== undefined) headers.push(name, value);
  }
  return headers;
}

function asksOfForm({ address }: Subject, { put }: FormUpload): readonly Ask<Bucket>[] {
  if (address.kind !== "object") throw new Error("A form uploads an object");
  const { bucket, key } = address;
  const actions = ["s3:PutObject", ...putActions(put.headers)] as const;
  return actions.map((action) => ({ action, operation: "PostObject", bucket, key }));
}

function forwardForm(
  snapshot: Snapshot,
  { facts, head, bucket }: PendingForm,
  subject: Subject,
  { put, checks }: FormUpload,
  length: number,
  nowMs: number,
): Verdict {
  const body = { ...UNTOUCHED, payload: "UNSIGNED-PAYLOAD", length };
  const request = storeRequest(snapshot, subject, facts, body, nowMs);
  const base = head.target.path.endsWith("/") ? head.target.path : `${head.target.path}/`;
  const url = `${ownOrigin(head)}${base}${encodePath(put.key)}`;
  return forwardVerdict(facts, request, {
    body: { kind: "pass", length, checks },
    reframe: false,
    content: undefined,
    reply: { kind: "post", put, bucket: bucket.name, url },
  });
}
