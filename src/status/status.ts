import type { EndpointState } from "../store/endpoint.ts";
import type { ConfigState } from "../observe/metrics.ts";
import { mergeActivity, type RecentActivity } from "../observe/recent.ts";

/** Everything that the status page shows, and `/status.json` gives: plain JSON, nothing secret. */
export type Status = {
  /** When it was so, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly version: string;
  /** Why it is not ready to serve, as `/readyz` says; undefined: it is. */
  readonly notReady: string | undefined;
  readonly config: ConfigState;
  /** The store's. */
  readonly endpoints: readonly EndpointState[];
  readonly processes: readonly ProcessState[];
  readonly activity: RecentActivity;
};

export type ProcessState = {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  readonly residentBytes: number;
  /** Open connections of clients. */
  readonly connections: number;
  readonly requestsInFlight: number;
};

/** The status of one gateway that is several processes, at least one. */
export function mergeStatus([first, ...others]: readonly [Status, ...Status[]]): Status {
  const all = [first, ...others];
  return {
    timeMs: Math.max(...all.map(({ timeMs }) => timeMs)),
    version: first.version,
    notReady: mergeReadiness(all.map(({ notReady }) => notReady)),
    config: all.map(({ config }) => config).reduce(laterConfig),
    endpoints: mergeEndpoints(all.flatMap(({ endpoints }) => endpoints)),
    processes: all.flatMap(({ processes }) => processes),
    activity: mergeActivity(all.map(({ activity }) => activity)),
  };
}

/** `whys`: of each process; as long as one of them serves, requests need not go elsewhere. */
export function mergeReadiness(whys: readonly (string | undefined)[]): string | undefined {
  return whys.includes(undefined) ? undefined : whys[0];
}

/** What some process has heard last; a refusal that any of them knows of is told. */
function laterConfig(a: ConfigState, b: ConfigState): ConfigState {
  if (a.generation !== b.generation) return a.generation > b.generation ? a : b;
  return a.refusedMs === undefined ? b : a;
}

/** An endpoint is up where every process says so. */
function mergeEndpoints(endpoints: readonly EndpointState[]): readonly EndpointState[] {
  const merged = new Map<string, EndpointState>();
  for (const { origin, up, requestsInFlight } of endpoints) {
    const before = merged.get(origin) ?? { up: true, requestsInFlight: 0 };
    const sum = before.requestsInFlight + requestsInFlight;
    merged.set(origin, { origin, up: before.up && up, requestsInFlight: sum });
  }
  return [...merged.values()];
}
