/**
 * The pieces of a body put together as they come. A list of them would cost a hundred bytes for each
 * piece, and a client can send pieces of one byte.
 */
export class Gathered {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies `piece`, or keeps it if it is the first: it must not be changed. */
  add(piece: Buffer): void {
    const length = this.#length + piece.length;
    // A small part of what came in one read would keep all of that in memory.
    const whole = 2 * piece.length >= piece.buffer.byteLength;
    if (this.#length === 0 && whole) {
      this.#buffer = piece;
      this.#length = length;
      return;
    }
    if (length > this.#buffer.length) this.#grow(length);
    piece.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /** All that has come, as one piece. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, length));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
