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

/** Buffers of one size. */
export type Shelf = {
  readonly bytes: number;
  /** The most of them, lent or kept. */
  readonly most: number;
  /** The most that are kept to be lent again. */
  readonly kept: number;
};

/** Returns the shared memory. Only the first call counts. */
export type Release = () => void;

/**
 * Lends buffers of several sizes, the first ones first. So the few who borrow while little passes
 * get large ones, for their speed, and many slow transfers do not take much memory.
 */
export class Lender {
  readonly #shelves: readonly OpenShelf[];
  /** Notices a loan that was not returned, and that nobody holds any more. */
  readonly #lost = new FinalizationRegistry<OpenShelf>((shelf) => shelf.made--);

  /** `shelves`: in the order in which they are lent from. */
  constructor(shelves: readonly Shelf[]) {
    this.#shelves = shelves.map((shelf) => ({ ...shelf, made: 0, free: [] }));
  }

  /** The number of buffers that are lent. */
  get lent(): number {
    return this.#shelves.reduce((sum, { made, free }) => sum + made - free.length, 0);
  }

  /** Lends a buffer; `undefined` if all are lent: the caller must use memory of its own. */
  lend(): Loan | undefined {
    for (const shelf of this.#shelves) {
      const loan = shelf.free.pop() ?? this.#make(shelf);
      if (loan === undefined) continue;
      loan.begin();
      return loan;
    }
    return undefined;
  }

  #make(shelf: OpenShelf): Loan | undefined {
    if (shelf.made === shelf.most) return undefined;
    shelf.made++;
    const loan = new Loan(shelf.bytes, (free) => this.#free(free, shelf));
    this.#lost.register(loan, shelf, loan);
    return loan;
  }

  #free(loan: Loan, shelf: OpenShelf): void {
    if (shelf.free.length < shelf.kept) {
      shelf.free.push(loan);
      return;
    }
    this.#lost.unregister(loan);
    shelf.made--;
  }
}

/** `made`: how many exist. `free`: those that are kept. */
type OpenShelf = Shelf & { made: number; readonly free: Loan[] };

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

/**
 * The lender for connections while a long body passes: at most 18 MiB, 10 of them kept. A read of
 * 1 MiB costs a transfer a fifth less of the processor than four of 256 KiB, and those of 32 KiB
 * cost half as much again.
 */
export const lender = new Lender([
  { bytes: 1024 * 1024, most: 4, kept: 4 },
  { bytes: 256 * 1024, most: 8, kept: 8 },
  { bytes: 32 * 1024, most: 384, kept: 128 },
]);
