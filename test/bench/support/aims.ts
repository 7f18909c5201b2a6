import { GATEWAY, PEERS, type CellName, type SystemName } from "./cells.ts";
import type { Figures, Memory, Row } from "./figures.ts";

/** A figure and its aim. An aim is printed, and nowhere asserted. */
export type Aim = {
  readonly name: string;
  /** NaN if this run does not have the figure. */
  readonly value: number;
  readonly bound: "at least" | "at most";
  readonly aim: number;
  readonly unit: "×" | "µs" | "s" | "MB" | "/s" | "%";
};

/** Returns every aim beside the run's figure. */
export function aimsOf(figures: Figures): readonly Aim[] {
  const gateway = (cell: CellName): Row | undefined => rowOf(figures, cell, GATEWAY);
  const idle = memoryOf(figures);
  const many = figures.scales.find(({ size, records }) => size === 100_000 && records === 0);
  return [
    ...(["get-small", "put-small"] as const).flatMap((cell): Aim[] => {
      const name = cell === "get-small" ? "1 KiB GET" : "4 KiB PUT";
      const row = gateway(cell);
      return [
        least(`${name}: rate to bare node:http + undici`, row?.rateToBare.median, 1.2, "×"),
        most(`${name}: CPU to HAProxy's`, row?.cpuToHaproxy.median, 2.5, "×"),
      ];
    }),
    toHaproxy("64 MiB GET", gateway("get-large"), 1),
    toHaproxy("64 MiB PUT, unsigned", gateway("put-large"), 1),
    toHaproxy("64 MiB PUT, digest", gateway("put-large-digest"), 1),
    toHaproxy("64 MiB PUT, crc32 trailer", gateway("put-large-trailer"), 1.5),
    toHaproxy("64 MiB GET over TLS", gateway("tls-get-large"), 1),
    least(
      "1 KiB GET over TLS: rate to HAProxy's",
      gateway("tls-get-small")?.rateToHaproxy.median,
      0.6,
      "×",
    ),
    most("one connection: added latency", gateway("latency")?.addedMicros.median, 120, "µs"),
    most(`memory under ${idle?.transfers ?? 64} transfers of 64 MiB, GET`, idle?.getMb, 140, "MB"),
    most(`memory under ${idle?.transfers ?? 64} transfers of 64 MiB, PUT`, idle?.putMb, 140, "MB"),
    most(
      `memory of ${idle?.idleConnections ?? 10_000} idle connections`,
      idle && idle.idleMb - idle.startMb,
      60,
      "MB",
    ),
    least("1 KiB GET: rate to the best rival's", toBestRival(figures, "get-small"), 4, "×"),
    least("4 KiB PUT: rate to the best rival's", toBestRival(figures, "put-small"), 4, "×"),
    least("64 MiB GET: GB/s to the best rival's", toBestRival(figures, "get-large"), 1, "×"),
    least("64 MiB PUT: GB/s to the best rival's", toBestRival(figures, "put-large"), 1, "×"),
    most("100,000 identities: start", many && many.startMs / 1000, 2, "s"),
    most("100,000 identities: memory", many && (many.residentMib * 2 ** 20) / 1e6, 400, "MB"),
    most("one decision: header-signed GET", figures.decisions[0]?.median, 25, "µs"),
  ];
}

/** Returns true if the figure meets its aim; `undefined` if there is none. */
export function isMet({ value, bound, aim }: Aim): boolean | undefined {
  if (Number.isNaN(value)) return undefined;
  return bound === "at least" ? value >= aim : value <= aim;
}

/** Returns a system's row; `undefined` if it did not take part in the cell. */
export function rowOf({ rows }: Figures, cell: CellName, system: SystemName): Row | undefined {
  return rows.find((row) => row.cell === cell && row.system === system);
}

function memoryOf({ memory }: Figures): Memory | undefined {
  return memory.find(({ system }) => system === GATEWAY);
}

function toHaproxy(name: string, row: Row | undefined, aim: number): Aim {
  return most(`${name}: CPU per GB to HAProxy's`, row?.cpuToHaproxy.median, aim, "×");
}

/** Compares by the medians of all rounds: only at the end is the best rival known. */
function toBestRival(figures: Figures, cell: CellName): number {
  const rates = PEERS.map((peer) => rowOf(figures, cell, peer)?.requests.median ?? 0);
  const own = rowOf(figures, cell, GATEWAY)?.requests.median ?? NaN;
  const best = Math.max(...rates);
  return best === 0 ? NaN : own / best;
}

function least(name: string, value = NaN, aim: number, unit: Aim["unit"]): Aim {
  return { name, value, bound: "at least", aim, unit };
}

function most(name: string, value = NaN, aim: number, unit: Aim["unit"]): Aim {
  return { name, value, bound: "at most", aim, unit };
}
