import type { Release } from "../lend/lender.ts";
import type { Control } from "../store/answer-handler.ts";
import { passOn, type AnswerHead, type AnswerPath } from "./answer-path.ts";
import type { Responder } from "./respond.ts";

/** An answer that the client gets as it comes. */
export class PassedAnswer implements AnswerPath {
  readonly holds = false;
  readonly #responder: Responder;

  constructor(responder: Responder, { status, statusText, headers }: AnswerHead) {
    this.#responder = responder;
    responder.start(status, statusText, headers);
  }

  take(control: Control, bytes: Buffer, release: Release): void {
    passOn(this.#responder, control, bytes, release);
  }

  end(trailers: readonly string[]): void {
    this.#responder.end(trailers);
  }
}
