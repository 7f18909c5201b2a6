/**
 * `npm run bench`: the cost of the gateway, beside that of its alternatives. Every system is a
 * process of its own; rounds go A B C A B C, so that other work of the machine affects all alike.
 * Nothing is asserted of a figure; the bench fails if a system answers wrongly.
 */
import { parseArgs } from "node:util";
import { admitCosts } from "./admit.ts";
import { costReport } from "./cost.ts";
import { memoryFigures } from "./memory.ts";
import { policyCosts } from "./policy.ts";
import { scaleCosts } from "./scale.ts";
import { stsCosts } from "./sts.ts";
import { CELLS, CELL_NAMES, STORE, type CellName, type SystemName } from "./support/cells.ts";
import { checkCell } from "./support/check.ts";
import { endAll } from "./support/child.ts";
import type { Figures, Row } from "./support/figures.ts";
import { Generator, type Round } from "./support/generator.ts";
import { machineLines } from "./support/machine.ts";
import { installPeers, peerVersions } from "./support/peers.ts";
import { FULL, QUICK } from "./support/plan.ts";
import { writePages } from "./support/pages.ts";
import { tablesOf } from "./support/report.ts";
import { rowsOf } from "./support/rows.ts";
import { startStore, startSystems, type System } from "./support/systems.ts";
import { textLines } from "./support/table.ts";

const PARTS: readonly string[] = [...CELL_NAMES, "memory", "admit", "policies", "scales", "sts"];

const USAGE = `npm run bench -- [options]
  --quick           shorter rounds, and fewer; a wider spread
  --peers           with other gateways that verify, installed from their registries at first
  --only PART,PART  of: ${PARTS.join(" ")}
  --json            one JSON document on standard output, the tables on standard error
  --write           docs/benchmarks.json, the tables in docs/benchmarks.md, docs/benchmarks.svg
  --cost            only what hostile input costs the parsers and matchers that see it`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    cost: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit();
}
const plan = options.quick ? QUICK : FULL;
const only = options.only === undefined ? undefined : new Set(options.only.split(","));
for (const part of only ?? []) if (!PARTS.includes(part)) throw new Error(`Unknown part: ${part}`);
if (options.write && only !== undefined)
  throw new Error("--write needs every part: leave out --only");
const isWanted = (part: string): boolean => only?.has(part) ?? true;
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

const startedMs = performance.now();
const peers = options.peers ? installPeers(say) : {};
const figures = await measured();
for (const table of tablesOf(figures)) for (const line of ["", ...textLines(table)]) say(line);
say(`\n${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes`);
if (options.json) console.log(JSON.stringify(figures));
if (options.write) writePages(figures);

/** Measures every wanted part, one after another, so that none disturbs another. */
async function measured(): Promise<Figures> {
  say("measuring: decisions, policies, many identities, memory");
  const decisions = isWanted("admit") ? admitCosts(plan.admitCalls) : [];
  const policies = isWanted("policies") ? policyCosts() : [];
  const scales = isWanted("scales") && !options.quick ? await scaleCosts(plan.admitCalls) : [];
  const store = await startStore();
  const generator = new Generator();
  const memory = isWanted("memory") ? await memoryFigures(generator, store, plan) : [];
  if (isWanted("sts")) say("measuring: temporary keys");
  const sts = isWanted("sts") ? await stsCosts(generator, store, plan) : [];
  const cells = CELL_NAMES.filter(isWanted);
  const names = new Set(cells.flatMap((cell) => CELLS[cell].systems));
  const systems = [store, ...(await startSystems(store, peers, names))];
  const rows: Row[] = [];
  for (const cell of cells) {
    say(`measuring: ${CELLS[cell].title}`);
    rows.push(...(await cellRows(generator, cell, systems)));
  }
  await endAll();
  return {
    plan: plan.name,
    machine: [...machine, ...peerVersions(peers)],
    decisions,
    policies,
    scales,
    rows,
    memory,
    sts,
  };
}

async function cellRows(
  generator: Generator,
  cell: CellName,
  all: readonly System[],
): Promise<readonly Row[]> {
  const store = all.find(({ name }) => name === STORE);
  if (store === undefined) throw new Error("Cannot measure without a store");
  const systems = CELLS[cell].systems.flatMap((name) => all.filter((one) => one.name === name));
  // A new connection costs next to nothing beside a transfer of tens of milliseconds.
  const isLarge = CELLS[cell].unit === "bytes";
  const times = isLarge
    ? { leadMs: 0, durationMs: plan.largeMs }
    : { leadMs: plan.leadMs, durationMs: plan.smallMs };
  const warmupMs = isLarge ? plan.largeWarmupMs : plan.smallWarmupMs;
  const rounds = new Map<SystemName, Round[]>();
  for (const system of systems) {
    await checkCell(cell, system);
    const durationMs = system.name === "s3proxy" ? plan.jvmWarmupMs : warmupMs;
    await generator.round(cell, system, store, { leadMs: 0, durationMs });
    rounds.set(system.name, []);
  }
  for (let i = 0; i < plan.rounds; i++) {
    for (const system of systems) {
      rounds.get(system.name)?.push(await generator.round(cell, system, store, times));
    }
  }
  return rowsOf(cell, rounds);
}
