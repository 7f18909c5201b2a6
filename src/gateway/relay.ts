import type { Dispatcher } from "undici";
import type { ReplyPlan } from "../admission/reply-plan.ts";
import type { StoreRequest } from "../admission/verdict.ts";
import { connectionOptions, isHopByHop } from "../http/hop-by-hop.ts";
import { isVendorAnswer } from "../s3/vendor.ts";
import { BodyError } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { ERROR_BYTES_MAX, errorCodeOf, heldBytesMax, rewrite } from "./reply.ts";
import type { Endpoint, Upstream } from "./upstream.ts";
import { credentialFault, kindOf, upstreamFault } from "./upstream-error.ts";

/** A request on its way to the store. */
export type Forwarding = {
  readonly exchange: Exchange;
  readonly upstream: Upstream;
  readonly request: StoreRequest;
  /** Undefined: no body. */
  readonly body: Buffer | AsyncIterable<Buffer> | undefined;
  readonly reply: ReplyPlan;
  readonly clock: () => number;
};

/** Sends the request to a living endpoint and writes the answer straight to the client. */
export function relay(forwarding: Forwarding): void {
  new Relay(forwarding).send(undefined);
}

class Relay implements Dispatcher.DispatchHandler {
  readonly #forwarding: Forwarding;
  readonly #exchange: Exchange;
  #endpoint: Endpoint | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #attempts = 0;
  /** Set while an answer is held back in order to be rewritten. */
  #held:
    | { readonly head: Head; readonly chunks: Buffer[]; bytes: number; readonly bytesMax: number }
    | undefined;

  constructor(forwarding: Forwarding) {
    this.#forwarding = forwarding;
    this.#exchange = forwarding.exchange;
    // A client that went away must not keep the store working (RGW would read to the end).
    this.#exchange.responder.onClosed(() => {
      if (!this.#exchange.storeAnswered) this.#controller?.abort(new Error("The client went away"));
    });
  }

  send(avoid: Endpoint | undefined): void {
    const { upstream, request, body, clock } = this.#forwarding;
    const endpoint = upstream.choose(avoid);
    this.#endpoint = endpoint;
    this.#attempts++;
    endpoint.inFlight++;
    this.#exchange.endpoint = endpoint.origin;
    this.#exchange.dispatchedMs = clock();
    endpoint.pool.dispatch(
      {
        method: request.method,
        path: request.target,
        headers: [...request.headers],
        body: undiciBody(body),
        // undici gives up the connection after each HEAD unless told that the server can be trusted.
        reset: false,
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#exchange.responder.closed) controller.abort(new Error("The client went away"));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText = "",
  ): void {
    if (status < 200) return; // Interim answers speak of this connection only.
    this.#exchange.firstByteMs = this.#forwarding.clock() - this.#exchange.dispatchedMs;
    const head: Head = { status, statusText, headers: endToEnd(controller.rawHeaders) };
    const bytesMax = hasBody(this.#forwarding.request.method, status)
      ? heldBytesMax(this.#forwarding.reply, status, valueOf(head.headers, "content-type"))
      : 0;
    if (bytesMax === 0) this.#exchange.responder.start(status, statusText, head.headers);
    else this.#held = { head, chunks: [], bytes: 0, bytesMax };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#held === undefined) this.#pass(controller, chunk);
    else this.#hold(controller, chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#finish();
    this.#exchange.storeAnswered = true;
    const { responder } = this.#exchange;
    if (this.#held === undefined) {
      responder.end(trailersOf(controller.rawTrailers));
      return;
    }
    this.#answerHeld(this.#held.head, Buffer.concat(this.#held.chunks));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish();
    const exchange = this.#exchange;
    if (error instanceof BodyError) {
      exchange.refuse(error.fault);
      return;
    }
    if (exchange.responder.closed) return;
    const kind = kindOf(error);
    if (kind === "connect" && this.#endpoint !== undefined) {
      this.#forwarding.upstream.markDown(this.#endpoint);
    }
    if (this.#mayRetry(kind)) {
      this.send(this.#endpoint);
      return;
    }
    exchange.upstreamError = kind;
    exchange.refuse(upstreamFault(kind, error));
  }

  /**
   * Once, and only where the store can have done nothing that doing twice would change: a safe
   * method without a body whose connection died before an answer began. A body is never replayed.
   */
  #mayRetry(kind: string): boolean {
    const { request, body } = this.#forwarding;
    const safe =
      request.method === "GET" || request.method === "HEAD" || request.method === "OPTIONS";
    const died = kind === "connect" || kind === "reset";
    const begun = this.#exchange.responder.status !== 0 || this.#held !== undefined;
    return this.#attempts === 1 && safe && died && !begun && body === undefined;
  }

  #pass(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { responder } = this.#exchange;
    if (responder.write(chunk)) return;
    controller.pause();
    responder.onDrain(() => controller.resume());
  }

  #hold(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const held = this.#held;
    if (held === undefined) return;
    held.chunks.push(chunk);
    held.bytes += chunk.length;
    if (held.bytes <= held.bytesMax) return;
    if (held.bytesMax === ERROR_BYTES_MAX) this.#release(controller);
    else controller.abort(new Error(`The store's answer exceeds ${held.bytesMax} bytes`));
  }

  /** An error document too long to look into passes as it came. */
  #release(controller: Dispatcher.DispatchController): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#exchange.responder.start(held.head.status, held.head.statusText, held.head.headers);
    for (const chunk of held.chunks) this.#pass(controller, chunk);
  }

  #answerHeld(head: Head, body: Buffer): void {
    const { request, reply: plan } = this.#forwarding;
    const blame = request.signedBy === "gateway" ? credentialFault(errorCodeOf(body)) : undefined;
    if (blame !== undefined && head.status >= 400) {
      this.#exchange.upstreamError = "credential";
      this.#exchange.refuse(blame);
      return;
    }
    const reply = rewrite(plan, { ...head, headers: withoutLength(head.headers), body });
    this.#exchange.responder.answer(reply.status, reply.statusText, reply.headers, reply.body);
  }

  #finish(): void {
    if (this.#endpoint !== undefined) this.#endpoint.inFlight--;
  }
}

/** undici also takes an async iterable, which its types do not say. */
function undiciBody(body: Forwarding["body"]): Buffer | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- See above.
  return (body ?? null) as Buffer | null;
}

type Head = {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
};
type RawHeaders = Dispatcher.DispatchController["rawHeaders"];

/** The store's header fields as text, in order, without those of its connection or its vendor. */
function endToEnd(raw: RawHeaders): readonly string[] {
  const headers: string[] = [];
  let named: readonly string[] = [];
  forEachField(raw, (name, value) => {
    const lower = name.toLowerCase();
    if (lower === "connection") named = connectionOptions(value);
    if (!isHopByHop(lower) && !isVendorAnswer(lower)) headers.push(name, value);
  });
  return named.length === 0 ? headers : without(headers, named);
}

function forEachField(raw: RawHeaders, each: (name: string, value: string) => void): void {
  if (!Array.isArray(raw)) throw new TypeError("Cannot read the store's headers: not a list");
  for (let i = 0; i + 1 < raw.length; i += 2) each(latin1(raw[i]), latin1(raw[i + 1]));
}

/** Node writes header strings as latin1, so bytes pass unchanged. */
function latin1(field: string | Buffer | undefined): string {
  return typeof field === "string" ? field : (field?.toString("latin1") ?? "");
}

function without(headers: readonly string[], names: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!names.includes(name.toLowerCase())) kept.push(name, headers[i + 1] ?? "");
  }
  return kept;
}

const LENGTH: readonly string[] = ["content-length"];

function withoutLength(headers: readonly string[]): readonly string[] {
  return without(headers, LENGTH);
}

function valueOf(headers: readonly string[], name: string): string {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) return headers[i + 1] ?? "";
  }
  return "";
}

function trailersOf(raw: RawHeaders): [string, string][] {
  const trailers: [string, string][] = [];
  if (Array.isArray(raw)) forEachField(raw, (name, value) => void trailers.push([name, value]));
  return trailers;
}

function hasBody(method: string, status: number): boolean {
  return method !== "HEAD" && status !== 204 && status !== 304;
}
