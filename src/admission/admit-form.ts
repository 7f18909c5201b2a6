import { checksumChecks } from "../checksum/checks.ts";
import type { ChecksumCheck } from "../checksum/checksum.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { encodePath } from "../http/percent.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { inAccount } from "../s3/address.ts";
import { putActions, type Ask } from "../s3/asks.ts";
import type { Fault } from "../s3/faults.ts";
import { putFromForm, type PutFromForm } from "../s3/post-object.ts";
import {
  ageFault,
  checkPostPolicy,
  lengthFault,
  parsePostPolicy,
} from "../signature/post-policy.ts";
import { denied, judgeAll, needsKey, refused, withValues } from "./admit.ts";
import { authenticateForm } from "./authenticate.ts";
import { withCaller } from "./facts.ts";
import { forwardVerdict, ownOrigin, UNTOUCHED } from "./forward.ts";
import { NOTHING_KNOWN, type Known } from "./known.ts";
import { recordsVerdict } from "./need.ts";
import type { PendingForm } from "./pending.ts";
import type { Snapshot } from "./snapshot.ts";
import { tooLarge } from "./plan-body.ts";
import { storeRequest } from "./store-request.ts";
import type { Caller, Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/** What has been read of a form when its file begins. */
export type FormHead = {
  /** The fields before the file, by lower-case name; `${filename}` in the key is replaced. */
  readonly fields: ReadonlyMap<string, string>;
  /** Bytes of the file. */
  readonly length: number;
};

/** The object that a form uploads, and what must be true of its bytes. */
type Upload = {
  readonly put: PutFromForm;
  readonly checks: readonly ChecksumCheck[];
  /** Bytes of the file. */
  readonly length: number;
};

/**
 * Finishes the decision on a browser's upload ("POST Object", S3 API Reference): proves the form's
 * policy and judges the PutObject it stands for. That is what is forwarded; the form itself never
 * reaches the store. Pure, as `admit` is. `nowMs`: milliseconds since the epoch.
 */
export function admitForm(
  snapshot: Snapshot,
  pending: PendingForm,
  form: FormHead,
  nowMs: number,
  known: Known = NOTHING_KNOWN,
): Verdict {
  const { fields } = form;
  const caller = authenticateForm(snapshot, fields, known);
  if ("unknownKey" in caller) return needsKey(pending.facts, caller);
  if (!caller.ok) return denied(pending.facts, caller.error, "authentication");
  const facts = withCaller({ ...pending.facts, key: fields.get("key") }, caller.value);
  const { bodyBytesMax } = snapshot.limits;
  if (form.length > bodyBytesMax) return refused(facts, tooLarge(form.length, bodyBytesMax));
  const upload = readUpload(snapshot, pending, form, nowMs);
  if (!upload.ok) return refused(facts, upload.error);
  const written = subjectOf(pending, upload.value, caller.value, known);
  const valued = withValues(snapshot, written, undefined);
  if (!valued.ok) return refused(facts, valued.error);
  const subject = valued.value;
  const asks = asksOfForm(subject, upload.value);
  const unread = recordsVerdict(snapshot, subject, facts, asks);
  if (unread !== undefined) return unread;
  const judged = judgeAll(snapshot, subject, asks, facts, nowMs);
  return "kind" in judged
    ? judged
    : forwardForm(snapshot, { ...pending, facts: judged }, subject, upload.value, nowMs);
}

/** Holds the form against its own policy, which restricts whoever holds the form. */
function readUpload(
  { signatures }: Snapshot,
  { bucket }: PendingForm,
  { fields, length }: FormHead,
  nowMs: number,
): Result<Upload, Fault> {
  const policyText = fields.get("policy");
  if (policyText !== undefined) {
    const policy = parsePostPolicy(policyText);
    if (!policy.ok) return policy;
    const tooOld = ageFault(policy.value, fields, nowMs, signatures);
    if (tooOld !== undefined) return err(tooOld);
    const range = checkPostPolicy(policy.value, fields, bucket.name, nowMs);
    if (!range.ok) return range;
    const wrongLength = lengthFault(range.value, length);
    if (wrongLength !== undefined) return err(wrongLength);
  }
  const put = putFromForm(fields, bucket.name);
  if (!put.ok) return put;
  const checks = checksumChecks(put.value.headers);
  return checks.ok ? ok({ put: put.value, checks: checks.value, length }) : checks;
}

/** The upload as if it had come as PutObject. */
function subjectOf(
  { head, bucket, hostAccount }: PendingForm,
  { put, length }: Upload,
  caller: Caller,
  known: Known,
): Subject {
  const address = { kind: "object", bucket, key: put.key } as const;
  return {
    head: { ...head, method: "PUT" },
    operation: "PutObject",
    address: caller.kind === "anonymous" ? inAccount(address, hostAccount) : address,
    query: [],
    // Not the form's length: what is stored is the file.
    headers: [...fromRequest(head), ...put.headers, "content-length", String(length)],
    caller,
    payload: { kind: "unsigned" },
    values: undefined,
    known,
  };
}

/** What the form's request itself says that a store may want to know. */
function fromRequest(head: RequestHead): HeaderList {
  const headers: string[] = [];
  for (const name of ["origin", "referer", "user-agent"]) {
    const value = firstValue(head.headers, name);
    if (value !== undefined) headers.push(name, value);
  }
  return headers;
}

function asksOfForm({ address }: Subject, { put }: Upload): readonly Ask[] {
  if (address.kind !== "object") throw new Error("A form uploads an object");
  const { bucket, key } = address;
  const actions = ["s3:PutObject", ...putActions(put.headers)] as const;
  return actions.map((action) => ({ action, operation: "PostObject", bucket, key }));
}

function forwardForm(
  snapshot: Snapshot,
  { facts, head, bucket }: PendingForm,
  subject: Subject,
  { put, checks, length }: Upload,
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
