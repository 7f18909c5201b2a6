import { hash } from "node:crypto";
import { firstValue, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { queryValue } from "../http/target.ts";
import type { Result } from "../lib/result.ts";
import { extensionsIn } from "../s3/extensions.ts";
import type { Fault } from "../s3/faults.ts";
import { framedLength } from "../s3/aws-chunked-write.ts";
import { checksumOf } from "../s3/checksums.ts";
import { isEmpty } from "../policy/policy-set.ts";
import { changeByStore } from "./kept-policy.ts";
import { hidesExistence, listBucketAsk } from "../s3/existence.ts";
import { keepsRecords } from "./buckets.ts";
import { WHOLE_BODY_BYTES_MAX, type BodyPlan, type WholeBody } from "./body-plan.ts";
import type { Facts } from "./facts.ts";
import { judge } from "./gates.ts";
import { codingsOfContent, EMPTY_SHA256 } from "./plan-body.ts";
import { RELAY, type ReplyPlan } from "./reply-plan.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StoreBody } from "./store-headers.ts";
import { storeRequest } from "./store-request.ts";
import type { Subject } from "./subject.ts";
import { tenantOf, type Caller } from "./caller.ts";
import type { Verdict } from "./verdict.ts";
import type { StoreRequest } from "./outgoing.ts";
import { sealPageToken } from "./page-token.ts";
import {
  allBut,
  hidesBuckets,
  isListFiltered,
  renamedBuckets,
  visibleBuckets,
} from "./visible-buckets.ts";

const NO_HEADERS: HeaderList = [];

/** A body that arrives as it was sent. */
export const UNTOUCHED = { deframed: false, md5: undefined, headers: NO_HEADERS } as const;

/** Forwards a request whose body, if any, goes by as it comes. */
export function forwardStreamed(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  plan: BodyPlan,
  nowMs: number,
): Verdict {
  const request = storeRequest(snapshot, subject, facts, storeBody(snapshot, subject, plan), nowMs);
  return forwardVerdict(facts, request, {
    body: plan,
    reframe: isReframed(snapshot, plan),
    content: undefined,
    reply: replyPlan(snapshot, subject, facts, nowMs),
  });
}

/**
 * Returns the header in which the store gets the value of a trailer: if it knows the algorithm, no
 * trailers, and the body is small enough to be read before its head is written. `undefined` if it
 * gets none.
 */
export function fieldOfTrailer(
  snapshot: Snapshot,
  { operation }: Subject,
  plan: BodyPlan,
): string | undefined {
  // In that operation such a header is about the object, and the trailer is about the document.
  if (operation === "CompleteMultipartUpload") return undefined;
  if (plan.kind !== "deframe" || plan.decodedLength > WHOLE_BODY_BYTES_MAX) return undefined;
  const [field] = plan.trailers;
  if (field === undefined || isReframed(snapshot, plan)) return undefined;
  return isKnown(snapshot, field) ? field : undefined;
}

/** Forwards a small body with the value of its trailer in the header `field`. */
export function forwardWhole(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  { content, trailer }: WholeBody,
  field: string,
  nowMs: number,
): Verdict {
  const body = { ...plain(content.length), headers: [field, trailer] };
  const request = storeRequest(snapshot, subject, facts, body, nowMs);
  return forwardVerdict(facts, request, {
    body: { kind: "none" },
    reframe: false,
    content,
    reply: replyPlan(snapshot, subject, facts, nowMs),
  });
}

/** Forwards a request whose body was read; `rewritten`: it differs from what the client sent. */
export function forwardContent(
  snapshot: Snapshot,
  subject: Subject,
  facts: Facts,
  content: Buffer,
  reply: ReplyPlan,
  nowMs: number,
  rewritten: boolean,
): Verdict {
  const body = {
    payload: hash("sha256", content, "hex"),
    length: content.length,
    deframed: subject.payload.kind === "chunked",
    md5: rewritten ? hash("md5", content, "base64") : undefined,
    headers: NO_HEADERS,
  };
  const request = storeRequest(snapshot, subject, facts, body, nowMs);
  return forwardVerdict(facts, request, {
    body: { kind: "none" },
    reframe: false,
    content,
    reply,
  });
}

type Forward = Verdict & { readonly kind: "forward" };

/** The verdict of a request that is on its way, or why its head cannot be written. */
export function forwardVerdict(
  facts: Facts,
  request: Result<StoreRequest, Fault>,
  how: Pick<Forward, "body" | "reframe" | "content" | "reply">,
): Verdict {
  if (!request.ok) return { kind: "refuse", facts, fault: request.error };
  return { kind: "forward", facts, request: request.value, ...how };
}

/**
 * Returns the origin under which the client reached the gateway, such as `https://s3.example.org`.
 */
export function ownOrigin(head: RequestHead): string {
  const scheme = head.secure ? "https" : "http";
  return `${scheme}://${firstValue(head.headers, "host") ?? ""}`;
}

function replyPlan(snapshot: Snapshot, subject: Subject, facts: Facts, nowMs: number): ReplyPlan {
  const { operation, head } = subject;
  if (operation === "CompleteMultipartUpload") {
    return { kind: "location", url: ownOrigin(head) + head.target.path };
  }
  if (operation === "ListBuckets" || operation === "ListDirectoryBuckets") {
    return listingPlan(snapshot, subject, nowMs);
  }
  const { bucketLocation: region } = snapshot.policy.provider;
  if (operation === "GetBucketLocation" && region !== undefined) return { kind: "region", region };
  const change = changeByStore(snapshot, subject, facts, nowMs);
  if (change !== undefined) return { kind: "remember", change };
  const fields = extensionsIn(operation, subject.query).flatMap(({ answers = [] }) => answers);
  if (fields.length > 0) return { kind: "extended", fields };
  return mayKnowMissing(snapshot, subject, nowMs) ? RELAY : { kind: "hide-missing", operation };
}

/** The gateway's own bucket is never seen; of the others, those that are of use, if that is wanted. */
function listingPlan(snapshot: Snapshot, subject: Subject, nowMs: number): ReplyPlan {
  const { stateBucket } = snapshot;
  const { prefix } = snapshot.store.naming;
  if (!isListFiltered(snapshot) && prefix === undefined) return RELAY;
  const filtered = hidesBuckets(snapshot);
  const own = filtered ? visibleBuckets(snapshot, subject, nowMs) : allBut(stateBucket);
  const { caller, operation, query } = subject;
  const start = queryValue(query, "prefix") ?? "";
  const filter =
    prefix === undefined ? own : renamedBuckets(own, prefix, tenantOf(caller), start, stateBucket);
  // A list by a prefix has a token that names none but the caller's own (store-request.ts).
  const isSafe = prefix !== undefined && operation === "ListBuckets";
  // The store tells nobody without a credential of buckets.
  if (isSafe || caller.kind === "anonymous") return { kind: "filter-buckets", filter };
  const seals = (token: string): string => sealPageToken(token, caller.key);
  return { kind: "filter-buckets", filter: { ...filter, seals } };
}

/**
 * Returns true if the caller may list the bucket it reads from, and so may learn that an object is
 * missing.
 */
function mayKnowMissing(snapshot: Snapshot, subject: Subject, nowMs: number): boolean {
  const { caller, operation, address, source } = subject;
  if (address.kind !== "object" || snapshot.policy.mode === "report") return true;
  if (isUnjudged(snapshot, caller)) return true;
  if (!hidesExistence(operation, NOT_FOUND)) return true;
  const { bucket, key } = source ?? address;
  // Conditions see a prefix with lists only.
  const prefix = { name: "prefix", value: key, rawName: "", rawValue: "" };
  const listing = { ...subject, operation: "ListObjectsV2" as const, query: [prefix] };
  const ask = listBucketAsk({ kind: "bucket", bucket });
  return judge(snapshot, listing, [ask], nowMs).kind === "allowed";
}

/**
 * Anonymous requests that go on unsigned are the store's to judge, and an account that nothing is
 * said of may list whatever it has.
 */
function isUnjudged(snapshot: Snapshot, caller: Caller): boolean {
  if (caller.kind === "anonymous") return snapshot.policy.anonymous !== "policy";
  const { subuser, account } = caller.key;
  if (subuser !== undefined || account.tier !== undefined) return false;
  return isEmpty(account.policies) && !keepsRecords(snapshot);
}

const NOT_FOUND = 404;

/** Returns true if a trailer is passed on, to a store that understands it. */
function isReframed(snapshot: Snapshot, plan: BodyPlan): boolean {
  if (!snapshot.store.trailers || plan.kind !== "deframe") return false;
  const [field] = plan.trailers;
  return field !== undefined && isKnown(snapshot, field);
}

/** Returns true if the store knows the algorithm whose value `field` carries. */
function isKnown({ store }: Snapshot, field: string): boolean {
  const algorithm = checksumOf(field);
  return algorithm !== undefined && store.checksums.has(algorithm);
}

function storeBody(snapshot: Snapshot, subject: Subject, plan: BodyPlan): StoreBody {
  switch (plan.kind) {
    case "none":
      return { ...UNTOUCHED, payload: EMPTY_SHA256, length: undefined };
    case "pass":
      return { ...UNTOUCHED, payload: passedPayload(subject), length: plan.length };
    case "deframe":
      return isReframed(snapshot, plan) ? reframed(subject, plan) : plain(plan.decodedLength);
  }
}

/** The client's own digest is signed again, so the store proves the body from end to end. */
function passedPayload({ payload }: Subject): string {
  return payload.kind === "digest" ? payload.sha256 : "UNSIGNED-PAYLOAD";
}

function plain(length: number): StoreBody {
  return { ...UNTOUCHED, payload: "UNSIGNED-PAYLOAD", length, deframed: true };
}

function reframed(subject: Subject, plan: BodyPlan & { readonly kind: "deframe" }): StoreBody {
  const trailer = plan.trailers[0] ?? "";
  const codings = codingsOfContent(firstValue(subject.headers, "content-encoding"));
  return {
    ...UNTOUCHED,
    payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    length: framedLength(plan.decodedLength, trailer),
    deframed: true,
    headers: [
      "content-encoding",
      ["aws-chunked", ...codings].join(","),
      "x-amz-decoded-content-length",
      String(plan.decodedLength),
      "x-amz-trailer",
      trailer,
    ],
  };
}
