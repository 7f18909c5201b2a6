import type { Round } from "./generator.ts";
import { spreadOf, type Spread } from "./measure.ts";
import { AIMS } from "./plan.ts";
import type { System } from "./systems.ts";
import { CELLS, LARGE_BYTES, type CellName } from "./workload.ts";

/** What one cell says of one system, of all its rounds. */
export type Row = {
  readonly cell: CellName;
  readonly system: string;
  readonly kind: System["kind"];
  /** Requests a second. */
  readonly requests: Spread;
  /** To bare undici in the same round, so that drift of the machine cancels out. */
  readonly ratio: Spread;
  /** CPU time of a request in microseconds: of the proxy's process, and of all three. */
  readonly proxyMicros: Spread;
  readonly chainMicros: Spread;
  /** What other processes took of the machine: 0 to 1. Well above 0, the figures are theirs too. */
  readonly othersShare: Spread;
};

export type Rounds = ReadonlyMap<CellName, ReadonlyMap<System, readonly Round[]>>;

export function rowsOf(rounds: Rounds): readonly Row[] {
  const rows: Row[] = [];
  for (const [cell, systems] of rounds) {
    const yardstick = yardstickOf(systems);
    for (const [system, own] of systems) rows.push(rowOf(cell, system, own, yardstick));
  }
  return rows;
}

function yardstickOf(systems: ReadonlyMap<System, readonly Round[]>): readonly Round[] {
  for (const [system, own] of systems) if (system.kind === "yardstick") return own;
  return [];
}

function rowOf(
  cell: CellName,
  { name, kind }: System,
  rounds: readonly Round[],
  yardstick: readonly Round[],
): Row {
  return {
    cell,
    system: name,
    kind,
    requests: spreadOf(rounds.map((round) => round.requests)),
    ratio: spreadOf(rounds.map((round, i) => round.requests / (yardstick[i]?.requests ?? NaN))),
    proxyMicros: spreadOf(rounds.map((round) => round.proxyMicros)),
    chainMicros: spreadOf(rounds.map((round) => round.chainMicros)),
    othersShare: spreadOf(rounds.map((round) => round.othersShare)),
  };
}

/** A table for people, a section for each cell. */
export function tableLines(rows: readonly Row[]): readonly string[] {
  const lines: string[] = [];
  let cell: CellName | undefined;
  for (const row of rows) {
    if (row.cell !== cell) lines.push("", ...headingOf(row.cell));
    cell = row.cell;
    lines.push(lineOf(row));
  }
  return lines;
}

function headingOf(cell: CellName): readonly string[] {
  const { title, connections, unit } = CELLS[cell];
  const rate = unit === "bytes" ? "GB/s" : "requests/s";
  const columns = [
    `${title} (${connections} connections)`.padEnd(NAME_WIDTH),
    rate.padStart(10),
    "min–max".padStart(16),
    "to bare undici".padStart(20),
    "CPU proxy".padStart(11),
    "CPU chain".padStart(11),
    "others".padStart(8),
  ];
  return [columns.join("")];
}

const NAME_WIDTH = 46;

function lineOf(row: Row): string {
  const { cell, system, kind, requests, ratio, proxyMicros, chainMicros, othersShare } = row;
  const { unit } = CELLS[cell];
  const rate = (value: number): string =>
    unit === "bytes" ? ((value * LARGE_BYTES) / 1e9).toFixed(2) : value.toFixed(0);
  const columns = [
    `  ${system}`.padEnd(NAME_WIDTH),
    rate(requests.median).padStart(10),
    `${rate(requests.min)}–${rate(requests.max)}`.padStart(16),
    `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`.padStart(20),
    micros(proxyMicros.median, unit).padStart(11),
    micros(chainMicros.median, unit).padStart(11),
    `${(othersShare.median * 100).toFixed(0)} %`.padStart(8),
  ];
  const aim = kind === "gateway" ? `   aim: ${AIMS[cell]} or more` : "";
  return columns.join("") + aim;
}

/** CPU time of one request: a large one takes milliseconds. */
function micros(value: number, unit: "bytes" | "requests"): string {
  if (Number.isNaN(value)) return "–";
  return unit === "bytes" ? `${(value / 1000).toFixed(1)} ms` : `${value.toFixed(0)} µs`;
}
