import { counts, summed, type MetricsExport } from "../observe/metrics.ts";

/** What processes have counted that have ended: counters that fell would be taken for new ones. */
export class EndedCounts {
  readonly #ended: MetricsExport[] = [];
  #summing = Promise.resolve();

  /** To be added up with what those count that live. */
  get all(): readonly MetricsExport[] {
    return this.#ended;
  }

  /** `last`: what one told last that has ended. It is in `all` at once. */
  add(last: MetricsExport): void {
    this.#ended.push(counts(last));
    this.#summing = this.#sum(this.#summing);
  }

  /** As many processes as may have ended, they are one sum in the end. */
  async #sum(before: Promise<void>): Promise<void> {
    await before;
    const ended = [...this.#ended];
    const sum = await summed(ended);
    this.#ended.splice(0, ended.length, sum);
  }
}
