import type { Logger } from "pino";
import { err, ok, type Result } from "../lib/result.ts";
import { PROTOCOLS, SAMPLERS, type Tracing, type TracingSettings } from "./trace.ts";
import { OPTIONAL_PACKAGES } from "./version.ts";

/** An environment, such as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens traces if the environment names a collector; `undefined`, and nothing loaded, if it does
 * not. Throws, with a code, if it asks for something that does not exist or is not installed.
 */
export async function openTracing(env: Environment, log: Logger): Promise<Tracing | undefined> {
  const settings = wantedTracing(env);
  if (settings === undefined) return undefined;
  if (!settings.ok) throw Object.assign(new Error(settings.error), { code: "EOTEL" });
  const { startTracing } = await import("./otel.ts");
  return startTracing(settings.value, log);
}

/**
 * Returns how the environment wants requests traced; `undefined` if it names no collector. The
 * error says what does not exist, or what to install.
 */
export function wantedTracing(env: Environment): Result<TracingSettings, string> | undefined {
  if (!isWanted(env)) return undefined;
  const settings = tracingSettings(env);
  if (!settings.ok || OPTIONAL_PACKAGES.every(([name]) => isInstalled(name))) return settings;
  const packages = OPTIONAL_PACKAGES.map(([name, range]) => `${name}@${range}`);
  return err(
    `Cannot trace without OpenTelemetry: npm install --omit=dev --save-prod ${packages.join(" ")}`,
  );
}

function isInstalled(name: string): boolean {
  try {
    return import.meta.resolve(name) !== "";
  } catch {
    return false;
  }
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

/** Returns true if a variable is set; an empty one is not, by the specification. */
function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== "";
}

function unknown(name: string, value: string | undefined, expected: string): Result<never, string> {
  return err(`Cannot trace: ${name} is "${value}", expected ${expected}`);
}
