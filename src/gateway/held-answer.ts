import type { StoreRequest } from "../admission/outgoing.ts";
import type { ReplyPlan } from "../admission/reply-plan.ts";
import { Gathered } from "../body/gathered.ts";
import type { Release } from "../lend/lender.ts";
import type { Fault } from "../s3/faults.ts";
import type { StoreOutcome } from "../state/store-change.ts";
import type { Control } from "../store/answer-handler.ts";
import { credentialFault, protocolError } from "../store/upstream-error.ts";
import { LENGTH, without } from "./answer-fields.ts";
import { passOn, type AnswerHead, type AnswerPath } from "./answer-path.ts";
import type { Exchange } from "./exchange.ts";
import {
  ERROR_BYTES_MAX,
  errorCodeOf,
  isProlog,
  outcomeOf,
  PROLOG_BYTES_MAX,
  rewrite,
  withNames,
} from "./reply.ts";

/** The parts of the request whose answer it is. */
export type HeldRequest = {
  readonly exchange: Exchange;
  readonly request: StoreRequest;
  readonly reply: ReplyPlan;
  /**
   * Continues once the state remembers what the store did; at once if there is nothing to remember.
   */
  readonly settling: {
    settle(outcome: StoreOutcome, then: (failed: Fault | undefined) => void): void;
  };
  /** The key that signed the request, if it was looked up. */
  readonly key: DoubtedKey | undefined;
};

/** A key that was looked up, and may have changed since at its source. */
export type DoubtedKey = {
  /**
   * The store refused the request. Has it decided on anew, if the source of the key says something else
   * by now; calls `refuse` if not. `sure`: the store said that the key is to blame.
   */
  refused(sure: boolean, refuse: () => void): void;
};

const FORBIDDEN = 403;

/** An answer that is held back, to be rewritten when it is whole, or to be remembered first. */
export class HeldAnswer implements AnswerPath {
  readonly holds = true;
  readonly #held: HeldRequest;
  readonly #head: AnswerHead;
  readonly #bytesMax: number;
  #gathered = new Gathered();
  /** Set if the answer is too long to look into, and passes as it came. */
  #passes = false;

  /** `bytesMax`: how much of it is held at most. */
  constructor(held: HeldRequest, head: AnswerHead, bytesMax: number) {
    this.#held = held;
    this.#head = head;
    this.#bytesMax = bytesMax;
  }

  take(control: Control, bytes: Buffer, release: Release): void {
    if (this.#passes) {
      passOn(this.#held.exchange.responder, control, bytes, release);
      return;
    }
    this.#gathered.add(Buffer.from(bytes));
    release();
    if (this.#held.reply.kind === "location" && this.#head.status === 200)
      this.#passProlog(control);
    if (this.#gathered.length <= this.#bytesMax) return;
    if (this.#bytesMax === ERROR_BYTES_MAX) this.#passAll(control);
    else control.abort(protocolError(`The store's answer exceeds ${this.#bytesMax} bytes`));
  }

  end(trailers: readonly string[]): void {
    const { exchange, reply, settling } = this.#held;
    if (this.#passes) {
      exchange.responder.end(trailers);
      return;
    }
    const body = this.#gathered.bytes();
    const { status } = this.#head;
    const outcome =
      reply.kind === "remember" ? outcomeOf(reply.change.kind, status, body) : "unknown";
    settling.settle(outcome, (failed) => {
      if (failed === undefined) this.#answer(body);
      else exchange.refuse(failed);
    });
  }

  /** The client, too, must see that the store is still at work. */
  #passProlog(control: Control): void {
    if (this.#gathered.length > PROLOG_BYTES_MAX) return;
    const prolog = this.#gathered.bytes();
    if (!isProlog(prolog)) return;
    const { status, statusText, headers } = this.#head;
    const { responder } = this.#held.exchange;
    if (responder.status === 0) responder.start(status, statusText, without(headers, LENGTH));
    passOn(responder, control, prolog);
    this.#gathered = new Gathered();
  }

  #passAll(control: Control): void {
    this.#passes = true;
    const { responder } = this.#held.exchange;
    responder.start(this.#head.status, this.#head.statusText, this.#head.headers);
    passOn(responder, control, this.#gathered.bytes());
  }

  #answer(body: Buffer): void {
    const { exchange, request, key } = this.#held;
    const { responder } = exchange;
    // A client that went away, or was refused, meanwhile left only what was to be remembered.
    if (responder.closed || responder.answered) return;
    const { status } = this.#head;
    const code = status >= 400 ? errorCodeOf(body) : undefined;
    const blame = credentialFault(request, code);
    const refuse = (): void => {
      if (blame === undefined) return this.#pass(body);
      if (blame.code === "ServiceUnavailable") exchange.upstreamError = "credential";
      exchange.refuse(blame);
    };
    const sure = blame !== undefined;
    // RGW also says it for a moment of a key that is being removed, and a HEAD says nothing.
    const unclear = body.length === 0 || code === "AccessDenied";
    const isDoubtful = sure || (status === FORBIDDEN && unclear);
    if (key === undefined || !isDoubtful || responder.status !== 0) return refuse();
    key.refused(sure, refuse);
  }

  #pass(body: Buffer): void {
    const { exchange, reply: plan, request } = this.#held;
    const { responder } = exchange;
    const { headers } = this.#head;
    const held = { ...this.#head, headers: without(headers, LENGTH), body };
    const reply = withNames(rewrite(plan, held), request.renamed);
    if (responder.status === 0) {
      responder.answer(reply.status, reply.statusText, reply.headers, reply.body);
      return;
    }
    // Its prolog has been passed on.
    responder.write(reply.body);
    responder.end();
  }
}
