/**
 * Something that is opened when it is first used, and its code loaded then: most gateways never use
 * it. If it cannot be opened, no use of it succeeds.
 */
export class Late<T> {
  /** Dropped once it is opened, with all that it holds. */
  #open: () => Promise<T>;
  #opening: Promise<T> | undefined;
  #value: T | undefined;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** Opens it, or returns what is open. */
  get(): Promise<T> {
    return (this.#opening ??= this.#opened());
  }

  /** Returns what is open; `undefined` before that. */
  get value(): T | undefined {
    return this.#value;
  }

  /** Returns what is open, or about to be; `undefined` if nobody has used it. */
  get used(): Promise<T> | undefined {
    return this.#opening;
  }

  async #opened(): Promise<T> {
    const open = this.#open;
    this.#open = openedBefore;
    return (this.#value = await open());
  }
}

function openedBefore(): Promise<never> {
  return Promise.reject(new Error("It was opened before"));
}
