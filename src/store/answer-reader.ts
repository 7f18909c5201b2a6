import type { Loan, Release } from "../lend/lender.ts";
import { ANSWER_HEADS, readAnswerHead, type WireAnswer } from "../wire/answer-head.ts";
import { ChunkedReader } from "../wire/chunked.ts";
import { HeadGatherer } from "../wire/head-gatherer.ts";
import { WIRE_PROBLEMS, type WireProblem } from "../wire/problem.ts";
import { StoreError } from "./store-error.ts";

/** The limit of an answer's head: as much as Node reads of one. */
const HEAD_BYTES_MAX = 16 * 1024;
const TRAILER_BYTES_MAX = 16 * 1024;
/** Interim answers (1xx) to one request; a store has no use for more than a few. */
const INTERIM_MAX = 32;

/** The receiver of an answer's parts. */
export type AnswerListener = {
  readonly interim: (status: number) => void;
  readonly answer: (answer: WireAnswer) => void;
  readonly data: (bytes: Buffer, release: Release) => void;
  /** `surplus`: something came behind it. */
  readonly end: (trailers: readonly string[], surplus: boolean) => void;
  /** Reports that there is no such answer; nothing more is reported. */
  readonly failed: (error: StoreError) => void;
};

/** Bytes that came in one read, in memory that stands until `release`. */
type Piece = {
  readonly bytes: Buffer;
  readonly loan: Loan | undefined;
  readonly release: Release;
};

/** The state. `refused`: the parts that were passed on stand, and the rest is no answer. */
type State = "none" | "head" | "length" | "chunks" | "until-close" | "whole" | "refused";

const OWN_MEMORY: Release = () => {};
const NO_PIECE = ownPiece(Buffer.alloc(0));

/**
 * Reads the answers of one connection, one after the other, from bytes that come in pieces of any
 * size. While it is paused it passes on nothing, and keeps the bytes that come.
 */
export class AnswerReader {
  readonly #listener: AnswerListener;
  readonly #heads = new HeadGatherer(ANSWER_HEADS);
  #state: State = "none";
  #method = "";
  #interim = 0;
  /** The bytes of a body with a length that were not passed on yet. */
  #left = 0;
  #chunks: ChunkedReader | undefined;
  #trailers: readonly string[] = [];
  /** The piece that is being read, and the offset. */
  #piece = NO_PIECE;
  #at = 0;
  /** The pieces that came after it while nothing could be passed on. */
  readonly #later: Piece[] = [];
  /** The reason why the connection gives no more bytes, if it does not. */
  #ended: { readonly why: StoreError; readonly properly: boolean } | undefined;
  #paused = false;
  #reading = false;

  constructor(listener: AnswerListener) {
    this.#listener = listener;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** True if the answer's head was not passed on yet. */
  get awaitsHead(): boolean {
    return this.#state === "head";
  }

  /**
   * The number of bytes of a body that the next reads can bring. 0 if nobody knows while it is
   * paused: the answer's end may have come already, and then the connection rests with what it was
   * lent.
   */
  get bytesToRead(): number {
    switch (this.#state) {
      case "none":
      case "head":
      case "whole":
      case "refused":
        return 0;
      case "length": {
        let here = this.#piece.bytes.length - this.#at;
        for (const { bytes } of this.#later) here += bytes.length;
        return this.#left - here;
      }
      case "chunks":
      case "until-close":
        return this.#paused ? 0 : Number.POSITIVE_INFINITY;
    }
  }

  /** An answer to a request with `method` comes next. */
  expect(method: string): void {
    this.#method = method;
    this.#interim = 0;
    this.#state = "head";
  }

  pause(): void {
    this.#paused = true;
  }

  /** Resumes. Kept bytes are passed on within the call. */
  resume(): void {
    this.#paused = false;
    this.#read();
  }

  /**
   * Takes the bytes of a read. `loan`: the memory they are in; `undefined` if they are written over
   * as soon as this returns or calls anybody.
   */
  take(bytes: Buffer, loan: Loan | undefined): void {
    if (this.#state === "none") return;
    if (loan !== undefined) this.#keep({ bytes, loan, release: loan.share() });
    else if (this.#state === "head" && !this.#paused && !this.#reading) this.#takeHead(bytes);
    else this.#keep(ownPiece(Buffer.from(bytes)));
    this.#read();
  }

  /**
   * Ends the bytes. `why`: the error if the answer is not whole without more; `properly`: true if
   * the end of the connection can be the end of a body.
   */
  end(why: StoreError, properly: boolean): void {
    this.#ended ??= { why, properly };
    this.#read();
  }

  /** Ends this answer: nothing more is passed on. */
  forget(): void {
    this.#state = "none";
    this.#paused = false;
    this.#chunks = undefined;
    this.#piece.release();
    for (const { release } of this.#later) release();
    this.#piece = NO_PIECE;
    this.#at = 0;
    this.#later.length = 0;
  }

  #keep(piece: Piece): void {
    if (this.#isRead()) this.#begin(piece);
    else this.#later.push(piece);
  }

  #begin(piece: Piece): void {
    this.#piece.release();
    this.#piece = piece;
    this.#at = 0;
  }

  #isRead(): boolean {
    return this.#at === this.#piece.bytes.length && this.#later.length === 0;
  }

  #read(): void {
    // A listener that goes on within what it is told goes on here.
    if (this.#reading) return;
    this.#reading = true;
    while (!this.#paused && this.#step());
    this.#reading = false;
  }

  /** Takes one step. Returns false if nothing more can be passed on now. */
  #step(): boolean {
    if (this.#state === "none") return false;
    if (this.#state === "whole") {
      const surplus = !this.#isRead();
      this.forget();
      this.#listener.end(this.#trailers, surplus);
      return false;
    }
    if (this.#state === "refused") {
      this.#refuse(this.#chunks?.problem ?? "chunk");
      return false;
    }
    if (this.#at === this.#piece.bytes.length) {
      const next = this.#later.shift();
      this.#begin(next ?? NO_PIECE);
      if (next === undefined) return this.#stepAtEnd();
    }
    this.#readPiece(this.#state);
    return true;
  }

  /** Takes the last step: everything that came is read. */
  #stepAtEnd(): boolean {
    if (this.#ended === undefined) return false;
    const { why, properly } = this.#ended;
    if (this.#state === "until-close" && properly) this.#state = "whole";
    else this.#fail(why);
    return true;
  }

  #readPiece(state: Exclude<State, "none" | "whole" | "refused">): void {
    const { bytes } = this.#piece;
    switch (state) {
      case "head": {
        const text = this.#heads.take(bytes, this.#at, HEAD_BYTES_MAX);
        this.#at = text === undefined ? bytes.length : this.#heads.next;
        this.#toldHead(text);
        break;
      }
      case "length": {
        const to = Math.min(bytes.length, this.#at + this.#left);
        this.#left -= to - this.#at;
        if (this.#left === 0) this.#state = "whole";
        this.#tell(this.#at, to, to);
        break;
      }
      case "until-close":
        this.#tell(this.#at, bytes.length, bytes.length);
        break;
      case "chunks":
        this.#readChunks(bytes);
        break;
    }
  }

  /**
   * Takes the head. The bytes after it are copied: only its text was taken out of memory that is
   * written over.
   */
  #takeHead(bytes: Buffer): void {
    const text = this.#heads.take(bytes, 0, HEAD_BYTES_MAX);
    const { next } = this.#heads;
    if (text !== undefined && next < bytes.length)
      this.#begin(ownPiece(Buffer.from(bytes.subarray(next))));
    this.#toldHead(text);
  }

  #toldHead(text: string | undefined): void {
    if (text !== undefined) this.#readHead(text);
    else if (this.#heads.problem !== undefined) this.#refuse(this.#heads.problem);
  }

  #readHead(text: string): void {
    const answer = readAnswerHead(text, this.#method);
    if (!answer.ok) return this.#refuse(answer.error);
    const { status, framing } = answer.value;
    if (status < 200) return this.#readInterim(status);
    switch (framing.kind) {
      case "none":
        this.#state = "whole";
        break;
      case "length":
        this.#state = "length";
        this.#left = framing.bytes;
        break;
      case "chunked":
        this.#state = "chunks";
        this.#chunks = new ChunkedReader(TRAILER_BYTES_MAX);
        break;
      case "until-close":
        this.#state = "until-close";
        break;
    }
    this.#trailers = [];
    return this.#listener.answer(answer.value);
  }

  /** No request asks for 100, by `Expect`. */
  #readInterim(status: number): void {
    if (status === 100) {
      this.#fail(unpassable("it is an interim 100 that nobody asked for"));
    } else if (this.#interim++ >= INTERIM_MAX) {
      this.#fail(unpassable(`more than ${INTERIM_MAX} interim answers came`));
    } else this.#listener.interim(status);
  }

  #readChunks(bytes: Buffer): void {
    const chunks = this.#chunks;
    if (chunks === undefined) return;
    const found = chunks.gather(bytes, this.#at);
    if (found === "end") {
      this.#trailers = chunks.trailers;
      this.#state = "whole";
    } else if (found === "bad") this.#state = "refused";
    const next = found === "bad" ? bytes.length : chunks.at;
    const { dataFrom, dataTo } = chunks;
    if (dataTo > dataFrom) this.#tell(dataFrom, dataTo, next);
    else this.#at = next;
  }

  /** Passes on bytes. `next`: the offset from which nothing is read yet. */
  #tell(from: number, to: number, next: number): void {
    const { bytes, loan, release } = this.#piece;
    this.#at = next;
    if (next < bytes.length) {
      this.#listener.data(bytes.subarray(from, to), loan?.share() ?? OWN_MEMORY);
      return;
    }
    // The receiver of the last bytes of a piece releases it.
    this.#piece = NO_PIECE;
    this.#at = 0;
    this.#listener.data(to - from === bytes.length ? bytes : bytes.subarray(from, to), release);
  }

  #refuse(problem: WireProblem): void {
    this.#fail(unpassable(WIRE_PROBLEMS[problem]));
  }

  #fail(error: StoreError): void {
    this.forget();
    this.#listener.failed(error);
  }
}

function ownPiece(bytes: Buffer): Piece {
  return { bytes, loan: undefined, release: OWN_MEMORY };
}

function unpassable(why: string): StoreError {
  return new StoreError("protocol", `The store's answer cannot be passed on: ${why}`);
}
