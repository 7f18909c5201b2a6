import { utimesSync, writeFileSync } from "node:fs";
import type { StoreKind } from "../../../src/s3/store-kinds.ts";
import { runProgram, type ProgramOptions } from "../../support/program.ts";
import type { Requirement } from "../../support/requirement.ts";
import type { Facts, Outcome } from "../day.ts";
import type { Day } from "../steps.ts";
import type { Snippet } from "./snippets.ts";

/**
 * A client with a day of its own: the usual work of its users, as steps in order. Both days,
 * directly on a store and through the gateway, must have the outcomes of `steps`, except for
 * `differences`.
 */
export type OwnClient = {
  /** The name in docs/clients.md, and part of its bucket's name. */
  readonly name: string;
  /** The name that people use. */
  readonly title: string;
  readonly version: string;
  /** Its configuration, as the page shows it. */
  readonly snippet: Snippet;
  readonly needs: readonly Requirement[];
  /** True if it spends its day only when S3WARDEN_CLIENT names it: it takes too long to build. */
  readonly byHand?: true;
  /** The protocol of its day; TLS if a client can be told to trust an authority. */
  readonly scheme: "https" | "http";
  /** The bucket of its day: made before it begins, or by the client. */
  readonly bucket: "given" | "made";
  /** The outcome of each step, in order. */
  readonly steps: Readonly<Record<string, Outcome>>;
  readonly spend: (place: Place) => Promise<Day>;
  readonly differences: readonly OwnDifference[];
};

/** Steps that have another outcome somewhere. If one no longer differs, its test fails. */
export type OwnDifference = {
  readonly stores: readonly StoreKind[];
  /** `direct`: only without the gateway, which corrects it. `gateway`: only through it. */
  readonly way: "direct" | "gateway" | "both";
  readonly steps: readonly string[];
  /** The outcome of each of them instead; if absent, and only for `direct`, any other. */
  readonly outcome?: Outcome;
  readonly why: string;
};

/** The place and the files of a client's day. */
export type Place = {
  /** The endpoint, such as `https://127.0.0.1:40123`. */
  readonly endpoint: string;
  /** The endpoint without its scheme. */
  readonly host: string;
  readonly region: string;
  /** A file with the certificate of the authority that signed the endpoint's. */
  readonly authority: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The key of a user who may read the bucket, and nothing else. */
  readonly readerAccessKey: string;
  readonly readerSecretKey: string;
  /** A bucket name that nobody else uses. */
  readonly bucket: string;
  /** An empty folder. */
  readonly scratch: string;
  /** A file of 20 MiB, which every client sends in parts. */
  readonly large: string;
  readonly largeSha256: string;
  readonly fox: string;
};

/** The reason why current SDKs fail at RGW alone. */
export const NO_TRAILERS =
  "RGW 16 knows no trailing checksums and refuses such uploads, so that what they would bring is not there; the gateway proves them and sends the plain body";

/** Returns the steps with the reader's key that versitygw alone refuses. */
export function noReader(...steps: readonly string[]): OwnDifference {
  const why =
    "versitygw has no users who may read all buckets: each bucket's policy names its own; the gateway has tiers";
  return { stores: ["versitygw"], way: "direct", steps, why };
}

/** The limit for one program; the slowest day takes half a minute on a busy machine. */
const PROGRAM_SECONDS_MAX = 180;

/**
 * Writes a file that was changed a day ago, so that no store's clock of whole seconds is before it.
 */
export function writeOld(path: string, text: string): void {
  writeFileSync(path, text);
  const seconds = Date.now() / 1000 - 86_400;
  utimesSync(path, seconds, seconds);
}

/** The actions of the steps; each returns the facts that it has seen, and throws a failure. */
export type OwnSteps = Readonly<Record<string, (place: Place) => Promise<Facts>>>;

/**
 * Returns the day of a client that is a program for each step. `codeOf`: returns the code of a
 * failure.
 */
export function stepByStep(
  steps: OwnSteps,
  codeOf: (error: unknown) => string,
): (place: Place) => Promise<Day> {
  return async (place) => {
    const day = new Map<string, Outcome>();
    for (const [name, step] of Object.entries(steps)) {
      try {
        day.set(name, { ok: true, ...(await step(place)) });
      } catch (error) {
        day.set(name, { ok: false, code: codeOf(error) });
      }
    }
    return day;
  };
}

/**
 * Returns the day of a client that is a library: a program reads the place as JSON from standard
 * input and writes one JSON line a step, `{"step", "outcome"}`. `S3WARDEN_DAYS=loud` shows its
 * other output.
 */
export function byProgram(
  command: string,
  args: readonly string[],
  envOf: (place: Place) => Readonly<Record<string, string>> = () => ({}),
): (place: Place) => Promise<Day> {
  return async (place) => {
    const input = Buffer.from(JSON.stringify(place));
    const env = { HOME: place.scratch, ...envOf(place) };
    const ended = await runBounded(command, args, { env, input, cwd: place.scratch });
    const lines = ended.output
      .toString()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    const day: Day = new Map(lines.map(reported));
    if (process.env["S3WARDEN_DAYS"] === "loud") console.error(ended.errors);
    if (ended.status !== 0 && day.size === 0) throw new Error(`Cannot begin: ${ended.errors}`);
    return day;
  };
}

/** Runs a program, with a limit of time. */
function runBounded(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): ReturnType<typeof runProgram> {
  return runProgram("timeout", [`${PROGRAM_SECONDS_MAX}`, command, ...args], options);
}

function reported(line: string): [string, Outcome] {
  const { step, outcome }: { step: string; outcome: Outcome } = JSON.parse(line);
  return [step, outcome];
}

/** A command that ended with a status other than 0, and its output. */
class CommandFailed extends Error {
  readonly said: string;

  constructor(command: string, said: string) {
    super(`${command} failed: ${said}`);
    this.said = said;
  }
}

/** Returns the standard output of a command; throws CommandFailed if its status is not 0. */
export async function output(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<Buffer> {
  const ended = await runBounded(command, args, options);
  if (ended.status === 0) return ended.output;
  throw new CommandFailed(command, `${ended.errors}${ended.output.toString()}`);
}

/**
 * Returns a function that finds the S3 code that a command's user reads, or the words that stand
 * for it.
 */
export function codeSaid(
  words: readonly (readonly [pattern: RegExp, code: string])[],
): (error: unknown) => string {
  return (error) => {
    if (!(error instanceof CommandFailed)) return String(error);
    const found = words.find(([pattern]) => pattern.test(error.said));
    return found?.[1] ?? error.said.trim().slice(-300);
  };
}
