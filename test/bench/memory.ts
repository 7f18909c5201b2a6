/**
 * Measures a system's memory: with connections that rest, and while many large transfers pass. Each
 * figure is of a new process that has served some thousand small requests, so that no other figure
 * has left a trace in it. Part of `npm run bench`.
 */
import { GATEWAY, HAPROXY, YARDSTICK, type SystemName } from "./support/cells.ts";
import { endThose } from "./support/child.ts";
import type { Memory } from "./support/figures.ts";
import type { Generator, Resident } from "./support/generator.ts";
import type { Plan } from "./support/plan.ts";
import { startAlone, type System } from "./support/systems.ts";
import type { Workload } from "./support/workload.ts";

const SYSTEMS: readonly SystemName[] = [HAPROXY, YARDSTICK, GATEWAY];
const WARMUP_MS = 1_000;

/** Returns a row for each system that can be started here. */
export async function memoryFigures(
  generator: Generator,
  store: System,
  plan: Plan,
): Promise<readonly Memory[]> {
  const rows: Memory[] = [];
  for (const name of SYSTEMS) {
    const idle = await alone(generator, name, store, ({ plain }) =>
      generator.idle(`idle connections, ${name}`, plain, plan.idleConnections),
    );
    if (idle === undefined) continue;
    const peak = async (workload: Workload): Promise<number> => {
      const measured = await alone(generator, name, store, ({ plain }) =>
        generator.transfers(`large transfers, ${name}`, plain, plan.transfers, workload),
      );
      return megabytes(measured?.bytes ?? NaN);
    };
    rows.push({
      system: name,
      idleConnections: plan.idleConnections,
      transfers: plan.transfers,
      startMb: megabytes(idle.beforeBytes),
      idleMb: megabytes(idle.bytes),
      getMb: await peak("get-large"),
      putMb: await peak("put-large-digest"),
    });
  }
  return rows;
}

async function alone(
  generator: Generator,
  name: SystemName,
  store: System,
  measure: (system: System) => Promise<Resident>,
): Promise<Resident | undefined> {
  const system = await startAlone(name, store);
  if (system === undefined) return undefined;
  await generator.round("get-small", system, store, { leadMs: 0, durationMs: WARMUP_MS });
  const resident = await measure(system);
  await endThose(system.plain.pids);
  return resident;
}

/** Returns megabytes of 10^6 bytes. */
function megabytes(bytes: number): number {
  return bytes / 1e6;
}
