import { WHOLE_BODY_BYTES_MAX, type BodyPlan, type WholeBody } from "../admission/body-plan.ts";
import type { StoreChange } from "../admission/record-change.ts";
import type { Verdict } from "../admission/verdict.ts";
import type { LookedUp, StoreRequest } from "../admission/outgoing.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ClientRequest } from "../listen/client-request.ts";
import { frame, frameWhole } from "../s3/aws-chunked-write.ts";
import type { S3Document } from "../s3/document-reader.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Presence, Ticket } from "../state/store-change.ts";
import { BodyError, provenBody, provenWhole, readBody, readWhole } from "../body/body.ts";
import type { Exchange, Observer } from "./exchange.ts";
import type { OpenForm } from "../body/form.ts";
import type { FormSpool } from "./form-spool.ts";
import { bodyOf, ClientLeft, wholeBodyOf, type PieceMemory } from "./inbound-body.ts";
import type { HeldBytes } from "../limiter/held-bytes.ts";
import type { Limiter } from "../limiter/limiter.ts";
import type { RefusalPace } from "../limiter/refusal-pace.ts";
import type { Live } from "./live.ts";
import { presenceOf } from "./presence.ts";
import { relay } from "./relay.ts";
import type { DoubtedKey } from "./held-answer.ts";

type Log = (what: unknown, message: string) => void;

/** The gateway's own parts, besides the request. */
export type Gateway = {
  /** The configuration, swapped whole by a reload; each request takes it once. */
  readonly live: { readonly current: Live };
  /** The limiter, which outlives every configuration: use under one counts under the next. */
  readonly limiter: Limiter;
  /** Outlives them, too. */
  readonly held: HeldBytes;
  readonly spool: FormSpool;
  readonly refusals: RefusalPace;
  readonly observer: Observer;
  readonly newRequestId: () => string;
  readonly log: Readonly<Record<"debug" | "warn" | "error", Log>>;
};

/** A request in the hands of the shell. */
export type Inbound = {
  readonly gateway: Gateway;
  /** The configuration in force when the request began. */
  readonly live: Live;
  readonly exchange: Exchange;
  readonly request: ClientRequest;
  readonly expectsContinue: boolean;
  /** The reader of the file of a form whose fields have come. */
  readonly form: OpenForm | undefined;
  /** The file of a form alone, whose part of the request is already being read. */
  readonly file: AsyncIterable<Buffer> | undefined;
  /** The document; `undefined` if none has been read. */
  readonly document: S3Document | undefined;
  /** A body that was read and proved whole, since a decision on the request may need it again. */
  readonly whole: WholeBody | undefined;
  /** Decides on it from its head again. */
  readonly redecide: (inbound: Inbound) => void;
  /**
   * True if it was decided on again, since the store refused the key that signed it. That is done
   * once.
   */
  readonly again: boolean;
  /**
   * The number of decisions that became void, because the state had changed before the request
   * could change it.
   */
  readonly staleDecisions: number;
};

export type Forward = Verdict & { readonly kind: "forward" };

/** Sends an admitted request to the store, with its body as the plan says. */
export function forward(inbound: Inbound, verdict: Forward): void {
  const { content, body } = verdict;
  if (content !== undefined) return send(inbound, verdict, content);
  if (inbound.whole !== undefined) return send(inbound, verdict, inbound.whole.content);
  switch (body.kind) {
    case "none":
      return send(inbound, verdict, undefined);
    case "pass":
      if (body.length <= WHOLE_BODY_BYTES_MAX) return sendWhole(inbound, verdict, body);
      // A body without checks needs no proof: the connection's reader holds the client to its
      // length.
      if (body.checks.length === 0) return send(inbound, verdict, sourceOf(inbound, "lent"));
      return send(inbound, verdict, provenBody(sourceOf(inbound, "lent"), body));
    case "deframe":
      if (body.decodedLength <= WHOLE_BODY_BYTES_MAX) return sendWhole(inbound, verdict, body);
      if (verdict.reframe) return send(inbound, verdict, reframed(inbound, body));
      return send(inbound, verdict, provenBody(sourceOf(inbound, "lent"), body));
  }
}

/**
 * Returns the client's bytes, counted; a client that waits for `100 Continue` is asked to send
 * them. `memory`: `lent` for a reader that holds back no more than one piece.
 */
export function sourceOf(inbound: Inbound, memory: PieceMemory = "own"): AsyncIterable<Buffer> {
  if (inbound.file !== undefined) return inbound.file;
  if (inbound.expectsContinue) inbound.exchange.responder.continue();
  return bodyOf(inbound.request, inbound.exchange, memory);
}

/**
 * Waits for an answer that a decision needed, then acts on it, unless nobody has a use for it any
 * more.
 */
export function settle(
  { exchange }: Pick<Inbound, "exchange">,
  decision: Promise<() => void>,
): void {
  void settled(exchange, decision);
}

async function settled(exchange: Exchange, decision: Promise<() => void>): Promise<void> {
  try {
    const decided = await decision;
    if (!exchange.over) decided();
  } catch (error) {
    fail(exchange, error);
  }
}

/** A bug, or a client that went away while its body was read: never a crash of the process. */
export function fail(exchange: Exchange, error: unknown): void {
  if (error instanceof BodyError) return exchange.refuse(error.fault);
  if (error instanceof ClientLeft) {
    if (!exchange.responder.closed) exchange.refuse(fault("IncompleteBody"));
    return;
  }
  exchange.faulted("decision", error);
}

function send(inbound: Inbound, verdict: Forward, body: Body): void {
  const { reply } = verdict;
  if (reply.kind === "remember") settle(inbound, begun(inbound, verdict, reply.change, body));
  else sendWith(inbound, verdict, body, undefined);
}

type Body = Buffer | AsyncIterable<Buffer> | undefined;

function sendWith(
  inbound: Inbound,
  { request, reply }: Forward,
  body: Body,
  ticket: Ticket | undefined,
): void {
  const { exchange, live } = inbound;
  const { upstream, sources } = live;
  exchange.decided();
  const { lookedUp } = request;
  const key = lookedUp === undefined ? undefined : new LookedUpKey(inbound, lookedUp, body);
  relay({ exchange, upstream, request, body, reply, sources, ticket, key });
}

/**
 * Handles a request whose key the store refused. If the source of the key now has another, all is
 * decided anew, once, and only with a body that can be sent again.
 */
class LookedUpKey implements DoubtedKey {
  readonly #inbound: Inbound;
  readonly #used: LookedUp;
  readonly #body: Body;

  constructor(inbound: Inbound, used: LookedUp, body: Body) {
    this.#inbound = inbound;
    this.#used = used;
    this.#body = body;
  }

  refused(sure: boolean, refuse: () => void): void {
    settle(this.#inbound, this.#asked(sure, refuse));
  }

  async #asked(sure: boolean, refuse: () => void): Promise<() => void> {
    const inbound = this.#inbound;
    const body = this.#body;
    const changed = await inbound.live.sources.hasChanged(this.#used, sure);
    const isWhole = body === undefined || Buffer.isBuffer(body);
    // A form's file is read only once, and its fields with it.
    if (!changed || !isWhole || inbound.again || inbound.form !== undefined) return refuse;
    const whole = inbound.whole ?? (body && { content: body, trailer: "" });
    return () => inbound.redecide({ ...inbound, again: true, whole });
  }
}

/** Prepares the change in the state before the store is asked for it. */
async function begun(
  inbound: Inbound,
  verdict: Forward,
  change: StoreChange,
  body: Body,
): Promise<() => void> {
  const { exchange, live } = inbound;
  const presence = (): Promise<Result<Presence, Fault>> =>
    change.kind === "created" && change.presence !== undefined
      ? askPresence(inbound, change.presence)
      : Promise.resolve(ok("unclear"));
  const ticket = await live.sources.begin(change, presence);
  if (!ticket.ok) return () => exchange.refuse(ticket.error);
  if (!exchange.over) return () => sendWith(inbound, verdict, body, ticket.value);
  await ticket.value.settle("not-done");
  return () => {};
}

async function askPresence(
  { exchange, live }: Inbound,
  request: StoreRequest,
): Promise<Result<Presence, Fault>> {
  const presence = await presenceOf(live.upstream, request, exchange);
  if (presence.ok) return presence;
  const { fault, store } = presence.error;
  if (store !== undefined) exchange.storeFailed(store);
  return err(fault);
}

type Deframe = BodyPlan & { readonly kind: "deframe" };

/**
 * Proves a body as it streams, and frames it again with its trailer for a store that understands
 * it.
 */
function reframed(inbound: Inbound, plan: Deframe): AsyncIterable<Buffer> {
  const body = provenBody(sourceOf(inbound, "lent"), plan);
  return frame(body, trailerOf(plan), plan.decodedLength);
}

/** Returns the name of the one trailer that is announced if a body is framed again. */
function trailerOf({ trailers }: Deframe): string {
  return trailers[0] ?? "";
}

/** Reads and proves a small body whole before anything is sent. */
function sendWhole(inbound: Inbound, verdict: Forward, plan: BodyPlan): void {
  inbound.exchange.hold(inbound.gateway.held);
  settle(inbound, proved(inbound, verdict, plan));
}

async function proved(inbound: Inbound, verdict: Forward, plan: BodyPlan): Promise<() => void> {
  const body = await wholeBody(inbound, plan, verdict.reframe);
  return body.ok
    ? () => send(inbound, verdict, body.value)
    : () => inbound.exchange.refuse(body.error);
}

async function wholeBody(
  inbound: Inbound,
  plan: BodyPlan,
  reframe: boolean,
): Promise<Result<Buffer, Fault>> {
  if (reframe && plan.kind === "deframe") {
    const body = await readWhole(sourceOf(inbound), WHOLE_BODY_BYTES_MAX, plan);
    return body.ok ? ok(frameWhole(body.value.content, trailerOf(plan), body.value.trailer)) : body;
  }
  // The framing of a body, unlike its content, has no length that the client was held to.
  if (plan.kind !== "pass" || inbound.file !== undefined) {
    return readBody(sourceOf(inbound), WHOLE_BODY_BYTES_MAX, plan);
  }
  if (inbound.expectsContinue) inbound.exchange.responder.continue();
  return provenWhole(await wholeBodyOf(inbound.request, inbound.exchange), plan);
}
