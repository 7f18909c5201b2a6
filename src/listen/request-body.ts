import type { Release } from "../lend/lender.ts";

/**
 * The most of a body that waits in memory for its reader; beyond it the client must wait, and its
 * bytes stay with the kernel. So a transfer holds three pieces: one that is read to, one that waits,
 * and one that is on its way to the store.
 */
const WAITING_BYTES_MAX = 32 * 1024;

/** The cost of a piece besides its bytes, so that many tiny ones count as what they are. */
const PIECE_BYTES = 128;

/** Reads a body. */
export type BodyReader = {
  /**
   * True if it takes pieces in memory that is lent: each stands until the next one is asked for,
   * or the reader ends reading. Otherwise pieces stand for as long as somebody has them.
   */
  readonly lent: boolean;
  /** Counts bytes that have come. Returns why they cannot be kept, with which the reading fails. */
  received(bytes: number): Error | undefined;
  /** Returns the error to fail with if the rest will never come. */
  lost(): Error;
};

/** The connection that a body comes on. */
type Flow = {
  /** Reports that the waiting bytes were taken. */
  bodyWanted(): void;
};

type Step = IteratorResult<Buffer, undefined>;
type Waiting = { readonly resolve: (step: Step) => void; readonly reject: (error: Error) => void };
type Piece = { readonly bytes: Buffer; readonly release: Release | undefined };

const END: Step = { done: true, value: undefined };

/**
 * The body of one request, between the connection that it comes on and its reader: before there is
 * a reader no more than one read of the connection waits here.
 *
 * Not a stream of Node's: that goes through two promises and four events for every piece, which
 * cost a large upload a fifth of its speed (docs/benchmarks.md).
 */
export class RequestBody implements AsyncIterator<Buffer, undefined> {
  readonly #flow: Flow;
  readonly #pieces: Piece[] = [];
  #waitingBytes = 0;
  #reader: BodyReader | undefined;
  /** The release of the piece that was passed on last. */
  #current: Release | undefined;
  #complete = false;
  #discarded = false;
  #lost = false;
  #error: Error | undefined;
  #waiting: Waiting | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** True if its last byte has come. */
  get complete(): boolean {
    return this.#complete;
  }

  /** True if bytes wait that have come. */
  get hasMore(): boolean {
    return this.#pieces.length > 0;
  }

  /** True if no more of it may come for now. */
  get full(): boolean {
    if (this.#reader === undefined) return this.#pieces.length > 0;
    return this.#waitingBytes >= WAITING_BYTES_MAX;
  }

  /** True if more of it would come, if only somebody read it. */
  get heldBack(): boolean {
    return !this.#complete && !this.#discarded && (this.#reader === undefined || this.full);
  }

  /** Bytes have come. */
  take(bytes: Buffer, release: Release | undefined): void {
    if (this.#discarded) release?.();
    else if (this.#reader === undefined) this.#push({ bytes, release });
    else this.#read(this.#reader, { bytes, release });
  }

  /** The last byte has come. */
  end(): void {
    this.#complete = true;
    if (this.#pieces.length === 0) this.#settle()?.resolve(END);
  }

  /** The rest will never come. */
  fail(): void {
    if (this.#complete || this.#lost) return;
    this.#lost = true;
    this.#drop();
    if (this.#reader !== undefined) this.#fail(this.#reader.lost());
  }

  /** Reads the body with `reader` from now on. Called once. */
  read(reader: BodyReader): void {
    this.#reader = reader;
    const before = this.#pieces.splice(0);
    this.#waitingBytes = 0;
    for (const piece of before) this.#read(reader, piece);
    if (this.#lost) this.#fail(reader.lost());
    else if (!this.#complete && !this.full) this.#flow.bodyWanted();
  }

  next(): Promise<Step> {
    this.#giveBack();
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#waitingBytes -= piece.bytes.length + PIECE_BYTES;
      if (this.#pieces.length === 0 && !this.#complete) this.#flow.bodyWanted();
      return Promise.resolve(this.#given(piece));
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#complete || this.#discarded) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Ends reading: bytes that still come are not kept. */
  return(): Promise<Step> {
    this.#giveBack();
    this.discard();
    return Promise.resolve(END);
  }

  /** Nobody wants more of it. The piece that was passed on last may still be on its way. */
  discard(): void {
    this.#drop();
    this.#flow.bodyWanted();
  }

  #giveBack(): void {
    this.#current?.();
    this.#current = undefined;
  }

  #drop(): void {
    this.#discarded = true;
    for (const { release } of this.#pieces.splice(0)) release?.();
    this.#waitingBytes = 0;
  }

  #read(reader: BodyReader, piece: Piece): void {
    const refusal = reader.received(piece.bytes.length);
    if (refusal !== undefined) {
      piece.release?.();
      this.discard();
      this.#fail(refusal);
      return;
    }
    const kept = reader.lent || piece.release === undefined ? piece : owned(piece);
    const waiting = this.#settle();
    if (waiting === undefined) this.#push(kept);
    else waiting.resolve(this.#given(kept));
  }

  #fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#settle()?.reject(error);
  }

  #push(piece: Piece): void {
    this.#pieces.push(piece);
    this.#waitingBytes += piece.bytes.length + PIECE_BYTES;
  }

  #given({ bytes, release }: Piece): Step {
    this.#current = release;
    return { done: false, value: bytes };
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}

function owned({ bytes, release }: Piece): Piece {
  const copy = Buffer.from(bytes);
  release?.();
  return { bytes: copy, release: undefined };
}
