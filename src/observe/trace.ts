import type { RequestHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";
import type { AccessRecord } from "./record.ts";

/** Follows requests into a trace (OpenTelemetry). */
export type Tracing = {
  /** A request's head has been read; `timeMs`: when, since the epoch. */
  readonly begin: (head: RequestHead, timeMs: number) => RequestTrace;
  /**
   * Ends the tracing: everything so far reaches the collector, if it answers within a few seconds.
   */
  readonly close: () => Promise<void>;
};

/** A request in its trace. */
export type RequestTrace = {
  /**
   * Notes that it goes to `endpoint` (an origin), or once more to another. Returns fields for the
   * store's head.
   */
  readonly toStore: (method: string, endpoint: string) => HeaderList;
  /** The store's answer begins. */
  readonly storeAnswered: (status: number) => void;
  /** The store's answer is over; `error`: a kind of `upstream_errors_total`, if it broke. */
  readonly storeEnded: (error: string | undefined) => void;
  readonly ended: (record: AccessRecord) => void;
};

export const PROTOCOLS = ["http/protobuf", "http/json"] as const;
export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** The settings of the environment, as the OpenTelemetry specification names them. */
export type TracingSettings = {
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly sampler: (typeof SAMPLERS)[number];
  /** The part of requests whose trace begins here, from 0 to 1. */
  readonly ratio: number;
  /** True if the environment says how long an export may take. */
  readonly ownTimeout: boolean;
};
