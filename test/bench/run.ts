/**
 * `npm run bench`: what the gateway costs, beside what stands in its place elsewhere. Every system is
 * a process of its own; rounds go A B C A B C, so that what else the machine does hits all alike.
 * `-- --quick`: shorter rounds, and fewer. `-- --json`: one JSON document instead of tables.
 * `-- --cost`: only what hostile input costs the parsers and matchers that see it.
 */
import { parseArgs } from "node:util";
import { ADMIT_MICROS_AIM, admitCosts, costLines } from "./admit.ts";
import { costReport } from "./cost.ts";
import { scaleCosts, scaleLines } from "./scale.ts";
import { policyCosts, policyLines } from "./policy.ts";
import { endAll } from "./support/child.ts";
import { Generator, type Round } from "./support/generator.ts";
import { machineLines } from "./support/machine.ts";
import { AIMS, FULL, GATEWAY_CELLS, QUICK, type Plan } from "./support/plan.ts";
import { rowsOf, tableLines, type Rounds } from "./support/report.ts";
import { startSystems, type System } from "./support/systems.ts";
import { CELL_NAMES, CELLS, type CellName } from "./support/workload.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    cost: { type: "boolean", default: false },
  },
});
const plan = options.quick ? QUICK : FULL;
const say = (text: string): void =>
  void (options.json ? process.stderr : process.stdout).write(`${text}\n`);

const machine = machineLines();
for (const [name, value] of machine) say(`${name.padEnd(12)}${value}`);
if (options.cost) {
  say("");
  const costs = costReport(say);
  if (options.json) console.log(JSON.stringify({ machine: Object.fromEntries(machine), costs }));
  process.exit();
}
say("\nStore, proxy and load generator share the cores.\n");
const costs = admitCosts(plan.admitCalls);
for (const line of costLines(costs)) say(line);
const policies = policyCosts();
say("");
for (const line of policyLines(policies)) say(line);
const scales = options.quick ? [] : scaleCosts(plan.admitCalls);
if (scales.length > 0) say("");
for (const line of scaleLines(scales)) say(line);
const rows = rowsOf(await measured(plan));
await endAll();
for (const line of tableLines(rows)) say(line);
if (options.json) {
  const aims = { admitMicros: ADMIT_MICROS_AIM, ratio: AIMS };
  console.log(
    JSON.stringify({ machine: Object.fromEntries(machine), aims, admit: costs, scales, rows }),
  );
}

async function measured(plan: Plan): Promise<Rounds> {
  const systems = await startSystems();
  const generator = new Generator();
  const rounds = new Map<CellName, ReadonlyMap<System, readonly Round[]>>();
  for (const cell of CELL_NAMES) {
    const chosen = GATEWAY_CELLS.has(cell)
      ? systems.filter(({ kind }) => kind === "yardstick" || kind === "gateway")
      : systems;
    rounds.set(cell, await measureCell(generator, cell, systems, chosen, plan));
  }
  return rounds;
}

async function measureCell(
  generator: Generator,
  cell: CellName,
  [store]: readonly System[],
  systems: readonly System[],
  { rounds, warmupMs, leadMs, smallMs, largeMs }: Plan,
): Promise<ReadonlyMap<System, readonly Round[]>> {
  if (store === undefined) throw new Error("Cannot measure without a store");
  const large = CELLS[cell].unit === "bytes";
  // To a transfer of tens of milliseconds a new connection is nothing.
  const times = large ? { leadMs: 0, durationMs: largeMs } : { leadMs, durationMs: smallMs };
  const measuredRounds = new Map<System, Round[]>(systems.map((system) => [system, []]));
  for (const system of systems) {
    await generator.round(cell, system, store, { leadMs: 0, durationMs: warmupMs });
  }
  for (let i = 0; i < rounds; i++) {
    for (const [system, own] of measuredRounds) {
      own.push(await generator.round(cell, system, store, times));
    }
  }
  return measuredRounds;
}
