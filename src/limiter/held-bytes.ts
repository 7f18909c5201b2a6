/**
 * Counts the bytes that one process holds of requests that are not proved and decided yet: the fields
 * and held files of forms, documents, and small bodies that are read before the store hears of them.
 * Each of them has a limit of its own, but anybody can open many connections and withhold the last
 * byte on each, so the sum has one, too (`limits.unprovedBytes`).
 *
 * What is held is counted when it comes and not when it is announced: an announcement costs its
 * sender nothing.
 */
export class HeldBytes {
  #bytes = 0;
  #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Follows another configuration. Bytes held already stay. */
  follow(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** Begins the count for one request. */
  begin(): Holding {
    return new Holding(this.#change);
  }

  /**
   * The one function for all: a closure for each request costs the garbage collector more than it
   * does.
   */
  readonly #change: Change = (bytes) => {
    if (bytes > 0 && this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  };
}

/**
 * Adds `bytes` to the sum, or takes them off it if negative. Returns false if that would be too
 * much.
 */
type Change = (bytes: number) => boolean;

/**
 * The share of one request. It is released exactly once: when the request is decided or when it
 * ends, whichever comes first.
 */
export class Holding {
  readonly #change: Change;
  #bytes = 0;
  #state: "counting" | "decided" | "ended" = "counting";

  constructor(change: Change) {
    this.#change = change;
  }

  /**
   * Returns true if `bytes` more can be kept. False beyond the limit, and for a request that has
   * ended: its further bytes are of use to nobody. Once it is decided its bytes do not count any
   * more.
   */
  take(bytes: number): boolean {
    if (this.#state !== "counting") return this.#state === "decided";
    if (!this.#change(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** The request is proved and decided: its body goes to the store. */
  decided(): void {
    this.#giveBack("decided");
  }

  /** The request has been answered, or its client is gone. */
  end(): void {
    this.#giveBack("ended");
  }

  #giveBack(state: "decided" | "ended"): void {
    if (this.#state !== "counting") return;
    this.#state = state;
    this.#change(-this.#bytes);
    this.#bytes = 0;
  }
}
