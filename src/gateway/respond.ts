import type { ClientAnswer } from "../listen/client-answer.ts";
import type { Release } from "../lend/lender.ts";
import { FAULTS } from "../s3/fault-table.ts";
import type { Fault } from "../s3/faults.ts";
import { stsErrorDocument } from "../sts/sts-answer.ts";
import type { StsFault } from "../sts/sts-fault.ts";
import { errorDocument } from "./error-document.ts";

/**
 * The wait if nobody knows how long it is: the least that the field can say (RFC 9110 section
 * 10.2.3).
 */
const RETRY_AFTER_SECONDS = 1;

/** `nowMs`: of a clock that only goes forward. */
type Meter = { charge(bytes: number, nowMs: number): void };

/** The one writer of an answer to a client. */
export class Responder {
  readonly requestId: string;
  /** The number of body bytes handed to the connection. */
  bytesOut = 0;
  /** The status sent; 0 until one is. */
  status = 0;
  /** The counter of the bytes of bodies; `undefined` if nobody counts them. */
  meter: Meter | undefined;
  readonly #answer: ClientAnswer;
  #switched = false;

  constructor(answer: ClientAnswer, requestId: string) {
    this.#answer = answer;
    this.requestId = requestId;
  }

  /** The client is gone, or has been answered. */
  get closed(): boolean {
    return this.#answer.closed;
  }

  /** True if the whole answer was handed over, even if it is still on its way. */
  get answered(): boolean {
    return this.#answer.ended;
  }

  /**
   * True if the whole answer reached the operating system; if the protocol was switched, its
   * beginning.
   */
  get delivered(): boolean {
    return this.#switched || this.#answer.delivered;
  }

  /** Calls back once, when the answer is delivered or the connection is lost. */
  onClosed(callback: () => void): void {
    this.#answer.onClosed(callback);
  }

  /** Resolves when all before it on its connection were answered, or the connection is lost. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#answer.onTurn(resolve));
  }

  /** Tells its client not to send another request on this connection (RFC 9112 section 9.6). */
  lastOnConnection(): void {
    this.#answer.makeLast();
  }

  /** Tells a client that sent `Expect: 100-continue` to send its body. */
  continue(): void {
    this.#answer.sendContinue();
  }

  /**
   * Begins the answer. `statusText`: empty for the usual one. `headers`: name, value, name, value,
   * …; without hop-by-hop fields, and handed over. A body that has not come whole is not read any
   * more, and the client learns that its connection ends.
   */
  start(status: number, statusText: string, headers: string[]): void {
    this.#answer.sendHead(status, isReason(statusText) ? statusText : "", headers);
    this.status = status;
  }

  /** Sends the head without waiting for the first byte of a body. */
  flush(): void {
    this.#answer.flushHead();
  }

  /**
   * Writes a piece of the body. False: wait for `onDrain` before writing more. `release`: called
   * when `chunk` need not stand any more. Throws after the end, which is a bug.
   */
  write(chunk: Uint8Array, release?: Release): boolean {
    this.bytesOut += chunk.length;
    this.meter?.charge(chunk.length, performance.now());
    return this.#answer.sendBody(chunk, release);
  }

  onDrain(callback: () => void): void {
    this.#answer.onDrain(callback);
  }

  /** `trailers`: name, value, … */
  end(trailers: readonly string[] = NO_TRAILERS): void {
    this.#answer.sendEnd(trailers);
  }

  /** The connection speaks another protocol from now on: who passes its bytes counts them here. */
  switched(): void {
    this.status = 101;
    this.#switched = true;
  }

  /** A whole answer at once. A HEAD request gets the same head without the body. */
  answer(status: number, statusText: string, headers: readonly string[], body: Buffer): void {
    // An answer without content has no length either (RFC 9110 section 8.6).
    const length = status === 204 ? [] : ["content-length", String(body.length)];
    this.start(status, statusText, [...headers, ...length]);
    if (!this.#answer.isHead && body.length > 0) this.write(body);
    this.end();
  }

  /** `resource`: the path that was asked for, as the error document names it. */
  refuse(fault: Fault, resource: string): void {
    const body = Buffer.from(errorDocument(fault, resource, this.requestId), "utf8");
    const headers = ["x-amz-request-id", this.requestId, "content-type", "application/xml"];
    if (fault.code === "SlowDown") {
      headers.push("retry-after", String(fault.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
    }
    // An answer to HEAD has no document: without these nobody could read why.
    if (this.#answer.isHead) {
      headers.push("x-amz-error-code", fault.code, "x-amz-error-message", oneLine(fault.message));
      if (fault.why !== undefined) headers.push("x-amz-error-detail", oneLine(fault.why));
    }
    this.answer(FAULTS[fault.code].status, "", headers, body);
  }

  /** A success of STS. */
  answerSts(document: string): void {
    this.#answerSts(200, document);
  }

  refuseSts(fault: StsFault): void {
    this.#answerSts(fault.status, stsErrorDocument(fault, this.requestId));
  }

  #answerSts(status: number, document: string): void {
    const kind = ["content-type", "text/xml", "cache-control", "no-store"];
    const headers = ["x-amzn-requestid", this.requestId, ...kind];
    this.answer(status, "", headers, Buffer.from(document, "utf8"));
  }

  /** Answers for people: `text` is one line. */
  say(status: number, text: string, headers: readonly string[] = []): void {
    const kind = ["content-type", "text/plain; charset=utf-8", "cache-control", "no-store"];
    const named = ["x-amz-request-id", this.requestId, ...kind, ...headers];
    this.answer(status, "", named, Buffer.from(`${text}\n`));
  }

  /** Ends our side of a switched connection; the other side has a while to end its own. */
  endSoon(): void {
    this.#answer.endSoon();
  }

  /** Ends the connection in the middle of an answer: the only honest sign that it is not whole. */
  breakOff(): void {
    this.#answer.breakOff();
  }
}

const NO_TRAILERS: readonly string[] = [];

/** Returns true if `text` may stand in a status line (RFC 9112 section 4), and is not empty. */
function isReason(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]+$/.test(text);
}

function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
