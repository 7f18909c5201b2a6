import { z } from "zod";
import type { ExportedMetrics } from "../observe/metrics.ts";
import type { Texts } from "./load.ts";

/** A configuration as the primary read it, so that every process decides by the same. */
export type Order = {
  /** gateway.yaml's path: `texts` has it and all it names. */
  readonly file: string;
  readonly texts: Texts;
  readonly generation: number;
};

const order = { file: z.string(), texts: z.custom<Texts>(Array.isArray), generation: z.int() };

/** What the primary asks of a worker, in the order in which it is to be done. */
const TO_WORKER = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("open"), ...order, port: z.int() }),
  z.strictObject({ kind: z.literal("reload"), ...order }),
  z.strictObject({ kind: z.literal("close") }),
  z.strictObject({ kind: z.literal("drop-identities") }),
  /** To be answered with the same `id`. */
  z.strictObject({ kind: z.literal("report"), id: z.int() }),
]);

/** How a worker is doing. */
export type Report = {
  readonly metrics: ExportedMetrics;
  /** Why requests should go elsewhere; null: it is ready. */
  readonly unready: string | null;
};

const TO_PRIMARY = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("opened"), address: z.string() }),
  z.strictObject({ kind: z.literal("failed"), message: z.string() }),
  z.strictObject({ kind: z.literal("reloaded"), generation: z.int() }),
  z.strictObject({
    kind: z.literal("report"),
    id: z.int(),
    report: z.custom<Report>((value) => typeof value === "object"),
  }),
]);

export type ToWorker = z.output<typeof TO_WORKER>;
export type ToPrimary = z.output<typeof TO_PRIMARY>;

/** Both sides are the same version of the same program, so anything else is a bug: throws. */
export function parseToWorker(message: unknown): ToWorker {
  return TO_WORKER.parse(message);
}

/** As `parseToWorker()`. */
export function parseToPrimary(message: unknown): ToPrimary {
  return TO_PRIMARY.parse(message);
}
