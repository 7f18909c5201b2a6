import { counts, summed, type MetricsExport } from "../observe/metrics.ts";
import { NAMED_BUCKETS_MAX } from "../observe/named-counts.ts";
import { withTopBuckets } from "../observe/top-buckets.ts";

/** The counts of processes that have ended: counters that fell would be taken for new ones. */
export class EndedCounts {
  readonly #ended: MetricsExport[] = [];
  #summing = Promise.resolve();

  /** The counts to add to those of living processes. */
  get all(): readonly MetricsExport[] {
    return this.#ended;
  }

  /** Adds the last counts of a process that has ended. They are in `all` at once. */
  add(last: MetricsExport): void {
    this.#ended.push(counts(last));
    this.#summing = this.#sum(this.#summing);
  }

  /** Adds counts to the sum: however many processes have ended, one sum remains. */
  async #sum(before: Promise<void>): Promise<void> {
    await before;
    const ended = [...this.#ended];
    const sum = await summed(ended);
    // Each process had so many names of buckets, and they need not have been the same.
    this.#ended.splice(0, ended.length, ...withTopBuckets([sum], NAMED_BUCKETS_MAX));
  }
}
