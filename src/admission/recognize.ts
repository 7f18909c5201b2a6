import type { RequestHead } from "../http/head.ts";
import { firstValue, type HeaderList } from "../http/headers.ts";
import { queryValue, type QueryParameter } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { inAccount, parseAddress, type Address, type Located } from "../s3/address.ts";
import { canonicalAddress, canonicalBucket } from "../s3/bucket.ts";
import { classify } from "../s3/classify.ts";
import { copySourceOf } from "../s3/copy-source.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { joinLists } from "../s3/known-headers.ts";
import { liftHeaders } from "../s3/lifted-headers.ts";
import type { OperationName } from "../s3/operations.ts";
import { parseClaim, type Claim } from "../signature/claim.ts";
import { anonymous, authenticate } from "./authenticate.ts";
import { keyOf } from "./find-key.ts";
import { NO_FACTS, withCaller, type Facts } from "./facts.ts";
import type { Deciding } from "./deciding.ts";
import type { PendingForm } from "./pending.ts";
import type { Key } from "./principal.ts";
import { cappedQuery, reservedFault, tenantFault } from "./provider-rules.ts";
import { denied, refused } from "./refuse.ts";
import { underOtherEncodings } from "./signed-encoding.ts";
import { otherHosts, underOtherHosts } from "./signed-host.ts";
import type { Snapshot } from "./snapshot.ts";
import { NOTHING_KNOWN, type Subject } from "./subject.ts";
import { tenantOf, type Caller } from "./caller.ts";
import type { Verdict } from "./verdict.ts";

/** The proved subject of a request, with its sender; or an end that needs no gate. */
export type Recognized =
  | { readonly kind: "subject"; readonly subject: Subject; readonly facts: Facts }
  /** The request is a browser's form: its sender stands in its fields. */
  | { readonly kind: "form"; readonly form: PendingForm }
  | { readonly kind: "verdict"; readonly verdict: Verdict };

/**
 * Finds out what a request is about and who sent it. If the signature does not fit the host that
 * arrived, it may fit one that a proxy in front has changed, or an Accept-Encoding. Then address
 * and all else are read from the very head that was signed. If it fits none, the refusal is that of
 * what arrived.
 */
export function* recognize(
  snapshot: Snapshot,
  head: RequestHead,
  nowMs: number,
): Deciding<Recognized> {
  const claim = parseClaim(head, snapshot.signatures, snapshot.authorizations);
  const asArrived = readRequest(snapshot, head, claim);
  if (!claim.ok || claim.value.kind === "anonymous") {
    return asArrived.kind === "request" ? ofNobody(snapshot, asArrived) : asArrived;
  }
  const signed = claim.value;
  if (asArrived.kind === "request" && asArrived.operation === "Preflight") {
    return recognizedAs(snapshot, asArrived, ANONYMOUS);
  }
  if (asArrived.kind !== "request" && otherHosts(head, snapshot.hosts).length === 0) {
    return asArrived;
  }
  const { accessKeyId } = signed;
  const factsOfKey = { ...factsOfRead(asArrived), accessKeyId };
  const found = yield* keyOf(snapshot, signed, factsOfKey, nowMs);
  if (!found.ok) {
    return asArrived.kind === "request"
      ? ended(denied(factsOfKey, found.error, "authentication"))
      : asArrived;
  }
  const key = found.value;
  const recognized = ofKey(snapshot, asArrived, signed, key, nowMs);
  if (recognized.kind === "subject") return recognized;
  for (const other of otherHeads(snapshot, head, signed, key, nowMs)) {
    const read = readRequest(snapshot, other, claim);
    const underOther = ofKey(snapshot, read, signed, key, nowMs);
    if (underOther.kind === "subject") return underOther;
  }
  return recognized;
}

/** `head` as it may have been before a proxy in front changed its Host, its Accept-Encoding or both. */
function* otherHeads(
  snapshot: Snapshot,
  head: RequestHead,
  claim: Exclude<Claim, { readonly kind: "anonymous" }>,
  key: Key | undefined,
  nowMs: number,
): Generator<RequestHead> {
  yield* underOtherHosts(snapshot, head, claim, key, nowMs);
  for (const encoded of underOtherEncodings(head, claim)) {
    yield encoded;
    yield* underOtherHosts(snapshot, encoded, claim, key, nowMs);
  }
}

/** A request as its head says, before anything of who sent it is proved. */
type Request = {
  readonly kind: "request";
  readonly head: RequestHead;
  readonly operation: OperationName;
  readonly address: Address;
  readonly query: readonly QueryParameter[];
  readonly headers: HeaderList;
  /** The bucket in a virtual-hosted name, which SigV2 signs as part of the path. */
  readonly hostBucket: string | undefined;
  readonly claim: Claim;
  readonly facts: Facts;
};

type Read = Request | Exclude<Recognized, { readonly kind: "subject" }>;

/** Reads `head` under exactly the host in it. */
function readRequest(snapshot: Snapshot, head: RequestHead, claim: Result<Claim, Fault>): Read {
  const { path, query } = head.target;
  const located = parseAddress(path, firstValue(head.headers, "host"), snapshot.hosts);
  if (!located.ok) return ended(refused(NO_FACTS, located.error));
  const { style, hostAccount } = located.value;
  const unsigned = claim.ok && claim.value.kind === "anonymous";
  const address = unsigned ? inAccount(located.value.address, hostAccount) : located.value.address;
  const { provider } = snapshot.policy;
  const foreign = tenantFault(provider, address) ?? reservedFault(snapshot, address);
  if (foreign !== undefined) return ended(refused(factsOf("Unknown", address, head), foreign));
  const lifted = liftHeaders(query, head.headers);
  if (!lifted.ok) return ended(refused(factsOf("Unknown", address, head), lifted.error));
  const headers = joinLists(lifted.value);
  const operation = classify(head.method, address, query, headers, snapshot.understood);
  if (!operation.ok) return ended(refused(factsOf("Unknown", address, head), operation.error));
  const facts = factsOf(operation.value, address, head);
  if (!claim.ok) return ended(denied(facts, claim.error, "authentication"));
  if (operation.value === "PostObject") return formOf(head, located.value, claim.value, facts);
  const capped = cappedQuery(provider, operation.value, query);
  if (!capped.ok) return ended(refused(facts, capped.error));
  return {
    kind: "request",
    head,
    operation: operation.value,
    address,
    query: capped.value,
    headers,
    hostBucket: style === "virtual" && address.kind !== "service" ? address.bucket.name : undefined,
    claim: claim.value,
    facts,
  };
}

function ended(verdict: Verdict): Recognized & { readonly kind: "verdict" } {
  return { kind: "verdict", verdict };
}

/**
 * Recognizes an anonymous request. A preflight carries no credentials (Fetch, "CORS-preflight
 * request") and goes on without any.
 */
function ofNobody(snapshot: Snapshot, request: Request): Recognized {
  if (request.operation === "Preflight") return recognizedAs(snapshot, request, ANONYMOUS);
  const caller = anonymous(snapshot);
  return caller.ok
    ? recognizedAs(snapshot, request, caller.value)
    : ended(denied(request.facts, caller.error, "authentication"));
}

/**
 * Recognizes the request of a key. `key`: the one that the claim names; `undefined` if nobody has
 * it.
 */
function ofKey(
  snapshot: Snapshot,
  read: Read,
  claim: Exclude<Claim, { readonly kind: "anonymous" }>,
  key: Key | undefined,
  nowMs: number,
): Recognized {
  if (read.kind !== "request") return read;
  const { head, hostBucket, facts } = read;
  const caller = authenticate(snapshot, head, claim, key, hostBucket, nowMs);
  if (caller.ok) return recognizedAs(snapshot, read, caller.value);
  // The claim of a credential is recorded even if it does not hold.
  const { accessKeyId } = claim;
  return ended(denied({ ...facts, accessKeyId }, caller.error, "authentication"));
}

/** Returns the request with its buckets as the store knows them, for its caller. */
function recognizedAs(snapshot: Snapshot, request: Request, caller: Caller): Recognized {
  const facts = withCaller(request.facts, caller);
  const { head, operation, query, headers, claim } = request;
  const address = canonicalAddress(request.address, tenantOf(caller), snapshot.store.naming);
  if (!address.ok) return ended(refused(facts, address.error));
  const source = sourceOf(snapshot, request, caller);
  if (!source.ok) return ended(refused(facts, source.error));
  const subject: Subject = {
    head,
    operation,
    address: address.value,
    source: source.value,
    versionId: facts.versionId,
    query,
    headers,
    caller,
    payload: claim.payload,
    values: undefined,
    known: NOTHING_KNOWN,
  };
  return { kind: "subject", subject, facts };
}

/**
 * Returns the source. Errors: those of parseCopySource(), and InvalidArgument for a rename across
 * buckets.
 */
function sourceOf(
  { store }: Snapshot,
  { operation, address, headers }: Request,
  caller: Caller,
): Result<Subject["source"], Fault> {
  const source = copySourceOf(operation, headers);
  if (!source.ok || source.value === undefined) return source.ok ? NO_SOURCE : source;
  const tenant = tenantOf(caller);
  const bucket = canonicalBucket(source.value.bucket, tenant, store.naming);
  if (!bucket.ok) return bucket;
  if (operation === "RenameObject") {
    const target = canonicalAddress(address, tenant, store.naming);
    const same =
      target.ok && target.value.kind !== "service" && target.value.bucket.id === bucket.value.id;
    if (!same) return err(fault("InvalidArgument", ACROSS));
    if (source.value.versionId !== undefined) return err(fault("InvalidArgument", ONE_VERSION));
  }
  return ok({ ...source.value, bucket: bucket.value });
}

const NO_SOURCE = ok<Subject["source"]>(undefined);
const ACROSS = "An object can only be renamed within its bucket";
/** Buckets in which objects are renamed have no versions, and nobody's right to one was asked. */
const ONE_VERSION = "An object is renamed, not one of its versions";

function formOf(
  head: RequestHead,
  { address, hostAccount }: Located,
  claim: Claim,
  facts: Facts,
): Exclude<Recognized, { readonly kind: "subject" }> {
  if (claim.kind !== "anonymous") {
    const message = "Only one auth mechanism allowed: a form carries its own";
    return ended(refused(facts, fault("InvalidArgument", message)));
  }
  if (address.kind !== "bucket") return ended(refused(facts, fault("MethodNotAllowed")));
  const contentType = firstValue(head.headers, "content-type") ?? "";
  const length = firstValue(head.headers, "content-length");
  const contentLength = length === undefined ? undefined : Number(length);
  const { bucket } = address;
  return { kind: "form", form: { head, bucket, hostAccount, contentType, contentLength, facts } };
}

const ANONYMOUS: Caller = { kind: "anonymous" };

function factsOfRead(read: Read): Facts {
  switch (read.kind) {
    case "request":
      return read.facts;
    case "form":
      return read.form.facts;
    case "verdict":
      return read.verdict.facts;
  }
}

function factsOf(operation: Facts["operation"], address: Address, head: RequestHead): Facts {
  return {
    operation,
    accessKeyId: undefined,
    account: undefined,
    subuser: undefined,
    session: undefined,
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
