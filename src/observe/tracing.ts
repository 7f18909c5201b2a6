import type { Logger } from "pino";
import type { RequestHead } from "../http/head.ts";
import type { HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AccessRecord } from "./record.ts";

/** Follows requests into a trace (OpenTelemetry). */
export type Tracing = {
  /** A request's head has been read; `timeMs`: when, since the epoch. */
  readonly begin: (head: RequestHead, timeMs: number) => RequestTrace;
  /** What is known so far reaches the collector, if it answers within a few seconds. */
  readonly close: () => Promise<void>;
};

/** One request in its trace. */
export type RequestTrace = {
  /** It goes to `endpoint` (an origin), or once more to another: fields for the store's head. */
  readonly toStore: (method: string, endpoint: string) => HeaderList;
  /** The store's answer begins. */
  readonly storeAnswered: (status: number) => void;
  /** The store's answer is over; `error`: a kind of `upstream_errors_total`, if it broke. */
  readonly storeEnded: (error: string | undefined) => void;
  readonly ended: (record: AccessRecord) => void;
};

/** An environment, such as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

export const PROTOCOLS = ["http/protobuf", "http/json"] as const;
export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** What the environment asks for, as the OpenTelemetry specification names it. */
export type TracingSettings = {
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly sampler: (typeof SAMPLERS)[number];
  /** Of requests whose trace begins here, from 0 to 1. */
  readonly ratio: number;
  /** Whether the environment says how long an export may take. */
  readonly ownTimeout: boolean;
};

/**
 * Traces where the environment names a collector; undefined, and nothing loaded, where it does not.
 * Throws, with a code, where it asks for what there is not.
 */
export async function openTracing(env: Environment, log: Logger): Promise<Tracing | undefined> {
  if (!isWanted(env)) return undefined;
  const settings = tracingSettings(env);
  if (!settings.ok) throw Object.assign(new Error(settings.error), { code: "EOTEL" });
  const { startTracing } = await import("./otel.ts");
  return startTracing(settings.value, log);
}

/** "SDK Environment Variables", OpenTelemetry specification. */
function isWanted(env: Environment): boolean {
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return false;
  if (env["OTEL_TRACES_EXPORTER"] === "none") return false;
  return ENDPOINTS.some((name) => isSet(env[name]));
}

const ENDPOINTS = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const;

/** The error names the variable, its value, and what there is. */
function tracingSettings(env: Environment): Result<TracingSettings, string> {
  const exporter = oneOf(["otlp"] as const, env, ["OTEL_TRACES_EXPORTER"], "otlp");
  if (!exporter.ok) return exporter;
  const protocol = oneOf(PROTOCOLS, env, PROTOCOL_NAMES, "http/protobuf");
  if (!protocol.ok) return protocol;
  const sampler = oneOf(SAMPLERS, env, ["OTEL_TRACES_SAMPLER"], "parentbased_always_on");
  if (!sampler.ok) return sampler;
  const compression = oneOf(["none", "gzip"] as const, env, COMPRESSION_NAMES, "none");
  if (!compression.ok) return compression;
  const ratio = ratioOf(env["OTEL_TRACES_SAMPLER_ARG"]);
  if (!ratio.ok) return ratio;
  for (const name of ENDPOINTS) {
    const url = env[name];
    if (isSet(url) && !isHttpUrl(url)) return unknown(name, url, "an http or https URL");
  }
  for (const name of [...TIMEOUTS, ...BATCHING]) {
    const number = env[name];
    if (isSet(number) && !isWhole(number)) return unknown(name, number, "a whole number above 0");
  }
  return ok({
    protocol: protocol.value,
    sampler: sampler.value,
    ratio: ratio.value,
    ownTimeout: TIMEOUTS.some((name) => isSet(env[name])),
  });
}

const PROTOCOL_NAMES = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const COMPRESSION_NAMES = [
  "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
  "OTEL_EXPORTER_OTLP_COMPRESSION",
];
const BATCHING = [
  "OTEL_BSP_SCHEDULE_DELAY",
  "OTEL_BSP_MAX_QUEUE_SIZE",
  "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
] as const;
const TIMEOUTS = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"] as const;

/** The first of `names` that is set counts. */
function oneOf<T extends string>(
  known: readonly T[],
  env: Environment,
  names: readonly string[],
  otherwise: T,
): Result<T, string> {
  const name = names.find((candidate) => isSet(env[candidate]));
  if (name === undefined) return ok(otherwise);
  const found = known.find((candidate) => candidate === env[name]);
  return found === undefined ? unknown(name, env[name], known.join(", ")) : ok(found);
}

function ratioOf(text: string | undefined): Result<number, string> {
  if (!isSet(text)) return ok(1);
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ok(ratio);
  return unknown("OTEL_TRACES_SAMPLER_ARG", text, "a number from 0 to 1");
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

function isWhole(text: string): boolean {
  return /^[1-9]\d*$/.test(text) && Number(text) <= TIMER_MS_MAX;
}

/** Node's timers take no more, and would end at once (setTimeout(), Node's documentation). */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** An empty variable is one that is not set, by the specification. */
function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "";
}

function unknown(name: string, value: string | undefined, expected: string): Result<never, string> {
  return err(`Cannot trace: ${name} is "${value}", expected ${expected}`);
}
