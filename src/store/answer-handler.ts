import type { GatedHead } from "../http/field-gate.ts";
import type { Release } from "../lend/lender.ts";
import type { WireAnswer } from "../wire/answer-head.ts";

/** A request as it is sent to the store. */
export type Sending = {
  readonly head: GatedHead;
  /**
   * The body. A piece that an iteration yields must stand until the next one is asked for. Its length
   * is that of the head's Content-Length.
   */
  readonly body: Buffer | AsyncIterable<Buffer> | undefined;
  /** True if its connection is not kept afterwards. */
  readonly last?: boolean;
  /**
   * True if its answer is short and nobody may be left who waits for it: all of its body has as
   * long as that of another may stand still.
   */
  readonly short?: boolean;
  /** The longest time until the store's answer begins, if it is not the pool's. */
  readonly headersTimeoutMs?: number;
};

/** The controls that the sender of a request has meanwhile. */
export type Control = {
  /** Stops the answer until `resume`. */
  readonly pause: () => void;
  /** Resumes the answer. Bytes that came meanwhile are passed on within the call. */
  readonly resume: () => void;
  /** Ends the request and its connection; `onError` is called within. Too late, it does nothing. */
  readonly abort: (error: Error) => void;
};

/**
 * The receiver of the result of one request: `onStart`, then the answer, then exactly one of
 * `onEnd` and `onError`; `onError` alone if nothing could be sent. None of these is called within
 * `send`. The connection is free again when either is called. None of these may throw.
 */
export type AnswerHandler = {
  /** Reports that from now on something of the request may have been sent. */
  readonly onStart: (control: Control) => void;
  /** An answer below 200 has come: another will follow. */
  readonly onInterim: (status: number) => void;
  readonly onAnswer: (control: Control, answer: WireAnswer) => void;
  /**
   * Bytes of the body, which stand until `release` is called. Never calling it is sound: the garbage
   * collector has them then.
   */
  readonly onData: (control: Control, bytes: Buffer, release: Release) => void;
  /** The answer is whole. `trailers`: name in lower case, value, name, value, … */
  readonly onEnd: (trailers: readonly string[]) => void;
  /**
   * Reports the failure: a `StoreError`; the body's own error; the error given to `abort`; a
   * TypeError for an invalid request.
   */
  readonly onError: (error: Error) => void;
};
