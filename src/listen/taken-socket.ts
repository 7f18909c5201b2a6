import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * A connection of a client that does not use HTTP any more, for its next user. Not the socket
 * itself, whose bytes are read to memory that others use again.
 */
export class TakenSocket extends Duplex {
  readonly #socket: Socket;
  #written: ((error?: Error | null) => void) | undefined;

  constructor(socket: Socket) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#socket = socket;
  }

  /** The connection: these bytes have come, and are this socket's own. */
  came(bytes: Buffer): void {
    if (!this.destroyed && !this.push(bytes)) this.#socket.pause();
  }

  /** The connection: the client has ended its side. */
  ended(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The connection: more can be written. */
  drained(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  /** The connection: it is closed. */
  lost(): void {
    this.destroy();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    if (this.#socket.write(chunk)) done();
    else this.#written = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  // The functions of a net.Socket, for http-proxy.

  /**
   * Has no effect: http-proxy would have the socket wait for ever. A client that does not read,
   * even the refusal of a WebSocket, must not stand still for longer than any other.
   */
  setTimeout(_ms: number): this {
    return this;
  }

  setNoDelay(noDelay: boolean): this {
    this.#socket.setNoDelay(noDelay);
    return this;
  }

  setKeepAlive(enable: boolean, initialDelayMs: number): this {
    this.#socket.setKeepAlive(enable, initialDelayMs);
    return this;
  }

  /** Ends when all that was written is. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }
}
