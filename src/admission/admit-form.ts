import { checksumChecks } from "../checksum/checks.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { encodePath } from "../http/percent.ts";
import { ok, type Result } from "../lib/result.ts";
import { inAccount } from "../s3/address.ts";
import { putActions, type Ask } from "../s3/asks.ts";
import type { Fault } from "../s3/faults.ts";
import { putFromForm } from "../s3/post-object.ts";
import {
  checkPostPolicy,
  lengthFault,
  parsePostPolicy,
  type LengthRange,
} from "../signature/post-policy.ts";
import { denied, judgeAll, needsKey, refused, withValues } from "./admit.ts";
import { authenticateForm } from "./authenticate.ts";
import { withCaller } from "./facts.ts";
import { forwardVerdict, ownOrigin, UNTOUCHED } from "./forward.ts";
import { NOTHING_KNOWN, type Known } from "./known.ts";
import { recordsVerdict } from "./need.ts";
import type { FormUpload, PendingFile, PendingForm } from "./pending.ts";
import type { Snapshot } from "./snapshot.ts";
import { tooLarge } from "./plan-body.ts";
import { storeRequest } from "./store-request.ts";
import type { Caller, Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/** What has been read of a form when its file begins. */
export type FormHead = {
  /** The fields before the file, by lower-case name; `${filename}` in the key is replaced. */
  readonly fields: ReadonlyMap<string, string>;
  /** The most bytes that the file can have. It has exactly that many if it is the form's last part. */
  readonly fileBytesMax: number;
};

/**
 * Decides on a browser's upload ("POST Object", S3 API Reference) from its fields: proves the form's
 * policy and judges the PutObject it stands for, so that nobody's file is read who may not store it.
 * That PutObject is what is forwarded in the end; the form itself never reaches the store.
 * Pure, as `admit` is. `nowMs`: milliseconds since the epoch.
 *
 * Conditions on the length (`gw:ContentLength`) see `fileBytesMax`; `admitFile` asks them again if
 * the file turns out to be shorter.
 */
export function admitForm(
  snapshot: Snapshot,
  pending: PendingForm,
  form: FormHead,
  nowMs: number,
  known: Known = NOTHING_KNOWN,
): Verdict {
  const { fields, fileBytesMax: bytesMax } = form;
  const caller = authenticateForm(snapshot, fields, known);
  if ("unknownKey" in caller) return needsKey(pending.facts, caller);
  if (!caller.ok) return denied(pending.facts, caller.error, "authentication");
  const facts = withCaller({ ...pending.facts, key: fields.get("key") }, caller.value);
  const upload = readUpload(fields, pending, nowMs);
  if (!upload.ok) return refused(facts, upload.error);
  const written = subjectOf(pending, upload.value, caller.value, known);
  const valued = withValues(snapshot, written, undefined);
  if (!valued.ok) return refused(facts, valued.error);
  const subject = valued.value;
  const asks = asksOfForm(subject, upload.value);
  const unread = recordsVerdict(snapshot, subject, facts, asks);
  if (unread !== undefined) return unread;
  const judged = judgeAll(snapshot, ofLength(subject, bytesMax), asks, facts, nowMs);
  if ("kind" in judged) return judged;
  const file = { form: pending, subject, asks, upload: upload.value, facts, judged, bytesMax };
  return { kind: "file", facts: judged, pending: file };
}

/**
 * Finishes the decision on a form whose file has `length` bytes. Pure; `known` as in `admitForm`.
 */
export function admitFile(
  snapshot: Snapshot,
  pending: PendingFile,
  length: number,
  nowMs: number,
  known: Known = pending.subject.known,
): Verdict {
  const { form, asks, upload, bytesMax } = pending;
  const { bodyBytesMax } = snapshot.limits;
  if (length > bodyBytesMax) return refused(pending.judged, tooLarge(length, bodyBytesMax));
  const wrongLength = lengthFault(upload.range, length);
  if (wrongLength !== undefined) return refused(pending.judged, wrongLength);
  const subject = { ...pending.subject, known };
  const judged =
    length === bytesMax
      ? pending.judged
      : judgeAll(snapshot, ofLength(subject, length), asks, pending.facts, nowMs);
  if ("kind" in judged) return judged;
  return forwardForm(snapshot, { ...form, facts: judged }, subject, upload, length, nowMs);
}

/** The upload with the length that it would have as a PutObject, where conditions look for it. */
function ofLength(subject: Subject, bytes: number): Subject {
  return { ...subject, headers: [...subject.headers, "content-length", String(bytes)] };
}

/** Holds the form against its own policy, which restricts whoever holds the form. */
function readUpload(
  fields: ReadonlyMap<string, string>,
  { bucket }: PendingForm,
  nowMs: number,
): Result<FormUpload, Fault> {
  const range = rangeOf(fields, bucket.name, nowMs);
  if (!range.ok) return range;
  const put = putFromForm(fields, bucket.name);
  if (!put.ok) return put;
  const checks = checksumChecks(put.value.headers);
  if (!checks.ok) return checks;
  return ok({ put: put.value, checks: checks.value, range: range.value });
}

/** A form without a policy, which only anonymous ones are, restricts nothing. */
function rangeOf(
  fields: ReadonlyMap<string, string>,
  bucket: string,
  nowMs: number,
): Result<LengthRange, Fault> {
  const policyText = fields.get("policy");
  if (policyText === undefined) return ok({ minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER });
  const policy = parsePostPolicy(policyText);
  return policy.ok ? checkPostPolicy(policy.value, fields, bucket, nowMs) : policy;
}

/** The upload as if it had come as PutObject. */
function subjectOf(
  { head, bucket, hostAccount }: PendingForm,
  { put }: FormUpload,
  caller: Caller,
  known: Known,
): Subject {
  const address = { kind: "object", bucket, key: put.key } as const;
  return {
    head: { ...head, method: "PUT" },
    operation: "PutObject",
    address: caller.kind === "anonymous" ? inAccount(address, hostAccount) : address,
    query: [],
    headers: [...fromRequest(head), ...put.headers],
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

function asksOfForm({ address }: Subject, { put }: FormUpload): readonly Ask[] {
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
