import { err, ok, type Result } from "../lib/result.ts";
import { EVALUATION_STEPS_MAX } from "../policy/facts.ts";
import { stepsTaken } from "../policy/request-memo.ts";
import { asksOfDelete, type Ask } from "../s3/asks.ts";
import { canonicalBucket, type Bucket } from "../s3/bucket.ts";
import {
  mergeDeleteResult,
  writeDeleteObjects,
  type DeleteEntry,
  type DeleteRequest,
  type DeniedEntry,
} from "../s3/delete-objects.ts";
import { asksOfDocument } from "../s3/document-asks.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { malformed } from "../s3/xml.ts";
import { keepsRecords, recordOf } from "./buckets.ts";
import { firstDenial, type Facts } from "./facts.ts";
import { forwardContent } from "./forward.ts";
import { judgeAsking } from "./judge-asking.ts";
import { answerPolicy, changeByStore } from "./kept-policy.ts";
import { answered, type Deciding } from "./deciding.ts";
import { withKeyOf, withOwner, withRecords } from "./need.ts";
import { reservedFaultIn } from "./provider-rules.ts";
import { refused } from "./refuse.ts";
import { memoSlot } from "./question.ts";
import { RELAY, type ReplyPlan } from "./reply-plan.ts";
import { notServedEntries } from "./served.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";
import { tenantOf } from "./caller.ts";
import { withValues } from "./values.ts";

/**
 * Resumes a decision that needed the document, whose bytes were proved. `asks`: the head's
 * permissions that policies have not judged yet, since they must see the document.
 */
export function* admitDocument(
  snapshot: Snapshot,
  recognized: Subject,
  facts: Facts,
  asks: readonly Ask<Bucket>[],
  document: S3Document,
  nowMs: number,
): Deciding {
  if (document.kind === "delete") {
    return yield* admitDelete(snapshot, recognized, facts, document.request, nowMs);
  }
  const more = asksInDocument(snapshot, recognized, document);
  if (!more.ok) return refused(facts, more.error);
  const reserved = reservedFaultIn(snapshot, more.value);
  if (reserved !== undefined) return refused(facts, reserved);
  const valued = withValues(snapshot, recognized, document);
  if (!valued.ok) return refused(facts, valued.error);
  const all = [...asks, ...more.value];
  const asking = keepsRecords(snapshot)
    ? yield* withRecords(snapshot, valued.value, facts, all)
    : valued.value;
  const judged = yield* judgeAsking(snapshot, asking, all, facts, nowMs, document);
  if (judged.kind === "verdict") return judged.verdict;
  const { subject } = judged;
  const opening = yield* withOpener(snapshot, subject, judged.facts, nowMs);
  const answer = answerPolicy(snapshot, opening, judged.facts, document);
  if (answer !== undefined) return answer;
  const change = changeByStore(snapshot, subject, judged.facts, nowMs);
  const reply: ReplyPlan = change === undefined ? RELAY : { kind: "remember", change };
  const owned = yield* withOwner(snapshot, subject, judged.facts, nowMs);
  return forwardContent(snapshot, owned, judged.facts, document.bytes, reply, nowMs, false);
}

/** `subject` with a key of the owner whose bucket's policy may let others in as the owner. */
function* withOpener(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  nowMs: number,
): Deciding<Subject> {
  const { operation, address } = subject;
  if (operation !== "PutBucketPolicy" || address.kind !== "bucket") return subject;
  if (snapshot.policy.bucketPolicies === "upstream") return subject;
  const { bucket } = address;
  const owner = recordOf(subject, bucket)?.owner;
  if (owner === undefined) return subject;
  return yield* withKeyOf(snapshot, subject, facts, { bucket, owner }, nowMs);
}

/**
 * Returns the permissions that the document needs, with the buckets it names as the store will read
 * them.
 */
function asksInDocument(
  { store }: Snapshot,
  { operation, address, caller }: Subject,
  document: S3Document,
): Result<readonly Ask<Bucket>[], Fault> {
  const asks = asksOfDocument(operation, address, document);
  if (!asks.ok) return asks;
  const canonical: Ask<Bucket>[] = [];
  for (const ask of asks.value) {
    if (ask.bucket === undefined) {
      canonical.push({ ...ask, bucket: undefined });
      continue;
    }
    const bucket = canonicalBucket(ask.bucket, tenantOf(caller), store.naming);
    if (!bucket.ok) return bucket;
    // The store would read the name as it stands there, and so as another bucket.
    if (bucket.value.stored !== undefined && operation !== "CreateBucket") return err(NAMED);
    canonical.push({ ...ask, bucket: bucket.value });
  }
  return ok(canonical);
}

const NAMED = fault(
  "NotImplemented",
  "Buckets have other names at the store behind this gateway: a document cannot name one",
  { rule: "policy.bucketNames" },
);

/**
 * The entries judged in one synchronous step: a key usually costs policies some hundredths of a
 * millisecond.
 */
const ENTRIES_A_TURN = 16;
/**
 * The steps of policies after which other requests get a turn: one key of a hostile policy can cost
 * some milliseconds.
 */
const STEPS_A_TURN = EVALUATION_STEPS_MAX / 4;
const TURN = { kind: "turn" } as const;

/**
 * Judges every key of a DeleteObjects with its version. The allowed keys are forwarded in a
 * document written anew; the rest comes back as AccessDenied entries of the same answer.
 */
function* admitDelete(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  { entries, quiet }: DeleteRequest,
  nowMs: number,
): Deciding {
  const unserved = notServedEntries(snapshot.store, entries);
  if (unserved !== undefined) return refused(facts, unserved);
  const { address, headers } = subject;
  if (address.kind !== "bucket") throw new Error("DeleteObjects addresses a bucket");
  if (entries.length === 0) {
    if (!snapshot.understood.beyondBounds) return refused(facts, malformed("it names no object"));
    return yield* admitEmptyDelete(snapshot, subject, facts, quiet, nowMs);
  }
  const allowed: DeleteEntry[] = [];
  const denied: DeniedEntry[] = [];
  const entriesDenied: number[] = [];
  const memo = memoSlot();
  let { known } = subject;
  let noted: Facts = { ...facts, entries };
  let turn = { entry: 0, steps: 0 };
  for (const [i, entry] of entries.entries()) {
    const steps = memo.shared === undefined ? 0 : stepsTaken(memo.shared);
    if (i - turn.entry >= ENTRIES_A_TURN || steps - turn.steps >= STEPS_A_TURN) {
      answered("turn", yield { need: TURN, facts });
      turn = { entry: i, steps };
    }
    const asks = asksOfDelete(address.bucket, entry, headers);
    const { versionId } = entry;
    const said = { kind: "entry", entry } as const;
    const about: Subject = { ...subject, versionId, known };
    const judged = yield* judgeAsking(snapshot, about, asks, noted, nowMs, said, memo);
    ({ known } = judged.subject);
    const { facts: now } = judged.kind === "passed" ? judged : judged.verdict;
    noted = { ...now, denial: firstDenial(noted.denial, now.denial) };
    if (judged.kind === "passed") {
      allowed.push(entry);
      continue;
    }
    const { fault } = judged.verdict;
    entriesDenied.push(i);
    denied.push({ ...entry, code: fault.code, message: fault.message });
  }
  if (allowed.length === 0) {
    const body = mergeDeleteResult("", denied);
    return { kind: "answer", facts: noted, contentType: "application/xml", body };
  }
  const content = writeDeleteObjects({ quiet, entries: allowed });
  const owned = yield* withOwner(snapshot, { ...subject, known }, noted, nowMs);
  if (denied.length === 0) {
    return forwardContent(snapshot, owned, noted, content, RELAY, nowMs, true);
  }
  const reply: ReplyPlan = { kind: "merge-delete", denied };
  const inPart = { ...noted, entriesDenied };
  return forwardContent(snapshot, owned, inPart, content, reply, nowMs, true);
}

/**
 * Admits a list of no keys, whose error is the store's to report: RGW says 200, others
 * MalformedXML. There is no key to judge it by, so it goes on only for a caller who may delete
 * every key.
 */
function* admitEmptyDelete(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  quiet: boolean,
  nowMs: number,
): Deciding {
  const { address } = subject;
  if (address.kind !== "bucket") throw new Error("DeleteObjects addresses a bucket");
  const { bucket } = address;
  const of = { operation: "DeleteObjects", bucket, key: "", below: true } as const;
  const asks: readonly Ask<Bucket>[] = [{ action: "s3:DeleteObject", ...of }];
  const judged = yield* judgeAsking(snapshot, subject, asks, facts, nowMs);
  if (judged.kind === "verdict") return judged.verdict;
  const content = writeDeleteObjects({ quiet, entries: [] });
  const owned = yield* withOwner(snapshot, judged.subject, judged.facts, nowMs);
  return forwardContent(snapshot, owned, judged.facts, content, RELAY, nowMs, true);
}
