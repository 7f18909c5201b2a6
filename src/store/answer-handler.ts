import type { GatedHead } from "../http/field-gate.ts";
import type { Release } from "../lend/lender.ts";
import type { WireAnswer } from "../wire/answer-head.ts";

/** A request as it is sent to the store. */
export type Sending = {
  readonly head: GatedHead;
  /**
   * What an iteration gives must stand until it is asked for the piece after the next. Its length is
   * that of the head's Content-Length.
   */
  readonly body: Buffer | AsyncIterable<Buffer> | undefined;
  /** Its connection is kept for nobody. */
  readonly last?: boolean;
  /**
   * Its answer is short and nobody may be left who waits for it: all of its body has as long as that of
   * another may stand still.
   */
  readonly short?: boolean;
  /** How long the store may take until its answer begins, where that is not the pool's. */
  readonly headersTimeoutMs?: number;
};

/** What whoever sent a request can do meanwhile. */
export type Control = {
  /** Nothing is heard from now on until `resume`. */
  readonly pause: () => void;
  /** What came meanwhile is heard within. */
  readonly resume: () => void;
  /** Ends the request and its connection; `onError` is called within. Too late, it does nothing. */
  readonly abort: (error: Error) => void;
};

/**
 * Hears what becomes of one request: `onStart`, then the answer, then exactly one of `onEnd` and
 * `onError`; `onError` alone where nothing could be sent. Nothing of it is called within `send`. The
 * connection is free again when either is called. None of these may throw.
 */
export type AnswerHandler = {
  /** From now on something of the request may have been sent. */
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
  /** A `StoreError`; what the body threw; what `abort` was given; a TypeError for what is no request. */
  readonly onError: (error: Error) => void;
};
