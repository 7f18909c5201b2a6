/** The durations of a run, in milliseconds. */
export type Plan = {
  readonly name: "full" | "quick";
  /** The number of decisions to time, of each kind. */
  readonly admitCalls: number;
  readonly rounds: number;
  /**
   * The time before the first round of a cell of small requests, once for each system. V8 goes on
   * compiling for tens of thousands of requests: after 1.5 s a request cost three times of what it
   * does later.
   */
  readonly smallWarmupMs: number;
  /** The same time for large objects. */
  readonly largeWarmupMs: number;
  /** The same time for s3proxy: a JVM compiles for longer, and beside the load. */
  readonly jvmWarmupMs: number;
  /**
   * The time at the start of each round of small requests: opens the connections behind the proxy.
   */
  readonly leadMs: number;
  readonly smallMs: number;
  readonly largeMs: number;
  readonly idleConnections: number;
  readonly transfers: number;
};

/** The plan of a full run. On a quiet machine it takes about eight minutes, ten with the rivals. */
export const FULL: Plan = {
  name: "full",
  admitCalls: 20_000,
  rounds: 5,
  smallWarmupMs: 8_000,
  largeWarmupMs: 1_500,
  jvmWarmupMs: 15_000,
  leadMs: 100,
  smallMs: 900,
  largeMs: 600,
  idleConnections: 10_000,
  transfers: 64,
};

/** The plan of a quick look; the spread is wider. */
export const QUICK: Plan = {
  name: "quick",
  admitCalls: 5_000,
  rounds: 3,
  smallWarmupMs: 1_000,
  largeWarmupMs: 250,
  jvmWarmupMs: 1_000,
  leadMs: 50,
  smallMs: 200,
  largeMs: 100,
  idleConnections: 1_000,
  transfers: 16,
};
