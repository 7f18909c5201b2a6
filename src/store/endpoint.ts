import type { StorePool } from "./pool.ts";

export type Endpoint = {
  readonly origin: string;
  readonly pool: StorePool;
  /** True if it answers; `undefined` if nothing has been asked of it. */
  up: boolean | undefined;
  /** The number of intervals of Probes since it last answered. */
  quietIntervals: number;
  inFlight: number;
};

export type EndpointState = {
  readonly origin: string;
  readonly up: boolean;
  readonly requestsInFlight: number;
};
