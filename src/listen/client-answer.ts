import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Release } from "../lend/lender.ts";
import { joined } from "../lend/write-as-one.ts";
import { answerHeadText, CHUNK_END, chunkStart, lastChunk } from "../wire/write.ts";
import { deliver, type AnswerTo, type Delivered } from "./answer-fields.ts";
import type { Output } from "./output.ts";
import type { Peer } from "./peer.ts";

/**
 * The length up to which a head and the bytes after it are copied into one piece, so that they go
 * in one write.
 */
const TOGETHER_BYTES_MAX = 16 * 1024;

/** The most that is kept of an answer whose turn on its connection has not come. */
const WAITING_BYTES_MAX = 64 * 1024;

/** The connection that an answer goes to. */
export type AnswerLine = {
  readonly peer: Peer;
  readonly output: Output;
  /** Returns true if the whole body of the request that `answer` belongs to has come. */
  hasWhole(answer: ClientAnswer): boolean;
  /** Returns true if everything before `answer` has been answered. */
  isNext(answer: ClientAnswer): boolean;
  /** The operating system has all of it. */
  finished(answer: ClientAnswer): void;
  /** Ends the connection in the middle of an answer. */
  breakOff(reset: boolean): void;
  /** Ends our side; the other side has a while to end its own. */
  endSoon(): void;
  takeOver(): TakenOver;
};

/** A connection that does not speak HTTP any more. */
export type TakenOver = {
  readonly socket: Duplex;
  /** The bytes that had come after the request that asked for it. */
  readonly first: Buffer;
};

/** The answer to one request of a client, in the order of its connection. */
export class ClientAnswer {
  readonly #line: AnswerLine;
  readonly #to: AnswerTo;
  #goesOn: boolean;
  /** The delivery; `undefined` before the head. */
  #delivered: Delivered | undefined;
  /** The head, until it is sent. */
  #head = "";
  /** Bytes of the body that must still come, of one with a length. */
  #left = 0;
  /** The parts that wait for the answer's turn; `undefined` once it has come. */
  #waiting: Waiting[] | undefined;
  #waitingBytes = 0;
  #ended = false;
  /** The state. `broken`: its connection ends, but has not reported so yet. */
  #state: "open" | "broken" | "finished" | "lost" = "open";
  #onDrain: (() => void) | undefined;
  #onTurn: (() => void) | undefined;
  readonly #onClosed: (() => void)[] = [];

  constructor(line: AnswerLine, to: AnswerTo) {
    this.#line = line;
    this.#to = to;
    this.#goesOn = to.goesOn;
  }

  get peer(): Peer {
    return this.#line.peer;
  }

  get isHead(): boolean {
    return this.#to.isHead;
  }

  /** True if a request may follow on the connection. */
  get goesOn(): boolean {
    return this.#goesOn;
  }

  /** True if its head was handed over. */
  get begun(): boolean {
    return this.#delivered !== undefined;
  }

  /** True if the whole answer was handed over, even if it is still on its way. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True if the operating system has the whole answer. */
  get delivered(): boolean {
    return this.#state === "finished";
  }

  /** True if it is delivered, or its connection is lost or was broken off. */
  get closed(): boolean {
    return this.#state !== "open";
  }

  /** True if it can be sent at once: all before it on its connection were answered. */
  get isNext(): boolean {
    return this.#line.isNext(this);
  }

  /** Calls back once, when the answer is delivered or the connection is lost. */
  onClosed(callback: () => void): void {
    if (this.#state === "finished" || this.#state === "lost") process.nextTick(callback);
    else this.#onClosed.push(callback);
  }

  /** Calls back once, when all before it on its connection were answered, or the connection is lost. */
  onTurn(callback: () => void): void {
    if (this.#waiting === undefined || this.closed) callback();
    else this.#onTurn = callback;
  }

  /** Calls back once, when more of the body may be sent. */
  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  /** No request follows it on the connection (RFC 9112 section 9.6). No effect behind its head. */
  makeLast(): void {
    if (this.#delivered === undefined) this.#goesOn = false;
  }

  /** Asks a client of HTTP/1.1 that waits for that to send its body. */
  sendContinue(): void {
    if (!this.closed) this.#write("HTTP/1.1 100 Continue\r\n\r\n", false);
  }

  /**
   * Sends the head, together with the first bytes of the body. `reason`: empty for the usual one.
   * `fields`: name, value, …, in lower case, without those about a connection; handed over. Throws
   * for an invalid head.
   */
  sendHead(status: number, reason: string, fields: string[]): void {
    if (this.#delivered !== undefined) throw new Error("An answer has one head");
    if (!Number.isInteger(status) || status < 200 || status > 999) {
      throw new RangeError(`Cannot answer with the status ${status}`);
    }
    // The unread rest of the body would be taken for the next request.
    const goesOn = this.#goesOn && this.#line.hasWhole(this);
    const delivered = deliver(status, fields, { ...this.#to, goesOn });
    this.#head = answerHeadText(status, reason || (STATUS_CODES[status] ?? "unknown"), fields);
    this.#delivered = delivered;
    this.#goesOn = delivered.goesOn;
    this.#left = delivered.bytes;
  }

  /** Sends the head without waiting for the first byte of a body. */
  flushHead(): void {
    if (!this.closed) this.#write(this.#takeHead(), false);
  }

  /**
   * Sends a piece of the body. False: wait for `onDrain` before sending more. `release`: called
   * when `chunk` need not stand any more. Throws after the end, and for more than the head
   * promised, which are bugs.
   */
  sendBody(chunk: Uint8Array, release?: Release): boolean {
    const delivered = this.#begun();
    if (this.#ended) throw new Error("An answer goes on behind its end");
    if (this.closed || chunk.length === 0 || delivered.body === "none") {
      release?.();
      return true;
    }
    if (delivered.body === "length") {
      this.#left -= chunk.length;
      if (this.#left < 0) throw new Error("An answer is longer than its head says");
    }
    if (delivered.body !== "chunked") {
      const isLast = delivered.body === "length" && this.#left === 0;
      return this.#send(this.#takeHead(), chunk, "", isLast, release);
    }
    const before = this.#takeHead() + chunkStart(chunk.length);
    return this.#send(before, chunk, CHUNK_END, false, release);
  }

  /** Ends the answer. `trailers`: name, value, …; they are for a body in chunks. */
  sendEnd(trailers: readonly string[] = []): void {
    const delivered = this.#begun();
    if (this.#ended || this.closed) return;
    // A half body would look whole to a client that does not count, and the next answer like its
    // rest.
    if (delivered.body === "length" && this.#left > 0) return this.breakOff();
    this.#ended = true;
    const end = delivered.body === "chunked" ? lastChunk(trailers) : "";
    const rest = this.#takeHead() + end;
    if (rest !== "") this.#write(rest, true);
    else if (this.#waiting === undefined && this.#line.output.flushed) {
      process.nextTick(() => this.allFlushed());
    }
  }

  /**
   * Ends the connection in the middle of an answer: the only honest sign that it is not whole. To a
   * client of HTTP/1.0, whose answer may have neither a length nor chunks, only a reset is one. TLS
   * has an end of its own, which an aborted connection lacks (RFC 8446 section 6.1).
   */
  breakOff(): void {
    if (this.closed) return;
    this.#state = "broken";
    this.#line.breakOff(this.#to.minor === 0 && !this.peer.secure);
  }

  /** Ends our side of a connection that was taken over; the other side has a while to end its own. */
  endSoon(): void {
    this.#line.endSoon();
  }

  /** Hands the connection to the caller. Its next answer, if any, is this one. */
  takeOver(): TakenOver {
    this.#goesOn = false;
    return this.#line.takeOver();
  }

  /** The connection: an answer before this one is not finished, so that this one must wait. */
  mustWait(): void {
    this.#waiting = [];
  }

  /** The connection: its turn has come. */
  begin(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    let free = true;
    this.#turn();
    for (const { data, release } of waiting) {
      free = this.#line.output.write(data, false, release);
    }
    if (free) process.nextTick(() => this.drained());
    if (this.#ended && this.#line.output.flushed) process.nextTick(() => this.allFlushed());
  }

  /** The connection: its socket takes more. */
  drained(): void {
    const callback = this.#onDrain;
    this.#onDrain = undefined;
    callback?.();
  }

  /** The connection: the operating system has all that was written. */
  allFlushed(): void {
    if (!this.#ended || this.closed || this.#waiting !== undefined) return;
    this.#state = "finished";
    this.#close();
    this.#line.finished(this);
  }

  /** The connection: it is lost. */
  lost(): void {
    if (this.#state === "finished" || this.#state === "lost") return;
    this.#state = "lost";
    for (const { release } of this.#waiting?.splice(0) ?? []) release?.();
    this.#turn();
    this.#close();
  }

  #turn(): void {
    const callback = this.#onTurn;
    this.#onTurn = undefined;
    callback?.();
  }

  #close(): void {
    for (const callback of this.#onClosed.splice(0)) callback();
  }

  #begun(): Delivered {
    if (this.#delivered === undefined) throw new Error("An answer begins with its head");
    return this.#delivered;
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = "";
    return head;
  }

  /** Sends a piece of a body between what must stand around it. `isLast`: as of `Output.write`. */
  #send(
    before: string,
    chunk: Uint8Array,
    behind: string,
    isLast: boolean,
    release: Release | undefined,
  ): boolean {
    if (before === "" && behind === "") return this.#write(chunk, isLast, release);
    const bytes = before.length + chunk.length + behind.length;
    if (bytes <= TOGETHER_BYTES_MAX) {
      const free = this.#sendTogether(before, chunk, behind, isLast);
      release?.();
      return free;
    }
    if (before !== "") this.#write(before, false);
    const free = this.#write(chunk, isLast, release);
    return behind === "" ? free : this.#write(behind, false);
  }

  #sendTogether(before: string, chunk: Uint8Array, behind: string, isLast: boolean): boolean {
    if (isLast && behind === "" && this.#waiting === undefined) {
      return this.#line.output.writeWhole(before, chunk);
    }
    return this.#write(joined(before, chunk, behind), isLast);
  }

  #write(data: string | Uint8Array, isLast: boolean, release?: Release): boolean {
    if (data.length === 0) return true;
    if (this.#waiting === undefined) return this.#line.output.write(data, isLast, release);
    this.#waiting.push({ data, release });
    this.#waitingBytes += data.length;
    return this.#waitingBytes < WAITING_BYTES_MAX;
  }
}

type Waiting = { readonly data: string | Uint8Array; readonly release: Release | undefined };
