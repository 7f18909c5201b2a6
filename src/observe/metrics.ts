import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type Aggregator,
  type PrometheusContentType,
} from "prom-client";
import type { UnknownName } from "../s3/faults.ts";
import { LIMIT_NAMES, type LimitName } from "../s3/limit-table.ts";
import { clip } from "./budget.ts";
import { ByName, type NamedSeries } from "./named-counts.ts";
import { FAULT_PLACES, type AccessRecord } from "./record.ts";
import { withTopBuckets } from "./top-buckets.ts";
import { VERSION } from "./version.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Prometheus reads a name that ends so as a counter's; the same numbers stand under other names.
 */
const MISNAMED = [
  "s3warden_nodejs_active_handles_total",
  "s3warden_nodejs_active_requests_total",
  "s3warden_nodejs_active_resources_total",
];

/**
 * The aggregators of a gateway in several processes: for metrics that prom-client itself would
 * leave out, or of which it makes a sum or an average. A process at its end would not show in
 * those. Open files are those of the fullest process, beside the least limit: all have the same
 * one, from the first.
 */
const AGGREGATORS: ReadonlyMap<string, Aggregator> = new Map([
  ["s3warden_process_start_time_seconds", "min"],
  ["s3warden_process_open_fds", "max"],
  ["s3warden_process_max_fds", "min"],
  // Every process asks for itself: one that cannot is worth knowing.
  ["s3warden_issuer_up", "min"],
  ["s3warden_issuer_keys", "min"],
  ["s3warden_nodejs_eventloop_lag_seconds", "max"],
  ["s3warden_nodejs_eventloop_lag_mean_seconds", "max"],
  ["s3warden_nodejs_eventloop_lag_stddev_seconds", "max"],
  ["s3warden_nodejs_eventloop_lag_p50_seconds", "max"],
  ["s3warden_nodejs_eventloop_lag_p90_seconds", "max"],
  ["s3warden_nodejs_eventloop_lag_p99_seconds", "max"],
]);

const NOT_REFUSED = { refusedMs: undefined, refusedFor: [], refusedCount: 0 } as const;

const UNKNOWN_KINDS: readonly UnknownName["kind"][] = ["header", "parameter"];

/** All that one process has counted, as plain JSON. */
export type MetricsExport = readonly object[];

/**
 * Returns the `/metrics` text of several processes that are one gateway: sums, and for values that
 * have no sum (the generation of the configuration, an endpoint that is up) the result of each
 * metric's own rule. `buckets`: those that are reported; all if absent.
 */
export function aggregate(
  processes: readonly MetricsExport[],
  buckets?: NamedSeries["buckets"],
): Promise<string> {
  const told = buckets?.kind === "top" ? withTopBuckets(processes, buckets.count) : processes;
  return AggregatorRegistry.aggregate<PrometheusContentType>([...told]).metrics();
}

/** Returns the metrics that stay true when their process has ended: counters and histograms. */
export function counts(process: MetricsExport): MetricsExport {
  return process.filter(
    (metric) => "type" in metric && ["counter", "histogram"].includes(String(metric.type)),
  );
}

/** Returns the sum of several processes' metrics, as if they were of one. */
export function summed(processes: readonly MetricsExport[]): Promise<MetricsExport> {
  return AggregatorRegistry.aggregate<PrometheusContentType>([...processes]).getMetricsAsJSON();
}

/** The sinks of audit lines besides the file. */
export type SinkName = "syslog" | "webhook";

/**
 * The configuration in force, and the end of the last attempt to change it. Times in ms since the
 * epoch.
 */
export type ConfigState = {
  /** The number of configurations accepted so far. */
  readonly generation: number;
  readonly acceptedMs: number;
  /** The time when one was refused since; `undefined` if none was. */
  readonly refusedMs: number | undefined;
  /** The reasons of that, a sentence each, and the number of all reasons. */
  readonly refusedFor: readonly string[];
  readonly refusedCount: number;
};

/** The most reasons of a refusal that are kept for people: the log has all of them. */
const REASONS_KEPT = 10;

/** The times when things of the configuration expire, in milliseconds since the epoch. */
export type Ends = {
  /** The certificates by their places in the configuration. */
  readonly certificates: ReadonlyMap<string, number>;
  /** The ends of keys, the earliest first. */
  readonly keysMs: readonly number[];
  /** The time when the key was made that seals session tokens; `undefined` if nothing tells. */
  readonly sealingMs: number | undefined;
};

/** The facts about an issuer in metrics. */
type IssuerGauge = {
  readonly name: string;
  readonly keys: number;
  /** The reason why it did not answer last; `undefined` if it did. */
  readonly failure: string | undefined;
};

/**
 * Every metric of the gateway. Labels are closed sets, never a key or address; but what the operator
 * wants by account and bucket.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = this.#counter(
    "requests_total",
    "Finished requests",
    ["operation", "outcome", "code"],
    () => this.#tellEnded(),
  );
  readonly #denials = this.#counter("denials_total", "Requests refused by a gate", [
    "gate",
    "operation",
  ]);
  readonly #limited = this.#counter(
    "limited_total",
    "Requests and connections refused or ended by a limit",
    ["limit"],
  );
  readonly #unknownNames = this.#counter(
    "unknown_names_total",
    "Requests refused because of an unknown header or query parameter",
    ["kind"],
  );
  readonly #connections = this.#gauge("connections", "Open client connections", []);
  readonly #duration = this.#histogram(
    "request_duration_seconds",
    "Time from the request's head to the end of the response",
  );
  readonly #firstByte = this.#histogram(
    "upstream_first_byte_seconds",
    "Time from sending a request to the store to the first byte of its response",
  );
  readonly #bytes = this.#counter(
    "bytes_total",
    "Body bytes received from and sent to clients",
    ["direction"],
    () => this.#tellBytes(),
  );
  /** A number of our own, which costs a request nothing, reported when somebody asks. */
  requestsInFlight = 0;
  readonly #inFlight = this.#gauge("requests_in_flight", "Requests being served", [], {
    collect: () => this.#inFlight.set(this.requestsInFlight),
  });
  #unprovedBytes = (): number => 0;
  readonly #unproved = this.#gauge(
    "unproved_bytes",
    "Bytes held in memory for requests that are not decided yet",
    [],
    { collect: () => this.#unproved.set(this.#unprovedBytes()) },
  );
  #spooledBytes = (): number => 0;
  readonly #spooled = this.#gauge(
    "form_spool_bytes",
    "Bytes of large form files that are held on disk",
    [],
    { collect: () => this.#spooled.set(this.#spooledBytes()) },
  );
  #refusalsWaiting = (): number => 0;
  readonly #waitingRefusals = this.#gauge(
    "sts_refusals_waiting",
    "Refusals of STS that wait for their turn, because there are too many a second",
    [],
    { collect: () => this.#waitingRefusals.set(this.#refusalsWaiting()) },
  );
  #issuers = (): readonly IssuerGauge[] => [];
  readonly #issuerUp = this.#gauge(
    "issuer_up",
    "1 if the issuer of tokens answered when it was last asked for its keys, otherwise 0",
    ["issuer"],
    {
      collect: () => {
        this.#issuerUp.reset();
        for (const { name, failure } of this.#issuers()) {
          this.#issuerUp.set({ issuer: name }, failure === undefined ? 1 : 0);
        }
      },
    },
  );
  readonly #issuerKeys = this.#gauge(
    "issuer_keys",
    "Keys of the issuer of tokens that can verify tokens now",
    ["issuer"],
    {
      collect: () => {
        this.#issuerKeys.reset();
        for (const { name, keys } of this.#issuers()) this.#issuerKeys.set({ issuer: name }, keys);
      },
    },
  );
  readonly #issuerFetches = this.#counter(
    "issuer_fetches_total",
    "Requests to issuers of tokens for their keys",
    ["issuer", "result"],
  );
  readonly #connectionsFailed = this.#counter(
    "connections_failed_total",
    "Client connections that failed before their first request",
    ["stage"],
  );
  readonly #upstreamErrors = this.#counter(
    "upstream_errors_total",
    "Errors of the store or of the connection to it",
    ["kind"],
  );
  readonly #faults = this.#counter(
    "faults_total",
    "Requests that failed because of a bug in the gateway",
    ["where"],
  );
  readonly #upstreamUp = this.#gauge(
    "upstream_up",
    "1 if the endpoint responds, otherwise 0",
    ["endpoint"],
    { aggregator: "min" },
  );
  readonly #stateErrors = this.#counter(
    "state_errors_total",
    "Failed reads and writes of bucket records in state",
    [],
  );
  readonly #auditErrors = this.#counter(
    "audit_errors_total",
    "Failed attempts to write the audit log",
    [],
  );
  readonly #auditWritten = this.#gauge(
    "audit_last_write_timestamp_seconds",
    "Time when the audit log was last written, in seconds since the epoch",
    [],
    { aggregator: "min" },
  );
  readonly #auditDropped = this.#counter("audit_lines_dropped_total", "Audit log lines lost", []);
  readonly #sinkErrors = this.#counter(
    "audit_sink_errors_total",
    "Failed attempts to send audit log lines to syslog or a webhook",
    ["sink"],
  );
  readonly #sinkDropped = this.#counter(
    "audit_sink_lines_dropped_total",
    "Audit log lines that did not reach syslog or a webhook",
    ["sink"],
  );
  readonly #lookups = this.#counter(
    "identity_lookups_total",
    "Access keys looked up outside the configuration",
    ["source", "result"],
  );
  readonly #cacheHits = this.#counter("cache_hits_total", "Cache look-ups that found an entry", [
    "cache",
  ]);
  readonly #cacheMisses = this.#counter(
    "cache_misses_total",
    "Cache look-ups that found no entry",
    ["cache"],
  );
  #ends: Ends = { certificates: new Map(), keysMs: [], sealingMs: undefined };
  readonly #certificateEnds = this.#gauge(
    "certificate_expiry_timestamp_seconds",
    "Time when a certificate of the configuration expires, in seconds since the epoch",
    ["certificate"],
    { aggregator: "min", collect: () => this.#tellCertificates() },
  );
  readonly #keyEnds = this.#gauge(
    "next_key_expiry_timestamp_seconds",
    "Time when the next key of the accounts files expires, in seconds since the epoch",
    [],
    { aggregator: "min", collect: () => this.#tellKeys() },
  );
  readonly #sealingMade = this.#gauge(
    "sealing_key_made_timestamp_seconds",
    "Time when the key that seals session tokens was made, by the date in its id, in seconds since the epoch",
    [],
    { aggregator: "min", collect: () => this.#tellSealing() },
  );
  readonly #build = this.#gauge(
    "build_info",
    "Always 1, for the versions of the gateway and of Node",
    ["version", "node"],
    { aggregator: "first" },
  );
  readonly #workers = this.#gauge("workers", "Worker processes serving clients", []);
  readonly #workerRestarts = this.#counter(
    "worker_restarts_total",
    "Workers restarted after an unexpected exit",
    [],
  );
  readonly #generation = this.#gauge("config_generation", "Configurations accepted so far", [], {
    aggregator: "max",
  });
  readonly #reloadOk = this.#gauge(
    "config_last_reload_successful",
    "1 if the last configuration read was accepted, otherwise 0",
    [],
    { aggregator: "min" },
  );
  readonly #reloadTime = this.#gauge(
    "config_last_reload_success_timestamp_seconds",
    "Time when a configuration was last accepted, in seconds since the epoch",
    [],
    { aggregator: "max" },
  );

  readonly #byName = new ByName(this.registry);
  #buckets: NamedSeries["buckets"] = { kind: "listed", names: new Set() };
  #config: ConfigState = { generation: 0, acceptedMs: 0, ...NOT_REFUSED };
  readonly #bytesIn = this.#bytes.labels({ direction: "in" });
  readonly #bytesOut = this.#bytes.labels({ direction: "out" });
  /** The series by the labels joined; as many as there are combinations of closed sets. */
  readonly #series = new Map<string, Series>();
  /** The series of the request that ended before: most are like it. */
  #lastSeries: Series | undefined;
  /** Numbers of our own, as `requestsInFlight` is, until somebody asks. */
  #bytesInUntold = 0;
  #bytesOutUntold = 0;

  constructor() {
    // A series that is not there before its first count hides that count from rate().
    for (const limit of LIMIT_NAMES) this.#limited.inc({ limit }, 0);
    for (const kind of UNKNOWN_KINDS) this.#unknownNames.inc({ kind }, 0);
    for (const where of FAULT_PLACES) this.#faults.inc({ where }, 0);
    // Without an audit log, or before its first line, no time would be true.
    this.#auditWritten.remove();
    this.#build.set({ version: VERSION, node: process.version }, 1);
    collectDefaultMetrics({ register: this.registry, prefix: "s3warden_" });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** The `/metrics` text of this process. */
  async text(): Promise<string> {
    if (this.#buckets.kind === "listed") return this.registry.metrics();
    return aggregate([await this.export()], this.#buckets);
  }

  /** Returns the metrics for `aggregate`, which can run in another process. */
  async export(): Promise<MetricsExport> {
    const metrics = await this.registry.getMetricsAsJSON();
    return metrics.map((metric) => ({
      ...metric,
      aggregator: AGGREGATORS.get(metric.name) ?? metric.aggregator,
    }));
  }

  get config(): ConfigState {
    return this.#config;
  }

  requestStarted(): void {
    this.requestsInFlight++;
  }

  requestEnded(record: AccessRecord): void {
    const series = this.#seriesOf(record);
    this.requestsInFlight--;
    series.untold++;
    series.denials?.inc();
    series.duration.observe(record.durationMs / 1000);
    if (record.firstByteMs !== undefined) series.firstByte.observe(record.firstByteMs / 1000);
    this.#bytesInUntold += record.bytesIn;
    this.#bytesOutUntold += record.bytesOut;
    this.#byName.ended(record);
    if (record.limit !== undefined) this.limited(record.limit);
    if (record.unknown !== undefined) this.#unknownNames.inc({ kind: record.unknown.kind });
    if (record.upstreamError !== undefined) {
      this.#upstreamErrors.inc({ kind: record.upstreamError });
    }
    if (record.fault !== undefined) this.#faults.inc({ where: record.fault });
  }

  /** Counts a connection whose PROXY header or TLS handshake was invalid. */
  connectionFailed(stage: "proxy" | "tls"): void {
    this.#connectionsFailed.inc({ stage });
  }

  /**
   * Counts a limit that was met by something that is no request, or is not refused: a connection.
   */
  limited(limit: LimitName): void {
    this.#limited.inc({ limit });
  }

  /** Watches the bytes that are held: `read` returns them whenever somebody asks. */
  watchUnproved(read: () => number): void {
    this.#unprovedBytes = read;
  }

  /** `read` returns how many bytes of files of forms are on disk. */
  watchSpool(read: () => number): void {
    this.#spooledBytes = read;
  }

  /** `read` returns how many refusals of STS wait for their turn. */
  watchRefusals(read: () => number): void {
    this.#refusalsWaiting = read;
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

  /** Counts a read or write of a bucket's record, or its failure. */
  stateUsed(worked: boolean): void {
    if (!worked) this.#stateErrors.inc();
  }

  /** `atMs`: milliseconds since the epoch. */
  auditWritten(atMs: number): void {
    this.#auditWritten.set(atMs / 1000);
  }

  /** Sets the times when things of the configuration expire. */
  configured(ends: Ends): void {
    this.#ends = ends;
  }

  /** Sets what the configuration wants counted by name from now on. */
  countByName(series: NamedSeries): void {
    this.#buckets = series.buckets;
    this.#byName.follow(series);
  }

  auditFailed(): void {
    this.#auditErrors.inc();
  }

  auditDropped(lines: number): void {
    this.#auditDropped.inc(lines);
  }

  /** Its series begin, at 0: one that is not there before its first count hides it from rate(). */
  auditSinkOpened(sink: SinkName): void {
    this.#sinkErrors.inc({ sink }, 0);
    this.#sinkDropped.inc({ sink }, 0);
  }

  auditSinkFailed(sink: SinkName): void {
    this.#sinkErrors.inc({ sink });
  }

  auditSinkDropped(sink: SinkName, lines: number): void {
    this.#sinkDropped.inc({ sink }, lines);
  }

  /** `answered`: whether keys came that can be used. */
  issuerAsked(issuer: string, answered: boolean): void {
    this.#issuerFetches.inc({ issuer, result: answered ? "found" : "unavailable" });
  }

  /** `health`: of the issuers of the configuration that is in force. */
  watchIssuers(health: () => readonly IssuerGauge[]): void {
    this.#issuers = health;
  }

  identityLookedUp(source: "ceph" | "http", result: "found" | "nobody" | "unavailable"): void {
    this.#lookups.inc({ source, result });
  }

  /** `hit`: memory had the answer. */
  cacheAsked(cache: "identities" | "records", hit: boolean): void {
    (hit ? this.#cacheHits : this.#cacheMisses).inc({ cache });
  }

  /** Sets the number of processes that serve clients: reported by one of them only. */
  workersServing(count: number): void {
    this.#workers.set(count);
  }

  workerRestarted(): void {
    this.#workerRestarts.inc();
  }

  /** A configuration was read and is not good: the one before stays in force. */
  configRefused(atMs: number, reasons: readonly string[]): void {
    const refusedFor = reasons.slice(0, REASONS_KEPT).map(clip);
    const refusedCount = reasons.length;
    this.#config = { ...this.#config, refusedMs: atMs, refusedFor, refusedCount };
    this.#reloadOk.set(0);
  }

  /** `atMs`: milliseconds since the epoch. */
  configAccepted(generation: number, atMs: number): void {
    this.#config = { generation, acceptedMs: atMs, ...NOT_REFUSED };
    this.#generation.set(generation);
    this.#reloadOk.set(1);
    this.#reloadTime.set(atMs / 1000);
  }

  /**
   * The series that a record counts in, found once: hashing the labels costs more than counting.
   */
  #seriesOf(record: AccessRecord): Series {
    const last = this.#lastSeries;
    if (last !== undefined && countsIn(record, last)) return last;
    const { operation, outcome, errorCode, status, gate } = record;
    const name = `${operation} ${outcome} ${errorCode ?? status} ${gate}`;
    const series = this.#series.get(name) ?? this.#newSeries(record);
    this.#series.set(name, series);
    this.#lastSeries = series;
    return series;
  }

  #newSeries({ operation, outcome, errorCode, status, gate }: AccessRecord): Series {
    const code = errorCode ?? String(status);
    return {
      operation,
      outcome,
      errorCode,
      status,
      gate,
      untold: 0,
      requests: this.#requests.labels({ operation, outcome, code }),
      denials: gate === undefined ? undefined : this.#denials.labels({ gate, operation }),
      duration: this.#duration.labels({ operation }),
      firstByte: this.#firstByte.labels({ operation }),
    };
  }

  #tellEnded(): void {
    for (const series of this.#series.values()) {
      if (series.untold > 0) series.requests.inc(series.untold);
      series.untold = 0;
    }
  }

  #tellCertificates(): void {
    this.#certificateEnds.reset();
    for (const [certificate, endsMs] of this.#ends.certificates) {
      this.#certificateEnds.set({ certificate }, endsMs / 1000);
    }
  }

  /**
   * Sets the end of the next key. One that has expired is not the next; without any there is no
   * series.
   */
  #tellKeys(): void {
    const nowMs = Date.now();
    const next = this.#ends.keysMs.find((endsMs) => endsMs > nowMs);
    if (next === undefined) this.#keyEnds.remove();
    else this.#keyEnds.set(next / 1000);
  }

  #tellSealing(): void {
    const { sealingMs } = this.#ends;
    if (sealingMs === undefined) this.#sealingMade.remove();
    else this.#sealingMade.set(sealingMs / 1000);
  }

  #tellBytes(): void {
    this.#bytesIn.inc(this.#bytesInUntold);
    this.#bytesOut.inc(this.#bytesOutUntold);
    this.#bytesInUntold = 0;
    this.#bytesOutUntold = 0;
  }

  /** `collect` is called whenever somebody asks for the counter. */
  #counter<L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    collect: () => void = () => undefined,
  ): Counter<L> {
    const registers = [this.registry];
    return new Counter({ name: `s3warden_${name}`, help, labelNames, registers, collect });
  }

  /** `more.aggregator`: what several processes make of it; absent: the sum. */
  #gauge<L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    more: { readonly aggregator?: Aggregator; readonly collect?: () => void } = {},
  ): Gauge<L> {
    const registers = [this.registry];
    return new Gauge({ name: `s3warden_${name}`, help, labelNames, registers, ...more });
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

/** Returns true if the request has the labels of `series`. */
function countsIn(record: AccessRecord, series: Series): boolean {
  return (
    record.operation === series.operation &&
    record.outcome === series.outcome &&
    record.errorCode === series.errorCode &&
    record.status === series.status &&
    record.gate === series.gate
  );
}

type Series = Pick<AccessRecord, "operation" | "outcome" | "errorCode" | "status" | "gate"> & {
  /** The requests that the counter has not counted yet. */
  untold: number;
  readonly requests: Counter.Internal;
  readonly denials: Counter.Internal | undefined;
  readonly duration: Histogram.Internal<"operation">;
  readonly firstByte: Histogram.Internal<"operation">;
};
