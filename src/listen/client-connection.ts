import type { Socket } from "node:net";
import type { WireRequest } from "../wire/request-head.ts";
import { ClientAnswer, type AnswerLine, type TakenOver } from "./client-answer.ts";
import { InboundMemory } from "./inbound-memory.ts";
import { Output } from "./output.ts";
import type { Peer } from "./peer.ts";
import { readInto, type Reader } from "./read-into.ts";
import type { RequestBody } from "./request-body.ts";
import { RequestReader, type BytesOf, type Requests } from "./request-reader.ts";
import type { ConnectionProblem, Service, Serving } from "./service.ts";
import { TakenSocket } from "./taken-socket.ts";

/** The time for which a client may go on sending what nobody reads before its connection ends. */
const LINGER_MS = 2_000;

/**
 * The grace for which a client's connection is kept between two requests after the time it was
 * told, so that a request at the last moment is served.
 */
const REST_GRACE_MS = 1_000;

/**
 * A request on the connection whose answer is not delivered, or the answer to bytes that were no
 * request.
 */
type Exchange = {
  readonly answer: ClientAnswer;
  readonly body: RequestBody | undefined;
  /**
   * The service of the request; `undefined` within the call that begins to serve it, and for bytes
   * that were no request.
   */
  serving: Serving | undefined;
};

/**
 * A connection of a client, from the first byte of HTTP on. Requests are read off it in their
 * order; each is served when its head has come, and answered when those before it were.
 */
export class ClientConnection implements AnswerLine, Reader, Requests {
  readonly peer: Peer;
  readonly output: Output;
  readonly #socket: Socket;
  readonly #service: Service;
  readonly #reader = new RequestReader(this);
  readonly #memory = new InboundMemory();
  /**
   * The exchanges in the order of their requests: the first is being answered, the last may still
   * be read.
   */
  readonly #open: Exchange[] = [];
  #paused = false;
  #taken: TakenSocket | undefined;
  /**
   * Set if the connection was taken over and ends once the operating system has all that was
   * written on it.
   */
  #takenEnds = false;
  /** Set if no request came for so long that the connection's time is over but for a grace. */
  #resting = false;
  #ending = false;
  #leaving = false;
  /** Set if the bytes were no request, or no body of one, which the client will be told. */
  #broken = false;

  /** `socket`: nobody has read from it. */
  constructor(socket: Socket, peer: Peer, service: Service) {
    this.#socket = socket;
    this.peer = peer;
    this.#service = service;
    this.output = new Output(socket, () => this.#open[0]?.answer.allFlushed());
    // It ends with `close`, like every other end.
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

  /** Reads nothing: `answer` says why, and the connection ends. */
  turnAway(answer: (answer: ClientAnswer) => void): void {
    this.#reader.stop();
    readInto(this.#socket, this);
    answer(this.#answerToNone());
  }

  /** True if a request on it is not answered yet; WebSockets count. */
  get busy(): boolean {
    return this.#open.length > 0;
  }

  /** True if it speaks WebSocket, which has no end of its own. */
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

  /** Refuses an incomplete head if it has been awaited since before `beforeMs`. */
  checkHead(beforeMs: number): void {
    const since = this.#reader.headSinceMs;
    if (since !== undefined && since < beforeMs) this.#reader.refuse("head-late");
  }

  // The functions for its socket's reading.

  memory(): Buffer {
    return this.#memory.next(this.#reader.isLong);
  }

  filled(memory: Buffer, count: number): void {
    const loan = this.#memory.filled(memory, count);
    this.#take(memory.subarray(0, count), loan ?? "shared");
  }

  came(bytes: Buffer): void {
    this.#take(bytes, "own");
  }

  // The functions for its answers.

  hasWhole(answer: ClientAnswer): boolean {
    const exchange = this.#open.find((one) => one.answer === answer);
    return exchange?.body === undefined || exchange.body.complete;
  }

  isNext(answer: ClientAnswer): boolean {
    return this.#open[0]?.answer === answer;
  }

  finished(answer: ClientAnswer): void {
    this.#open.shift()?.body?.fail();
    if (answer.goesOn) {
      this.#open[0]?.answer.begin();
      return;
    }
    // Later requests will not be answered.
    for (const one of this.#open.splice(0)) lost(one);
    this.endSoon();
  }

  breakOff(reset: boolean): void {
    // While an end waits to be sent Node gives a reset up, and would keep the handle for ever.
    if (reset && !this.#socket.writableEnded) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  endSoon(): void {
    if (this.#ending) return;
    const taken = this.#taken;
    if (taken !== undefined && !taken.writableFinished) return this.#endTaken(taken);
    this.#ending = true;
    this.#reader.stop();
    this.#socket.end();
    this.bodyWanted();
    // A reset that answers what still comes could overtake the answer (RFC 9112 section 9.6).
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  /**
   * Ends a connection that was taken over. Bytes written on it still go to the client, however
   * slowly that reads.
   */
  #endTaken(taken: TakenSocket): void {
    if (this.#takenEnds) return;
    this.#takenEnds = true;
    taken.once("finish", () => this.endSoon());
    taken.end();
  }

  takeOver(): TakenOver {
    const socket = new TakenSocket(this.#socket);
    this.#taken = socket;
    return { socket, first: this.#reader.redirect((bytes) => socket.came(bytes)) };
  }

  // The functions for its reader of requests.

  headerBytesMax(): number {
    return this.#service.limits().headerBytesMax;
  }

  isOver(): boolean {
    return this.#open.at(-1)?.answer.goesOn === false;
  }

  begun(head: WireRequest, body: RequestBody | undefined): void {
    const { limits, serve, refuseNext } = this.#service;
    const { idleTimeoutMs, pipelinedRequestsMax } = limits();
    const answer = new ClientAnswer(this, {
      isHead: head.method === "HEAD",
      minor: head.minor,
      goesOn: head.goesOn && !this.#leaving,
      idleTimeoutMs,
    });
    const isTooMany = this.#open.length >= pipelinedRequestsMax;
    const exchange: Exchange = { answer, body, serving: undefined };
    this.#add(exchange);
    const request = { head, peer: this.peer, body };
    exchange.serving = isTooMany ? refuseNext(request, answer) : serve(request, answer);
  }

  refused(problem: ConnectionProblem): void {
    this.#broken = true;
    if (this.#socket.writable) this.#service.refuse(this.#answerToNone(), problem);
    else this.#socket.destroy();
  }

  bodyBroken(problem: ConnectionProblem): void {
    this.#broken = true;
    const last = this.#open.at(-1);
    // Its answer may have been given, and be on its way.
    if (last === undefined) this.endSoon();
    else last.serving?.bodyBroken(problem);
  }

  bodyWanted(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  #take(bytes: Buffer, of: BytesOf): void {
    if (this.#resting) {
      this.#resting = false;
      this.#socket.setTimeout(this.#service.limits().idleTimeoutMs);
    }
    this.#reader.take(bytes, of);
    // TLS goes on delivering what it has decrypted after it was paused. That may be the end of the
    // body, after which nobody will ask for more.
    if (!this.#reader.full) return this.bodyWanted();
    this.#paused = true;
    this.#socket.pause();
  }

  #add(exchange: Exchange): void {
    if (this.#open.length > 0) exchange.answer.mustWait();
    this.#open.push(exchange);
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

  /** The client has ended its side. */
  #ended(): void {
    if (this.#taken !== undefined) return this.#taken.ended();
    if (this.#reader.end()) return;
    // It may be gone altogether, which only writing would tell: nobody works for it any more.
    if (!this.#broken) this.#socket.end();
  }

  #closed(): void {
    this.#reader.stop();
    this.#memory.end();
    this.#taken?.lost();
    for (const one of this.#open.splice(0)) lost(one);
  }

  #drained(): void {
    this.#taken?.drained();
    this.#open[0]?.answer.drained();
  }

  /**
   * Ends the connection if nothing has moved for `idleTimeoutMs`. A request that has come whole
   * waits for the store, whose own time limits count. If no more of a body is read, it is not the
   * client that stands still.
   */
  #stoodStill(): void {
    const last = this.#open.at(-1);
    if (last?.body?.heldBack === true && !last.answer.begun) {
      last.serving?.storeStoodStill();
      return;
    }
    const isWhole = last !== undefined && (last.body === undefined || last.body.complete);
    if (isWhole && last.serving !== undefined && this.#socket.writableLength === 0) return;
    if (last === undefined && this.#reader.headSinceMs === undefined && !this.#resting) {
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
