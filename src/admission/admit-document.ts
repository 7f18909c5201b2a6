import { ok, type Result } from "../lib/result.ts";
import { asksOfDelete, type Ask } from "../s3/asks.ts";
import { canonicalBucket, type Bucket } from "../s3/bucket.ts";
import {
  mergeDeleteResult,
  parseDeleteObjects,
  writeDeleteObjects,
  type DeleteEntry,
  type DeniedEntry,
} from "../s3/delete-objects.ts";
import { asksOfDocument } from "../s3/document-asks.ts";
import type { Fault } from "../s3/faults.ts";
import { keepsRecords } from "./buckets.ts";
import type { Facts } from "./facts.ts";
import { forwardContent } from "./forward.ts";
import { judgeAsking } from "./judge-asking.ts";
import { answerPolicy, changeByStore } from "./kept-policy.ts";
import type { Deciding } from "./known.ts";
import { withRecords } from "./need.ts";
import { reservedFaultIn } from "./provider-rules.ts";
import { refused } from "./refuse.ts";
import { memoSlot } from "./question.ts";
import { RELAY, type ReplyPlan } from "./reply-plan.ts";
import { notServedEntries } from "./served.ts";
import type { Snapshot } from "./snapshot.ts";
import { tenantOf, type Subject } from "./subject.ts";
import { withValues } from "./values.ts";

/**
 * Goes on with a decision that needed the document in `body`, which was proved. `asks`: what the
 * head needs and policies have not judged yet, since they must see the document.
 */
export function* admitDocument(
  snapshot: Snapshot,
  recognized: Subject,
  facts: Facts,
  asks: readonly Ask<Bucket>[],
  body: Buffer,
  nowMs: number,
): Deciding {
  if (recognized.operation === "DeleteObjects") {
    return yield* admitDelete(snapshot, recognized, facts, body, nowMs);
  }
  const more = asksInDocument(snapshot, recognized, body);
  if (!more.ok) return refused(facts, more.error);
  const reserved = reservedFaultIn(snapshot, more.value);
  if (reserved !== undefined) return refused(facts, reserved);
  const valued = withValues(snapshot, recognized, body);
  if (!valued.ok) return refused(facts, valued.error);
  const all = [...asks, ...more.value];
  const subject = keepsRecords(snapshot)
    ? yield* withRecords(snapshot, valued.value, facts, all)
    : valued.value;
  const judged = yield* judgeAsking(snapshot, subject, all, facts, nowMs, body);
  if (judged.kind === "verdict") return judged.verdict;
  const answer = answerPolicy(snapshot, subject, judged.facts, body);
  if (answer !== undefined) return answer;
  const change = changeByStore(snapshot, subject, judged.facts, nowMs);
  const reply: ReplyPlan = change === undefined ? RELAY : { kind: "remember", change };
  return forwardContent(snapshot, subject, judged.facts, body, reply, nowMs, false);
}

/** What the document needs, with the buckets it names as the store will read them. */
function asksInDocument(
  { store }: Snapshot,
  { operation, address, headers, caller }: Subject,
  body: Buffer,
): Result<readonly Ask<Bucket>[], Fault> {
  const asks = asksOfDocument(operation, address, headers, body);
  if (!asks.ok) return asks;
  const canonical: Ask<Bucket>[] = [];
  for (const ask of asks.value) {
    if (ask.bucket === undefined) {
      canonical.push({ ...ask, bucket: undefined });
      continue;
    }
    const bucket = canonicalBucket(ask.bucket, tenantOf(caller), store.naming);
    if (!bucket.ok) return bucket;
    canonical.push({ ...ask, bucket: bucket.value });
  }
  return ok(canonical);
}

/**
 * Judges every key of a DeleteObjects with its version. What may be deleted is forwarded in a
 * document written anew; the rest comes back as AccessDenied entries of the same answer.
 */
function* admitDelete(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  body: Buffer,
  nowMs: number,
): Deciding {
  const request = parseDeleteObjects(body);
  if (!request.ok) return refused(facts, request.error);
  const unserved = notServedEntries(snapshot.store, request.value.entries);
  if (unserved !== undefined) return refused(facts, unserved);
  const { address, headers } = subject;
  if (address.kind !== "bucket") throw new Error("DeleteObjects addresses a bucket");
  const allowed: DeleteEntry[] = [];
  const denied: DeniedEntry[] = [];
  const entriesDenied: number[] = [];
  const memo = memoSlot();
  let { known } = subject;
  let noted: Facts = { ...facts, entries: request.value.entries };
  for (const [i, entry] of request.value.entries.entries()) {
    const asks = asksOfDelete(address.bucket, entry, headers);
    const { versionId } = entry;
    const about: Subject = { ...subject, versionId, known };
    const judged = yield* judgeAsking(snapshot, about, asks, noted, nowMs, entry, memo);
    ({ known } = judged);
    if (judged.kind === "passed") {
      noted = judged.facts;
      allowed.push(entry);
      continue;
    }
    const { fault } = judged.verdict;
    noted = judged.verdict.facts;
    entriesDenied.push(i);
    denied.push({ ...entry, code: fault.code, message: fault.message });
  }
  const { quiet } = request.value;
  if (allowed.length === 0) {
    const body = mergeDeleteResult("", denied);
    return { kind: "answer", facts: noted, contentType: "application/xml", body };
  }
  const content = writeDeleteObjects({ quiet, entries: allowed });
  if (denied.length === 0) {
    return forwardContent(snapshot, subject, noted, content, RELAY, nowMs, true);
  }
  const reply: ReplyPlan = { kind: "merge-delete", denied };
  const inPart = { ...noted, entriesDenied };
  return forwardContent(snapshot, subject, inPart, content, reply, nowMs, true);
}
