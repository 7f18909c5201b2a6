import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { admit } from "../admission/admit.ts";
import { admitBody } from "../admission/admit-body.ts";
import { admitForm } from "../admission/admit-form.ts";
import { passageOf } from "../admission/passthrough.ts";
import { NOTHING_KNOWN, type Known } from "../admission/known.ts";
import type { PendingBody, PendingForm } from "../admission/pending.ts";
import type { RecordChange } from "../admission/record-change.ts";
import type { Verdict } from "../admission/verdict.ts";
import type { RequestHead } from "../http/head.ts";
import type { Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import { readDocumentBody } from "./document-body.ts";
import { Exchange } from "./exchange.ts";
import { fetchKnown } from "./fetch-known.ts";
import { readForm } from "./form.ts";
import { fail, forward, settle, sourceOf, type Gateway, type Inbound } from "./forward.ts";
import { arrivalOf, readHead, type Arrival, type Origin } from "./inbound.ts";
import { overLimit } from "./limit-request.ts";
import { peerOf } from "./peer.ts";
import { passThrough } from "./passthrough.ts";
import { Responder, responseOn } from "./respond.ts";

/**
 * Serves one request: the only way from a client's bytes to the store. Gives what is noted of it,
 * for a connection that breaks meanwhile.
 */
export function handle(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): Exchange {
  const live = gateway.live.current;
  const arrival = arrivalOf(request, live.snapshot.trustedProxies);
  const exchange = begin(gateway, response, arrival);
  try {
    decide(
      { gateway, live, exchange, request, expectsContinue, file: undefined },
      arrival,
      response,
    );
  } catch (error) {
    fail(gateway, exchange, error);
  }
  return exchange;
}

/**
 * Answers bytes that were no request, so that nothing of them could be judged. They too leave a
 * record. `method`: if there was one.
 */
export function refuseUnreadable(
  gateway: Gateway,
  socket: Duplex,
  method: string | undefined,
  fault: Fault,
): void {
  const response = responseOn(socket);
  if (response === undefined) return;
  const origin = { method: method ?? "", sourceAddress: peerOf(socket) };
  begin(gateway, response, origin).refuse(fault);
}

/** Refuses a request behind too many on its connection that wait for their answers, and is the last. */
export function refuseNext(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
): Exchange {
  const arrival = arrivalOf(request, gateway.live.current.snapshot.trustedProxies);
  const exchange = begin(gateway, response, arrival);
  exchange.responder.lastOnConnection();
  exchange.refuse(limitFault("pipelined_requests"));
  return exchange;
}

/** What is noted of a request from now on, until its answer is delivered. */
export function begin(gateway: Gateway, response: ServerResponse, origin: Origin): Exchange {
  const responder = new Responder(response, gateway.newRequestId());
  return new Exchange(responder, origin, gateway.observer);
}

function decide(request: Inbound, arrival: Arrival, response: ServerResponse): void {
  const { gateway, live, exchange } = request;
  const head = readHead(request.request, arrival);
  if (!head.ok) return exchange.refuse(head.error);
  exchange.head = head.value;
  exchange.trace = gateway.observer.tracing?.begin(head.value, exchange.timeMs);
  const unrecordable = gateway.observer.audit?.refusal();
  if (unrecordable !== undefined) return exchange.refuse(unrecordable);
  const passage = passageOf(live.snapshot, head.value);
  if (passage !== undefined) {
    return passThrough({ ...request, response, targets: live.targets }, head.value, passage);
  }
  exchange.begin(live);
  const verdict = admit(live.snapshot, head.value, exchange.timeMs);
  if (verdict.kind === "need") settle(request, decideKnowing(request, head.value, verdict));
  else act(request, verdict);
}

/** A verdict that can be acted on. */
type Decided = Exclude<Verdict, { readonly kind: "need" }>;
type Needing = Verdict & { readonly kind: "need" };

function act(inbound: Inbound, verdict: Decided): void {
  const { exchange } = inbound;
  const tooMany = overLimit(inbound, verdict);
  exchange.facts = (tooMany ?? verdict).facts;
  if (tooMany !== undefined) return exchange.refuse(tooMany.fault);
  switch (verdict.kind) {
    case "refuse":
      return exchange.refuse(verdict.fault);
    case "answer":
      exchange.answered = true;
      return exchange.responder.answer(
        200,
        "OK",
        ["content-type", verdict.contentType],
        Buffer.from(verdict.body),
      );
    case "forward":
      return forward(inbound, verdict);
    case "keep":
      return settle(inbound, keep(inbound, verdict.change));
    case "read":
      return settle(inbound, finishBody(inbound, verdict.pending));
    case "form":
      return settle(inbound, finishForm(inbound, verdict.pending));
  }
}

/** Answered when it is remembered ("PutBucketPolicy", S3 API Reference: 204). */
async function keep({ exchange, live }: Inbound, change: RecordChange): Promise<() => void> {
  const failed = await live.sources.change(change);
  return () => {
    if (failed !== undefined) return exchange.refuse(failed);
    exchange.answered = true;
    exchange.responder.answer(204, "No Content", [], Buffer.alloc(0));
  };
}

async function decideKnowing(
  inbound: Inbound,
  head: RequestHead,
  first: Needing,
): Promise<() => void> {
  const { live, exchange } = inbound;
  const ask = (facts: Known): Verdict => admit(live.snapshot, head, exchange.timeMs, facts);
  const verdict = await known(inbound, first, NOTHING_KNOWN, ask);
  return () => act(inbound, verdict);
}

/**
 * The verdict once everything that it depends on is known. `first` was made with `start`; `again`
 * decides with what is known so far. A condition is only looked at where those before it hold, so
 * that one need can follow another.
 */
async function known(
  inbound: Inbound,
  first: Verdict,
  start: Known,
  again: (known: Known) => Verdict,
): Promise<Decided> {
  let verdict = first;
  let facts = start;
  const { live, exchange } = inbound;
  while (verdict.kind === "need") {
    const tooMany = overLimit(inbound, verdict);
    if (tooMany !== undefined) return tooMany;
    const fetched = await fetchKnown(live.upstream, live.sources, verdict.needs, facts);
    if (!fetched.ok) {
      const { fault, store } = fetched.error;
      if (store !== undefined) exchange.storeFailed(store);
      return { kind: "refuse", facts: verdict.facts, fault };
    }
    if (sizeOf(fetched.value) === sizeOf(facts)) throw new Error("A need was given already");
    facts = fetched.value;
    verdict = again(facts);
  }
  return verdict;
}

function sizeOf({ keys, buckets, tags }: Known): number {
  return keys.size + buckets.size + tags.size;
}

async function finishBody(inbound: Inbound, pending: PendingBody): Promise<() => void> {
  const { exchange } = inbound;
  const { snapshot } = inbound.live;
  const { xmlBytesMax } = snapshot.limits;
  const document = await readDocumentBody(() => sourceOf(inbound), xmlBytesMax, pending);
  if (!document.ok) return refusing(inbound, pending, document.error);
  const ask = (facts: Known): Verdict =>
    admitBody(snapshot, pending, document.value, exchange.timeMs, facts);
  const start = pending.subject.known;
  const verdict = await known(inbound, ask(start), start, ask);
  return () => act(inbound, verdict);
}

async function finishForm(inbound: Inbound, pending: PendingForm): Promise<() => void> {
  const { exchange } = inbound;
  const { snapshot } = inbound.live;
  const { contentType, contentLength } = pending;
  const form = await readForm(sourceOf(inbound), contentType, contentLength, {
    fieldBytesMax: FORM_FIELD_BYTES_MAX,
    fileBufferBytesMax: snapshot.limits.xmlBytesMax,
  });
  if (!form.ok) return refusing(inbound, pending, form.error);
  const { fields, file } = form.value;
  const ask = (facts: Known): Verdict =>
    admitForm(snapshot, pending, { fields, length: file.length }, exchange.timeMs, facts);
  const verdict = await known(inbound, ask(NOTHING_KNOWN), NOTHING_KNOWN, ask);
  return () => act({ ...inbound, file: file.body }, verdict);
}

function refusing(
  inbound: Inbound,
  { facts }: PendingBody | PendingForm,
  fault: Fault,
): () => void {
  return () => act(inbound, { kind: "refuse", facts, fault });
}

/** What S3 takes before a form's file ("POST Object", S3 API Reference). */
const FORM_FIELD_BYTES_MAX = 20 * 1024;
