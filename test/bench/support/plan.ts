import type { CellName } from "./workload.ts";

/** How long everything takes. Times in milliseconds. */
export type Plan = {
  /** Of each kind of decision so many are timed. */
  readonly admitCalls: number;
  readonly rounds: number;
  /** Before the first round of a cell, once for each system. */
  readonly warmupMs: number;
  /** At the start of each round of small requests: opens the connections behind the proxy. */
  readonly leadMs: number;
  readonly smallMs: number;
  readonly largeMs: number;
};

/** Under four minutes. */
export const FULL: Plan = {
  admitCalls: 20_000,
  rounds: 5,
  warmupMs: 1_500,
  leadMs: 100,
  smallMs: 900,
  largeMs: 500,
};

/** Under 45 seconds, for a look; the spread is wider. */
export const QUICK: Plan = {
  admitCalls: 5_000,
  rounds: 3,
  warmupMs: 250,
  leadMs: 50,
  smallMs: 200,
  largeMs: 100,
};

/**
 * Uploads that only the gateway makes something of: to the plain proxies they are `put-large` again,
 * and only the yardstick sends them too, so that there is something to compare to.
 */
export const GATEWAY_CELLS: ReadonlySet<CellName> = new Set([
  "put-large-digest",
  "put-large-trailer",
]);

/** The gateway's rate as a share of bare undici's: an aim, printed and not asserted. */
export const AIMS: Readonly<Record<CellName, number>> = {
  "get-small": 0.7,
  "put-small": 0.7,
  "get-large": 0.9,
  "put-large": 0.9,
  "put-large-digest": 0.9,
  "put-large-trailer": 0.9,
};
