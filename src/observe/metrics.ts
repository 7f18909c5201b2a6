import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
} from "prom-client";
import { LIMIT_NAMES, type LimitName } from "../s3/limits.ts";
import type { AccessRecord } from "./record.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What `text()` and `aggregate()` give: Prometheus' text format. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The metrics of one process as plain data, for `aggregate()`. */
export type ExportedMetrics = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** The metrics of several processes as those of one, in the text format. */
export function aggregate(processes: readonly ExportedMetrics[]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes]).metrics();
}

/**
 * What must go on counting when its process has ended: counters and histograms that fell would be
 * taken for new ones.
 */
export async function lasting(processes: readonly ExportedMetrics[]): Promise<ExportedMetrics> {
  const counts = processes.map((process) =>
    process.filter(({ type }) => ["counter", "histogram"].includes(String(type))),
  );
  return AggregatorRegistry.aggregate(counts).getMetricsAsJSON();
}

/** Every metric of the gateway. Labels are closed sets: never a key, bucket or address. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = this.#counter("requests_total", "Requests that ended", [
    "operation",
    "outcome",
    "code",
  ]);
  readonly #denials = this.#counter("denials_total", "Requests a gate of the policy refused", [
    "gate",
    "operation",
  ]);
  readonly #limited = this.#counter(
    "limited_total",
    "Requests and connections that a limit refused or ended",
    ["limit"],
  );
  readonly #connections = this.#gauge("connections", "Open connections of clients", []);
  readonly #duration = this.#histogram("request_duration_seconds", "From head to end of answer");
  readonly #firstByte = this.#histogram(
    "upstream_first_byte_seconds",
    "From dispatch to the first byte of the store's answer",
  );
  readonly #bytes = this.#counter("bytes_total", "Body bytes from and to clients", ["direction"]);
  readonly #inFlight = this.#gauge("requests_in_flight", "Requests being served", []);
  readonly #upstreamErrors = this.#counter("upstream_errors_total", "Failures of the store", [
    "kind",
  ]);
  readonly #upstreamUp = this.#gauge(
    "upstream_up",
    "1 where the endpoint answers, else 0",
    ["endpoint"],
    "min",
  );
  readonly #stateErrors = this.#counter(
    "state_errors_total",
    "Failures to read or write what is kept of buckets",
    [],
  );
  readonly #lookups = this.#counter("identity_lookups_total", "Access keys looked up elsewhere", [
    "source",
    "result",
  ]);
  readonly #cacheHits = this.#counter("cache_hits_total", "Look-ups that memory answered", [
    "cache",
  ]);
  readonly #cacheMisses = this.#counter(
    "cache_misses_total",
    "Look-ups that memory did not answer",
    ["cache"],
  );
  readonly #workers = this.#gauge("workers", "Processes that serve clients", []);
  readonly #workerRestarts = this.#counter(
    "worker_restarts_total",
    "Processes that took the place of one that ended unasked",
    [],
  );
  readonly #generation = this.#gauge(
    "config_generation",
    "Configurations accepted so far",
    [],
    "max",
  );
  readonly #reloadOk = this.#gauge(
    "config_last_reload_successful",
    "1 if the last configuration read was accepted, else 0",
    [],
    "min",
  );
  readonly #reloadTime = this.#gauge(
    "config_last_reload_success_timestamp_seconds",
    "When a configuration was last accepted",
    [],
    "max",
  );

  readonly #bytesIn = this.#bytes.labels({ direction: "in" });
  readonly #bytesOut = this.#bytes.labels({ direction: "out" });
  /** By the labels joined; as many as there are combinations of closed sets. */
  readonly #series = new Map<string, Series>();

  constructor() {
    // A series that is not there before its first count hides that count from rate().
    for (const limit of LIMIT_NAMES) this.#limited.inc({ limit }, 0);
    collectDefaultMetrics({ register: this.registry, prefix: "s3warden_" });
  }

  /** All of this process. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  exported(): Promise<ExportedMetrics> {
    return this.registry.getMetricsAsJSON();
  }

  requestStarted(): void {
    this.#inFlight.inc();
  }

  requestEnded(record: AccessRecord): void {
    const series = this.#seriesOf(record);
    this.#inFlight.dec();
    series.requests.inc();
    series.denials?.inc();
    series.duration.observe(record.durationMs / 1000);
    if (record.firstByteMs !== undefined) series.firstByte.observe(record.firstByteMs / 1000);
    if (record.bytesIn > 0) this.#bytesIn.inc(record.bytesIn);
    if (record.bytesOut > 0) this.#bytesOut.inc(record.bytesOut);
    if (record.limit !== undefined) this.limited(record.limit);
    if (record.upstreamError !== undefined) {
      this.#upstreamErrors.inc({ kind: record.upstreamError });
    }
  }

  /** A limit was met by what is no request, or is not refused: a connection. */
  limited(limit: LimitName): void {
    this.#limited.inc({ limit });
  }

  connectionOpened(): void {
    this.#connections.inc();
  }

  connectionClosed(): void {
    this.#connections.dec();
  }

  endpointUp(endpoint: string, up: boolean): void {
    this.#upstreamUp.set({ endpoint }, up ? 1 : 0);
  }

  /** The endpoint is not in the configuration any more. */
  endpointGone(endpoint: string): void {
    this.#upstreamUp.remove({ endpoint });
  }

  /** What is kept of a bucket was read or written, or that failed. */
  stateUsed(worked: boolean): void {
    if (!worked) this.#stateErrors.inc();
  }

  identityLookedUp(source: "ceph", result: "found" | "nobody" | "unavailable"): void {
    this.#lookups.inc({ source, result });
  }

  /** `hit`: memory had the answer. */
  cacheAsked(cache: "identities" | "records", hit: boolean): void {
    (hit ? this.#cacheHits : this.#cacheMisses).inc({ cache });
  }

  /** How many processes serve clients: told by one of them only. */
  workersServing(count: number): void {
    this.#workers.set(count);
  }

  workerRestarted(): void {
    this.#workerRestarts.inc();
  }

  /** A configuration was read and is not good: the one before stays in force. */
  configRefused(): void {
    this.#reloadOk.set(0);
  }

  /** `atMs`: milliseconds since the epoch. */
  configAccepted(generation: number, atMs: number): void {
    this.#generation.set(generation);
    this.#reloadOk.set(1);
    this.#reloadTime.set(atMs / 1000);
  }

  /** The series that a record counts in, found once: hashing the labels costs more than counting. */
  #seriesOf({ operation, outcome, errorCode, status, gate }: AccessRecord): Series {
    const code = errorCode ?? String(status);
    const name = `${operation} ${outcome} ${code} ${gate}`;
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    const series = {
      requests: this.#requests.labels({ operation, outcome, code }),
      denials: gate === undefined ? undefined : this.#denials.labels({ gate, operation }),
      duration: this.#duration.labels({ operation }),
      firstByte: this.#firstByte.labels({ operation }),
    };
    this.#series.set(name, series);
    return series;
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name: `s3warden_${name}`, help, labelNames, registers: [this.registry] });
  }

  /** `aggregator`: how the values of several processes become one. */
  #gauge<L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    aggregator: "sum" | "min" | "max" = "sum",
  ): Gauge<L> {
    const registers = [this.registry];
    return new Gauge({ name: `s3warden_${name}`, help, labelNames, aggregator, registers });
  }

  #histogram(name: string, help: string): Histogram<"operation"> {
    return new Histogram({
      name: `s3warden_${name}`,
      help,
      labelNames: ["operation"],
      buckets: SECONDS,
      registers: [this.registry],
    });
  }
}

type Series = {
  readonly requests: Counter.Internal;
  readonly denials: Counter.Internal | undefined;
  readonly duration: Histogram.Internal<"operation">;
  readonly firstByte: Histogram.Internal<"operation">;
};
