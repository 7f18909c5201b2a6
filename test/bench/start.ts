/**
 * Measures a command until it says something: the built package, started anew each time, in
 * milliseconds. `npm exec -- node test/bench/start.ts [FOLDER…]`; the folders are other builds of the
 * package, to compare with (`npm run build` makes dist/). The systems take turns.
 */
import { spawnSync } from "node:child_process";
import { cpSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "../support/deploy.ts";
import { writeConfig } from "../support/config-files.ts";
import { scratchFolder } from "../support/scratch.ts";
import { spreadOf } from "./support/measure.ts";
import { textLines } from "./support/table.ts";

const ROUNDS = 15;
/** A start tells its own processor time when it ends, in a file descriptor that nobody else uses. */
const METER = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String((user + system) / 1000));
  });`)}`;

type Start = { readonly wallMs: number; readonly cpuMs: number };
type Way = {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly starts: Start[];
};

/** Builds the package of this source, as `npm pack` has it. */
function built(): string {
  const folder = scratchFolder("package");
  const project = join(ROOT, "tsconfig.build.json");
  const tsc = join(ROOT, "node_modules", ".bin", "tsc");
  const made = spawnSync(tsc, ["--project", project, "--outDir", join(folder, "dist")]);
  if (made.status !== 0) throw new Error(`Cannot build: ${made.stdout.toString()}`);
  for (const path of ["bin", "config", "package.json"]) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function waysOf(name: string, folder: string, config: string): readonly Way[] {
  const main = join(folder, "bin", "s3warden.js");
  const explain = ["--as", "lab", "--request", "GET /photos/cat.jpg"];
  const cache = { NODE_COMPILE_CACHE: scratchFolder("compiled") };
  const way = (title: string, args: readonly string[], env = {}): Way => {
    return { name: `${name}: ${title}`, args: [main, ...args], env, starts: [] };
  };
  const explained = ["explain", "--config", config, ...explain];
  return [
    way("--help", ["--help"]),
    way("check", ["check", "--config", config]),
    way("explain", explained),
    way("explain, with NODE_COMPILE_CACHE", explained, cache),
  ];
}

function start({ args, env }: Way): Start {
  const began = performance.now();
  const { status, output, stderr } = spawnSync(process.execPath, ["--import", METER, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const wallMs = performance.now() - began;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr.toString()}`);
  return { wallMs, cpuMs: Number(output[3]?.toString()) };
}

const config = writeConfig({
  accounts: [
    {
      name: "lab",
      upstream: { accessKey: "AKSTORELAB0000000000", secretKey: "the-secret-of-lab-at-the-store" },
      keys: [{ accessKey: "AKLAB000000000000000", secretKey: "the-secret-of-lab-itself" }],
    },
  ],
});
const ways = [
  ...waysOf("this source", built(), config),
  ...process.argv.slice(2).flatMap((folder) => waysOf(folder, resolve(folder), config)),
];
const node: Way = { name: "Node itself", args: ["--eval", "0"], env: {}, starts: [] };
const all = [node, ...ways];
// The first one fills caches.
for (let round = 0; round <= ROUNDS; round++) {
  for (const way of all) {
    const one = start(way);
    if (round > 0) way.starts.push(one);
  }
}
const rows = all.map(({ name, starts }) => {
  const wall = spreadOf(starts.map(({ wallMs }) => wallMs));
  const cpu = spreadOf(starts.map(({ cpuMs }) => cpuMs));
  return [name, ...[wall.median, wall.min, cpu.median].map((ms) => ms.toFixed(0))];
});
const head = ["", "wall, median", "wall, least", "processor, median"];
for (const line of textLines({ title: "Start, ms (aims: --help 150, explain 350)", head, rows })) {
  console.log(line);
}
