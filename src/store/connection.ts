import type { Socket } from "node:net";
import { firstValue, hasHeader, type HeaderList } from "../http/headers.ts";
import { lender, RESTING, type Loan, type Release } from "../lend/lender.ts";
import { writeAsOne } from "../lend/write-as-one.ts";
import type { WireAnswer } from "../wire/answer-head.ts";
import { AnswerReader } from "./answer-reader.ts";
import type { Call } from "./call.ts";
import type { Dialer } from "./dial.ts";
import { asError, socketError, StoreError } from "./store-error.ts";

/** The receiver of a connection's reports. */
export type ConnectionOwner = {
  /** Reports that it takes another request, if nothing comes on it meanwhile. */
  readonly rested: (connection: StoreConnection) => void;
  /** Reports that it takes no more. */
  readonly closed: (connection: StoreConnection) => void;
  /**
   * Reports that it ended before anything of `call` was sent on it. The call was to be sent on a
   * kept connection.
   */
  readonly unsent: (call: Call) => void;
  /** The store sent what nobody asked for: its next answers may be to other requests than it seems. */
  readonly unasked: () => void;
};

/** Times in milliseconds. */
export type StoreTimes = {
  readonly connectTimeoutMs: number;
  /** The longest time until the store's answer begins. */
  readonly headersTimeoutMs: number;
  /** The longest time for which an answer's body may stand still. */
  readonly bodyTimeoutMs: number;
  /** The interval at which `look` is called. */
  readonly lookMs: number;
};

/** A body in memory up to this length is copied behind its head, so that both leave in one write. */
const ONE_WRITE_BYTES_MAX = 64 * 1024;
/** The longest rest of a body that is read into the common memory, and copied. */
const COPIED_BYTES_MAX = 16 * 1024;
/** The time for which a connection is kept if its store says nothing of it. */
const REST_MS = 4_000;
/** The longest rest, however long a time the store names. */
const REST_MS_MAX = 600_000;
/**
 * The margin before the end of the time that the store names, since a request at the last moment
 * would be lost.
 */
const REST_MARGIN_MS = 2_000;

type State =
  /** The connection is not open yet; its call waits for that. */
  | "opening"
  /** The connection takes a request, or has been promised one that is not written yet. */
  | "resting"
  | "busy"
  | "closed";

/** A connection to the store: one request at a time (RFC 9112 section 9). */
export class StoreConnection {
  /** The name that its endpoint has proved, see `Dialer.nameFor`. */
  readonly name: string;
  /** The pool's own note of when it rested. */
  restedTurn = 0;
  readonly #owner: ConnectionOwner;
  readonly #times: StoreTimes;
  readonly #socket: Socket;
  readonly #reader: AnswerReader;
  readonly #connectTimer: NodeJS.Timeout;
  #state: State = "opening";
  #call: Call | undefined;
  /** The time for which it may rest after the answer that is being read; 0 if it may not. */
  #restMs = 0;
  /** The looks since the last progress; in the body of a short answer since its head. */
  #looks = 0;
  /**
   * The buffer that the next reads are written to, from `#room` on; `undefined` for the common
   * memory.
   */
  #loan: Loan | undefined;
  #room = 0;
  /** Set if Node reads no more of it until it is asked to. */
  #stopped = false;
  /** The store has ended its side, or the connection is broken. */
  #ended = false;
  /** The body of the request is not all written. */
  #uploading = false;
  /** True if it waits for more of that body. */
  #hungry = false;
  /** Resumes when everything is written. */
  #flushed: (() => void) | undefined;

  /** Opens it for `call`. */
  constructor(dialer: Dialer, name: string, owner: ConnectionOwner, times: StoreTimes, call: Call) {
    this.name = name;
    this.#owner = owner;
    this.#times = times;
    this.#call = call;
    this.#reader = new AnswerReader({
      interim: (status) => this.#heardInterim(status),
      answer: (answer) => this.#heardAnswer(answer),
      data: (bytes, release) => this.#heardData(bytes, release),
      end: (trailers, surplus) => this.#heardEnd(trailers, surplus),
      failed: (error) => this.#fail(error),
    });
    const { connectTimeoutMs } = times;
    const { ready } = dialer;
    this.#socket = dialer.open(name, {
      buffer: () => this.#nextMemory(),
      callback: (bytes) => this.#took(bytes),
    });
    this.#connectTimer = setTimeout(() => {
      this.#fail(new StoreError("connect", `No connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    this.#socket.once(ready, () => this.#connected());
    this.#socket.on("end", () => this.#lost(RESET, true));
    this.#socket.on("error", (error) => this.#lost(socketError(error), false));
    this.#socket.on("close", () => this.#lost(RESET, false));
  }

  /** Keeps the connection for `call`, which is written by `start`. Only for one that rests. */
  promise(call: Call): void {
    this.#call = call;
  }

  /** Writes the call it was promised, if it still can. */
  start(): void {
    if (this.#state === "resting" && this.#call !== undefined) this.#begin(this.#call);
  }

  pause(call: Call): void {
    if (this.#call === call) this.#reader.pause();
  }

  resume(call: Call): void {
    if (this.#call !== call) return;
    this.#reader.resume();
    this.#readOn();
  }

  /** Ends `call`, if it is still there, and the connection. */
  abort(call: Call, error: Error): void {
    if (this.#call !== call) return;
    this.#close();
    call.fail(error);
  }

  /** Ends whatever stands still for too long. Called in intervals. */
  look(): void {
    this.#looks++;
    if (this.#state === "resting") {
      const isOld = this.#looks * this.#times.lookMs >= this.#restMs;
      if (isOld && this.#call === undefined) this.#close();
    }
    if (this.#state === "busy") this.#lookAtCall();
  }

  /** Fails whatever is on it. */
  destroy(): void {
    this.#fail(new Error("The connections to the store were closed"));
  }

  #connected(): void {
    clearTimeout(this.#connectTimer);
    if (this.#call !== undefined) this.#begin(this.#call);
  }

  #begin(call: Call): void {
    this.#state = "busy";
    this.#looks = 0;
    this.#reader.expect(call.method);
    call.handler.onStart(call);
    if (this.#call === call) this.#write(call, call.body);
  }

  #write(call: Call, body: Call["body"]): void {
    const { text, bodyBytes } = call;
    if (body !== undefined && !Buffer.isBuffer(body)) void this.#upload(call, body);
    else if (body === undefined || bodyBytes === 0) this.#socket.write(text, "latin1");
    else if (bodyBytes > ONE_WRITE_BYTES_MAX) this.#writeTogether(text, body);
    else writeAsOne(this.#socket, text, body, undefined);
  }

  #writeTogether(text: string, piece: Buffer): void {
    this.#socket.cork();
    this.#socket.write(text, "latin1");
    this.#socket.write(piece, this.#wrote);
    this.#socket.uncork();
  }

  /**
   * Writes a body as it comes, never more than was promised, and asks for a piece only when the one
   * before it has left. The head leaves with the first piece: of a body that was bad from its start
   * the store hears nothing.
   */
  async #upload(call: Call, body: AsyncIterable<Buffer>): Promise<void> {
    let { text, bodyBytes: left } = call;
    this.#uploading = true;
    this.#hungry = true;
    try {
      for await (const piece of body) {
        if (call.over) return;
        if (piece.length === 0) continue;
        this.#hungry = false;
        if (piece.length > left) throw new TypeError("A body is longer than was announced");
        left -= piece.length;
        if (text !== "") this.#writeTogether(text, piece);
        else this.#socket.write(piece, this.#wrote);
        text = "";
        if (this.#socket.writableLength > 0) await this.#whenFlushed();
        if (call.over) return;
        this.#hungry = true;
      }
      if (call.over) return;
      if (left > 0) throw new TypeError("A body is shorter than was announced");
      if (text !== "") this.#socket.write(text, "latin1");
      this.#uploading = false;
      this.#hungry = false;
      this.#looks = 0;
    } catch (error) {
      this.abort(call, asError(error));
    }
  }

  #whenFlushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushed = resolve;
    });
  }

  readonly #wrote = (): void => {
    this.#looks = 0;
    if (this.#socket.writableLength === 0) this.#goOnUploading();
  };

  #goOnUploading(): void {
    const goOn = this.#flushed;
    this.#flushed = undefined;
    goOn?.();
  }

  /** Returns the memory that Node writes the next read to. */
  #nextMemory(): Buffer {
    if (this.#state !== "busy" || this.#reader.bytesToRead <= COPIED_BYTES_MAX) {
      this.#giveBack();
      return RESTING;
    }
    if (this.#loan?.shared === false) this.#room = 0;
    if (this.#loan?.hasRoom(this.#room) === false) this.#giveBack();
    this.#loan ??= lender.lend();
    return this.#loan?.bytes.subarray(this.#room) ?? RESTING;
  }

  #giveBack(): void {
    this.#loan?.end();
    this.#loan = undefined;
    this.#room = 0;
  }

  /** Takes the bytes. Returns false if Node must stop reading. */
  #took(bytes: number): boolean {
    if (this.#state === "busy") {
      const loan = this.#loan;
      const from = this.#room;
      if (loan !== undefined) this.#room += bytes;
      try {
        this.#reader.take((loan?.bytes ?? RESTING).subarray(from, from + bytes), loan);
      } catch (error) {
        // Node would end the process.
        this.#fail(asError(error));
      }
    } else {
      const rested = this.#state === "resting";
      this.#fail(new StoreError("protocol", "The store sent what nobody asked for"));
      if (rested && !isTimeoutNotice(RESTING.subarray(0, bytes))) this.#owner.unasked();
    }
    this.#stopped = this.#state === "busy" && this.#reader.paused;
    return !this.#stopped;
  }

  #readOn(): void {
    if (!this.#stopped || this.#reader.paused || this.#state === "closed") return;
    this.#stopped = false;
    this.#socket.resume();
  }

  #heardInterim(status: number): void {
    this.#looks = 0;
    this.#call?.handler.onInterim(status);
  }

  #heardAnswer(answer: WireAnswer): void {
    const call = this.#call;
    if (call === undefined) return;
    this.#looks = 0;
    this.#restMs = call.last ? 0 : restMsOf(answer);
    call.handler.onAnswer(call, answer);
  }

  #heardData(bytes: Buffer, release: Release): void {
    const call = this.#call;
    if (call === undefined) return;
    if (!call.short) this.#looks = 0;
    call.handler.onData(call, bytes, release);
  }

  #heardEnd(trailers: readonly string[], surplus: boolean): void {
    const call = this.#call;
    const written = !this.#uploading && this.#socket.writableLength === 0;
    if (this.#restMs > 0 && written && !surplus && !this.#ended) this.#rest();
    else this.#close();
    if (surplus) this.#owner.unasked();
    call?.end(trailers);
  }

  #rest(): void {
    this.#call = undefined;
    this.#state = "resting";
    this.#looks = 0;
    this.#readOn();
    this.#owner.rested(this);
  }

  /**
   * Ends the reading: the connection has no more bytes, for reason `why`; see `AnswerReader.end`.
   */
  #lost(why: StoreError, properly: boolean): void {
    this.#ended = true;
    if (this.#state === "busy") this.#reader.end(why, properly);
    else this.#fail(why);
  }

  /** Fails the call on it; a call that was only promised is sent on another connection. */
  #fail(error: Error): void {
    const call = this.#call;
    const isUnsent = this.#state === "resting";
    this.#close();
    if (call === undefined) return;
    if (isUnsent) this.#owner.unsent(call);
    // A turn later, so that what was told before has left for the client.
    else setImmediate(() => call.fail(error));
  }

  #close(): void {
    this.#call = undefined;
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#connectTimer);
    this.#socket.destroy();
    this.#reader.forget();
    // Only now that nothing more can be read into it.
    this.#giveBack();
    this.#goOnUploading();
    this.#owner.closed(this);
  }

  #lookAtCall(): void {
    if (this.#reader.paused) this.#looks = 0;
    else if (this.#reader.awaitsHead) {
      const ms = this.#call?.headersTimeoutMs ?? this.#times.headersTimeoutMs;
      if (this.#hungry) this.#looks = 0;
      else if (this.#stoodStill(ms)) this.#fail(late(`The store did not answer within ${ms} ms`));
    } else if (this.#stoodStill(this.#times.bodyTimeoutMs)) {
      const ms = this.#times.bodyTimeoutMs;
      this.#fail(late(`The store's answer stood still for ${ms} ms`));
    }
  }

  /** Returns true if nothing moved for `ms`. The first look can come right after some progress. */
  #stoodStill(ms: number): boolean {
    return (this.#looks - 1) * this.#times.lookMs >= ms;
  }
}

const RESET = new StoreError("reset", "The store ended the connection");

function late(message: string): StoreError {
  return new StoreError("timeout", message);
}

/** Returns the time for which a connection may rest after `answer`; 0 if it may not. */
function restMsOf({ status, fields, goesOn }: WireAnswer): number {
  if (!goesOn || ((status === 204 || status === 304) && announcesBody(fields))) return 0;
  const said = /\btimeout=(\d{1,9})/i.exec(firstValue(fields, "keep-alive") ?? "")?.[1];
  if (said === undefined) return REST_MS;
  return Math.min(Number(said) * 1000 - REST_MARGIN_MS, REST_MS_MAX);
}

/**
 * Returns true for the text that some servers send before they end a connection on which nothing
 * was asked (RFC 9110, 408).
 */
function isTimeoutNotice(bytes: Buffer): boolean {
  return /^HTTP\/1\.[01] 408 /.test(bytes.toString("latin1", 0, NOTICE_BYTES));
}

const NOTICE_BYTES = "HTTP/1.1 408 ".length;

/**
 * Returns true if the fields announce a body. A store that does so when there can be none may send
 * one all the same: as the next answer.
 */
function announcesBody(fields: HeaderList): boolean {
  const length = firstValue(fields, "content-length") ?? "0";
  return Number(length) > 0 || hasHeader(fields, "transfer-encoding");
}
