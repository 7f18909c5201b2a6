import type { RequestHead } from "../http/head.ts";
import { firstValue } from "../http/headers.ts";
import { queryValue } from "../http/target.ts";
import { ok, type Result } from "../lib/result.ts";
import { inAccount, parseAddress, type Address, type Located } from "../s3/address.ts";
import { asksOf, type Ask } from "../s3/asks.ts";
import { classify } from "../s3/classify.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { liftHeaders } from "../s3/lifted-headers.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { operationNamed, type OperationName } from "../s3/operations.ts";
import { requestValues, speaksInDocument } from "../s3/request-values.ts";
import { parseClaim, type Claim } from "../signature/claim.ts";
import { authenticate, type UnknownKey } from "./authenticate.ts";
import { NO_FACTS, withCaller, withPassed, type Denial, type Facts, type Gate } from "./facts.ts";
import { forwardStreamed } from "./forward.ts";
import { judge, judgeWithoutPolicies } from "./gates.ts";
import { NOTHING_KNOWN, type Known } from "./known.ts";
import { needVerdict, recordsVerdict } from "./need.ts";
import { answerPolicy } from "./kept-policy.ts";
import { planBody } from "./plan-body.ts";
import {
  askedBy,
  cappedQuery,
  overriddenByNobody,
  reservedFault,
  reservedFaultIn,
  tenantFault,
  tenantFaultIn,
} from "./provider-rules.ts";
import type { Question, Refusal } from "./question.ts";
import { underOtherHosts } from "./signed-host.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller, Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/**
 * What becomes of a request, from its head alone: which operation it is, who sent it, whether they
 * may, and what the store will be sent. Pure: the same arguments give the same verdict.
 * `nowMs`: milliseconds since the epoch. `known`: what an earlier verdict on it needed.
 *
 * The order is S3-AUTHORIZATION's: parse, authenticate, then gates that can only take away.
 */
export function admit(
  snapshot: Snapshot,
  head: RequestHead,
  nowMs: number,
  known: Known = NOTHING_KNOWN,
): Verdict {
  const recognized = recognize(snapshot, head, nowMs, known);
  return "kind" in recognized
    ? recognized
    : decide(snapshot, recognized.subject, recognized.facts, nowMs);
}

/** What a request is about and who sent it, proved. */
type Recognized = { readonly subject: Subject; readonly facts: Facts };

/**
 * What a request is about and who sent it, proved; or the verdict that needs no gate. Where the
 * signature does not fit the host that arrived, it may fit one that a proxy in front has changed:
 * then address and all else are read from the very host that was signed. If it fits none, the
 * refusal is that of the host that arrived.
 */
export function recognize(
  snapshot: Snapshot,
  head: RequestHead,
  nowMs: number,
  known: Known = NOTHING_KNOWN,
): Recognized | Verdict {
  const asArrived = recognizeAs(snapshot, head, nowMs, known);
  if (!("kind" in asArrived) || asArrived.kind !== "refuse") return asArrived;
  const claim = parseClaim(head, snapshot.signatures);
  if (!claim.ok || claim.value.kind === "anonymous") return asArrived;
  for (const other of underOtherHosts(head, snapshot.hosts)) {
    const recognized = recognizeAs(snapshot, other, nowMs, known);
    if (isProved(recognized)) return recognized;
  }
  return asArrived;
}

/** A key that has to be looked up first may still prove it; nothing else but a signature can. */
function isProved(recognized: Recognized | Verdict): boolean {
  if ("kind" in recognized) return recognized.kind === "need";
  return recognized.subject.caller.kind === "known";
}

/** The same under exactly the host in `head`. */
function recognizeAs(
  snapshot: Snapshot,
  head: RequestHead,
  nowMs: number,
  known: Known,
): Recognized | Verdict {
  const { path, query } = head.target;
  const located = parseAddress(path, firstValue(head.headers, "host"), snapshot.hosts);
  if (!located.ok) return refused(NO_FACTS, located.error);
  const { style, hostAccount } = located.value;
  const unsigned = hostAccount !== undefined && isUnsigned(head, snapshot);
  const address = unsigned ? inAccount(located.value.address, hostAccount) : located.value.address;
  const { provider } = snapshot.policy;
  const foreign = tenantFault(provider, address) ?? reservedFault(snapshot, address);
  if (foreign !== undefined) return refused(factsOf("Unknown", address, head), foreign);
  const headers = liftHeaders(query, head.headers);
  if (!headers.ok) return refused(factsOf("Unknown", address, head), headers.error);
  const operation = classify(head.method, address, query, headers.value);
  if (!operation.ok) return refused(factsOf("Unknown", address, head), operation.error);

  const facts = factsOf(operation.value, address, head);
  const claim = parseClaim(head, snapshot.signatures);
  if (!claim.ok) return denied(facts, claim.error, "authentication");
  if (operation.value === "PostObject") return form(head, located.value, claim.value, facts);
  const capped = cappedQuery(provider, operation.value, query);
  if (!capped.ok) return refused(facts, capped.error);
  const request = {
    head,
    operation: operation.value,
    address,
    query: capped.value,
    headers: headers.value,
    values: undefined,
    known,
  };
  const { payload } = claim.value;
  // A preflight carries no credentials (Fetch, "CORS-preflight request") and goes on without any.
  if (operation.value === "Preflight") {
    return { subject: { ...request, caller: ANONYMOUS, payload }, facts };
  }
  const hostBucket =
    style === "virtual" && address.kind !== "service" ? address.bucket.name : undefined;
  const caller = authenticate(snapshot, head, claim.value, hostBucket, nowMs, known);
  if ("unknownKey" in caller) return needsKey(withKey(facts, claim.value), caller);
  if (!caller.ok) return denied(withKey(facts, claim.value), caller.error, "authentication");
  const subject = { ...request, caller: caller.value, payload };
  return { subject, facts: withCaller(facts, caller.value) };
}

/** The gates, and what follows when none refused. */
function decide(snapshot: Snapshot, recognized: Subject, facts: Facts, nowMs: number): Verdict {
  const { operation, address, query, headers } = recognized;
  const { store, policy } = snapshot;
  if (!store.operations.has(operation)) return refused(facts, notServed(recognized));
  const needed = asksOf(operation, address, query, headers);
  if (!needed.ok) return refused(facts, needed.error);
  const asks = askedBy(policy.provider, needed.value);
  const unfit =
    tenantFaultIn(policy.provider, asks) ??
    reservedFaultIn(snapshot, asks) ??
    overriddenByNobody(recognized.caller, query);
  if (unfit !== undefined) return refused(facts, unfit);
  const unread = recordsVerdict(snapshot, recognized, facts, asks);
  if (unread !== undefined) return unread;
  const valued = withValues(snapshot, recognized, undefined);
  if (!valued.ok) return refused(facts, valued.error);
  const subject = valued.value;
  // What policies ask of the document is not known before it is read.
  const waits = policy.asksValues && speaksInDocument(operation);
  const judged = waits
    ? enforced(snapshot, facts, judgeWithoutPolicies(snapshot, subject, asks, nowMs))
    : judgeAll(snapshot, subject, asks, facts, nowMs);
  if ("kind" in judged) return judged;
  const answer = isDocument(operation)
    ? undefined
    : answerPolicy(snapshot, subject, judged, undefined);
  if (answer !== undefined) return answer;
  const plan = planBody(subject, snapshot.limits.bodyBytesMax);
  if (!plan.ok) return refused(judged, plan.error);
  if (isDocument(operation)) {
    const pending = { subject, facts: judged, asks: waits ? asks : [], plan: plan.value };
    return { kind: "read", facts: judged, pending };
  }
  return forwardStreamed(snapshot, subject, judged, plan.value, nowMs);
}

/** `subject` with what it says of tags and the like, where a policy asks. */
export function withValues(
  { policy }: Snapshot,
  subject: Subject,
  document: S3Document | undefined,
): Result<Subject, Fault> {
  if (!policy.asksValues) return ok(subject);
  const values = requestValues(subject.operation, subject.headers, document);
  return values.ok ? ok({ ...subject, values: values.value }) : values;
}

/** The facts to go on with, or the verdict. In report mode a refusal is only recorded. */
export function judgeAll(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask[],
  facts: Facts,
  nowMs: number,
  document?: Question["document"],
): Facts | Verdict {
  const judged = judge(snapshot, subject, asks, nowMs, document);
  switch (judged.kind) {
    case "allowed":
      return withPassed(facts, judged.actor);
    case "refused":
      return enforced(snapshot, facts, judged.refusal);
    case "wanted":
      return needVerdict(snapshot, subject, facts, judged.wanted, nowMs);
  }
}

function enforced(snapshot: Snapshot, facts: Facts, refusal: Refusal | undefined): Facts | Verdict {
  if (refusal === undefined) return facts;
  const withDenial = { ...facts, denial: refusal.denial };
  if (snapshot.policy.mode === "report" && refusal.denial.gate !== "key-state") {
    return { ...withDenial, reported: true };
  }
  return { kind: "refuse", facts: withDenial, fault: refusal.fault };
}

/** Whether a request has no credentials at all; what is wrong with them is told later. */
function isUnsigned(head: RequestHead, snapshot: Snapshot): boolean {
  const claim = parseClaim(head, snapshot.signatures);
  return claim.ok && claim.value.kind === "anonymous";
}

export function needsKey(facts: Facts, { unknownKey }: UnknownKey): Verdict {
  return { kind: "need", facts, needs: [{ kind: "key", accessKeyId: unknownKey }] };
}

export function refused(facts: Facts, fault: Fault): Verdict {
  return { kind: "refuse", facts, fault };
}

/** A refusal that counts as a denial of `gate`. */
export function denied(facts: Facts, fault: Fault, gate: Gate): Verdict {
  const denial: Denial = { gate, rule: fault.detail ?? fault.code, place: undefined };
  return { kind: "refuse", facts: { ...facts, denial }, fault };
}

/** Documents are read before they are forwarded; a list of 10,000 parts says nothing to judge. */
function isDocument(operation: OperationName): boolean {
  const { body } = operationNamed(operation);
  return (body === "xml" || body === "json") && operation !== "CompleteMultipartUpload";
}

function form(head: RequestHead, located: Located, claim: Claim, facts: Facts): Verdict {
  const { address, hostAccount } = located;
  if (claim.kind !== "anonymous") {
    return refused(
      facts,
      fault("InvalidArgument", "Only one auth mechanism allowed: a form carries its own"),
    );
  }
  if (address.kind !== "bucket") return refused(facts, fault("MethodNotAllowed"));
  const contentType = firstValue(head.headers, "content-type") ?? "";
  const length = firstValue(head.headers, "content-length");
  const contentLength = length === undefined ? undefined : Number(length);
  return {
    kind: "form",
    facts,
    pending: { head, bucket: address.bucket, hostAccount, contentType, contentLength, facts },
  };
}

function notServed({ operation }: Subject): Fault {
  const message = `The store behind this gateway is not known to implement ${operation}`;
  return fault("NotImplemented", message, { detail: "upstream.store, upstream.operations" });
}

const ANONYMOUS: Caller = { kind: "anonymous" };

function factsOf(operation: Facts["operation"], address: Address, head: RequestHead): Facts {
  return {
    operation,
    accessKeyId: undefined,
    account: undefined,
    subuser: undefined,
    denial: undefined,
    passed: false,
    proved: undefined,
    entries: undefined,
    entriesDenied: undefined,
    actor: undefined,
    reported: false,
    bucket: address.kind === "service" ? undefined : address.bucket.name,
    tenant: address.kind === "service" ? undefined : address.bucket.tenant,
    key: address.kind === "object" ? address.key : undefined,
    versionId: queryValue(head.target.query, "versionId"),
  };
}

/** What a credential claims is recorded even where it does not hold. */
function withKey(facts: Facts, claim: Claim): Facts {
  return claim.kind === "anonymous" ? facts : { ...facts, accessKeyId: claim.accessKeyId };
}
