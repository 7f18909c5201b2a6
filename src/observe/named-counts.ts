import { LRUCache } from "lru-cache";
import { Counter, type Registry } from "prom-client";
import type { AccessRecord, Outcome } from "./record.ts";

/**
 * The requests that are counted by name. Names are the operator's or proved, never only a client's.
 */
export type NamedSeries = {
  /** True if requests of proved accounts are counted. */
  readonly accounts: boolean;
  readonly buckets: BucketSeries;
};

export type BucketSeries =
  /**
   * The names, as the audit log writes them: `tenant:bucket` if there is a tenant. Empty for none.
   */
  | { readonly kind: "listed"; readonly names: ReadonlySet<string> }
  /** A number of buckets: those with the most requests. */
  | { readonly kind: "top"; readonly count: number };

/** Accounts that are counted: those of Ceph are as many as it has. */
const ACCOUNTS_MAX = 10_000;
/** Buckets that are counted so that the top of them can be told. */
export const NAMED_BUCKETS_MAX = 2_000;

/** The finished requests of one account or bucket. */
type Sum = { readonly outcomes: Map<Outcome, number>; bytesIn: number; bytesOut: number };

/** Counters of requests and bytes by one kind of name, within a bound. */
export class NamedCounts {
  readonly #sums: LRUCache<string, Sum>;

  /** `of`: the name of the label, and of the metrics. */
  constructor(registry: Registry, of: "account" | "bucket", max: number) {
    this.#sums = new LRUCache({ max });
    const sums = this.#sums;
    // Counts become metrics when somebody asks: hashing labels costs more than counting.
    const requests = new Counter({
      name: `s3warden_${of}_requests_total`,
      help: `Finished requests, by ${of}`,
      labelNames: [of, "outcome"],
      registers: [],
      collect() {
        this.reset();
        for (const [name, { outcomes }] of sums) {
          for (const [outcome, count] of outcomes) this.inc({ [of]: name, outcome }, count);
        }
      },
    });
    const bytes = new Counter({
      name: `s3warden_${of}_bytes_total`,
      help: `Body bytes received from and sent to clients, by ${of}`,
      labelNames: [of, "direction"],
      registers: [],
      collect() {
        this.reset();
        for (const [name, { bytesIn, bytesOut }] of sums) {
          this.inc({ [of]: name, direction: "in" }, bytesIn);
          this.inc({ [of]: name, direction: "out" }, bytesOut);
        }
      },
    });
    registry.registerMetric(requests);
    registry.registerMetric(bytes);
  }

  /** `admits`: whether the request may be the first of its name. */
  count(name: string, record: AccessRecord, admits: boolean): void {
    const known = this.#sums.get(name);
    if (known === undefined && !admits) return;
    const sum = known ?? { outcomes: new Map(), bytesIn: 0, bytesOut: 0 };
    if (known === undefined) this.#sums.set(name, sum);
    const { outcome, bytesIn, bytesOut } = record;
    sum.outcomes.set(outcome, (sum.outcomes.get(outcome) ?? 0) + 1);
    sum.bytesIn += bytesIn;
    sum.bytesOut += bytesOut;
  }

  /** Forgets the names that `keeps` says no of. */
  prune(keeps: (name: string) => boolean): void {
    for (const name of this.#sums.keys()) if (!keeps(name)) this.#sums.delete(name);
  }
}

/** The counters by account and by bucket of one process. */
export class ByName {
  readonly #accounts: NamedCounts;
  readonly #buckets: NamedCounts;
  #series: NamedSeries = { accounts: false, buckets: { kind: "listed", names: new Set() } };

  constructor(registry: Registry) {
    this.#accounts = new NamedCounts(registry, "account", ACCOUNTS_MAX);
    this.#buckets = new NamedCounts(registry, "bucket", NAMED_BUCKETS_MAX);
  }

  /** Follows `series` from now on; names that are no longer counted are forgotten. */
  follow(series: NamedSeries): void {
    this.#series = series;
    const { accounts, buckets } = series;
    this.#accounts.prune(() => accounts);
    this.#buckets.prune((name) => buckets.kind === "top" || buckets.names.has(name));
  }

  ended(record: AccessRecord): void {
    const { accounts, buckets } = this.#series;
    if (accounts) this.#accounts.count(record.account ?? "", record, true);
    const { bucket, tenant } = record;
    if (bucket === undefined) return;
    const name = tenant === undefined || tenant === "" ? bucket : `${tenant}:${bucket}`;
    if (buckets.kind === "listed") {
      if (buckets.names.has(name)) this.#buckets.count(name, record, true);
    } else {
      this.#buckets.count(name, record, saysOfBucket(record));
    }
  }
}

/**
 * Returns true if the answer is one of a bucket that is there. A name that only a client has said is
 * none: stores answer preflights about any name, and redirect whoever asks for what they do not have.
 */
function saysOfBucket({ operation, status }: AccessRecord): boolean {
  return operation !== "Preflight" && ((status >= 200 && status < 300) || status === 304);
}
