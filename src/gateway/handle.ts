import { setTimeout as pause } from "node:timers/promises";
import { admit } from "../admission/admit.ts";
import { WHOLE_BODY_BYTES_MAX, type BodyPlan } from "../admission/body-plan.ts";
import type { Facts } from "../admission/facts.ts";
import type { StoreRequest } from "../admission/outgoing.ts";
import type { Answer, DocumentNeed, Need } from "../admission/known.ts";
import { answerFrom, type Asking, type Deciding } from "../admission/deciding.ts";
import { passageOf } from "../admission/passthrough.ts";
import type { PendingForm } from "../admission/pending.ts";
import { isForSts } from "../admission/sts-address.ts";
import type { RecordChange } from "../admission/record-change.ts";
import type { Verdict } from "../admission/verdict.ts";
import type { ClientAnswer } from "../listen/client-answer.ts";
import { expectsContinue, type ClientRequest } from "../listen/client-request.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { readWhole } from "../body/body.ts";
import { readDocumentBody } from "../body/document-body.ts";
import { Exchange } from "./exchange.ts";
import { answerInMemory, fetchAnswer } from "./answers.ts";
import { openForm, type Spooled } from "../body/form.ts";
import { fail, forward, settle, sourceOf, type Gateway, type Inbound } from "./forward.ts";
import { arrivalOf, readHead, type Arrival, type Origin } from "./inbound.ts";
import { overLimit } from "./limit-request.ts";
import { passThrough } from "./passthrough.ts";
import { Responder } from "./respond.ts";
import { serveSts } from "./sts.ts";
import { nextTurn } from "../body/step-turns.ts";

/** The port that a request came by: that of S3, or the one for STS alone. */
export type Port = "s3" | "sts";

/**
 * Serves one request: the only way from a client's bytes to the store. Gives what is noted of it,
 * for a connection that breaks meanwhile. `port`: which one it came by; nothing that comes by the port
 * for STS gets further than there.
 */
export function handle(
  gateway: Gateway,
  request: ClientRequest,
  answer: ClientAnswer,
  port: Port,
): Exchange {
  const live = gateway.live.current;
  const arrival = arrivalOf(request, live.snapshot.trustedProxies);
  const exchange = begin(gateway, answer, arrival);
  exchange.inSts = port === "sts";
  try {
    decide(
      {
        gateway,
        live,
        exchange,
        request,
        expectsContinue: expectsContinue(request),
        redecide,
        form: undefined,
        file: undefined,
        document: undefined,
        whole: undefined,
        staleDecisions: 0,
        again: false,
      },
      arrival,
    );
  } catch (error) {
    fail(exchange, error);
  }
  return exchange;
}

/**
 * Answers bytes that were no request, so that nothing of them could be judged. They too leave a
 * record.
 */
export function refuseUnreadable(
  gateway: Gateway,
  answer: ClientAnswer,
  fault: Fault,
  port: Port,
): void {
  const origin = { method: "", sourceAddress: answer.peer.address };
  const exchange = begin(gateway, answer, origin);
  exchange.inSts = port === "sts";
  exchange.refuse(fault);
}

/** Refuses a request that is not looked at, with the last answer on its connection. */
export function refuseRequest(
  gateway: Gateway,
  request: ClientRequest,
  answer: ClientAnswer,
  fault: Fault,
  port: Port,
): Exchange {
  const arrival = arrivalOf(request, gateway.live.current.snapshot.trustedProxies);
  const exchange = begin(gateway, answer, arrival);
  exchange.inSts = port === "sts";
  exchange.responder.lastOnConnection();
  exchange.refuse(fault);
  return exchange;
}

/** Begins to note a request, until its answer is delivered. */
export function begin(gateway: Gateway, answer: ClientAnswer, origin: Origin): Exchange {
  const responder = new Responder(answer, gateway.newRequestId());
  return new Exchange(responder, origin, gateway.observer);
}

function decide(request: Inbound, arrival: Arrival): void {
  const { gateway, live, exchange } = request;
  const head = readHead(request.request, arrival);
  if (!head.ok) return exchange.refuse(head.error);
  exchange.head = head.value;
  exchange.trace = gateway.observer.tracing?.begin(head.value, exchange.timeMs);
  const unrecordable = gateway.observer.audit?.refusal();
  if (unrecordable !== undefined) return exchange.refuse(unrecordable);
  const passage = exchange.inSts ? undefined : passageOf(live.snapshot, head.value);
  if (passage !== undefined) {
    return passThrough({ ...request, targets: live.targets }, head.value, passage);
  }
  exchange.begin(live);
  if (exchange.inSts || isForSts(live.snapshot, head.value)) return serveSts(request, head.value);
  proceed(request, admit(live.snapshot, head.value, exchange.timeMs));
}

/**
 * Resumes a decision as far as memory has what it asks for, and acts on it; waits for the rest.
 * `answer`: to what it asked for last.
 */
function proceed(inbound: Inbound, deciding: Deciding, answer?: Answer): void {
  // Nobody would read the result, and its account's limits do not count it any more.
  if (answer !== undefined && inbound.exchange.over) return;
  const { sources } = inbound.live;
  const memory = (need: Need): Answer | undefined => answerInMemory(sources, need);
  const step = answerFrom(deciding, memory, answer);
  if (step.done === true) act(inbound, step.value);
  else settle(inbound, awaited(inbound, deciding, step.value));
}

/** Waits for the answer to one need, and goes on with it; or refuses, if it cannot be had. */
async function awaited(
  inbound: Inbound,
  deciding: Deciding,
  { need, facts }: Asking,
): Promise<() => void> {
  const { live, exchange } = inbound;
  const tooMany =
    need.kind === "key" || need.kind === "revocations" || need.kind === "form"
      ? undefined
      : overLimit(inbound, facts);
  if (tooMany !== undefined) return () => act(inbound, tooMany);
  switch (need.kind) {
    case "document":
      return documented(inbound, deciding, need, facts);
    case "body":
      return gathered(inbound, deciding, need.plan, facts);
    case "form":
      return filled(inbound, deciding, need.form);
    case "turn":
      await nextTurn();
      return () => proceed(inbound, deciding, { kind: "turn" });
    case "file":
      return measured(inbound, deciding, facts);
    case "key":
    case "owner":
    case "record":
    case "revocations":
    case "tags": {
      const asker = facts.proved === undefined ? "unproved" : "proved";
      const fetched = await fetchAnswer(live.upstream, live.sources, need, asker, exchange);
      if (fetched.ok) return () => proceed(inbound, deciding, fetched.value);
      const { fault, store } = fetched.error;
      if (need.kind === "tags" && store?.kind === "credential") {
        if (await isRenewed(inbound, need.request)) {
          return () => redecide({ ...inbound, again: true });
        }
      }
      if (store !== undefined) exchange.storeFailed(store);
      return refusing(inbound, facts, fault);
    }
  }
}

/**
 * Returns true if the key that signed `request`, which the store refused, is another by now: all is
 * decided anew, once.
 */
async function isRenewed(
  { live, again, form }: Inbound,
  { lookedUp }: StoreRequest,
): Promise<boolean> {
  // A form's file is read only once, and its fields with it.
  if (lookedUp === undefined || again || form !== undefined) return false;
  return live.sources.hasChanged(lookedUp, true);
}

function act(inbound: Inbound, verdict: Verdict): void {
  const { exchange } = inbound;
  // A refusal that names no account was not proved: nobody's limits count it.
  const counts = verdict.kind !== "refuse" || verdict.facts.account !== undefined;
  const tooMany = counts ? overLimit(inbound, verdict.facts) : undefined;
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
  }
}

/**
 * Answered when it is remembered ("PutBucketPolicy", S3 API Reference: 204). If the policy is another
 * by now than it was judged by, all is decided anew: the one that is there may forbid it.
 */
async function keep(inbound: Inbound, change: RecordChange): Promise<() => void> {
  const { exchange, live } = inbound;
  const failed = await live.sources.change(change);
  if (failed === "stale") {
    const staleDecisions = inbound.staleDecisions + 1;
    if (staleDecisions === DECISIONS_MAX) return () => exchange.refuse(fault("OperationAborted"));
    await pause(Math.random() * Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** staleDecisions));
    return () => redecide({ ...inbound, staleDecisions });
  }
  return () => {
    if (failed !== undefined) return exchange.refuse(failed);
    exchange.answered = true;
    exchange.responder.answer(204, "No Content", [], Buffer.alloc(0));
  };
}

/** The most decisions on one change of a policy, while others change it again and again. */
const DECISIONS_MAX = 12;
/**
 * Doubled each time: of twenty who write at once all come through, and few are decided on often.
 */
const PAUSE_MS_MIN = 25;
const PAUSE_MS_MAX = 3_000;

function redecide(inbound: Inbound): void {
  const { exchange, live } = inbound;
  const { head, timeMs } = exchange;
  if (head === undefined) throw new Error("What was decided on has a head");
  if (!exchange.over) proceed(inbound, admit(live.snapshot, head, timeMs));
}

async function documented(
  inbound: Inbound,
  deciding: Deciding,
  need: DocumentNeed,
  facts: Facts,
): Promise<() => void> {
  const { document: before } = inbound;
  if (before !== undefined) {
    return () => proceed(inbound, deciding, { kind: "document", document: before });
  }
  const { limits } = inbound.live.snapshot;
  inbound.exchange.hold(inbound.gateway.held);
  const document = await readDocumentBody(() => sourceOf(inbound), limits.xmlBytesMax, need);
  if (!document.ok) return refusing(inbound, facts, document.error);
  const { value } = document;
  return () =>
    proceed({ ...inbound, document: value }, deciding, { kind: "document", document: value });
}

async function gathered(
  inbound: Inbound,
  deciding: Deciding,
  plan: BodyPlan,
  facts: Facts,
): Promise<() => void> {
  const { exchange, gateway, whole } = inbound;
  if (whole !== undefined) return () => proceed(inbound, deciding, { kind: "body", body: whole });
  // All is judged: a client that leaves meanwhile leaves a record of that.
  exchange.facts = facts;
  exchange.hold(gateway.held);
  const body = await readWhole(sourceOf(inbound), WHOLE_BODY_BYTES_MAX, plan);
  if (!body.ok) return refusing(inbound, facts, body.error);
  const { value } = body;
  return () => proceed({ ...inbound, whole: value }, deciding, { kind: "body", body: value });
}

async function filled(
  inbound: Inbound,
  deciding: Deciding,
  { contentType, contentLength, facts }: PendingForm,
): Promise<() => void> {
  const { exchange, gateway } = inbound;
  exchange.hold(gateway.held);
  const spool = async (bytesMin: number): Promise<Spooled> => {
    // A file on the disk is not held in memory.
    exchange.decided();
    return exchange.keeps(await gateway.spool.begin(bytesMin, exchange.facts.account));
  };
  const form = await openForm(sourceOf(inbound), contentType, contentLength, {
    fieldBytesMax: FORM_FIELD_BYTES_MAX,
    fileBufferBytesMax: inbound.live.snapshot.limits.xmlBytesMax,
    spool: gateway.spool.isUsed ? spool : undefined,
  });
  if (!form.ok) return refusing(inbound, facts, form.error);
  return () =>
    proceed({ ...inbound, form: form.value }, deciding, { kind: "form", head: form.value });
}

/** Reads the form's file, only now: its sender may store it. */
async function measured(inbound: Inbound, deciding: Deciding, facts: Facts): Promise<() => void> {
  if (inbound.form === undefined) throw new Error("A file was decided on without its form");
  // A file that goes to the disk counts for its sender.
  inbound.exchange.facts = facts;
  const file = await inbound.form.file();
  if (!file.ok) return refusing(inbound, facts, file.error);
  const { length, body } = file.value;
  return () => proceed({ ...inbound, file: body }, deciding, { kind: "file", length });
}

function refusing(inbound: Inbound, facts: Facts, fault: Fault): () => void {
  return () => act(inbound, { kind: "refuse", facts, fault });
}

/** The most bytes that S3 takes before a form's file ("POST Object", S3 API Reference). */
const FORM_FIELD_BYTES_MAX = 20 * 1024;
