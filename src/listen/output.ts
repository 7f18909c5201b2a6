import type { Socket } from "node:net";
import type { Release } from "../lend/lender.ts";

/** What is written to one connection, and when the operating system has all of it. */
export class Output {
  readonly #socket: Socket;
  /** Writes that the operating system does not have yet. */
  #pending = 0;
  readonly #flushed: (error?: Error | null) => void;

  /** `flushed`: called each time when nothing is pending any more. */
  constructor(socket: Socket, flushed: () => void) {
    this.#socket = socket;
    this.#flushed = (error) => {
      this.#pending--;
      // A connection that is lost ends by its `close`.
      if (this.#pending === 0 && !error) flushed();
    };
  }

  /** Whether the operating system has all that was written. */
  get flushed(): boolean {
    return this.#pending === 0;
  }

  /**
   * False: the peer is slow, and the socket's `drain` tells when to go on. `data`: text has one
   * character a byte. `release`: called when the bytes need not stand any more.
   */
  write(data: string | Uint8Array, release?: Release): boolean {
    if (!this.#socket.writable) {
      release?.();
      return true;
    }
    this.#pending++;
    if (typeof data === "string") return this.#socket.write(data, "latin1", this.#flushed);
    if (release === undefined) return this.#socket.write(data, this.#flushed);
    return this.#socket.write(data, (error) => {
      release();
      this.#flushed(error);
    });
  }

  /** What `write` does goes out together. */
  together(write: () => void): void {
    this.#socket.cork();
    write();
    this.#socket.uncork();
  }
}
