import { asksOfDelete } from "../s3/asks.ts";
import {
  mergeDeleteResult,
  writeDeleteObjects,
  type DeleteEntry,
  type DeleteRequest,
  type DeniedEntry,
} from "../s3/delete-objects.ts";
import { asksOfDocument } from "../s3/document-asks.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { judgeAll, refused, withValues } from "./admit.ts";
import type { Facts } from "./facts.ts";
import { forwardContent } from "./forward.ts";
import { NOTHING_KNOWN, type Known } from "./known.ts";
import { answerPolicy, changeByStore } from "./kept-policy.ts";
import { recordsVerdict } from "./need.ts";
import type { PendingBody } from "./pending.ts";
import { reservedFaultIn } from "./provider-rules.ts";
import { RELAY, type ReplyPlan } from "./reply-plan.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/**
 * Finishes a decision that needed the document, whose bytes were proved by `pending.plan`.
 * Pure, as `admit` is. `nowMs`: milliseconds since the epoch. `known`: what an earlier verdict on it
 * needed.
 */
export function admitBody(
  snapshot: Snapshot,
  pending: PendingBody,
  document: S3Document,
  nowMs: number,
  known: Known = NOTHING_KNOWN,
): Verdict {
  const { facts } = pending;
  const { operation, address } = pending.subject;
  if (document.kind === "delete") {
    return admitDelete(snapshot, pending, document.request, nowMs, known);
  }
  const asks = asksOfDocument(operation, address, document);
  if (!asks.ok) return refused(facts, asks.error);
  const reserved = reservedFaultIn(snapshot, asks.value);
  if (reserved !== undefined) return refused(facts, reserved);
  const valued = withValues(snapshot, { ...pending.subject, known }, document);
  if (!valued.ok) return refused(facts, valued.error);
  const subject = valued.value;
  const all = [...pending.asks, ...asks.value];
  const unread = recordsVerdict(snapshot, subject, facts, all);
  if (unread !== undefined) return unread;
  const judged = judgeAll(snapshot, subject, all, facts, nowMs, document);
  if ("kind" in judged) return judged;
  const answer = answerPolicy(snapshot, subject, judged, document);
  if (answer !== undefined) return answer;
  const change = changeByStore(snapshot, subject);
  const reply: ReplyPlan = change === undefined ? RELAY : { kind: "remember", change };
  return forwardContent(snapshot, subject, judged, document.bytes, reply, nowMs, false);
}

/**
 * Judges every key of a DeleteObjects with its version. What may be deleted is forwarded in a
 * document written anew; the rest comes back as AccessDenied entries of the same answer.
 */
function admitDelete(
  snapshot: Snapshot,
  pending: PendingBody,
  request: DeleteRequest,
  nowMs: number,
  known: Known,
): Verdict {
  const { facts } = pending;
  const subject = { ...pending.subject, known };
  const unread = recordsVerdict(snapshot, subject, facts, []);
  if (unread !== undefined) return unread;
  const { address, headers } = subject;
  if (address.kind !== "bucket") throw new Error("DeleteObjects addresses a bucket");
  const allowed: DeleteEntry[] = [];
  const denied: DeniedEntry[] = [];
  const entriesDenied: number[] = [];
  let judged: Facts = { ...facts, entries: request.entries };
  for (const [i, entry] of request.entries.entries()) {
    const asks = asksOfDelete(address.bucket, entry, headers);
    const verdict = judgeAll(snapshot, aboutEntry(subject, entry), asks, judged, nowMs, {
      kind: "entry",
      entry,
    });
    if (!("kind" in verdict)) {
      judged = verdict;
      allowed.push(entry);
      continue;
    }
    if (verdict.kind !== "refuse") return verdict;
    judged = verdict.facts;
    entriesDenied.push(i);
    denied.push({ ...entry, code: verdict.fault.code, message: verdict.fault.message });
  }
  const { quiet } = request;
  if (allowed.length === 0) {
    const body = mergeDeleteResult("", denied);
    return { kind: "answer", facts: judged, contentType: "application/xml", body };
  }
  const content = writeDeleteObjects({ quiet, entries: allowed });
  if (denied.length === 0) {
    return forwardContent(snapshot, subject, judged, content, RELAY, nowMs, true);
  }
  const reply: ReplyPlan = { kind: "merge-delete", denied };
  const inPart = { ...judged, entriesDenied };
  return forwardContent(snapshot, subject, inPart, content, reply, nowMs, true);
}

/** The request as if it were for this entry alone, so that conditions see its version. */
function aboutEntry(subject: Subject, { versionId }: DeleteEntry): Subject {
  if (versionId === undefined) return subject;
  const parameter = { name: "versionId", value: versionId, rawName: "", rawValue: "" };
  return { ...subject, query: [...subject.query, parameter] };
}
