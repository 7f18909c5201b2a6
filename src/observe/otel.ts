/**
 * With otel-trace.ts the only file that knows OpenTelemetry; loaded only if traces are collected.
 */
import { diag, DiagLogLevel } from "@opentelemetry/api";
import { getNumberFromEnv } from "@opentelemetry/core";
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from "@opentelemetry/semantic-conventions";
import type { Logger } from "pino";
import { Trace } from "./otel-trace.ts";
import type { Tracing, TracingSettings } from "./trace.ts";
import { VERSION } from "./version.ts";

/** The time that a collector without an answer may cost at the end, and each batch before. */
const EXPORT_MS_MAX = 3_000;

/** Starts tracing. Spans go to the collector in batches; a failed one is logged and forgotten. */
export async function startTracing(settings: TracingSettings, log: Logger): Promise<Tracing> {
  logProblems(log);
  const exporter = await openExporter(settings);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      [ATTR_SERVICE_NAME]: "s3warden",
      [ATTR_SERVICE_VERSION]: VERSION,
    }).merge(
      detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }),
    ),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...batchOptions() })],
  });
  const tracer = provider.getTracer("s3warden", VERSION);
  return {
    begin: (head, timeMs) => new Trace(tracer, head, timeMs),
    close: () => within(EXPORT_MS_MAX, provider.shutdown()),
  };
}

async function openExporter({ protocol, ownTimeout }: TracingSettings): Promise<SpanExporter> {
  const options = ownTimeout ? {} : { timeoutMillis: EXPORT_MS_MAX };
  switch (protocol) {
    case "http/protobuf": {
      const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
      return new OTLPTraceExporter(options);
    }
    case "http/json": {
      const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
      return new OTLPTraceExporter(options);
    }
  }
}

/** Returns those options of "SDK Environment Variables" that the SDK does not read itself. */
function batchOptions(): Partial<ConstructorParameters<typeof BatchSpanProcessor>[0]> {
  const scheduledDelayMillis = getNumberFromEnv("OTEL_BSP_SCHEDULE_DELAY");
  const maxQueueSize = getNumberFromEnv("OTEL_BSP_MAX_QUEUE_SIZE");
  const maxExportBatchSize = getNumberFromEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
  return {
    ...(scheduledDelayMillis !== undefined && { scheduledDelayMillis }),
    ...(maxQueueSize !== undefined && { maxQueueSize }),
    ...(maxExportBatchSize !== undefined && { maxExportBatchSize }),
  };
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  switch (sampler) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio);
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

const quiet = (): void => {};

function logProblems(log: Logger): void {
  const tell = (message: string): void => log.warn({ otel: message }, "Cannot send traces");
  const logger = { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/** Resolves when `work` is done, has failed, or has had its time. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
