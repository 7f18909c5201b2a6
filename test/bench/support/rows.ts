import { HAPROXY, STORE, YARDSTICK, type CellName, type SystemName } from "./cells.ts";
import type { Row } from "./figures.ts";
import type { Round } from "./generator.ts";
import { spreadOf } from "./measure.ts";

/** The rounds of one cell, a list for each system. */
export type Rounds = ReadonlyMap<SystemName, readonly Round[]>;

/** Returns a row for each system of a cell. */
export function rowsOf(cell: CellName, rounds: Rounds): readonly Row[] {
  return [...rounds].map(([system, own]) => {
    /** Returns the spread of each round's ratio to the same round of another system. */
    const beside = (other: SystemName, of: (own: Round, other: Round) => number) => {
      const others = rounds.get(other) ?? [];
      return spreadOf(
        own.map((round, i) => {
          const same = others[i];
          return same === undefined ? NaN : of(round, same);
        }),
      );
    };
    return {
      cell,
      system,
      requests: spreadOf(own.map((round) => round.requests)),
      cpuMicros: spreadOf(own.map((round) => round.cpuMicros)),
      latencyMicros: spreadOf(own.map((round) => round.latencyMicros)),
      rateToBare: beside(YARDSTICK, (a, b) => a.requests / b.requests),
      rateToHaproxy: beside(HAPROXY, (a, b) => a.requests / b.requests),
      cpuToHaproxy: beside(HAPROXY, (a, b) => a.cpuMicros / b.cpuMicros),
      addedMicros: beside(STORE, (a, b) => a.latencyMicros - b.latencyMicros),
      othersShare: spreadOf(own.map((round) => round.othersShare)),
    };
  });
}
