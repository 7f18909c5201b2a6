import type { RequestHead } from "../http/head.ts";
import { asksOf, type Ask } from "../s3/asks.ts";
import type { Bucket } from "../s3/bucket.ts";
import { asksOfExtensions } from "../s3/extensions.ts";
import { operationNamed, type OperationName } from "../s3/operations.ts";
import { speaksInDocument } from "../s3/request-values.ts";
import { admitDocument } from "./admit-document.ts";
import { admitForm } from "./admit-form.ts";
import { keepsRecords } from "./buckets.ts";
import { unexpectedOwner } from "./expected-owner.ts";
import type { Facts } from "./facts.ts";
import { fieldOfTrailer, forwardStreamed, forwardWhole } from "./forward.ts";
import { judgeAsking, judgeHead } from "./judge-asking.ts";
import { answerPolicy } from "./kept-policy.ts";
import { answered, type Deciding } from "./deciding.ts";
import { withOwner, withRecords } from "./need.ts";
import { planBody } from "./plan-body.ts";
import {
  askedAtStore,
  askedBy,
  overriddenByNobody,
  reservedFaultIn,
  tenantFaultIn,
} from "./provider-rules.ts";
import { recognize } from "./recognize.ts";
import { refused } from "./refuse.ts";
import { notServed, notShown } from "./served.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Subject } from "./subject.ts";
import { asksValues, withValues } from "./values.ts";

/**
 * Decides a request: which operation it is, who sent it, whether it is allowed, and what the store
 * will be sent. Pure: the same arguments and answers give the same verdict. Facts that neither
 * memory nor the head holds (a key in Ceph, a bucket's record, tags, the document in the body) are
 * asked for. The decision then resumes; each fact is asked for once. `nowMs`: milliseconds since
 * the epoch.
 *
 * The order is S3-AUTHORIZATION's: parse, authenticate, then gates that can only take away.
 */
export function* admit(snapshot: Snapshot, head: RequestHead, nowMs: number): Deciding {
  const recognized = yield* recognize(snapshot, head, nowMs);
  switch (recognized.kind) {
    case "verdict":
      return recognized.verdict;
    case "form":
      return yield* admitForm(snapshot, recognized.form, nowMs);
    case "subject":
      return yield* decide(snapshot, recognized.subject, recognized.facts, nowMs);
  }
}

/** Runs the gates, and the steps after them if none refused. */
function* decide(snapshot: Snapshot, recognized: Subject, facts: Facts, nowMs: number): Deciding {
  const { operation } = recognized;
  const { store, policy, limits } = snapshot;
  const unserved = notServed(store, recognized) ?? notShown(snapshot, recognized);
  if (unserved !== undefined) return refused(facts, unserved);
  const asks = asksOfHead(snapshot, recognized);
  const unfit =
    tenantFaultIn(policy.provider, asks) ??
    reservedFaultIn(snapshot, asks) ??
    overriddenByNobody(recognized.caller, recognized.query);
  if (unfit !== undefined) return refused(facts, unfit);
  const known = keepsRecords(snapshot)
    ? yield* withRecords(snapshot, recognized, facts, asks)
    : recognized;
  const valued = withValues(snapshot, known, undefined);
  if (!valued.ok) return refused(facts, valued.error);
  const subject = valued.value;
  // The policies' questions about the document have no answer before it is read.
  const waits = (policy.asksValues || asksValues(subject)) && speaksInDocument(operation);
  const judged =
    waits || operation === "DeleteObjects"
      ? judgeHead(snapshot, subject, asks, facts, nowMs)
      : yield* judgeAsking(snapshot, subject, asks, facts, nowMs);
  if (judged.kind === "verdict") return judged.verdict;
  const wrongOwner = unexpectedOwner(snapshot, subject);
  if (wrongOwner !== undefined) return refused(judged.facts, wrongOwner);
  const plan = planBody(subject, limits.bodyBytesMax);
  if (!isDocument(operation)) {
    const answer = answerPolicy(snapshot, subject, judged.facts, undefined);
    if (answer !== undefined) return answer;
    if (!plan.ok) return refused(judged.facts, plan.error);
    const { facts: passed } = judged;
    // Nearly every request acts as its caller: nothing is asked for it, and nothing made.
    const owned =
      passed.actor === "owner"
        ? yield* withOwner(snapshot, judged.subject, passed, nowMs)
        : subject;
    const field = fieldOfTrailer(snapshot, subject, plan.value);
    if (field === undefined) return forwardStreamed(snapshot, owned, passed, plan.value, nowMs);
    const need = { kind: "body", plan: plan.value } as const;
    const { body } = answered("body", yield { need, facts: passed });
    return forwardWhole(snapshot, owned, passed, body, field, nowMs);
  }
  if (!plan.ok) return refused(judged.facts, plan.error);
  const { headers } = subject;
  const need = { kind: "document", plan: plan.value, operation, headers, unjudged: waits } as const;
  const { document } = answered("document", yield { need, facts: judged.facts });
  return yield* admitDocument(snapshot, subject, judged.facts, waits ? asks : [], document, nowMs);
}

/** Returns all permissions that the head needs, by the rules of the store and the provider. */
export function asksOfHead(
  { policy, store }: Snapshot,
  { operation, address, versionId, headers, query, source }: Subject,
): readonly Ask<Bucket>[] {
  const own = asksOf(operation, address, versionId, headers, source);
  const more = asksOfExtensions(operation, address, query);
  const asks = more.length === 0 ? own : [...own, ...more];
  return askedBy(policy.provider, askedAtStore(store, asks));
}

/**
 * Returns true for documents, which are read before they are forwarded; a list of 10,000 parts has
 * nothing to judge.
 */
function isDocument(operation: OperationName): boolean {
  const { body } = operationNamed(operation);
  return (body === "xml" || body === "json") && operation !== "CompleteMultipartUpload";
}
