import type { Release } from "../lend/lender.ts";
import type { Control } from "../store/answer-handler.ts";
import type { Responder } from "./respond.ts";

/** The head of a store's answer as the client may see it. */
export type AnswerHead = {
  readonly status: number;
  readonly statusText: string;
  /** The headers: name, value, …, without those of the store's connection or vendor. */
  readonly headers: string[];
};

/**
 * The way of one answer, whose head has come, from the store to the client. An error thrown here is
 * a bug of ours.
 */
export type AnswerPath = {
  /** True if a part of the answer is kept, so that the request cannot be sent again. */
  readonly holds: boolean;
  /** The work to finish before the answer can end; `undefined` if there is none. */
  readonly underWay?: Promise<void> | undefined;
  /** The reason why the answer ends where it is, though the store's may be whole. */
  readonly broken?: Error | undefined;
  /** Bytes of the body, which stand until `release`. */
  readonly take: (control: Control, bytes: Buffer, release: Release) => void;
  /** The store's answer is whole, and its connection is free. `trailers`: name, value, … */
  readonly end: (trailers: readonly string[]) => void;
};

/**
 * Passes bytes to the client. False: the client takes no more, and the store must wait; it goes on
 * by itself then.
 */
export function passOn(
  responder: Responder,
  control: Control,
  bytes: Buffer,
  release?: Release,
): boolean {
  if (responder.write(bytes, release)) return true;
  control.pause();
  responder.onDrain(() => control.resume());
  return false;
}

/** Ends a request at the store in the middle of its answer; `cause` is the bug. */
export class OwnFault extends Error {
  constructor(cause: unknown) {
    super("The gateway cannot forward the store's response", { cause });
  }
}

/** An answer that is not for the client, or comes too late for it: read to its end, and then `then`. */
export class UnseenAnswer implements AnswerPath {
  readonly holds = false;
  readonly #then: () => void;

  constructor(then: () => void) {
    this.#then = then;
  }

  take(_control: Control, _bytes: Buffer, release: Release): void {
    release();
  }

  end(): void {
    this.#then();
  }
}
