import type { Socket } from "node:net";
import type { Release } from "../lend/lender.ts";
import { joined, writeAsOne } from "../lend/write-as-one.ts";

/** The length up to which a write waits for the end of the turn, so that writes go out together. */
const SMALL_BYTES_MAX = 16 * 1024;

/**
 * The most bytes that wait for a slow peer before the writer must wait, besides the piece that goes
 * beyond it.
 */
const WAITING_BYTES_MAX = 64 * 1024;

/** Writes to one connection, and tells when the operating system has all of it. */
export class Output {
  readonly #socket: Socket;
  /** Writes that the operating system does not have yet. */
  #pending = 0;
  /** True if writes are kept until the end of the turn. */
  #gathering = false;
  readonly #written: (error?: Error | null) => void;
  readonly #send: () => void;

  /** `flushed`: called each time when nothing is pending any more. */
  constructor(socket: Socket, flushed: () => void) {
    this.#socket = socket;
    this.#written = (error) => {
      this.#pending--;
      // A connection that is lost ends by its `close`.
      if (this.#pending === 0 && !error) flushed();
    };
    this.#send = () => {
      if (!this.#gathering) return;
      this.#gathering = false;
      socket.uncork();
    };
  }

  /** True if the operating system has all that was written. */
  get flushed(): boolean {
    return this.#pending === 0;
  }

  /**
   * Writes bytes. False: the peer is slow, and the socket's `drain` tells when to go on. `data`:
   * text has one character a byte. `isLast`: nothing is likely to follow in this turn. `release`:
   * called when the bytes need not stand any more.
   */
  write(data: string | Uint8Array, isLast: boolean, release?: Release): boolean {
    if (!this.#socket.writable) {
      release?.();
      return true;
    }
    this.#pending++;
    if (data.length > SMALL_BYTES_MAX || (isLast && !this.#gathering)) {
      this.#write(data, release);
      this.#send();
    } else {
      if (!this.#gathering) {
        this.#gathering = true;
        this.#socket.cork();
        process.nextTick(this.#send);
      }
      this.#write(data, release);
    }
    // Not what write() says, which does not know yet how much the operating system took at once.
    return this.#socket.writableLength < WAITING_BYTES_MAX;
  }

  /**
   * Writes a head, whose characters are bytes, and a small body behind it, of which nothing more is
   * likely to follow in this turn. Returns as `write`. The body need not stand any more.
   */
  writeWhole(head: string, body: Uint8Array): boolean {
    if (this.#gathering || !this.#socket.writable) return this.write(joined(head, body), true);
    this.#pending++;
    writeAsOne(this.#socket, head, body, this.#written);
    return this.#socket.writableLength < WAITING_BYTES_MAX;
  }

  #write(data: string | Uint8Array, release: Release | undefined): void {
    if (typeof data === "string") this.#socket.write(data, "latin1", this.#written);
    else if (release === undefined) this.#socket.write(data, this.#written);
    else {
      this.#socket.write(data, (error) => {
        release();
        this.#written(error);
      });
    }
  }
}
