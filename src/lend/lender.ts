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
  /** The size of a wide buffer, and the most of them. They are lent first, and never given up. */
  readonly wideBytes: number;
  readonly wideMax: number;
  /** The size of every other. */
  readonly narrowBytes: number;
  /** The most buffers lent at a time. */
  readonly lentMax: number;
  /** The most narrow buffers that wait to be lent again. */
  readonly keptMax: number;
};

/** Returns the shared memory. Only the first call counts. */
export type Release = () => void;

/**
 * Lends buffers: wide ones as long as few connections borrow, for their speed; then narrow ones, so
 * that many slow transfers do not take much memory.
 */
export class Lender {
  readonly #options: LenderOptions;
  readonly #wide: Loan[] = [];
  readonly #narrow: Loan[] = [];
  /** The number of loans that exist, lent or kept; and of the wide ones among them. */
  #loans = 0;
  #wideLoans = 0;
  /** Notices a loan that was not returned, and that nobody holds any more. */
  readonly #lost = new FinalizationRegistry<{ readonly isWide: boolean }>(({ isWide }) => {
    this.#loans--;
    if (isWide) this.#wideLoans--;
  });

  constructor(options: LenderOptions) {
    this.#options = options;
  }

  /** The number of buffers that are lent. */
  get lent(): number {
    return this.#loans - this.#wide.length - this.#narrow.length;
  }

  /** Lends a buffer; `undefined` if the most are lent: the caller must use memory of its own. */
  lend(): Loan | undefined {
    if (this.lent >= this.#options.lentMax) return undefined;
    const loan = this.#wide.pop() ?? this.#makeWide() ?? this.#narrow.pop() ?? this.#makeNarrow();
    loan.begin();
    return loan;
  }

  #makeWide(): Loan | undefined {
    if (this.#wideLoans >= this.#options.wideMax) return undefined;
    this.#wideLoans++;
    const loan = new Loan(this.#options.wideBytes, (free) => this.#wide.push(free));
    this.#made(loan, true);
    return loan;
  }

  #makeNarrow(): Loan {
    const loan = new Loan(this.#options.narrowBytes, (free) => this.#free(free));
    this.#made(loan, false);
    return loan;
  }

  #made(loan: Loan, isWide: boolean): void {
    this.#lost.register(loan, { isWide }, loan);
    this.#loans++;
  }

  #free(loan: Loan): void {
    if (this.#narrow.length < this.#options.keptMax) {
      this.#narrow.push(loan);
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
  readonly #free: (loan: Loan) => unknown;
  #holders = 0;

  constructor(bytes: number, free: (loan: Loan) => unknown) {
    // Not from Node's own pool, so that nothing else lies in its memory.
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.#free = free;
  }

  /** True if somebody but the borrower holds a part of it. */
  get shared(): boolean {
    return this.#holders > 1;
  }

  /** Returns true if enough of it is free behind `used` bytes that another read is worth its cost. */
  hasRoom(used: number): boolean {
    return this.bytes.length - used >= this.bytes.length / 4;
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

/** The lender for connections while a long body passes: at most 16 MiB, and half of it kept. */
export const lender = new Lender({
  wideBytes: 256 * 1024,
  wideMax: 16,
  narrowBytes: 32 * 1024,
  lentMax: 400,
  keptMax: 128,
});
