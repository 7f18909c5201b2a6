import { err, ok, type Result } from "./result.ts";
import { messageOf } from "./words.ts";

/**
 * Something that is opened when it is first used, and its code loaded then: most gateways never use
 * it. Opening can fail for a while, such as without a free descriptor: then the next use tries again.
 */
export class Late<T> {
  /** Once it is open, only returns it: all that opening it needed can go. */
  #open: () => Promise<T>;
  #opening: Promise<Result<T, string>> | undefined;
  #value: T | undefined;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** Opens it, or returns what is open. The error says for the operator why it cannot be opened. */
  get(): Promise<Result<T, string>> {
    return (this.#opening ??= this.#tryToOpen());
  }

  /** Returns what is open; `undefined` before that. */
  get value(): T | undefined {
    return this.#value;
  }

  /** Returns the same. Throws before that. */
  get opened(): T {
    if (this.#value === undefined) throw new Error("It must be opened before it is used");
    return this.#value;
  }

  /** Returns what is open, or about to be; `undefined` if nobody has used it, or it cannot be opened. */
  async used(): Promise<T | undefined> {
    await this.#opening;
    return this.#value;
  }

  async #tryToOpen(): Promise<Result<T, string>> {
    try {
      const value = await this.#open();
      this.#value = value;
      this.#open = () => Promise.resolve(value);
      return ok(value);
    } catch (error) {
      this.#opening = undefined;
      return err(messageOf(error));
    }
  }
}
