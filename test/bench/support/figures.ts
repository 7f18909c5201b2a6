import { z } from "zod";
import { CELL_NAMES, SYSTEM_NAMES } from "./cells.ts";

/** The document that a run writes: every figure, from which tables, aims and chart are made. */

/** A figure; a missing one is `null`, as JSON has it. */
const FigureSchema = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const SpreadSchema = z.object({ median: FigureSchema, min: FigureSchema, max: FigureSchema });

/** The figures of one system in one cell, over all its rounds. */
const RowSchema = z.object({
  cell: z.enum(CELL_NAMES),
  system: z.enum(SYSTEM_NAMES),
  /** Requests a second. */
  requests: SpreadSchema,
  /** CPU time of one request in the system's processes, in microseconds. */
  cpuMicros: SpreadSchema,
  /** The median time of one exchange, in microseconds. */
  latencyMicros: SpreadSchema,
  /**
   * The ratios to other systems in the same round, so that drift of the machine cancels out. NaN:
   * not in this cell.
   */
  rateToBare: SpreadSchema,
  rateToHaproxy: SpreadSchema,
  cpuToHaproxy: SpreadSchema,
  /** `latencyMicros` without the store's own. */
  addedMicros: SpreadSchema,
  /**
   * The share of the machine that other processes took: 0 to 1. Well above 0, the figures are
   * theirs, too.
   */
  othersShare: SpreadSchema,
});

/** The memory of one system, in 10^6 bytes. */
const MemorySchema = z.object({
  system: z.enum(SYSTEM_NAMES),
  idleConnections: z.number(),
  transfers: z.number(),
  startMb: FigureSchema,
  idleMb: FigureSchema,
  getMb: FigureSchema,
  putMb: FigureSchema,
});

const DecisionSchema = z.object({ name: z.string(), median: FigureSchema, p95: FigureSchema });

const PolicySchema = z.object({
  name: z.string(),
  statements: z.number(),
  median: FigureSchema,
  p99: FigureSchema,
  aim: z.number(),
  compiledMs: FigureSchema,
});

const ScaleSchema = z.object({
  size: z.number(),
  records: z.number(),
  startMs: FigureSchema,
  residentMib: FigureSchema,
  heapMib: FigureSchema,
  median: FigureSchema,
  p95: FigureSchema,
});

/** The costs of sessions, each with its aim. */
const StsSchema = z.object({
  name: z.string(),
  value: FigureSchema,
  bound: z.enum(["at least", "at most"]),
  aim: z.number(),
  unit: z.enum(["×", "µs", "/s", "%"]),
});

export const FiguresSchema = z.object({
  plan: z.enum(["full", "quick"]),
  /** The machine and the programs of the figures: name and value. */
  machine: z.array(z.tuple([z.string(), z.string()]).readonly()).readonly(),
  decisions: z.array(DecisionSchema).readonly(),
  policies: z.array(PolicySchema).readonly(),
  scales: z.array(ScaleSchema).readonly(),
  rows: z.array(RowSchema).readonly(),
  memory: z.array(MemorySchema).readonly(),
  sts: z.array(StsSchema).readonly().default([]),
});

export type Figures = z.output<typeof FiguresSchema>;
export type Row = z.output<typeof RowSchema>;
export type StsFigure = z.output<typeof StsSchema>;
export type Memory = z.output<typeof MemorySchema>;
