/**
 * `npm run bench -- --cost`: the cost of untrusted input. Each parser and matcher that sees bytes
 * of strangers gets hostile inputs of n, 2n and 4n bytes up to its limit; then a search looks for
 * slower ones. Times are of the processor, so that other programs on the machine do not show.
 * Nothing is asserted: the aims stand beside the figures.
 */
import { FAMILIES, type Family } from "./cost/families.ts";
import { searchLines } from "./cost/search.ts";
import { threadCpuMs } from "./support/cpu.ts";

/** Aims: work grows no faster than its input, and no step blocks the event loop for longer. */
const EXPONENT_AIM = 1.1;
const STEP_MS_AIM = 10;

export type Cost = Pick<Family, "parser" | "name"> & {
  readonly bytes: number;
  /** The times for n, 2n and 4n bytes. */
  readonly ms: readonly number[];
  /** 1 is linear, 2 quadratic; NaN if all times are too short to measure it. */
  readonly exponent: number;
  /** The longest synchronous step at the largest size. */
  readonly stepMs: number;
};

/** Times every family. */
export function costs(): readonly Cost[] {
  return FAMILIES.map(costOf);
}

function costOf(family: Family): Cost {
  const { parser, name, bytesMax, make, stepsOf = oneStep, longestStepMs } = family;
  const sizes = [bytesMax / 4, bytesMax / 2, bytesMax].map(Math.floor);
  const runs = sizes.map((bytes) => make(bytes));
  // The compiler must have seen all sizes before the first that counts.
  for (const run of runs) warm(run);
  const ms = runs.map(timeOf);
  const [first = NaN, , last = NaN] = ms;
  const exponent = last < TELLING_MS ? NaN : Math.log(last / first) / Math.log(4);
  const stepMs =
    longestStepMs === undefined
      ? last / stepsOf(bytesMax)
      : Math.min(...Array.from({ length: ROUNDS }, () => longestStepMs(bytesMax)));
  return { parser, name, bytes: bytesMax, ms, exponent, stepMs };
}

function oneStep(): number {
  return 1;
}

function warm(run: () => void): void {
  const until = performance.now() + WARMUP_MS;
  for (let i = 0; i < WARMUP && (i === 0 || performance.now() < until); i++) run();
}

/**
 * The number of runs whose longest step is timed by the clock; the machine only ever adds to it.
 */
const ROUNDS = 5;
const WARMUP = 200;
const WARMUP_MS = 60;
/**
 * The shortest time for an exponent: below, the clock and the machine show more than the growth.
 */
const TELLING_MS = 0.05;
/** The processor time of one measurement, so that its coarse clock (4 ms) does not show. */
const MEASURED_MS = 100;
/** The limit of real time for it, on a machine that others use. */
const PATIENCE_MS = 2_000;

/** Returns milliseconds of processor time of one call, the better of two measurements. */
function timeOf(run: () => void): number {
  return Math.min(meanOf(run), meanOf(run));
}

/** Returns the mean, garbage collection included. */
function meanOf(run: () => void): number {
  const start = threadCpuMs();
  const until = performance.now() + PATIENCE_MS;
  let [calls, used] = [0, 0];
  for (let batch = 1; used < MEASURED_MS && performance.now() < until; batch *= 2) {
    for (let i = 0; i < batch && performance.now() < until; i++) {
      run();
      calls++;
    }
    used = threadCpuMs() - start;
  }
  return used / calls;
}

export function costLines(all: readonly Cost[]): readonly string[] {
  const head = [
    "what untrusted input costs".padEnd(30),
    "hostile input".padEnd(44),
    "bytes".padStart(9),
    "ms at n, 2n, 4n".padStart(27),
    "exponent".padStart(10),
    "step ms".padStart(9),
  ].join("");
  const aims = `aims: exponent at most ${EXPONENT_AIM}, longest step at most ${STEP_MS_AIM} ms`;
  return [head, ...all.map(lineOf), aims];
}

function lineOf({ parser, name, bytes, ms, exponent, stepMs }: Cost): string {
  const above = [
    ...(exponent > EXPONENT_AIM ? ["exponent"] : []),
    ...(stepMs > STEP_MS_AIM ? ["step"] : []),
  ];
  return [
    parser.padEnd(30),
    name.padEnd(44),
    String(bytes).padStart(9),
    ms.map((one) => one.toFixed(3).padStart(9)).join(""),
    (Number.isNaN(exponent) ? "-" : exponent.toFixed(2)).padStart(10),
    stepMs.toFixed(2).padStart(9),
    above.length === 0 ? "" : `  ABOVE: ${above.join(", ")}`,
  ].join("");
}

/** Prints the tables, then the search. */
export function costReport(say: (line: string) => void): readonly Cost[] {
  const all = costs();
  for (const line of costLines(all)) say(line);
  say("");
  for (const line of searchLines()) say(line);
  return all;
}

if (import.meta.main) costReport((line) => console.log(line));
