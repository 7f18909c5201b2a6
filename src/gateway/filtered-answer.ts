import type { Release } from "../lend/lender.ts";
import type { Result } from "../lib/result.ts";
import { fault, type Fault } from "../s3/faults.ts";
import type { Control } from "../store/answer-handler.ts";
import { protocolError } from "../store/upstream-error.ts";
import { LENGTH, without } from "./answer-fields.ts";
import { OwnFault, passOn, type AnswerHead, type AnswerPath } from "./answer-path.ts";
import type { Exchange } from "./exchange.ts";
import type { FilteredList } from "./filtered-list.ts";

/** The failure to learn what is known of a bucket in the list, which is not the store's doing. */
export class Unfiltered extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** A list of buckets that passes while some are taken out. */
export class FilteredAnswer implements AnswerPath {
  readonly holds = false;
  underWay: Promise<void> | undefined;
  broken: Error | undefined;
  readonly #exchange: Exchange;
  readonly #list: FilteredList;

  constructor(exchange: Exchange, { status, statusText, headers }: AnswerHead, list: FilteredList) {
    this.#exchange = exchange;
    this.#list = list;
    exchange.responder.start(status, statusText, without(headers, LENGTH));
  }

  take(control: Control, bytes: Buffer, release: Release): void {
    const chunk = Buffer.from(bytes);
    release();
    const kept = this.#list.push(chunk);
    if (!(kept instanceof Promise)) {
      this.#pass(control, kept);
      return;
    }
    control.pause();
    this.underWay = this.#passLater(control, kept);
  }

  end(trailers: readonly string[]): void {
    const unread = this.#list.end();
    if (unread === undefined) {
      this.#exchange.responder.end(trailers);
      return;
    }
    this.#exchange.upstreamError = "protocol";
    this.#exchange.refuse(fault("ServiceUnavailable", undefined, { rule: unread }));
  }

  async #passLater(control: Control, kept: Promise<Result<Buffer, string | Fault>>): Promise<void> {
    try {
      const fetched = await kept;
      this.underWay = undefined;
      // The answer, or the client, may have been broken off meanwhile.
      if (this.#exchange.responder.closed) return;
      // The order matters: bytes that have come meanwhile, even the end, are delivered within
      // `resume`.
      if (this.#pass(control, fetched)) control.resume();
    } catch (error) {
      control.abort(new OwnFault(error));
    }
  }

  /**
   * Returns true if the next bytes may come. Bytes that cannot be read are not passed on: an entry
   * could go unseen.
   */
  #pass(control: Control, kept: Result<Buffer, string | Fault>): boolean {
    if (kept.ok) {
      return kept.value.length === 0 || passOn(this.#exchange.responder, control, kept.value);
    }
    this.broken =
      typeof kept.error === "string"
        ? protocolError(`Cannot filter the list of buckets: ${kept.error}`)
        : new Unfiltered(kept.error);
    control.abort(this.broken);
    return false;
  }
}
