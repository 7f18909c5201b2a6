import { lender, RESTING, type Loan } from "../lend/lender.ts";

/**
 * The size of a read from which on the sender is fast enough for memory of its own. A TLS record
 * has 16 KiB.
 */
const BULK_READ_BYTES = 8 * 1024;

/**
 * The memory that one connection reads to: the one that all connections at rest share, or a buffer
 * lent to it while a long body comes fast. Reads follow each other in the lent one as long as
 * somebody holds what was read before.
 */
export class InboundMemory {
  #loan: Loan | undefined;
  /** The offset in the loan at which the next read begins. */
  #from = 0;
  /** True if the last read was large. */
  #fast = false;

  /**
   * Returns the memory for one read; `long`: true if so much of a body still comes that a loan is
   * worth it.
   */
  next(long: boolean): Buffer {
    if (!long || !this.#fast) {
      this.end();
      return RESTING;
    }
    if (this.#loan?.shared === false) this.#from = 0;
    if (this.#loan?.hasRoom(this.#from) === false) this.end();
    if (this.#loan === undefined) {
      this.#loan = lender.lend();
      this.#from = 0;
    }
    if (this.#loan === undefined) return RESTING;
    return this.#from === 0 ? this.#loan.bytes : this.#loan.bytes.subarray(this.#from);
  }

  /**
   * Notes that `count` bytes were read to `memory`. Returns the loan that they lie in; `undefined`
   * if they lie in the shared memory, and must be copied before anything else runs.
   */
  filled(memory: Buffer, count: number): Loan | undefined {
    this.#fast = count >= BULK_READ_BYTES;
    if (memory === RESTING) return undefined;
    this.#from += count;
    return this.#loan;
  }

  /** Ends reading to the loan. */
  end(): void {
    this.#loan?.end();
    this.#loan = undefined;
  }
}
