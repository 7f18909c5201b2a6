import { IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Fault } from "../s3/faults.ts";
import { FAULTS } from "../s3/fault-table.ts";
import { errorDocument } from "./error-document.ts";
import { announcesBody } from "./inbound.ts";

/** How long a client that was refused may go on sending before its connection ends. */
const LINGER_MS = 2_000;

/** Where nobody knows how long to wait: the least that the field can say (RFC 9110 section 10.2.3). */
const RETRY_AFTER_SECONDS = 1;

/** `nowMs`: of a clock that only goes forward. */
type Meter = { charge(bytes: number, nowMs: number): void };

/** The one writer of an answer to a client. */
export class Responder {
  readonly requestId: string;
  /** Body bytes handed to the connection. */
  bytesOut = 0;
  /** The status sent; 0 until one is. */
  status = 0;
  /** Hears of the bytes of bodies; undefined: nobody counts them. */
  meter: Meter | undefined;
  readonly #response: ServerResponse;
  #switched = false;
  #last = false;

  constructor(response: ServerResponse, requestId: string) {
    this.#response = response;
    this.requestId = requestId;
  }

  /** The client is gone, or has been answered. */
  get closed(): boolean {
    return this.#response.closed || this.#response.destroyed;
  }

  /** Whether the whole answer was given, be it on its way. */
  get answered(): boolean {
    return this.#response.writableEnded;
  }

  /** Whether the whole answer reached the operating system; of what was switched, its beginning. */
  get delivered(): boolean {
    return this.#switched || this.#response.writableFinished;
  }

  /** Calls back once, when the answer is delivered or the connection is lost. */
  onClosed(callback: () => void): void {
    this.#response.once("close", callback);
  }

  /** Its client shall not send another request on this connection (RFC 9112 section 9.6). */
  lastOnConnection(): void {
    this.#response.shouldKeepAlive = false;
  }

  /** Whether the answer says, or will say, that no other follows on its connection. */
  get last(): boolean {
    return this.status === 0 ? !this.#response.shouldKeepAlive : this.#last;
  }

  /** Tells a client that sent `Expect: 100-continue` to send its body. */
  continue(): void {
    this.#response.writeContinue();
  }

  /**
   * `statusText`: empty for the usual one. `headers`: name, value, name, value, …; without
   * hop-by-hop fields, and handed over.
   */
  start(status: number, statusText: string, headers: string[]): void {
    if (!this.#response.req.complete) this.#endAfterBody(headers);
    const reason = isReason(statusText) ? statusText : STATUS_CODES[status];
    this.#last ||= !this.#response.shouldKeepAlive;
    this.#response.writeHead(status, reason, headers);
    this.status = status;
  }

  /** Sends the head without waiting for the first byte of a body. */
  flush(): void {
    this.#response.flushHeaders();
  }

  /**
   * False: wait for `onDrain` before writing more. Throws behind the end, which is a bug.
   * `release` is called when `chunk` is needed no more.
   */
  write(chunk: Uint8Array, release?: () => void): boolean {
    // Node would emit an error that nobody hears, and end the process.
    if (this.#response.writableEnded) throw new Error("An answer goes on behind its end");
    this.bytesOut += chunk.length;
    this.meter?.charge(chunk.length, performance.now());
    return this.#response.write(chunk, release);
  }

  onDrain(callback: () => void): void {
    this.#response.once("drain", callback);
  }

  end(trailers: [string, string][] = []): void {
    if (trailers.length > 0) this.#response.addTrailers(trailers);
    this.#response.end();
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
    if (this.#response.req.method !== "HEAD" && body.length > 0) this.write(body);
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
    if (this.#response.req.method === "HEAD") {
      headers.push("x-amz-error-code", fault.code, "x-amz-error-message", oneLine(fault.message));
    }
    this.answer(FAULTS[fault.code].status, "", headers, body);
  }

  /** For people: `text` is one line. */
  say(status: number, text: string, headers: readonly string[] = []): void {
    const kind = ["content-type", "text/plain; charset=utf-8", "cache-control", "no-store"];
    const named = ["x-amz-request-id", this.requestId, ...kind, ...headers];
    this.answer(status, "", named, Buffer.from(`${text}\n`));
  }

  /** Ends our side of a switched connection; the other side has a while to end its own. */
  endSoon(): void {
    if (this.#response.socket !== null) endSoon(this.#response.socket);
  }

  /**
   * Ends the connection in the middle of an answer: the only honest sign that it is not whole. To a
   * client of HTTP/1.0, whose answer may have neither a length nor chunks, only a reset is one.
   */
  breakOff(): void {
    const { req, socket } = this.#response;
    // TLS has an end of its own, which an aborted connection lacks (RFC 8446 section 6.1).
    if (req.httpVersionMinor === 0 && !(socket instanceof TLSSocket)) socket?.resetAndDestroy();
    this.#response.destroy();
  }

  /**
   * An unread body may be long or may never come: the client is told that the connection will end,
   * and it ends after a while even if the client goes on sending.
   */
  #endAfterBody(headers: string[]): void {
    const { req } = this.#response;
    if (!announcesBody(req)) return;
    const { socket } = req;
    this.#response.prependOnceListener("finish", () => {
      // Node would destroy the socket now, and the reset that answers what still comes could
      // overtake the answer (RFC 9112 section 9.6).
      socket.destroySoon = () => socket.end();
      req.resume();
      destroyLater(socket);
    });
    headers.push("connection", "close");
    this.#last = true;
  }
}

/**
 * Something to answer with on a connection whose bytes were no request; undefined where nobody
 * would read it, and the connection ends at once.
 */
export function responseOn(connection: Duplex): ServerResponse | undefined {
  if (!connection.writable || !(connection instanceof Socket)) {
    connection.destroy();
    return undefined;
  }
  const response = new ServerResponse(new IncomingMessage(connection));
  response.shouldKeepAlive = false;
  response.assignSocket(connection);
  // Nobody else listens to a connection that the server has let go of.
  connection.on("error", () => connection.destroy());
  response.once("finish", () => endSoon(connection));
  return response;
}

/**
 * Answers on a connection that is not taken on, and ends it. What its client has sent is read over,
 * since a reset could overtake the answer.
 */
export function turnAway(connection: Socket, fault: Fault, requestId: string): void {
  const response = responseOn(connection);
  if (response === undefined) return;
  new Responder(response, requestId).refuse(fault, "/");
}

/** Ends our side; the other side has a while to end its own. */
function endSoon(connection: Socket): void {
  connection.end();
  connection.resume();
  destroyLater(connection);
}

/** A client that does not end its side, or goes on sending, does not keep the connection. */
function destroyLater(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** Whether `text` may stand in a status line (RFC 9112 section 4), and is not empty. */
function isReason(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]+$/.test(text);
}

function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
