import { readFileSync } from "node:fs";
import type { Snapshot } from "../admission/snapshot.ts";
import { explain } from "../explain/explain.ts";
import type { ReadRecord } from "../explain/records.ts";
import { err } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Recent } from "../observe/recent.ts";
import type { ProcessState, Status } from "../status/status.ts";
import type { Administered } from "./admin.ts";
import type { Live } from "./forward.ts";
import type { OpenSources } from "./sources.ts";
import type { Upstream } from "./upstream.ts";

/** What the admin port of one process looks at; each is asked anew, since a reload changes it. */
export type Observed = {
  readonly metrics: Metrics;
  readonly recent: Recent;
  readonly live: () => Live;
  readonly upstream: () => Upstream;
  readonly sources: () => OpenSources;
  /** Open connections of clients. */
  readonly connections: () => number;
};

/** The answers of this process alone. */
export function administer(observed: Observed): Administered {
  const { metrics, sources, live } = observed;
  return {
    metrics: () => metrics.text(),
    notReady: () => Promise.resolve(notReady(observed)),
    status: () => Promise.resolve(statusOf(observed, Date.now())),
    explain: (question) => {
      const { snapshot } = live();
      return explain(snapshot, question, Date.now(), recordReader(snapshot, live()));
    },
    dropIdentities: () => Promise.resolve(sources().dropIdentities()),
  };
}

function notReady({ upstream, sources }: Observed): string | undefined {
  if (!upstream().ready) return "No endpoint of the store answers";
  if (!sources().healthy()) return "What is kept of buckets cannot be read";
  return undefined;
}

function statusOf(observed: Observed, nowMs: number): Status {
  const { metrics, recent, upstream } = observed;
  return {
    timeMs: nowMs,
    version: VERSION,
    notReady: notReady(observed),
    config: metrics.config,
    endpoints: upstream().states(),
    processes: [processState(observed, nowMs)],
    activity: recent.snapshot(nowMs),
  };
}

function processState({ metrics, connections }: Observed, nowMs: number): ProcessState {
  return {
    pid: process.pid,
    startedMs: nowMs - Math.round(process.uptime() * 1000),
    residentBytes: process.memoryUsage.rss(),
    connections: connections(),
    requestsInFlight: metrics.requestsInFlight,
  };
}

/** Through the cache that decisions read; undefined: nothing is kept of buckets. */
function recordReader({ elsewhere }: Snapshot, { sources }: Live): ReadRecord | undefined {
  if (elsewhere.bucket === undefined) return undefined;
  return async (name) => {
    const record = await sources.bucket(name);
    return record.ok ? record : err(`Cannot read what is kept of "${name}"`);
  };
}

const VERSION = versionOf(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

function versionOf(text: string): string {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || !("version" in parsed)) return "unknown";
  return String(parsed.version);
}
