import { FilteredAnswer, Unfiltered } from "./filtered-answer.ts";
import { HeldAnswer, type DoubtedKey } from "./held-answer.ts";
import { OwnFault, UnseenAnswer, type AnswerPath } from "./answer-path.ts";
import { PassedAnswer } from "./passed-answer.ts";
import type { HeaderList } from "../http/headers.ts";
import type { ReplyPlan } from "../admission/reply-plan.ts";
import type { StoreRequest } from "../admission/outgoing.ts";
import type { GatedHead } from "../http/field-gate.ts";
import { firstValue } from "../http/headers.ts";
import type { Release } from "../lend/lender.ts";
import { hidesExistence } from "../s3/existence.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { limitFault } from "../s3/limits.ts";
import type { AnswerHandler, Control } from "../store/answer-handler.ts";
import { hasBody, type WireAnswer } from "../wire/answer-head.ts";
import type { StoreOutcome, Ticket } from "../state/store-change.ts";
import { answerFields, LENGTH, withShownFields, without } from "./answer-fields.ts";
import type { Sources } from "./answers.ts";
import { BodyError } from "../body/body.ts";
import { ClientLeft } from "./inbound-body.ts";
import type { FaultPlace } from "../observe/record.ts";
import type { Exchange } from "./exchange.ts";
import { FilteredList } from "./filtered-list.ts";
import { ERROR_BYTES_MAX, heldBytesMax } from "./reply.ts";
import type { Upstream, Waiter } from "../store/upstream.ts";
import type { Endpoint } from "../store/endpoint.ts";
import { storeErrorKind, upstreamFault, type UpstreamErrorKind } from "../store/upstream-error.ts";

/** A request on its way to the store. */
export type Forwarding = {
  readonly exchange: Exchange;
  readonly upstream: Upstream;
  readonly request: StoreRequest;
  /** The body; `undefined` if there is none. */
  readonly body: Buffer | AsyncIterable<Buffer> | undefined;
  readonly reply: ReplyPlan;
  /** The sources of what is known of buckets. */
  readonly sources: Sources;
  /**
   * The ticket, settled with the store's action before the client hears of it; `undefined` if there
   * is nothing to remember.
   */
  readonly ticket: Ticket | undefined;
  /** The key that signed the request, if it was looked up. */
  readonly key: DoubtedKey | undefined;
};

/** A HEAD's has no body that would say whether the key is to blame. */
const FORBIDDEN = 403;

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
  /** Set once a part of the request may have been sent. */
  #sent = false;
  /** Set once the store's action was remembered, or is being so. */
  #settled = false;
  /** The path of the answer; set when its head has come. */
  #path: AnswerPath | undefined;

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
    this.settle("not-done", () => this.#exchange.refuse(limitFault("store_connections")));
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
    const { body, ticket } = this.#forwarding;
    this.#exchange.dispatched(endpoint.origin);
    endpoint.pool.send({ head: this.#headTo(endpoint), body, short: ticket !== undefined }, this);
  }

  /** Adds the fields of a trace. No signature covers them: they are not the client's word. */
  #headTo({ origin }: Endpoint): GatedHead {
    const { head } = this.#forwarding.request;
    const { trace } = this.#exchange;
    return trace === undefined ? head : head.with(trace.toStore(head.method, origin));
  }

  /**
   * A client that goes away must not keep the store working (RGW would read to the end). But what is
   * to be remembered is short, and whether it was done is only known from its answer.
   */
  abort(): void {
    const { upstream, ticket } = this.#forwarding;
    upstream.leave(this);
    if (ticket === undefined) this.#control?.abort(new Error("The client went away"));
    else if (this.#endpoint === undefined) this.settle("not-done", () => {});
  }

  onStart(control: Control): void {
    this.#control = control;
    this.#exchange.forwarded = this;
    if (this.#exchange.responder.closed) control.abort(new Error("The client went away"));
    else this.#sent = true;
  }

  /** Ignores an interim answer, which is about the connection to the store only. */
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
    this.#path = this.#pathOf(status, statusText, fields);
  }

  #pathOf(status: number, statusText: string, fields: HeaderList): AnswerPath {
    const exchange = this.#exchange;
    const { reply, request, sources, ticket, key } = this.#forwarding;
    // Too late: the client has been refused meanwhile, such as for a body that was cut off.
    if (ticket === undefined && exchange.responder.answered)
      return new UnseenAnswer(() => undefined);
    exchange.firstByte(status, fields);
    // A missing key looks like a forbidden one to who may not list (existence.ts).
    if (reply.kind === "hide-missing" && hidesExistence(reply.operation, status)) {
      return new UnseenAnswer(() => exchange.refuse(fault("AccessDenied")));
    }
    const own = answerFields(fields, reply.kind === "extended" ? reply.fields : undefined);
    const all = request.renamed === undefined ? own : withShownFields(own, request.renamed.names);
    // A 204 has no length, not even 0 (RFC 9110 section 8.6).
    const head = { status, statusText, headers: status === 204 ? without(all, LENGTH) : all };
    if (reply.kind === "filter-buckets" && status === 200) {
      return new FilteredAnswer(exchange, head, new FilteredList(reply.filter, sources));
    }
    const contentType = firstValue(head.headers, "content-type") ?? "";
    const isHeld = hasBody(request.head.method === "HEAD", status) || ticket !== undefined;
    const bytesMax = isHeld
      ? heldBytesMax(reply, status, contentType, request.renamed)
      : status === FORBIDDEN && key !== undefined
        ? ERROR_BYTES_MAX
        : 0;
    if (bytesMax === 0) return new PassedAnswer(exchange.responder, head);
    return new HeldAnswer({ exchange, request, reply, settling: this, key }, head, bytesMax);
  }

  onData(control: Control, bytes: Buffer, release: Release): void {
    try {
      this.#path?.take(control, bytes, release);
    } catch (error) {
      this.#breakOff(control, error);
    }
  }

  onEnd(trailers: readonly string[]): void {
    try {
      const underWay = this.#path?.underWay;
      if (underWay === undefined) this.#end(trailers);
      else void this.#endLater(underWay, trailers);
    } catch (error) {
      this.#faulted("answer", error);
    }
  }

  async #endLater(underWay: Promise<void>, trailers: readonly string[]): Promise<void> {
    try {
      await underWay;
      const broken = this.#path?.broken;
      if (broken === undefined) this.#end(trailers);
      else this.#fail(broken);
    } catch (error) {
      this.#faulted("answer", error);
    }
  }

  #end(trailers: readonly string[]): void {
    this.#finish();
    this.#exchange.storeAnswered = true;
    this.#path?.end(trailers);
  }

  onError(error: Error): void {
    try {
      this.settle(this.#sent ? "unknown" : "not-done", () => this.#fail(error));
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

  /** Ends an answer that the gateway failed to handle: its rest is not wanted. */
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
   * Returns true once, and only if the store can have done nothing that doing twice would change: a
   * safe method without a body whose connection died before an answer began. A body is never
   * replayed.
   */
  #mayRetry(kind: UpstreamErrorKind): boolean {
    const { request, body } = this.#forwarding;
    const { method } = request.head;
    const safe = method === "GET" || method === "HEAD" || method === "OPTIONS";
    const died = kind === "connect" || kind === "tls" || kind === "reset";
    const begun = this.#exchange.responder.status !== 0 || this.#path?.holds === true;
    return this.#attempts === 1 && safe && died && !begun && body === undefined;
  }

  /**
   * Calls `then` once the state remembers what the store did; at once if there is nothing to
   * remember.
   */
  settle(outcome: StoreOutcome, then: (failed: Fault | undefined) => void): void {
    const { ticket } = this.#forwarding;
    if (ticket === undefined || this.#settled) return then(undefined);
    this.#settled = true;
    ticket
      .settle(outcome)
      .then(then)
      .catch((error: unknown) => this.#faulted("answer", error));
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
