import type { Socket } from "node:net";
import type { Loan } from "../lend/lender.ts";
import { ChunkedReader } from "../wire/chunked.ts";
import { HeadGatherer } from "../wire/head-gatherer.ts";
import { readRequestHead, REQUEST_HEADS, type WireRequest } from "../wire/request-head.ts";
import { ClientAnswer, type AnswerLine, type TakenOver } from "./client-answer.ts";
import { InboundMemory } from "./inbound-memory.ts";
import { Output } from "./output.ts";
import type { Peer } from "./peer.ts";
import { readInto, type Reader } from "./read-into.ts";
import { RequestBody } from "./request-body.ts";
import type { ConnectionProblem, Service, Serving } from "./service.ts";
import { TakenSocket } from "./taken-socket.ts";

/** How long a client may go on sending what nobody reads before its connection ends. */
const LINGER_MS = 2_000;

/**
 * How much longer than it was told a client's connection is kept between two requests, so that one
 * that asks in the last moment is served.
 */
const REST_GRACE_MS = 1_000;

/** Of a body at least so much must come for memory that is lent. */
const LONG_BODY_BYTES = 64 * 1024;

/** A request on the connection whose answer is not delivered, or the answer to what was none. */
type Exchange = {
  readonly answer: ClientAnswer;
  readonly body: RequestBody | undefined;
  /** Undefined within the call that begins to serve it, and for what was no request. */
  serving: Serving | undefined;
};

/**
 * One connection of a client, from the first byte of HTTP on. Requests are read off it in their
 * order; each is served when its head has come, and answered when those before it were.
 */
export class ClientConnection implements AnswerLine, Reader {
  readonly peer: Peer;
  readonly output: Output;
  readonly #socket: Socket;
  readonly #service: Service;
  readonly #gatherer = new HeadGatherer(REQUEST_HEADS);
  readonly #memory = new InboundMemory();
  /** In the order of their requests: the first is being answered, the last may still be read. */
  readonly #open: Exchange[] = [];
  /**
   * What comes next: a request's head, the body of the last one, or what nobody reads: the client was
   * told that its connection ends, and whatever follows must not be done, since nobody would hear of
   * it (RFC 9112 section 9.6).
   */
  #reading: "head" | "body" | "nothing" = "head";
  /** Since when a head is awaited, on a clock that only goes forward; undefined: none is due. */
  #headSinceMs: number | undefined = performance.now();
  #body: RequestBody | undefined;
  /** Bytes that still come of a body with a length. */
  #left = 0;
  /** Set while a body comes in chunks. */
  #chunks: ChunkedReader | undefined;
  #paused = false;
  /** Whether bytes are being read that came before. */
  #busy = false;
  /** What came meanwhile: a write over TLS can make Node read at once. */
  readonly #later: Buffer[] = [];
  /** What is not read yet of the bytes that came last. */
  #rest: Buffer = NOTHING;
  #taken: TakenSocket | undefined;
  #resting = false;
  #ending = false;
  #leaving = false;
  /** What has come was no request, or no body of one, which its client will be told. */
  #broken = false;

  /** `socket`: nobody has read from it. */
  constructor(socket: Socket, peer: Peer, service: Service) {
    this.#socket = socket;
    this.peer = peer;
    this.#service = service;
    this.output = new Output(socket, () => this.#open[0]?.answer.allFlushed());
    socket.on("error", () => undefined);
    socket.on("end", () => this.#ended());
    socket.on("close", () => this.#closed());
    socket.on("drain", () => this.#drained());
    socket.on("timeout", () => this.#stoodStill());
  }

  /** Begins to read. `first`: what had come before. */
  start(first: Buffer): void {
    this.#socket.setTimeout(this.#service.limits().idleTimeoutMs);
    readInto(this.#socket, this);
    if (first.length > 0) this.came(first);
  }

  /** Nothing is read: `answer` tells why, and the connection ends. */
  turnAway(answer: (answer: ClientAnswer) => void): void {
    this.#readNothing();
    readInto(this.#socket, this);
    answer(this.#answerToNone());
  }

  /** Whether a request on it is not answered yet; WebSockets count. */
  get busy(): boolean {
    return this.#open.length > 0;
  }

  /** Whether it speaks WebSocket, which has no end of its own. */
  get isTaken(): boolean {
    return this.#taken !== undefined;
  }

  /** The answer to the last request on it is the last, and so is that to any other. */
  leave(): void {
    this.#leaving = true;
    this.#open.at(-1)?.answer.makeLast();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Refuses what has come of a head if it has been coming since before `beforeMs`. */
  checkHead(beforeMs: number): void {
    const since = this.#headSinceMs;
    if (since !== undefined && since < beforeMs) this.#refuse("head-late");
  }

  memory(): Buffer {
    return this.#memory.next(this.#body !== undefined && this.#left > LONG_BODY_BYTES);
  }

  filled(memory: Buffer, count: number): void {
    const bytes = memory.subarray(0, count);
    const loan = this.#memory.filled(memory, count);
    if (this.#busy) this.#later.push(Buffer.from(bytes));
    else this.#read(bytes, loan ?? "shared");
  }

  came(bytes: Buffer): void {
    if (this.#busy) this.#later.push(bytes);
    else this.#read(bytes, "own");
  }

  hasWhole(answer: ClientAnswer): boolean {
    const exchange = this.#open.find((one) => one.answer === answer);
    return exchange?.body === undefined || exchange.body.complete;
  }

  isNext(answer: ClientAnswer): boolean {
    return this.#open[0]?.answer === answer;
  }

  finished(answer: ClientAnswer): void {
    const exchange = this.#open.shift();
    if (exchange === undefined) return;
    exchange.body?.fail();
    if (!answer.goesOn) {
      // Whatever was asked behind it will not be answered.
      for (const one of this.#open.splice(0)) lost(one);
      this.endSoon();
      return;
    }
    this.#open[0]?.answer.begin();
  }

  breakOff(reset: boolean): void {
    if (reset) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  endSoon(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#readNothing();
    this.#socket.end();
    this.#resume();
    // A reset that answers what still comes could overtake the answer (RFC 9112 section 9.6).
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  takeOver(): TakenOver {
    const first = Buffer.from(this.#rest);
    this.#rest = NOTHING;
    this.#readNothing();
    this.#taken = new TakenSocket(this.#socket);
    return { socket: this.#taken, first };
  }

  bodyWanted(): void {
    if (this.#paused) this.#resume();
  }

  /** `memory`: whose the bytes are. Those that all connections share stand until others are called. */
  #read(bytes: Buffer, memory: Loan | "own" | "shared"): void {
    this.#busy = true;
    this.#readAll(bytes, memory);
    for (let next = this.#later.shift(); next !== undefined; next = this.#later.shift()) {
      this.#readAll(next, "own");
    }
    this.#busy = false;
    if (this.#body?.full === true) this.#pause();
  }

  #readAll(bytes: Buffer, memory: Loan | "own" | "shared"): void {
    this.#wake();
    let rest: Buffer = bytes;
    let own = memory === "own";
    while (rest.length > 0) {
      if (this.#taken !== undefined) {
        this.#taken.came(own ? rest : Buffer.from(rest));
        return;
      }
      switch (this.#reading) {
        case "nothing":
          return;
        case "body":
          rest = this.#readBody(rest, own || typeof memory === "string" ? undefined : memory, own);
          break;
        case "head": {
          const text = this.#readHead(rest);
          if (text === undefined) return;
          rest = rest.subarray(this.#gatherer.next);
          // Serving a request calls others, who may read to the same memory.
          if (!own && rest.length > 0) rest = Buffer.from(rest);
          own = true;
          this.#rest = rest;
          this.#begin(text);
          rest = this.#rest;
          this.#rest = NOTHING;
          break;
        }
      }
    }
  }

  #readHead(bytes: Buffer): string | undefined {
    if (this.#isOver()) {
      this.#readNothing();
      return undefined;
    }
    const gatherer = this.#gatherer;
    const text = gatherer.take(bytes, 0, bytes.length, this.#service.limits().headerBytesMax);
    if (text !== undefined) {
      this.#headSinceMs = undefined;
      return text;
    }
    if (gatherer.problem !== undefined) this.#refuse(gatherer.problem);
    else this.#headSinceMs ??= performance.now();
    return undefined;
  }

  /** Whether the client was told, or will be, that no further request is read. */
  #isOver(): boolean {
    return this.#open.at(-1)?.answer.goesOn === false;
  }

  #begin(text: string): void {
    const head = readRequestHead(text);
    if (!head.ok) return this.#refuse(head.error);
    const { limits, serve, refuseNext } = this.#service;
    const { idleTimeoutMs, pipelinedRequestsMax } = limits();
    const { method, minor, goesOn } = head.value;
    const isHead = method === "HEAD";
    const to = { isHead, minor, goesOn: goesOn && !this.#leaving, idleTimeoutMs };
    const answer = new ClientAnswer(this, to);
    const body = this.#beginBody(head.value);
    const isTooMany = this.#open.length >= pipelinedRequestsMax;
    const exchange: Exchange = { answer, body, serving: undefined };
    this.#add(exchange);
    const request = { head: head.value, peer: this.peer, body };
    exchange.serving = isTooMany ? refuseNext(request, answer) : serve(request, answer);
  }

  #beginBody({ framing }: WireRequest): RequestBody | undefined {
    if (framing.kind === "none") return undefined;
    this.#reading = "body";
    this.#body = new RequestBody(this);
    if (framing.kind === "length") this.#left = framing.bytes;
    else {
      this.#left = Number.POSITIVE_INFINITY;
      this.#chunks = new ChunkedReader(this.#service.limits().headerBytesMax);
    }
    return this.#body;
  }

  #add(exchange: Exchange): void {
    if (this.#open.length > 0) exchange.answer.mustWait();
    this.#open.push(exchange);
  }

  /** Gives what follows the body in `bytes`. `loan`: in which they lie. */
  #readBody(bytes: Buffer, loan: Loan | undefined, own: boolean): Buffer {
    return this.#chunks === undefined
      ? this.#readLength(bytes, loan, own)
      : this.#readChunks(this.#chunks, bytes, loan, own);
  }

  #readLength(bytes: Buffer, loan: Loan | undefined, own: boolean): Buffer {
    const piece = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= piece.length;
    this.#takePiece(piece, loan, own, this.#left === 0);
    if (this.#left === 0) this.#endBody();
    return piece.length === bytes.length ? NOTHING : bytes.subarray(piece.length);
  }

  /** The data of all chunks becomes one piece, so that many tiny ones cost no more than one. */
  #readChunks(chunks: ChunkedReader, bytes: Buffer, loan: Loan | undefined, own: boolean): Buffer {
    let from = -1;
    let to = 0;
    for (let at = 0; ; at = chunks.at) {
      const step = chunks.step(bytes, at, bytes.length);
      if (step === "bad") {
        this.#breakBody(chunks.problem);
        return NOTHING;
      }
      if (step === "data") {
        if (from < 0) from = to = chunks.dataFrom;
        if (to < chunks.dataFrom) bytes.copyWithin(to, chunks.dataFrom, chunks.at);
        to += chunks.at - chunks.dataFrom;
        continue;
      }
      const isLast = step === "end";
      const rest = bytes.subarray(chunks.at);
      if (from >= 0) this.#takePiece(bytes.subarray(from, to), loan, own, isLast);
      if (isLast) this.#endBody();
      return rest;
    }
  }

  #takePiece(piece: Buffer, loan: Loan | undefined, own: boolean, isLast: boolean): void {
    const body = this.#body;
    if (body === undefined) return;
    if (own) body.take(piece, undefined);
    // Of the last piece nobody tells when it was used.
    else if (loan === undefined || isLast) body.take(Buffer.from(piece), undefined);
    else body.take(piece, loan.share());
  }

  #endBody(): void {
    const body = this.#body;
    this.#body = undefined;
    this.#chunks = undefined;
    this.#left = 0;
    if (this.#reading === "body") this.#reading = "head";
    body?.end();
  }

  /** What follows the head is not the body that it promised, or will never be. */
  #breakBody(problem: ConnectionProblem): void {
    const last = this.#open.at(-1);
    this.#broken = true;
    this.#readNothing();
    // Its answer may have been given, and be on its way.
    if (last === undefined) this.endSoon();
    else last.serving?.bodyBroken(problem);
  }

  /** What has come is no request: told behind the answers to those before it. */
  #refuse(problem: ConnectionProblem): void {
    this.#broken = true;
    this.#readNothing();
    if (!this.#socket.writable) {
      this.#socket.destroy();
      return;
    }
    this.#service.refuse(this.#answerToNone(), problem);
  }

  #answerToNone(): ClientAnswer {
    const { idleTimeoutMs } = this.#service.limits();
    const answer = new ClientAnswer(this, {
      isHead: false,
      minor: 1,
      goesOn: false,
      idleTimeoutMs,
    });
    this.#add({ answer, body: undefined, serving: undefined });
    return answer;
  }

  #readNothing(): void {
    this.#reading = "nothing";
    this.#headSinceMs = undefined;
    // Its reader hears of it when the answer is delivered, or the connection is lost.
    this.#body = undefined;
  }

  /** The client has ended its side. */
  #ended(): void {
    if (this.#taken !== undefined) return this.#taken.ended();
    if (this.#reading === "body") return this.#breakBody("cut-off");
    if (this.#reading === "head" && this.#gatherer.begun && !this.#isOver()) {
      return this.#refuse("cut-off");
    }
    // It may be gone altogether, which only writing would tell: nobody works for it any more.
    if (!this.#broken) this.#socket.end();
  }

  #closed(): void {
    this.#readNothing();
    this.#memory.end();
    this.#taken?.lost();
    for (const one of this.#open.splice(0)) lost(one);
  }

  #drained(): void {
    this.#taken?.drained();
    this.#open[0]?.answer.drained();
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Bytes have come on a connection whose time was nearly over. */
  #wake(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#socket.setTimeout(this.#service.limits().idleTimeoutMs);
  }

  /**
   * Nothing has moved for `idleTimeoutMs`. A request that has come whole waits for the store, whose
   * own time limits count; with a body of which no more is read not the client stands still.
   */
  #stoodStill(): void {
    const last = this.#open.at(-1);
    if (last !== undefined && last.body?.heldBack === true && !last.answer.begun) {
      last.serving?.storeStoodStill();
      return;
    }
    const isWhole = last !== undefined && (last.body === undefined || last.body.complete);
    if (isWhole && last.serving !== undefined && this.#socket.writableLength === 0) return;
    if (last === undefined && this.#headSinceMs === undefined && !this.#resting) {
      this.#resting = true;
      this.#socket.setTimeout(REST_GRACE_MS);
      return;
    }
    this.#service.stoodStill();
    this.#socket.destroy();
  }
}

function lost({ answer, body }: Exchange): void {
  answer.lost();
  body?.fail();
}

const NOTHING = Buffer.alloc(0);
