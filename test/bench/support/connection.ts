import { once } from "node:events";
import { connect, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { AUTHORITY } from "../../support/certificates.ts";
import { HOST, type WireRequest } from "./workload.ts";

/** The address of a system on loopback. */
export type Door = { readonly port: number; readonly tls: boolean };

export type ConnectionOptions = {
  /** The largest size of one read. */
  readonly readBytes: number;
  /** Receives the bytes of the body as they come; if absent, they are counted only. */
  readonly onBody?: (piece: Buffer) => void;
};

/** The head of an answer. */
export type AnswerHead = { readonly status: number; readonly text: string };

const HEAD_BYTES_MAX = 16 * 1024;

/**
 * One keep-alive connection with one request at a time, on a bare socket. It speaks HTTP/1.1 with
 * as little work as possible, since the load generator shares the cores with the proxy and the
 * store.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #onBody: ConnectionOptions["onBody"];
  #answered: ((head: AnswerHead) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #gathered = "";
  #head: AnswerHead = { status: 0, text: "" };
  /** Body bytes still to come; -1 within a head. */
  #remaining = -1;
  #isOpen = true;

  /**
   * Opens a connection. TLS: version 1.3, the cipher that OpenSSL prefers, a certificate of the
   * tests' authority.
   */
  static async open({ port, tls }: Door, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection({ port, tls }, options);
    await once(connection.#socket, tls ? "secureConnect" : "connect");
    return connection;
  }

  private constructor({ port, tls }: Door, { readBytes, onBody }: ConnectionOptions) {
    this.#onBody = onBody;
    // One buffer for all input: reading must cost the generator next to nothing.
    const buffer = Buffer.allocUnsafe(readBytes);
    const onread: OnReadOpts = {
      buffer,
      callback: (count) => {
        this.#take(buffer, count);
        return true;
      },
    };
    const to = { port, host: "127.0.0.1", noDelay: true, onread };
    this.#socket = tls
      ? connectTls({
          ...to,
          servername: HOST,
          ca: AUTHORITY,
          minVersion: "TLSv1.3",
          ciphers: "TLS_AES_256_GCM_SHA384",
        })
      : connect(to);
    this.#socket.on("error", (error) => this.#failed?.(error));
    this.#socket.on("close", () => {
      this.#isOpen = false;
      this.#failed?.(new Error("The connection was closed"));
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends a request and waits for the whole answer. */
  exchange(request: WireRequest): Promise<AnswerHead> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(request.start);
      if (request.body.length > 0) this.#socket.write(request.body);
    });
  }

  /** Does `exchange`, and rejects any answer except a 200 of the right length. */
  async load(request: WireRequest): Promise<void> {
    const { status, text } = await this.exchange(request);
    if (status !== 200 || lengthOf(text) !== request.answerBytes) {
      throw new Error(`Unexpected answer:\n${text}`);
    }
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #take(buffer: Buffer, count: number): void {
    let from = 0;
    if (this.#remaining < 0) {
      from = this.#takeHead(buffer, count);
      if (from < 0) return;
    }
    if (this.#onBody !== undefined && count > from) {
      this.#onBody(Buffer.from(buffer.subarray(from, count)));
    }
    this.#remaining -= count - from;
    if (this.#remaining > 0) return;
    if (this.#remaining < 0) {
      this.#fail("The answer is longer than it said");
      return;
    }
    this.#remaining = -1;
    this.#answered?.(this.#head);
  }

  /** Returns the place where the body begins; -1 if the head is incomplete or cannot be read. */
  #takeHead(buffer: Buffer, count: number): number {
    const before = this.#gathered.length;
    this.#gathered += buffer.toString("latin1", 0, Math.min(count, HEAD_BYTES_MAX));
    const end = this.#gathered.indexOf("\r\n\r\n");
    if (end < 0) return -1;
    const text = this.#gathered.slice(0, end);
    this.#gathered = "";
    if (text.startsWith("HTTP/1.1 100")) return this.#fail("An interim answer was not asked for");
    this.#head = { status: Number(text.slice(9, 12)), text };
    this.#remaining = lengthOf(text);
    if (Number.isNaN(this.#remaining)) {
      // Every answer that counts has a length; an error may have none, and its head is enough.
      this.#answered?.(this.#head);
      this.close();
      return -1;
    }
    return end + 4 - before;
  }

  #fail(message: string): -1 {
    this.#failed?.(new Error(message));
    this.#socket.destroy();
    return -1;
  }
}

/** Returns the Content-Length of an answer; NaN if it has none. */
function lengthOf(text: string): number {
  return Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1]);
}
