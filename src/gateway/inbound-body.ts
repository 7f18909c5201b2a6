import type { IncomingMessage } from "node:http";

/** The most of a body that waits in memory for the store; beyond it the client must wait. */
const WAITING_BYTES_MAX = 256 * 1024;

/** Who hears of each piece's bytes. */
type Counter = { received(bytes: number): void };

/**
 * The body as it comes in; `counter` hears of each piece's bytes. Leaving the iteration early does
 * not destroy the connection, so that the client can still read why.
 *
 * Not Node's own iterator: that goes through two promises and four events for every piece, which
 * cost a large upload a fifth of its speed (docs/benchmarks.md).
 */
export function bodyOf(request: IncomingMessage, counter: Counter): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => new BodyIterator(request, counter) };
}

/**
 * A whole body as one piece. Only for one whose length was promised, small, and is held to by the
 * HTTP parser. Rejects where the client goes away before its end.
 */
export function wholeBodyOf(request: IncomingMessage, counter: Counter): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => {
      counter.received(piece.length);
      pieces.push(piece);
    });
    request.once("end", () => {
      const [only] = pieces;
      resolve(pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces));
    });
    request.once("error", reject);
  });
}

/** `counter` hears of the bytes of a body that somebody else reads. */
export function countBody(request: IncomingMessage, counter: Counter): void {
  request.on("data", (piece: Buffer) => counter.received(piece.length));
}

type Step = IteratorResult<Buffer, undefined>;
type Waiting = { readonly resolve: (step: Step) => void; readonly reject: (error: Error) => void };

const END: Step = { done: true, value: undefined };

class BodyIterator implements AsyncIterator<Buffer, undefined> {
  readonly #request: IncomingMessage;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #waiting: Waiting | undefined;

  constructor(request: IncomingMessage, counter: Counter) {
    this.#request = request;
    request.on("data", (piece: Buffer) => {
      counter.received(piece.length);
      this.#take(piece);
    });
    request.once("end", () => this.#end());
    request.once("error", (error) => this.#fail(error));
  }

  next(): Promise<Step> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#bytes -= piece.length;
      if (this.#pieces.length === 0) this.#request.resume();
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** What still comes is nobody's: it is read over until the connection ends. */
  return(): Promise<Step> {
    this.#ended = true;
    this.#pieces.length = 0;
    this.#request.removeAllListeners("data");
    this.#request.resume();
    return Promise.resolve(END);
  }

  #take(piece: Buffer): void {
    if (this.#waiting !== undefined) {
      this.#settle()?.resolve({ done: false, value: piece });
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= WAITING_BYTES_MAX) this.#request.pause();
  }

  #end(): void {
    this.#ended = true;
    this.#settle()?.resolve(END);
  }

  #fail(error: Error): void {
    this.#error = error;
    this.#settle()?.reject(error);
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
