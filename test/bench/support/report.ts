import { aimsOf, isMet, type Aim } from "./aims.ts";
import { CELLS, CELL_NAMES, type Cell, type CellName } from "./cells.ts";
import type { Figures, Row, StsFigure } from "./figures.ts";
import type { Spread } from "./measure.ts";
import { markdownLines, type Table } from "./table.ts";
import { LARGE_BYTES } from "./workload.ts";

/** The text for a missing figure. */
const MISSING = "–";

/** Returns the figures of a run as tables; parts that were not measured have none. */
export function tablesOf(figures: Figures): readonly Table[] {
  const cells = CELL_NAMES.map((cell) => cellTable(cell, figures));
  return [
    aimTable(figures),
    ...cells,
    memoryTable(figures),
    decisionTable(figures.decisions),
    policyTable(figures.policies),
    scaleTable(figures.scales),
    stsTable(figures.sts),
  ].filter(({ rows }) => rows.length > 0);
}

/** Returns the part of docs/benchmarks.md that is made from the figures. */
export function markdownOf(figures: Figures): string {
  const machine = figures.machine.map(([name, value]) => `${name} ${value}`).join(", ");
  const kind = figures.plan === "full" ? "One run" : "One **quick** run, with a wide spread";
  const tables = tablesOf(figures).flatMap((table) => [
    `### ${table.title}`,
    "",
    ...markdownLines(table),
    "",
  ]);
  return [`${kind}: ${machine}.`, "", ...tables].join("\n");
}

export function aimTable(figures: Figures): Table {
  return {
    title: "Aims",
    head: ["s3warden", "figure", "aim", "met"],
    rows: aimsOf(figures).map(aimRow),
  };
}

function aimRow(aim: Aim): readonly string[] {
  const met = isMet(aim);
  const bound = aim.bound === "at least" ? "≥" : "≤";
  const verdict = met === undefined ? "not measured" : met ? "yes" : "no";
  return [aim.name, inUnit(aim.value, aim.unit), `${bound} ${inUnit(aim.aim, aim.unit)}`, verdict];
}

function inUnit(value: number, unit: Aim["unit"]): string {
  return unit === "×" ? times(value) : withUnit(value, value < 100 ? 1 : 0, unit);
}

/** Returns the systems side by side. A column without any figure is left out. */
export function cellTable(name: CellName, { rows }: Figures): Table {
  const { title, connections, unit } = CELLS[name];
  const own = rows.filter((row) => row.cell === name);
  const columns = COLUMNS[unit].filter(([, of]) => own.some((row) => of(row) !== MISSING));
  return {
    title: `${title}, ${connections} connection${connections === 1 ? "" : "s"}`,
    head: ["system", ...columns.map(([head]) => head)],
    rows: own.map((row) => [row.system, ...columns.map(([, of]) => of(row))]),
  };
}

type Column = readonly [head: string, of: (row: Row) => string];

const OTHERS: Column = ["others", (row) => withUnit(row.othersShare.median * 100, 0, "%")];
const CPU_TO_HAPROXY: Column = ["CPU to HAProxy's", (row) => times(row.cpuToHaproxy.median)];

const COLUMNS: Readonly<Record<Cell["unit"], readonly Column[]>> = {
  requests: [
    ["requests/s", (row) => row.requests.median.toFixed(0)],
    ["min–max", (row) => range(row.requests, 1, 0)],
    ["to bare node:http", (row) => times(row.rateToBare.median)],
    ["to HAProxy", (row) => times(row.rateToHaproxy.median)],
    ["CPU each", (row) => withUnit(row.cpuMicros.median, 1, "µs")],
    CPU_TO_HAPROXY,
    OTHERS,
  ],
  bytes: [
    ["GB/s", (row) => (row.requests.median * GB_A_REQUEST).toFixed(2)],
    ["min–max", (row) => range(row.requests, GB_A_REQUEST, 2)],
    ["CPU per GB", (row) => withUnit(cpuPerGb(row), 2, "s")],
    ["min–max, s", (row) => range(row.cpuMicros, SECONDS_PER_GB, 2)],
    CPU_TO_HAPROXY,
    OTHERS,
  ],
  latency: [
    ["median", (row) => withUnit(row.latencyMicros.median, 0, "µs")],
    ["added to the store's", (row) => withUnit(row.addedMicros.median, 0, "µs")],
    ["min–max, µs", (row) => range(row.addedMicros, 1, 0)],
    ["CPU each", (row) => withUnit(row.cpuMicros.median, 1, "µs")],
    CPU_TO_HAPROXY,
    OTHERS,
  ],
};

const GB_A_REQUEST = LARGE_BYTES / 1e9;
/** The factor for the microseconds of one request. */
const SECONDS_PER_GB = 1e-6 / GB_A_REQUEST;

/** Returns seconds on a processor for 10^9 bytes. */
export function cpuPerGb(row: Row): number {
  return row.cpuMicros.median * SECONDS_PER_GB;
}

function memoryTable({ memory }: Figures): Table {
  const [first] = memory;
  const transfers = `${first?.transfers ?? 0} transfers of 64 MiB`;
  return {
    title: `Resident memory: ${first?.idleConnections ?? 0} idle connections, ${transfers}`,
    head: ["system", "before", "idle connections", "more than before", "GET, most", "PUT, most"],
    rows: memory.map(({ system, startMb, idleMb, getMb, putMb }) => [
      system,
      ...[startMb, idleMb, idleMb - startMb, getMb, putMb].map((mb) => withUnit(mb, 0, "MB")),
    ]),
  };
}

export function decisionTable(decisions: readonly Figures["decisions"][number][]): Table {
  return {
    title: "One decision",
    head: ["admit alone", "median µs", "p95 µs"],
    rows: decisions.map(({ name, median, p95 }) => [name, median.toFixed(1), p95.toFixed(1)]),
  };
}

export function policyTable(policies: readonly Figures["policies"][number][]): Table {
  return {
    title: "One decision by policies",
    head: ["policies alone", "statements", "median µs", "p99 µs", "compiled ms", "aim", "met"],
    rows: policies.map(({ name, statements, median, p99, compiledMs, aim }) => [
      name,
      String(statements),
      median.toFixed(2),
      p99.toFixed(2),
      compiledMs.toFixed(0),
      `< ${aim} µs`,
      median < aim ? "yes" : "no",
    ]),
  };
}

export function stsTable(figures: readonly StsFigure[]): Table {
  return {
    title: "Temporary keys",
    head: ["s3warden", "figure", "aim", "met"],
    rows: figures.map(aimRow),
  };
}

export function scaleTable(scales: readonly Figures["scales"][number][]): Table {
  return {
    title: "Many identities and bucket records, all in the configuration",
    head: ["identities", "records", "start s", "resident MiB", "of it heap", "median µs", "p95 µs"],
    rows: scales.map(({ size, records, startMs, residentMib, heapMib, median, p95 }) => [
      String(size),
      String(records),
      (startMs / 1000).toFixed(1),
      residentMib.toFixed(0),
      heapMib.toFixed(0),
      median.toFixed(1),
      p95.toFixed(1),
    ]),
  };
}

function times(value: number): string {
  return Number.isNaN(value) ? MISSING : `${value.toFixed(2)} ×`;
}

function withUnit(value: number, digits: number, unit: string): string {
  return Number.isNaN(value) ? MISSING : `${value.toFixed(digits)} ${unit}`;
}

function range({ min, max }: Spread, factor: number, digits: number): string {
  if (Number.isNaN(min)) return MISSING;
  return `${(min * factor).toFixed(digits)}–${(max * factor).toFixed(digits)}`;
}
