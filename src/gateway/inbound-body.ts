import type { IncomingMessage } from "node:http";
import type { Fault } from "../s3/faults.ts";
import { BodyError } from "./body.ts";
import { Gathered } from "./gathered.ts";

/** The most of a body that waits in memory for the store; beyond it the client must wait. */
const WAITING_BYTES_MAX = 256 * 1024;

/** The body ended before its end, because its client is gone or sends something else. */
export class ClientLeft extends Error {
  constructor(cause: Error) {
    super("The client did not send its whole body", { cause });
    this.name = "ClientLeft";
  }
}

/** What a piece costs besides its bytes, so that many tiny ones count as what they are. */
const PIECE_BYTES = 128;

/** Hears of each piece's bytes, and tells why they cannot be kept. */
type Counter = { received(bytes: number): Fault | undefined };

/**
 * The body as it comes in; `counter` hears of each piece's bytes. Throws
 * `ClientLeft`, and `BodyError` for what `counter` refuses. Leaving the iteration early does
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
 * HTTP parser. Rejects with `ClientLeft`, and with `BodyError` for what `counter` refuses.
 */
export function wholeBodyOf(request: IncomingMessage, counter: Counter): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const gathered = new Gathered();
    request.on("data", (piece: Buffer) => {
      const refusal = counter.received(piece.length);
      if (refusal === undefined) {
        gathered.add(piece);
        return;
      }
      readOver(request);
      reject(new BodyError(refusal));
    });
    request.once("end", () => resolve(gathered.bytes()));
    request.once("error", (error) => reject(new ClientLeft(error)));
  });
}

/** What still comes is nobody's: it is read until the connection ends, and not kept. */
function readOver(request: IncomingMessage): void {
  request.removeAllListeners("data");
  request.resume();
}

/** `counter` hears of the bytes of a body that somebody else reads. */
export function countBody(request: IncomingMessage, counter: Counter): void {
  request.on("data", (piece: Buffer) => void counter.received(piece.length));
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
      const refusal = counter.received(piece.length);
      if (refusal === undefined) this.#take(piece);
      else this.#refuse(new BodyError(refusal));
    });
    request.once("end", () => this.#end());
    request.once("error", (error) => this.#fail(new ClientLeft(error)));
  }

  next(): Promise<Step> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#bytes -= piece.length + PIECE_BYTES;
      if (this.#pieces.length === 0) this.#request.resume();
      return Promise.resolve({ done: false, value: piece });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<Step> {
    this.#ended = true;
    this.#pieces.length = 0;
    readOver(this.#request);
    return Promise.resolve(END);
  }

  #refuse(error: BodyError): void {
    this.#pieces.length = 0;
    readOver(this.#request);
    this.#fail(error);
  }

  #take(piece: Buffer): void {
    if (this.#waiting !== undefined) {
      this.#settle()?.resolve({ done: false, value: piece });
      return;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length + PIECE_BYTES;
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
