import type { Loan } from "../lend/lender.ts";
import { ChunkedReader } from "../wire/chunked.ts";
import { HeadGatherer } from "../wire/head-gatherer.ts";
import { readRequestHead, REQUEST_HEADS, type WireRequest } from "../wire/request-head.ts";
import { RequestBody } from "./request-body.ts";
import type { ConnectionProblem } from "./service.ts";

/** The least rest of a body that is worth lent memory. */
const LONG_BODY_BYTES = 64 * 1024;

/** The receiver of what is read off one connection. */
export type Requests = {
  /** Returns the limit of a head, and of trailers. */
  headerBytesMax(): number;
  /** Returns true if no further request is to be read. */
  isOver(): boolean;
  /**
   * Reports that a head has come. `body`: the receiver of its body, which follows; `undefined` if
   * it has none.
   */
  begun(head: WireRequest, body: RequestBody | undefined): void;
  /** Reports that the bytes are no request. Nothing more is read. */
  refused(problem: ConnectionProblem): void;
  /**
   * Reports that the bytes after the last head are not the body that it promised. Nothing more is
   * read.
   */
  bodyBroken(problem: ConnectionProblem): void;
  /** Reports that the waiting bytes of a body were taken. */
  bodyWanted(): void;
};

/**
 * The owner of the bytes that are read: `own`, the reader's; lent to the connection; or `shared`
 * with all connections, so that they only stand until others are called.
 */
export type BytesOf = "own" | "shared" | Loan;

/** Reads the requests of one connection, in pieces of any size, and reports them in their order. */
export class RequestReader {
  readonly #requests: Requests;
  readonly #gatherer = new HeadGatherer(REQUEST_HEADS);
  /**
   * The next thing to read: a request's head, the body of the last one, or nothing. Nothing: the
   * client was told that its connection ends, and a further request must not be executed, since
   * nobody would hear of it (RFC 9112 section 9.6).
   */
  #reading: "head" | "body" | "nothing" = "head";
  #headSinceMs: number | undefined = performance.now();
  #body: RequestBody | undefined;
  /** Bytes that still come of the body; of one in chunks nobody knows. */
  #left = 0;
  /** The reader of chunks; set while a body comes in chunks. */
  #chunks: ChunkedReader | undefined;
  /** The bytes that came last and are not read yet. */
  #rest: Buffer = NOTHING;
  #busy = false;
  /** The bytes that came meanwhile: a write over TLS can make Node read at once. */
  readonly #later: Buffer[] = [];
  /** The receiver of all further bytes, once the connection is HTTP no more. */
  #elsewhere: ((bytes: Buffer) => void) | undefined;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /**
   * The time since when a head is awaited, on a clock that only goes forward; `undefined` if none
   * is due.
   */
  get headSinceMs(): number | undefined {
    return this.#headSinceMs;
  }

  /** True if so much of a body still comes that memory of its own is worth it. */
  get isLong(): boolean {
    return this.#left > LONG_BODY_BYTES;
  }

  /** True if no more may come for now. */
  get full(): boolean {
    return this.#body?.full === true;
  }

  take(bytes: Buffer, of: BytesOf): void {
    if (this.#busy) {
      this.#later.push(of === "own" ? bytes : Buffer.from(bytes));
      return;
    }
    this.#busy = true;
    this.#read(bytes, of);
    for (let next = this.#later.shift(); next !== undefined; next = this.#later.shift()) {
      this.#read(next, "own");
    }
    this.#busy = false;
  }

  /**
   * Notes that the client has ended its side. Returns true if that was reported, since it was
   * within a request.
   */
  end(): boolean {
    if (this.#reading === "body") this.#breakBody("cut-off");
    else if (this.#reading === "head" && this.#gatherer.begun && !this.#requests.isOver()) {
      this.refuse("cut-off");
    } else return false;
    return true;
  }

  /** Refuses the bytes so far: they will be no request. */
  refuse(problem: ConnectionProblem): void {
    this.stop();
    this.#requests.refused(problem);
  }

  /** Stops reading. The reader of an incomplete body hears of that elsewhere. */
  stop(): void {
    this.#reading = "nothing";
    this.#headSinceMs = undefined;
    this.#body = undefined;
    this.#left = 0;
  }

  /**
   * Sends all further bytes to `elsewhere`. Returns the bytes that had come after the last head.
   */
  redirect(elsewhere: (bytes: Buffer) => void): Buffer {
    const first = this.#rest;
    this.#rest = NOTHING;
    this.stop();
    this.#elsewhere = elsewhere;
    return first;
  }

  #read(bytes: Buffer, of: BytesOf): void {
    let rest = bytes;
    let owner = of;
    while (rest.length > 0) {
      if (this.#elsewhere !== undefined) {
        this.#elsewhere(owner === "own" ? rest : Buffer.from(rest));
        return;
      }
      if (this.#reading === "nothing") return;
      if (this.#reading === "body") {
        rest =
          this.#chunks === undefined
            ? this.#readLength(rest, owner)
            : this.#readChunks(this.#chunks, rest, owner);
        continue;
      }
      const text = this.#readHead(rest);
      if (text === undefined) return;
      rest = rest.subarray(this.#gatherer.next);
      // Serving a request calls others, who may read to the same memory.
      if (owner !== "own" && rest.length > 0) rest = Buffer.from(rest);
      owner = "own";
      this.#rest = rest;
      this.#begin(text);
      rest = this.#rest;
      this.#rest = NOTHING;
    }
  }

  #readHead(bytes: Buffer): string | undefined {
    if (this.#requests.isOver()) {
      this.stop();
      return undefined;
    }
    const gatherer = this.#gatherer;
    const text = gatherer.take(bytes, 0, this.#requests.headerBytesMax());
    if (text !== undefined) this.#headSinceMs = undefined;
    else if (gatherer.problem !== undefined) this.refuse(gatherer.problem);
    else this.#headSinceMs ??= performance.now();
    return text;
  }

  #begin(text: string): void {
    const head = readRequestHead(text);
    if (!head.ok) return this.refuse(head.error);
    this.#requests.begun(head.value, this.#beginBody(head.value));
  }

  #beginBody({ framing }: WireRequest): RequestBody | undefined {
    if (framing.kind === "none") return undefined;
    this.#reading = "body";
    this.#body = new RequestBody(this.#requests);
    if (framing.kind === "length") this.#left = framing.bytes;
    else {
      this.#left = Number.POSITIVE_INFINITY;
      this.#chunks = new ChunkedReader(this.#requests.headerBytesMax());
    }
    return this.#body;
  }

  /** Returns the bytes after the body in `bytes`. */
  #readLength(bytes: Buffer, of: BytesOf): Buffer {
    const piece = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= piece.length;
    this.#takePiece(piece, of);
    if (this.#left === 0) this.#endBody();
    return piece.length === bytes.length ? NOTHING : bytes.subarray(piece.length);
  }

  /** Returns the bytes after the body, as `#readLength` does. */
  #readChunks(chunks: ChunkedReader, bytes: Buffer, of: BytesOf): Buffer {
    const found = chunks.gather(bytes, 0);
    if (found === "bad") {
      this.#breakBody(chunks.problem);
      return NOTHING;
    }
    const { dataFrom, dataTo, at } = chunks;
    if (dataTo > dataFrom) this.#takePiece(bytes.subarray(dataFrom, dataTo), of);
    if (found === "end") this.#endBody();
    return bytes.subarray(at);
  }

  #takePiece(piece: Buffer, of: BytesOf): void {
    if (of === "own") this.#body?.take(piece, undefined);
    else if (of === "shared") this.#body?.take(Buffer.from(piece), undefined);
    else this.#body?.take(piece, of.share());
  }

  #endBody(): void {
    const body = this.#body;
    this.#body = undefined;
    this.#chunks = undefined;
    this.#left = 0;
    if (this.#reading === "body") this.#reading = "head";
    body?.end();
  }

  #breakBody(problem: ConnectionProblem): void {
    this.stop();
    this.#requests.bodyBroken(problem);
  }
}

const NOTHING = Buffer.alloc(0);
