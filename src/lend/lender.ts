/**
 * Memory that sockets read into (`onread` of node:net), without a new buffer for each read:
 *
 * - `RESTING` is one buffer for all connections on which no long body passes. It is only sound for
 *   bytes that are consumed or copied before anything else runs.
 * - A `Lender` lends larger buffers while a long body passes. A piece of it that somebody has yet to
 *   write keeps its buffer from being lent again.
 *
 * Both sides of the gateway borrow from one lender, so that one bound holds for both.
 */

/**
 * The buffer that every connection at rest reads into. A reader takes what it needs out of it
 * before it calls anybody: a write to another connection over TLS can make Node read there at once.
 */
export const RESTING = Buffer.allocUnsafeSlow(64 * 1024);

export type LenderOptions = {
  /** The size of each buffer. */
  readonly bytes: number;
  /** The most buffers lent at a time. */
  readonly lentMax: number;
  /** The most buffers that wait to be lent again. */
  readonly keptMax: number;
};

/** Returns the shared memory. Only the first call counts. */
export type Release = () => void;

/** Lends buffers of one size. */
export class Lender {
  readonly #options: LenderOptions;
  readonly #kept: Loan[] = [];
  /** The number of loans that exist, lent or kept. */
  #loans = 0;
  /** Notices a loan that was not returned, and that nobody holds any more. */
  readonly #lost = new FinalizationRegistry<undefined>(() => this.#loans--);

  constructor(options: LenderOptions) {
    this.#options = options;
  }

  /** The number of buffers that are lent. */
  get lent(): number {
    return this.#loans - this.#kept.length;
  }

  /** Lends a buffer; `undefined` if the most are lent: the caller must use memory of its own. */
  lend(): Loan | undefined {
    if (this.lent >= this.#options.lentMax) return undefined;
    const loan = this.#kept.pop() ?? this.#make();
    loan.begin();
    return loan;
  }

  #make(): Loan {
    const loan = new Loan(this.#options.bytes, (free) => this.#free(free));
    this.#lost.register(loan, undefined, loan);
    this.#loans++;
    return loan;
  }

  #free(loan: Loan): void {
    if (this.#kept.length < this.#options.keptMax) {
      this.#kept.push(loan);
      return;
    }
    this.#lost.unregister(loan);
    this.#loans--;
  }
}

/**
 * A buffer that is lent: to its borrower until `end`, and to every holder of a share of it until
 * all shares are released. Then it is lent to others, who overwrite it.
 */
export class Loan {
  readonly bytes: Buffer;
  readonly #free: (loan: Loan) => void;
  #holders = 0;

  constructor(bytes: number, free: (loan: Loan) => void) {
    // Not from Node's own pool, so that nothing else lies in its memory.
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.#free = free;
  }

  /** True if somebody but the borrower holds a part of it. */
  get shared(): boolean {
    return this.#holders > 1;
  }

  /** Begins the loan. Called by the lender alone. */
  begin(): void {
    this.#holders = 1;
  }

  /**
   * The bytes stand until the returned function is called. If it never is, they stand for ever, and
   * the garbage collector takes the buffer.
   */
  share(): Release {
    this.#holders++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#drop();
    };
  }

  /** The borrower reads nothing more into it. Called once. */
  end(): void {
    this.#drop();
  }

  #drop(): void {
    this.#holders--;
    if (this.#holders === 0) this.#free(this);
  }
}

/**
 * The lender for connections while a long body passes: at most 32 MiB, of which 16 MiB are kept.
 */
export const lender = new Lender({ bytes: 256 * 1024, lentMax: 128, keptMax: 64 });
