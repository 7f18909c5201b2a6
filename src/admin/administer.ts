import type { Snapshot } from "../admission/snapshot.ts";
import { explain } from "../explain/explain.ts";
import type { FindKey, ReadRecord } from "../explain/answers.ts";
import { err } from "../lib/result.ts";
import type { Faults } from "../observe/faults.ts";
import type { Metrics } from "../observe/metrics.ts";
import { Recent } from "../observe/recent.ts";
import { VERSION } from "../observe/version.ts";
import type { ProcessState, Status } from "../status/status.ts";
import type { Administered } from "./admin.ts";
import type { Live } from "../gateway/live.ts";

/** The parts of one process that the admin port reports; changing facts are asked for anew. */
export type Observed = {
  readonly metrics: Metrics;
  readonly recent: Recent;
  readonly faults: Faults;
  /** Returns the configuration in force now. */
  readonly live: () => Live;
  /** The number of open connections of clients. */
  readonly connections: () => number;
  readonly closing: () => boolean;
};

/** The answers of this process alone. */
export function administer(observed: Observed): Administered {
  const { metrics, live } = observed;
  return {
    metrics: () => metrics.text(),
    notReady: async () => {
      await live().proveReady();
      return notReady(observed);
    },
    status: () => Promise.resolve(statusOf(observed, Date.now())),
    explain: (question) => {
      const { snapshot } = live();
      const read = recordReader(snapshot, live());
      return explain(snapshot, question, Date.now(), read, keyFinder(live()));
    },
    dropIdentities: () => Promise.resolve(live().dropIdentities()),
  };
}

function notReady({ closing, faults, live }: Observed): string | undefined {
  if (closing()) return SHUTTING_DOWN;
  return faults.failing(performance.now()) ? FAILING : live().notReady;
}

const FAILING = "Most requests fail because of a bug in the gateway: see its log";

/** The text of `/readyz` for a gateway that was asked to stop. */
export const SHUTTING_DOWN = "The gateway is shutting down";

function statusOf(observed: Observed, nowMs: number): Status {
  const { metrics, recent, live, connections } = observed;
  return {
    ...statusWithout(metrics, notReady(observed), nowMs),
    endpoints: live().upstream.states(),
    issuers: live().issuers.health(),
    identities: live().identityStates,
    proved: live().proved,
    processes: [processState(metrics, connections(), nowMs)],
    activity: recent.snapshot(nowMs),
  };
}

/**
 * Returns the status of this process if it serves nobody itself. `notReady`: why nobody else does.
 */
export function statusWithout(
  metrics: Metrics,
  notReadyWhy: string | undefined,
  nowMs: number,
): Status {
  return {
    timeMs: nowMs,
    version: VERSION,
    notReady: notReadyWhy,
    config: metrics.config,
    endpoints: [],
    issuers: [],
    identities: [],
    proved: undefined,
    processes: [processState(metrics, 0, nowMs)],
    activity: new Recent().snapshot(nowMs),
  };
}

function processState(metrics: Metrics, connections: number, nowMs: number): ProcessState {
  return {
    pid: process.pid,
    startedMs: nowMs - Math.round(process.uptime() * 1000),
    residentBytes: process.memoryUsage.rss(),
    connections,
    requestsInFlight: metrics.requestsInFlight,
  };
}

/** Finds keys of other sources; `undefined` if all are in the configuration. */
function keyFinder({ findKey }: Live): FindKey | undefined {
  if (findKey === undefined) return undefined;
  return async (name) => {
    const key = await findKey(name);
    return key.ok ? key : err(`Cannot look up "${name}" now: its source does not answer`);
  };
}

/** Reads through the cache that decisions read; `undefined` if no records of buckets are kept. */
function recordReader({ elsewhere }: Snapshot, { sources }: Live): ReadRecord | undefined {
  if (!elsewhere.records) return undefined;
  return async (id) => {
    const record = await sources.record(id, "proved");
    return record.ok ? record : err(`Cannot read what is kept of "${id}"`);
  };
}
