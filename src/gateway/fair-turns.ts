/** The bounds of what waits. */
type TurnLimits = {
  /** Steps of all that wait. */
  readonly waitingMax: number;
  /** Steps of one asker that wait. */
  readonly waitingOfOneMax: number;
};

/**
 * Runs one step after the other. Those who wait have their turns around: whoever asks for many steps
 * keeps another waiting for one of them, not for all.
 */
export class FairTurns {
  readonly #limits: TurnLimits;
  /** The steps that wait by asker, in the order of their turns. Nobody's list is empty. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #count = 0;
  #isBusy = false;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Returns what `step` gives; "full" at once, and nothing is run, if too many wait already. */
  async run<T>(asker: string, step: () => Promise<T>): Promise<T | "full"> {
    if (this.#isBusy) {
      const own = this.#waiting.get(asker) ?? [];
      const { waitingMax, waitingOfOneMax } = this.#limits;
      if (this.#count >= waitingMax || own.length >= waitingOfOneMax) return "full";
      this.#count++;
      this.#waiting.set(asker, own);
      await new Promise<void>((resolve) => void own.push(resolve));
    }
    this.#isBusy = true;
    try {
      return await step();
    } finally {
      this.#passOn();
    }
  }

  /** Stays busy for the next one, so that no newcomer is faster. */
  #passOn(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#isBusy = false;
      return;
    }
    const [asker, own] = first;
    const next = own.shift();
    this.#waiting.delete(asker);
    if (own.length > 0) this.#waiting.set(asker, own);
    this.#count--;
    next?.();
  }
}
