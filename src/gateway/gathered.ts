/** Below this, growing by doubling would only mean more copies. */
const BYTES_MIN = 1024;

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

  /** Copies `piece`, unless it is the first: then it is kept, and must not be changed. */
  add(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (this.#length === 0) this.#buffer = piece;
    else if (length > this.#buffer.length) this.#grow(length);
    if (this.#length > 0) piece.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /** All that has come, as one piece. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, length, BYTES_MIN));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
