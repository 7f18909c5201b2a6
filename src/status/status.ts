import type { EndpointState } from "../store/endpoint.ts";
import type { ConfigState } from "../observe/metrics.ts";
import { mergeActivity, type RecentActivity } from "../observe/recent.ts";

/** Everything that the status page and `/status.json` show: plain JSON, nothing secret. */
export type Status = {
  /** The time of the status, in milliseconds since the epoch. */
  readonly timeMs: number;
  readonly version: string;
  /** The reason why it is not ready to serve, as `/readyz` says; `undefined` if it is. */
  readonly notReady: string | undefined;
  readonly config: ConfigState;
  /** The store's. */
  readonly endpoints: readonly EndpointState[];
  /** The issuers of tokens. */
  readonly issuers: readonly IssuerState[];
  /** The sources of keys that are not in the configuration. */
  readonly identities: readonly SourceState[];
  /** The result of proving the configuration; `undefined` if it has no claims. */
  readonly proved: ProvedState | undefined;
  readonly processes: readonly ProcessState[];
  readonly activity: RecentActivity;
};

export type ProcessState = {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  readonly residentBytes: number;
  /** The number of open connections of clients. */
  readonly connections: number;
  readonly requestsInFlight: number;
};

export type IssuerState = {
  readonly name: string;
  readonly url: string;
  /** `away`: it did not answer last, and its keys still count; `lost`: there are none. */
  readonly state: "ok" | "away" | "lost" | "unasked";
  readonly keys: number;
  /**
   * The time since the keys were asked for; `undefined` if there are none, or they are in a file.
   */
  readonly ageMs: number | undefined;
  readonly failure: string | undefined;
};

export type SourceState = {
  /** The kind, such as `ceph`. */
  readonly kind: string;
  readonly endpoint: string;
  /** `refused`: the gateway's own credential; `away`: it did not answer when it was last asked. */
  readonly state: "ok" | "refused" | "away" | "unasked";
  /** Keys in memory. */
  readonly keys: number;
};

export type ProvedState = {
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly holding: number;
  readonly undecided: number;
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
    issuers: worstByName(
      all.flatMap(({ issuers }) => issuers),
      ({ name }) => name,
    ),
    identities: worstByName(
      all.flatMap(({ identities }) => identities),
      ({ kind, endpoint }) => `${kind} ${endpoint}`,
    ),
    proved: first.proved,
    processes: all.flatMap(({ processes }) => processes),
    activity: mergeActivity(all.map(({ activity }) => activity)),
  };
}

/** `whys`: of each process; as long as one of them serves, requests need not go elsewhere. */
export function mergeReadiness(whys: readonly (string | undefined)[]): string | undefined {
  return whys.includes(undefined) ? undefined : whys[0];
}

/**
 * Returns the state that some process has heard last; a refusal that any of them knows of is shown.
 */
function laterConfig(a: ConfigState, b: ConfigState): ConfigState {
  if (a.generation !== b.generation) return a.generation > b.generation ? a : b;
  return a.refusedMs === undefined ? b : a;
}

/** Merges endpoints: one is up if every process says so. */
function mergeEndpoints(endpoints: readonly EndpointState[]): readonly EndpointState[] {
  const merged = new Map<string, EndpointState>();
  for (const { origin, up, requestsInFlight } of endpoints) {
    const before = merged.get(origin) ?? { up: true, requestsInFlight: 0 };
    const sum = before.requestsInFlight + requestsInFlight;
    merged.set(origin, { origin, up: before.up && up, requestsInFlight: sum });
  }
  return [...merged.values()];
}

/** From good to bad: every process asks for itself, and one that cannot is worth knowing. */
const STATES = ["ok", "unasked", "away", "lost", "refused"] as const;

/** Returns, for several of one name, the one in the worst state. */
function worstByName<T extends { readonly state: (typeof STATES)[number] }>(
  all: readonly T[],
  nameOf: (one: T) => string,
): readonly T[] {
  const worst = new Map<string, T>();
  for (const one of all) {
    const before = worst.get(nameOf(one));
    const isWorse =
      before === undefined || STATES.indexOf(one.state) > STATES.indexOf(before.state);
    if (isWorse) worst.set(nameOf(one), one);
  }
  return [...worst.values()];
}
