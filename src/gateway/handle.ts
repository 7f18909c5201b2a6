import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { admit } from "../admission/admit.ts";
import { admitBody } from "../admission/admit-body.ts";
import { admitForm } from "../admission/admit-form.ts";
import type { PendingBody, PendingForm } from "../admission/pending.ts";
import type { BodyPlan } from "../admission/body-plan.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { Verdict } from "../admission/verdict.ts";
import { frame } from "../s3/aws-chunked-write.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { BodyError, provenBody, readBody } from "./body.ts";
import { Exchange, type Observer } from "./exchange.ts";
import { readForm } from "./form.ts";
import { addressOf, bodyOf, originOf, readHead, type Origin } from "./inbound.ts";
import { relay } from "./relay.ts";
import { Responder, responseOn } from "./respond.ts";
import type { Upstream } from "./upstream.ts";

/** What the gateway holds besides the request. */
export type Gateway = {
  /** Swapped whole by a reload; each request takes it once. */
  readonly live: { readonly current: Snapshot };
  readonly upstream: Upstream;
  readonly observer: Observer;
  readonly clock: () => number;
  readonly newRequestId: () => string;
  readonly log: { readonly error: (error: unknown, message: string) => void };
};

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
  const exchange = begin(gateway, response, originOf(request));
  try {
    decide({ gateway, exchange, request, expectsContinue, file: undefined });
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
  const origin = { method: method ?? "", sourceAddress: addressOf(socket) };
  begin(gateway, response, origin).refuse(fault);
}

function begin(gateway: Gateway, response: ServerResponse, origin: Origin): Exchange {
  const responder = new Responder(response, gateway.newRequestId());
  return new Exchange(responder, origin, gateway.observer, gateway.clock);
}

function decide(inbound: Omit<Inbound, "snapshot">): void {
  const { gateway, exchange, request } = inbound;
  const head = readHead(request);
  if (!head.ok) return exchange.refuse(head.error);
  exchange.head = head.value;
  const snapshot = gateway.live.current;
  act({ ...inbound, snapshot }, admit(snapshot, head.value, exchange.startedMs));
}

type Inbound = {
  readonly gateway: Gateway;
  readonly snapshot: Snapshot;
  readonly exchange: Exchange;
  readonly request: IncomingMessage;
  readonly expectsContinue: boolean;
  /** Of a form: the file alone, whose part of the request is already being read. */
  readonly file: AsyncIterable<Buffer> | undefined;
};

function act(inbound: Inbound, verdict: Verdict): void {
  const { exchange } = inbound;
  exchange.facts = verdict.facts;
  switch (verdict.kind) {
    case "refuse":
      return exchange.refuse(verdict.fault);
    case "answer":
      exchange.answered = true;
      return exchange.responder.answer(200, "OK", ANSWER_HEADERS, Buffer.from(verdict.xml));
    case "forward":
      return forward(inbound, verdict);
    case "read":
      return settle(inbound, finishBody(inbound, verdict.pending));
    case "form":
      return settle(inbound, finishForm(inbound, verdict.pending));
  }
}

const ANSWER_HEADERS = ["content-type", "application/xml"] as const;

type Forward = Verdict & { readonly kind: "forward" };

function forward(inbound: Inbound, verdict: Forward): void {
  const { content, body } = verdict;
  if (content !== undefined) return send(inbound, verdict, content);
  switch (body.kind) {
    case "none":
      return send(inbound, verdict, undefined);
    case "pass":
      if (body.length === 0) return sendProven(inbound, verdict);
      return send(inbound, verdict, proven(inbound, body));
    case "deframe":
      if (verdict.reframe)
        return send(inbound, verdict, frame(proven(inbound, body), body.trailers[0] ?? ""));
      if (body.decodedLength === 0) return sendProven(inbound, verdict);
      return send(inbound, verdict, proven(inbound, body));
  }
}

function send(
  inbound: Inbound,
  verdict: Forward,
  body: Buffer | AsyncIterable<Buffer> | undefined,
): void {
  const { gateway, exchange } = inbound;
  const { upstream, clock } = gateway;
  relay({ exchange, upstream, request: verdict.request, body, reply: verdict.reply, clock });
}

function proven(inbound: Inbound, plan: BodyPlan): AsyncGenerator<Buffer, string, undefined> {
  return provenBody(inbound.file ?? source(inbound), plan);
}

/** Nothing of an empty body can be held back, so it is proved before the store hears of it. */
function sendProven(inbound: Inbound, verdict: Forward): void {
  const sent = async (): Promise<() => void> => {
    const body = await readBody(inbound.file ?? source(inbound), 0, verdict.body);
    if (body.ok) return () => send(inbound, verdict, EMPTY);
    return () => inbound.exchange.refuse(body.error);
  };
  settle(inbound, sent());
}

const EMPTY = Buffer.alloc(0);

/** The client's bytes, counted; a client that waits for `100 Continue` is told to send them. */
async function* source(inbound: Inbound): AsyncGenerator<Buffer> {
  if (inbound.expectsContinue) inbound.exchange.responder.continue();
  for await (const chunk of bodyOf(inbound.request)) {
    inbound.exchange.bytesIn += chunk.length;
    yield chunk;
  }
}

async function finishBody(inbound: Inbound, pending: PendingBody): Promise<() => void> {
  const { snapshot, exchange } = inbound;
  const body = await readBody(source(inbound), snapshot.limits.xmlBytesMax, pending.plan);
  const verdict: Verdict = body.ok
    ? admitBody(snapshot, pending, body.value, exchange.startedMs)
    : { kind: "refuse", facts: pending.facts, fault: body.error };
  return () => act(inbound, verdict);
}

async function finishForm(inbound: Inbound, pending: PendingForm): Promise<() => void> {
  const { snapshot, exchange } = inbound;
  const { contentType, contentLength } = pending;
  const form = await readForm(source(inbound), contentType, contentLength, {
    fieldBytesMax: FORM_FIELD_BYTES_MAX,
    fileBufferBytesMax: snapshot.limits.xmlBytesMax,
  });
  if (!form.ok)
    return () => act(inbound, { kind: "refuse", facts: pending.facts, fault: form.error });
  const { fields, file } = form.value;
  const verdict = admitForm(snapshot, pending, { fields, length: file.length }, exchange.startedMs);
  return () => act({ ...inbound, file: file.body }, verdict);
}

/** What S3 takes before a form's file ("POST Object", S3 API Reference). */
const FORM_FIELD_BYTES_MAX = 20 * 1024;

/** Waits for a decision that needed the body, then acts on it. */
function settle(inbound: Inbound, decision: Promise<() => void>): void {
  decision
    .then((decided) => decided())
    .catch((error: unknown) => fail(inbound.gateway, inbound.exchange, error));
}

/** A bug, or a client that went away while its body was read: never a crash of the process. */
function fail(gateway: Gateway, exchange: Exchange, error: unknown): void {
  if (error instanceof BodyError) return exchange.refuse(error.fault);
  if (exchange.responder.closed) return;
  gateway.log.error(error, "Cannot serve a request");
  exchange.refuse(fault("InternalError"));
}
