import { hash } from "node:crypto";
import { firstValue, type HeaderList } from "../http/headers.ts";
import type { RequestHead } from "../http/head.ts";
import { framedLength } from "../s3/aws-chunked-write.ts";
import type { BodyPlan } from "./body-plan.ts";
import type { Facts } from "./facts.ts";
import { contentCodings, EMPTY_SHA256 } from "./plan-body.ts";
import { RELAY, type ReplyPlan } from "./reply-plan.ts";
import type { Snapshot } from "./snapshot.ts";
import { storeRequest, type StoreBody } from "./store-request.ts";
import type { Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

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
  const request = storeRequest(snapshot, subject, storeBody(snapshot, subject, plan), nowMs);
  if (!request.ok) return { kind: "refuse", facts, fault: request.error };
  const reply = replyPlan(subject);
  return {
    kind: "forward",
    facts,
    request: request.value,
    body: plan,
    reframe: isReframed(snapshot, plan),
    content: undefined,
    reply,
  };
}

/** Forwards a request whose body was read; `rewritten`: it is no longer what the client sent. */
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
  const request = storeRequest(snapshot, subject, body, nowMs);
  if (!request.ok) return { kind: "refuse", facts, fault: request.error };
  return {
    kind: "forward",
    facts,
    request: request.value,
    body: { kind: "none" },
    reframe: false,
    content,
    reply,
  };
}

/** Under which the client reached the gateway, such as `https://s3.example.org`. */
export function ownOrigin(head: RequestHead): string {
  const scheme = head.secure ? "https" : "http";
  return `${scheme}://${firstValue(head.headers, "host") ?? ""}`;
}

function replyPlan(subject: Subject): ReplyPlan {
  return subject.operation === "CompleteMultipartUpload"
    ? { kind: "location", url: ownOrigin(subject.head) + subject.head.target.path }
    : RELAY;
}

/** Whether a trailer is passed on, to a store that understands it. */
function isReframed(snapshot: Snapshot, plan: BodyPlan): boolean {
  return snapshot.store.trailers && plan.kind === "deframe" && plan.trailers.length > 0;
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
  const codings = contentCodings(firstValue(subject.headers, "content-encoding")).filter(
    (token) => token !== "aws-chunked",
  );
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
