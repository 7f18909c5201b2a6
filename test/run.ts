/**
 * The one runner. `npm test`: all that can be tested here, and at the end what was skipped and how to
 * get it. `npm run ok` (`--gate`): types, lint, format, dead code, then the tests that need only npm.
 * `--programs`: the tests that the gate leaves out.
 * Tests with processes and sockets of their own may fail because the machine is busy. A few files of
 * them that failed run once more, alone; what passes then is told as unsteady, for somebody to mend.
 * With S3WARDEN_REQUIRE_ALL=1 a missing program is a failure.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { run, type EventData } from "node:test";
import { spec } from "node:test/reporters";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Commands of the gate, each ended by its own status. */
const CHECKS: readonly (readonly string[])[] = [
  ["npm", "run", "--silent", "types"],
  ["npm", "run", "--silent", "lint"],
  ["npm", "run", "--silent", "format"],
  ["npm", "run", "--silent", "dead"],
];

/** What npm alone can test, and what needs a Ceph, a client's or an operator's program as well. */
const NPM_TESTS = ["test/*.test.ts", "test/{unit,vectors,property,flow}/**/*.test.ts"];
const PROGRAM_TESTS = ["test/{stores,clients,seeds,tools}/**/*.test.ts"];

/**
 * At a time; every file is a process. Most files of test/flow wait for a third of their time, so that two
 * at a time leave cores idle.
 */
const NPM_FILES_AT_ONCE = 4;
/** These have a Ceph or a client in another language beside them. */
const PROGRAM_FILES_AT_ONCE = 2;
/** The rest asks nobody but itself: what fails there is wrong, not late. */
const MAY_BE_LATE = /^test\/(flow|stores|clients|seeds|tools)\//;
/** More than these failing is no chance. */
const LATE_FILES_MAX = 3;
/** For one test or suite; the slowest client needs two minutes for its two days. */
const TEST_MS_MAX = 10 * 60_000;

/**
 * What V8 compiled of sources and packages, kept for the next process. Without it, compiling is up to
 * half of the work of a test that opens a gateway. Node uses an entry for the very same text only.
 */
const COMPILED = join(ROOT, "node_modules", ".cache", "compiled");

/** What a whole run came to. */
type Tally = {
  passed: number;
  failed: Failure[];
  /** What failed first and passed alone. */
  readonly unsteady: Failure[];
  /** Reason, and how many tests or suites gave it. */
  readonly skipped: Map<string, number>;
  /** What is known to be open, by the tests' names. */
  readonly open: string[];
};

type Failure = {
  readonly name: string;
  /** From the root; empty for a check. */ readonly file: string;
};

const gate = process.argv.includes("--gate");
const programs = process.argv.includes("--programs");
const tally: Tally = { passed: 0, failed: [], unsteady: [], skipped: new Map(), open: [] };
if (gate) for (const command of CHECKS) check(command);
// The tests' own processes inherit it, and so does each gateway that they start.
process.env["NODE_COMPILE_CACHE"] ??= COMPILED;
if (!programs) await runTests(NPM_TESTS, NPM_FILES_AT_ONCE);
if (!gate) await runTests(PROGRAM_TESTS, PROGRAM_FILES_AT_ONCE);
report();

function check(command: readonly string[]): void {
  const name = command.at(-1) ?? "";
  const [program = "", ...args] = command;
  const { status } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit" });
  console.log(`${status === 0 ? "✔" : "✖"} ${name}`);
  if (status === 0) tally.passed++;
  else tally.failed.push({ name: command.join(" "), file: "" });
}

async function runTests(globs: readonly string[], filesAtOnce: number): Promise<void> {
  const files = globSync(globs, { cwd: ROOT })
    .map((file) => join(ROOT, file))
    .sort();
  if (files.length === 0) return;
  await runFiles(files, filesAtOnce, countPass);
  const late = tally.failed.filter(({ file }) => MAY_BE_LATE.test(file));
  const again = new Set(late.map(({ file }) => join(ROOT, file)));
  if (again.size === 0 || again.size > LATE_FILES_MAX) return;
  console.log(`once more, alone: ${[...again].join(" ")}`);
  tally.failed = tally.failed.filter((failure) => !late.includes(failure));
  // Those that passed the first time have been counted.
  await runFiles([...again], 1, () => {});
  const wrong = new Set(tally.failed.map(({ name }) => name));
  const unsteady = late.filter(({ name }) => !wrong.has(name));
  tally.unsteady.push(...unsteady);
  tally.passed += unsteady.length;
}

async function runFiles(
  files: readonly string[],
  concurrency: number,
  onPass: (one: EventData.TestPass) => void,
): Promise<void> {
  const events = run({ files: [...files], cwd: ROOT, concurrency, timeout: TEST_MS_MAX });
  events.on("test:pass", onPass);
  events.on("test:fail", countFail);
  for await (const text of events.compose(new spec())) process.stdout.write(String(text));
}

/** A suite that ran counts by its tests; one that was skipped counts once, with its reason. */
function countPass(one: EventData.TestPass): void {
  if (one.skip !== undefined && one.skip !== false) {
    const reason = one.skip === true ? "no reason given" : one.skip;
    tally.skipped.set(reason, (tally.skipped.get(reason) ?? 0) + 1);
  } else if (one.todo !== undefined && one.todo !== false) {
    tally.open.push(one.name);
  } else if (one.details.type !== "suite") {
    tally.passed++;
  }
}

/** A suite that failed because its tests did is told by them. */
function countFail(one: EventData.TestFail): void {
  const { error, type } = one.details;
  if (type === "suite" && "failureType" in error && error.failureType === "subtestsFailed") return;
  tally.failed.push({ name: one.name, file: relative(ROOT, one.file ?? "") });
}

/** What failed comes last, where it is seen; the status says the same. */
function report(): void {
  const { passed, failed, unsteady, skipped, open } = tally;
  const said = ({ name, file }: Failure): string => (file === "" ? name : `${name} (${file})`);
  const skips = [...skipped.values()].reduce((sum, times) => sum + times, 0);
  console.log();
  for (const [reason, times] of skipped) console.log(`skipped ${times}: ${reason}`);
  for (const name of open) console.log(`to do: ${name}`);
  for (const one of unsteady) console.log(`unsteady, passed alone: ${said(one)}`);
  for (const one of failed) console.log(`failed: ${said(one)}`);
  console.log(`${passed} passed, ${failed.length} failed${skips > 0 ? `, ${skips} skipped` : ""}`);
  process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;
}
