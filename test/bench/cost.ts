/**
 * `npm run bench -- --cost`: what untrusted input costs. Each parser and matcher that sees bytes of
 * strangers is given hostile inputs of n, 2n and 4n bytes up to its limit; then a search looks for
 * slower ones. Nothing is asserted: the aims stand beside the figures.
 */
import { FAMILIES, type Family } from "./cost/families.ts";
import { searchLines } from "./cost/search.ts";
import { quantile } from "./support/measure.ts";

/** Aims: work grows no faster than its input, and no step keeps the event loop for longer. */
const EXPONENT_AIM = 1.1;
const STEP_MS_AIM = 10;

export type Cost = Pick<Family, "parser" | "name"> & {
  readonly bytes: number;
  /** Of n, 2n and 4n bytes. */
  readonly ms: readonly number[];
  /** 1 is linear, 2 quadratic; NaN where all of it is too short to tell. */
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
      : lowerQuartile(Array.from({ length: ROUNDS_MIN }, () => longestStepMs(bytesMax)));
  return { parser, name, bytes: bytesMax, ms, exponent, stepMs };
}

function oneStep(): number {
  return 1;
}

function warm(run: () => void): void {
  const until = performance.now() + WARMUP_MS;
  for (let i = 0; i < WARMUP && (i === 0 || performance.now() < until); i++) run();
}

const WARMUP = 200;
const WARMUP_MS = 60;
/** Below, the clock and the machine say more than the growth. */
const TELLING_MS = 0.05;
const ROUNDS = 15;
const ROUNDS_MIN = 3;
/** Of all rounds, unless fewer than the least take longer. */
const ROUNDS_MS = 200;

/** The lower quartile of the calls: the machine only ever adds to the time. */
function timeOf(run: () => void): number {
  const batch = batchOf(run);
  const times: number[] = [];
  const until = performance.now() + ROUNDS_MS;
  while (times.length < ROUNDS && (times.length < ROUNDS_MIN || performance.now() < until)) {
    const start = performance.now();
    for (let i = 0; i < batch; i++) run();
    times.push((performance.now() - start) / batch);
  }
  return lowerQuartile(times);
}

function lowerQuartile(times: readonly number[]): number {
  return quantile(
    times.toSorted((a, b) => a - b),
    0.25,
  );
}

/** So many calls that the clock can see them. */
function batchOf(run: () => void): number {
  const start = performance.now();
  run();
  return Math.max(1, Math.min(1000, Math.floor(0.5 / (performance.now() - start))));
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

/** The tables, then the search. */
export function costReport(say: (line: string) => void): readonly Cost[] {
  const all = costs();
  for (const line of costLines(all)) say(line);
  say("");
  for (const line of searchLines()) say(line);
  return all;
}

if (import.meta.main) costReport((line) => console.log(line));
