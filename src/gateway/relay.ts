import type { ReplyPlan } from "../admission/reply-plan.ts";
import type { StoreRequest } from "../admission/outgoing.ts";
import { withGated, type GatedHeaders } from "../http/field-gate.ts";
import { firstValue } from "../http/headers.ts";
import type { Release } from "../lend/lender.ts";
import type { Result } from "../lib/result.ts";
import { hidesExistence } from "../s3/existence.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { AnswerHandler, Control } from "../store/answer-handler.ts";
import { hasBody, type WireAnswer } from "../wire/answer-head.ts";
import type { Outcome, Ticket } from "../state/store-change.ts";
import { endToEnd, LENGTH, pairsOf, without } from "./answer-fields.ts";
import type { Sources } from "./answers.ts";
import { BodyError } from "../body/body.ts";
import { Gathered } from "../body/gathered.ts";
import { ClientLeft } from "./inbound-body.ts";
import type { FaultPlace } from "../observe/record.ts";
import type { Exchange } from "./exchange.ts";
import { FilteredList } from "./filtered-list.ts";
import {
  ERROR_BYTES_MAX,
  errorCodeOf,
  heldBytesMax,
  isProlog,
  outcomeOf,
  PROLOG_BYTES_MAX,
  rewrite,
} from "./reply.ts";
import type { Upstream, Waiter } from "../store/upstream.ts";
import type { Endpoint } from "../store/endpoint.ts";
import {
  credentialFault,
  protocolError,
  storeErrorKind,
  upstreamFault,
  type UpstreamErrorKind,
} from "../store/upstream-error.ts";

/** A request on its way to the store. */
export type Forwarding = {
  readonly exchange: Exchange;
  readonly upstream: Upstream;
  readonly request: StoreRequest;
  /** Undefined: no body. */
  readonly body: Buffer | AsyncIterable<Buffer> | undefined;
  readonly reply: ReplyPlan;
  /** Where it is found what is known of buckets. */
  readonly sources: Sources;
  /** Settled with what the store did before the client hears of it; undefined: nothing to remember. */
  readonly ticket: Ticket | undefined;
};

/** Sends the request to a living endpoint and writes the answer straight to the client. */
export function relay(forwarding: Forwarding): void {
  new Relay(forwarding).send(undefined);
}

/**
 * The connection to the store and the queue of `Upstream` call these methods, and neither may see an
 * exception: it would end the process. So each method catches what its work throws, which is a bug of
 * ours, and ends the request as `Exchange.faulted` says.
 */
class Relay implements AnswerHandler, Waiter {
  readonly #forwarding: Forwarding;
  readonly #exchange: Exchange;
  /** A connection there is this request's own; `undefined` before and after. */
  #endpoint: Endpoint | undefined;
  #control: Control | undefined;
  #attempts = 0;
  /** Something of the request may have been sent. */
  #sent = false;
  /** What the store did was remembered, or is being so. */
  #settled = false;
  /** Set while a list of buckets passes of which some are taken out. */
  #filter: FilteredList | undefined;
  /** What is to be known before the next bytes of such a list can go on. */
  #filtering: Promise<void> | undefined;
  /** Why such a list ends where it is, though the store's answer may be at its end already. */
  #unfiltered: Error | undefined;
  /** The answer came, and is not for the client. */
  #hidden = false;
  /** The answer came too late: the client has been refused meanwhile, such as for a body cut off. */
  #late = false;
  /** Set while an answer is held back in order to be rewritten. */
  #held: Held | undefined;

  constructor(forwarding: Forwarding) {
    this.#forwarding = forwarding;
    this.#exchange = forwarding.exchange;
  }

  send(avoid: Endpoint | undefined): void {
    const { upstream } = this.#forwarding;
    const endpoint = upstream.take(avoid);
    if (endpoint !== undefined) return this.granted(endpoint);
    this.#exchange.forwarded = this;
    upstream.wait(this);
  }

  tooLate(): void {
    this.#exchange.forwarded = undefined;
    this.#settle("not-done", () => this.#exchange.refuse(limitFault("store_connections")));
  }

  granted(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
    this.#attempts++;
    try {
      this.#dispatch(endpoint);
    } catch (error) {
      this.#faulted("dispatch", error);
    }
  }

  #dispatch(endpoint: Endpoint): void {
    const { request, body, ticket } = this.#forwarding;
    this.#exchange.dispatched(endpoint.origin);
    const { method, target } = request;
    endpoint.pool.send(
      {
        head: { method, target, headers: this.#headersTo(endpoint) },
        body,
        short: ticket !== undefined,
      },
      this,
    );
  }

  /** No signature covers what a trace adds: it is not the client's word. */
  #headersTo({ origin }: Endpoint): GatedHeaders {
    const { method, headers } = this.#forwarding.request;
    const { trace } = this.#exchange;
    return trace === undefined ? headers : withGated(headers, trace.toStore(method, origin));
  }

  /**
   * A client that goes away must not keep the store working (RGW would read to the end). But what is
   * to be remembered is short, and whether it was done is only known from its answer.
   */
  abort(): void {
    const { upstream, ticket } = this.#forwarding;
    upstream.leave(this);
    if (ticket === undefined) this.#control?.abort(new Error("The client went away"));
    else if (this.#endpoint === undefined) this.#settle("not-done", () => {});
  }

  onStart(control: Control): void {
    this.#control = control;
    this.#exchange.forwarded = this;
    if (this.#exchange.responder.closed) control.abort(new Error("The client went away"));
    else this.#sent = true;
  }

  /** It speaks of the connection to the store only. */
  onInterim(): void {
    if (this.#endpoint !== undefined) this.#forwarding.upstream.markUp(this.#endpoint);
  }

  onAnswer(control: Control, answer: WireAnswer): void {
    try {
      this.#begin(answer);
    } catch (error) {
      this.#breakOff(control, error);
    }
  }

  #begin({ status, reason: statusText, fields }: WireAnswer): void {
    if (this.#endpoint !== undefined) this.#forwarding.upstream.markUp(this.#endpoint);
    const { responder } = this.#exchange;
    this.#late = this.#forwarding.ticket === undefined && responder.answered;
    if (this.#late) return;
    this.#exchange.firstByte(status);
    if (this.#mustHide(status)) return;
    const headers = endToEnd(fields);
    // A 204 has no length, not even 0 (RFC 9110 section 8.6).
    const head: Head = {
      status,
      statusText,
      headers: status === 204 ? without(headers, LENGTH) : headers,
    };
    if (this.#forwarding.reply.kind === "filter-buckets" && status === 200) {
      this.#filter = new FilteredList(this.#forwarding.reply.filter, this.#forwarding.sources);
      responder.start(status, statusText, without(head.headers, LENGTH));
      return;
    }
    const { reply, request, ticket } = this.#forwarding;
    const bytesMax =
      hasBody(request.method, status) || ticket !== undefined
        ? heldBytesMax(reply, status, firstValue(head.headers, "content-type") ?? "")
        : 0;
    if (bytesMax === 0) responder.start(status, statusText, head.headers);
    else this.#held = { head, gathered: new Gathered(), bytesMax };
  }

  onData(control: Control, bytes: Buffer, release: Release): void {
    try {
      this.#take(control, bytes, release);
    } catch (error) {
      this.#breakOff(control, error);
    }
  }

  /** What is not written at once is copied, since `bytes` do not stand for longer. */
  #take(control: Control, bytes: Buffer, release: Release): void {
    const passes = this.#filter === undefined && this.#held === undefined;
    if (passes && !this.#hidden && !this.#late) {
      this.#pass(control, bytes, release);
      return;
    }
    const chunk = this.#hidden || this.#late ? undefined : Buffer.from(bytes);
    release();
    if (chunk === undefined) return;
    if (this.#filter !== undefined) this.#passFiltered(control, this.#filter, chunk);
    else this.#hold(control, chunk);
  }

  onEnd(trailers: readonly string[]): void {
    try {
      if (this.#filtering === undefined) this.#end(trailers);
      else void this.#endLater(this.#filtering, trailers);
    } catch (error) {
      this.#faulted("answer", error);
    }
  }

  async #endLater(filtering: Promise<void>, trailers: readonly string[]): Promise<void> {
    try {
      await filtering;
      if (this.#unfiltered === undefined) this.#end(trailers);
      else this.#fail(this.#unfiltered);
    } catch (error) {
      this.#faulted("answer", error);
    }
  }

  #end(trailers: readonly string[]): void {
    this.#finish();
    this.#exchange.storeAnswered = true;
    if (this.#late) return;
    const { responder } = this.#exchange;
    if (this.#hidden) {
      this.#exchange.refuse(fault("AccessDenied"));
      return;
    }
    const unread = this.#filter?.end();
    if (unread !== undefined) {
      this.#failFiltered(unread);
      return;
    }
    if (this.#held === undefined) {
      responder.end(pairsOf(trailers));
      return;
    }
    const { head, gathered } = this.#held;
    const { reply } = this.#forwarding;
    const body = gathered.bytes();
    const outcome =
      reply.kind === "remember" ? outcomeOf(reply.change.kind, head.status, body) : "unknown";
    this.#settle(outcome, (failed) => {
      if (failed === undefined) this.#answerHeld(head, body);
      else this.#exchange.refuse(failed);
    });
  }

  onError(error: Error): void {
    try {
      this.#settle(this.#sent ? "unknown" : "not-done", () => this.#fail(error));
    } catch (bug) {
      this.#faulted("answer", bug);
    }
  }

  #fail(error: Error): void {
    const exchange = this.#exchange;
    const endpoint = this.#endpoint;
    if (error instanceof OwnFault) {
      this.#faulted("answer", error.cause);
      return;
    }
    const kind = storeErrorKind(error);
    this.#finish(kind ?? "other");
    if (error instanceof BodyError || error instanceof Unfiltered) {
      exchange.refuse(error.fault);
      return;
    }
    if (exchange.responder.closed) return;
    if (error instanceof ClientLeft) {
      exchange.refuse(fault("IncompleteBody"));
      return;
    }
    if (kind === undefined) {
      this.#faulted(this.#control === undefined ? "dispatch" : "body", error);
      return;
    }
    if (endpoint !== undefined) this.#forwarding.upstream.failed(endpoint, error);
    if (this.#mayRetry(kind)) {
      this.#control = undefined;
      this.send(endpoint);
      return;
    }
    exchange.upstreamError = kind;
    exchange.refuse(upstreamFault(kind, error));
  }

  /** What the gateway does with the answer went wrong: the rest of the answer is not wanted. */
  #breakOff(control: Control, error: unknown): void {
    control.abort(new OwnFault(error));
  }

  #faulted(where: FaultPlace, error: unknown): void {
    const { ticket } = this.#forwarding;
    if (ticket !== undefined && !this.#settled) void ticket.settle("unknown");
    this.#settled = true;
    this.#finish("other");
    this.#exchange.faulted(where, error);
  }

  /**
   * Once, and only where the store can have done nothing that doing twice would change: a safe
   * method without a body whose connection died before an answer began. A body is never replayed.
   */
  #mayRetry(kind: UpstreamErrorKind): boolean {
    const { request, body } = this.#forwarding;
    const safe =
      request.method === "GET" || request.method === "HEAD" || request.method === "OPTIONS";
    const died = kind === "connect" || kind === "tls" || kind === "reset";
    const begun = this.#exchange.responder.status !== 0 || this.#held !== undefined;
    return this.#attempts === 1 && safe && died && !begun && body === undefined;
  }

  /** A missing key looks like a forbidden one to who may not list (existence.ts). */
  #mustHide(status: number): boolean {
    const { reply } = this.#forwarding;
    this.#hidden = reply.kind === "hide-missing" && hidesExistence(reply.operation, status);
    return this.#hidden;
  }

  /** False: the store must wait for the client, and goes on by itself then. */
  #pass(control: Control, chunk: Buffer, release?: Release): boolean {
    const { responder } = this.#exchange;
    if (responder.write(chunk, release)) return true;
    control.pause();
    responder.onDrain(() => control.resume());
    return false;
  }

  /** What cannot be read is not passed on: an entry could go unseen. */
  #passFiltered(control: Control, filter: FilteredList, chunk: Buffer): void {
    const kept = filter.push(chunk);
    if (!(kept instanceof Promise)) {
      this.#passKept(control, kept);
      return;
    }
    control.pause();
    this.#filtering = this.#passLater(control, kept);
  }

  async #passLater(control: Control, kept: Promise<Result<Buffer, string | Fault>>): Promise<void> {
    try {
      const fetched = await kept;
      this.#filtering = undefined;
      // The answer, or the client, may have been broken off meanwhile.
      if (this.#exchange.responder.closed) return;
      // In this order: what has come meanwhile, even the end, is delivered within `resume`.
      if (this.#passKept(control, fetched)) control.resume();
    } catch (error) {
      this.#breakOff(control, error);
    }
  }

  /** Whether the next bytes may come. */
  #passKept(control: Control, kept: Result<Buffer, string | Fault>): boolean {
    if (kept.ok) return kept.value.length === 0 || this.#pass(control, kept.value);
    this.#unfiltered =
      typeof kept.error === "string"
        ? protocolError(`Cannot filter the list of buckets: ${kept.error}`)
        : new Unfiltered(kept.error);
    control.abort(this.#unfiltered);
    return false;
  }

  #failFiltered(why: string): void {
    this.#exchange.upstreamError = "protocol";
    this.#exchange.refuse(fault("ServiceUnavailable", undefined, { detail: why }));
  }

  #hold(control: Control, chunk: Buffer): void {
    const held = this.#held;
    if (held === undefined) return;
    held.gathered.add(chunk);
    if (this.#forwarding.reply.kind === "location" && held.head.status === 200) {
      this.#passProlog(control, held);
    }
    if (held.gathered.length <= held.bytesMax) return;
    if (held.bytesMax === ERROR_BYTES_MAX) this.#release(control);
    else control.abort(protocolError(`The store's answer exceeds ${held.bytesMax} bytes`));
  }

  /** The client, too, must see that the store is still at work. */
  #passProlog(control: Control, held: Held): void {
    if (held.gathered.length > PROLOG_BYTES_MAX) return;
    const prolog = held.gathered.bytes();
    if (!isProlog(prolog)) return;
    const { status, statusText, headers } = held.head;
    const { responder } = this.#exchange;
    if (responder.status === 0) responder.start(status, statusText, without(headers, LENGTH));
    this.#pass(control, prolog);
    held.gathered = new Gathered();
  }

  /** An error document too long to look into passes as it came. */
  #release(control: Control): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#exchange.responder.start(held.head.status, held.head.statusText, held.head.headers);
    this.#pass(control, held.gathered.bytes());
  }

  /** Goes on with `then` when it is remembered what the store did; at once where nothing is. */
  #settle(outcome: Outcome, then: (failed: Fault | undefined) => void): void {
    const { ticket } = this.#forwarding;
    if (ticket === undefined || this.#settled) return then(undefined);
    this.#settled = true;
    ticket
      .settle(outcome)
      .then(then)
      .catch((error: unknown) => this.#faulted("answer", error));
  }

  #answerHeld(head: Head, body: Buffer): void {
    const { request, reply: plan } = this.#forwarding;
    // Who went away, or was refused, meanwhile left only what was to be remembered.
    if (this.#exchange.responder.closed || this.#exchange.responder.answered) return;
    const blame = head.status >= 400 ? credentialFault(request, errorCodeOf(body)) : undefined;
    if (blame !== undefined) {
      this.#exchange.upstreamError = "credential";
      this.#exchange.refuse(blame);
      return;
    }
    const reply = rewrite(plan, { ...head, headers: without(head.headers, LENGTH), body });
    const { responder } = this.#exchange;
    if (responder.status === 0) {
      responder.answer(reply.status, reply.statusText, reply.headers, reply.body);
      return;
    }
    // Its prolog has been passed on.
    responder.write(reply.body);
    responder.end();
  }

  /** The request is no longer at the store, and its connection is free: exactly once an attempt. */
  #finish(error?: UpstreamErrorKind): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#endpoint = undefined;
    this.#exchange.forwarded = undefined;
    this.#exchange.trace?.storeEnded(error);
    this.#forwarding.upstream.give(endpoint);
  }
}

/** Ends a request at the store in the middle of its answer; `cause` is the bug. */
class OwnFault extends Error {
  constructor(cause: unknown) {
    super("The gateway cannot pass the answer on", { cause });
  }
}

/** What is known of a bucket in the list cannot be had, which is not the store's doing. */
class Unfiltered extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** An answer, or what has come of it. */
type Held = {
  readonly head: Head;
  gathered: Gathered;
  readonly bytesMax: number;
};

type Head = {
  readonly status: number;
  readonly statusText: string;
  readonly headers: string[];
};
