import type { RequestHead } from "../http/head.ts";
import { firstValue } from "../http/headers.ts";
import { queryValue } from "../http/target.ts";
import { parseAddress, type Address } from "../s3/address.ts";
import { asksOf, type Ask } from "../s3/asks.ts";
import { classify } from "../s3/classify.ts";
import { liftHeaders } from "../s3/lifted-headers.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { operationNamed, type OperationName } from "../s3/operations.ts";
import { parseClaim, type Claim } from "../signature/claim.ts";
import { authenticate } from "./authenticate.ts";
import { NO_FACTS, withCaller, type Denial, type Facts, type Gate } from "./facts.ts";
import { forwardStreamed } from "./forward.ts";
import { judge } from "./gates.ts";
import { answerPolicy } from "./kept-policy.ts";
import { planBody } from "./plan-body.ts";
import { cappedQuery, overriddenByNobody, tenantFault, tenantFaultIn } from "./provider-rules.ts";
import type { Question } from "./question.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller, Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/**
 * What becomes of a request, from its head alone: which operation it is, who sent it, whether they
 * may, and what the store will be sent. Pure: the same arguments give the same verdict.
 * `nowMs`: milliseconds since the epoch.
 *
 * The order is S3-AUTHORIZATION's: parse, authenticate, then gates that can only take away.
 */
export function admit(snapshot: Snapshot, head: RequestHead, nowMs: number): Verdict {
  const recognized = recognize(snapshot, head, nowMs);
  return "kind" in recognized
    ? recognized
    : decide(snapshot, recognized.subject, recognized.facts, nowMs);
}

/** What a request is about and who sent it, proved; or the verdict that needs no gate. */
export function recognize(
  snapshot: Snapshot,
  head: RequestHead,
  nowMs: number,
): { readonly subject: Subject; readonly facts: Facts } | Verdict {
  const { path, query } = head.target;
  const located = parseAddress(path, firstValue(head.headers, "host"), snapshot.domains);
  if (!located.ok) return refused(NO_FACTS, located.error);
  const { address, style } = located.value;
  const { provider } = snapshot.policy;
  const foreign = tenantFault(provider, address);
  if (foreign !== undefined) return refused(factsOf("Unknown", address, head), foreign);
  const headers = liftHeaders(query, head.headers);
  if (!headers.ok) return refused(factsOf("Unknown", address, head), headers.error);
  const operation = classify(head.method, address, query, headers.value);
  if (!operation.ok) return refused(factsOf("Unknown", address, head), operation.error);

  const facts = factsOf(operation.value, address, head);
  const claim = parseClaim(head, snapshot.signatures);
  if (!claim.ok) return denied(facts, claim.error, "authentication");
  if (operation.value === "PostObject") return form(head, address, claim.value, facts);
  const capped = cappedQuery(provider, operation.value, query);
  if (!capped.ok) return refused(facts, capped.error);
  const request = {
    head,
    operation: operation.value,
    address,
    query: capped.value,
    headers: headers.value,
  };
  const { payload } = claim.value;
  // A preflight carries no credentials (Fetch, "CORS-preflight request") and goes on without any.
  if (operation.value === "Preflight") {
    return { subject: { ...request, caller: ANONYMOUS, payload }, facts };
  }
  const hostBucket =
    style === "virtual" && address.kind !== "service" ? address.bucket.name : undefined;
  const caller = authenticate(snapshot, head, claim.value, hostBucket, nowMs);
  if (!caller.ok) return denied(withKey(facts, claim.value), caller.error, "authentication");
  const subject = { ...request, caller: caller.value, payload };
  return { subject, facts: withCaller(facts, caller.value) };
}

/** The gates, and what follows when none refused. */
function decide(snapshot: Snapshot, subject: Subject, facts: Facts, nowMs: number): Verdict {
  if (!snapshot.store.operations.has(subject.operation)) return refused(facts, notServed(subject));
  const asks = asksOf(subject.operation, subject.address, subject.query, subject.headers);
  if (!asks.ok) return refused(facts, asks.error);
  const unfit =
    tenantFaultIn(snapshot.policy.provider, asks.value) ??
    overriddenByNobody(subject.caller, subject.query);
  if (unfit !== undefined) return refused(facts, unfit);
  const judged = judgeAll(snapshot, subject, asks.value, facts, nowMs);
  if ("kind" in judged) return judged;
  const answer = isDocument(subject.operation)
    ? undefined
    : answerPolicy(snapshot, subject, judged);
  if (answer !== undefined) return answer;
  const plan = planBody(subject);
  if (!plan.ok) return refused(judged, plan.error);
  if (isDocument(subject.operation)) {
    return { kind: "read", facts: judged, pending: { subject, facts: judged, plan: plan.value } };
  }
  return forwardStreamed(snapshot, subject, judged, plan.value, nowMs);
}

/** The facts to go on with, or the refusal. In report mode a refusal is only recorded. */
export function judgeAll(
  snapshot: Snapshot,
  subject: Subject,
  asks: readonly Ask[],
  facts: Facts,
  nowMs: number,
  document?: Question["document"],
): Facts | Verdict {
  const refusal = judge(snapshot, subject, asks, nowMs, document);
  if (refusal === undefined) return facts;
  const withDenial = { ...facts, denial: refusal.denial };
  if (snapshot.policy.mode === "report" && refusal.denial.gate !== "key-state") {
    return { ...withDenial, reported: true };
  }
  return { kind: "refuse", facts: withDenial, fault: refusal.fault };
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

function form(head: RequestHead, address: Address, claim: Claim, facts: Facts): Verdict {
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
    pending: { head, bucket: address.bucket, contentType, contentLength, facts },
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
    reported: false,
    bucket: address.kind === "service" ? undefined : address.bucket.name,
    key: address.kind === "object" ? address.key : undefined,
    versionId: queryValue(head.target.query, "versionId"),
  };
}

/** What a credential claims is recorded even where it does not hold. */
function withKey(facts: Facts, claim: Claim): Facts {
  return claim.kind === "anonymous" ? facts : { ...facts, accessKeyId: claim.accessKeyId };
}
