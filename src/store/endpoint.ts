import type { StorePool } from "./pool.ts";

export type Endpoint = {
  readonly origin: string;
  readonly pool: StorePool;
  /** Whether it answers; undefined: nothing has been asked of it. */
  up: boolean | undefined;
  /** How many looks of Probes ago it last answered. */
  quietIntervals: number;
  inFlight: number;
};

export type EndpointState = {
  readonly origin: string;
  readonly up: boolean;
  readonly requestsInFlight: number;
};
