import { lender, RESTING, type Loan } from "../lend/lender.ts";

/** From this size of a read on the sender is fast enough for memory of its own. A TLS record has 16 KiB. */
const BULK_READ_BYTES = 8 * 1024;
/** With less room than this left a buffer is not read to any more. */
const ROOM_BYTES_MIN = 64 * 1024;

/**
 * Where one connection reads to: what all connections at rest share, or a buffer that is lent to it
 * while a long body comes fast. Reads follow each other in the lent one as long as somebody holds
 * what was read before.
 */
export class InboundMemory {
  #loan: Loan | undefined;
  /** Where in the loan the next read begins. */
  #from = 0;
  /** Whether the last read was large. */
  #fast = false;

  /** Memory for one read; `long`: whether so much of a body still comes that a loan is worth it. */
  next(long: boolean): Buffer {
    if (!long || !this.#fast) {
      this.end();
      return RESTING;
    }
    if (this.#loan?.shared === false) this.#from = 0;
    if (this.#loan !== undefined && this.#loan.bytes.length - this.#from < ROOM_BYTES_MIN) {
      this.end();
    }
    if (this.#loan === undefined) {
      this.#loan = lender.lend();
      this.#from = 0;
    }
    if (this.#loan === undefined) return RESTING;
    return this.#from === 0 ? this.#loan.bytes : this.#loan.bytes.subarray(this.#from);
  }

  /**
   * `count` bytes were read to `memory`. Gives the loan that they lie in; undefined: they lie in what
   * all share, and must be copied before anything else runs.
   */
  filled(memory: Buffer, count: number): Loan | undefined {
    this.#fast = count >= BULK_READ_BYTES;
    if (memory === RESTING) return undefined;
    this.#from += count;
    return this.#loan;
  }

  /** Nothing more is read to the loan. */
  end(): void {
    this.#loan?.end();
    this.#loan = undefined;
  }
}
