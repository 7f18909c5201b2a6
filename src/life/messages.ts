import { z } from "zod";
import type { Config } from "../config/config.ts";
import type { Explanation } from "../explain/explain.ts";
import type { ExplainQuestion } from "../explain/request.ts";
import type { Result } from "../lib/result.ts";
import type { MetricsExport } from "../observe/metrics.ts";
import type { Status } from "../status/status.ts";

/** A configuration as the primary read it, so that every process decides by the same. */
export type Order = { readonly config: Config; readonly generation: number };

const plain = (value: unknown): boolean => typeof value === "object" && value !== null;
const order = { config: z.custom<Config>(plain), generation: z.int() };

/** The questions of the admin port to a worker. */
const ASK = z.discriminatedUnion("of", [
  z.strictObject({ of: z.literal("metrics") }),
  z.strictObject({ of: z.literal("readiness") }),
  z.strictObject({ of: z.literal("status") }),
  z.strictObject({ of: z.literal("explanation"), question: z.custom<ExplainQuestion>(plain) }),
]);

const METRICS = z.custom<MetricsExport>(Array.isArray);

/** The answers of a worker, by the same names. */
const ANSWER = z.discriminatedUnion("of", [
  z.strictObject({ of: z.literal("metrics"), metrics: METRICS }),
  /** The reason why it is not ready; `undefined` if it is. */
  z.strictObject({ of: z.literal("readiness"), notReady: z.string().optional() }),
  z.strictObject({ of: z.literal("status"), status: z.custom<Status>(plain) }),
  z.strictObject({
    of: z.literal("explanation"),
    explanation: z.custom<Result<Explanation, string>>(plain),
  }),
]);

/** The orders of the primary to a worker, to be followed in their order. */
const TO_WORKER = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("open"), ...order, port: z.int(), stsPort: z.int() }),
  z.strictObject({ kind: z.literal("reload"), ...order }),
  z.strictObject({ kind: z.literal("close") }),
  z.strictObject({ kind: z.literal("drop-identities") }),
  z.strictObject({ kind: z.literal("reopen-audit") }),
  /** A question, to be answered at once, with the same `id`. */
  z.strictObject({ kind: z.literal("ask"), id: z.int(), ask: ASK }),
]);

const TO_PRIMARY = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("opened"),
    address: z.string(),
    stsAddress: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("failed"), message: z.string() }),
  z.strictObject({ kind: z.literal("reloaded") }),
  /** The configuration that came last could not be put in force: the one before is. */
  z.strictObject({ kind: z.literal("refused"), why: z.string() }),
  /** The end of a worker, with all that it has counted. */
  z.strictObject({ kind: z.literal("closed"), metrics: METRICS }),
  z.strictObject({ kind: z.literal("answer"), id: z.int(), answer: ANSWER }),
]);

/** The addresses at which a worker listens. */
export type Opened = { readonly address: string; readonly stsAddress?: string | undefined };
export type WorkerAsk = z.output<typeof ASK>;
export type WorkerAnswer = z.output<typeof ANSWER>;
export type ToWorker = z.output<typeof TO_WORKER>;
export type ToPrimary = z.output<typeof TO_PRIMARY>;

/**
 * Reads a message. Both sides are the same version of the same program, so an invalid one is a bug:
 * throws.
 */
export function parseToWorker(message: unknown): ToWorker {
  return TO_WORKER.parse(message);
}

/** Reads a message as `parseToWorker()` does. */
export function parseToPrimary(message: unknown): ToPrimary {
  return TO_PRIMARY.parse(message);
}
