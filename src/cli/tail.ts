import { createReadStream, statSync, type Stats } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { printableJson } from "../lib/words.ts";
import { loadConfig } from "../life/load.ts";
import { LINE_BYTES_MAX } from "../observe/audit-line.ts";
import { identityOf, parseEntry, type AuditEntry } from "./audit-entry.ts";
import { refuseS3Log } from "./audit-reader.ts";
import { wantsColour } from "./colours.ts";
import { printProblems } from "./print-problems.ts";
import { placeOfConfig } from "./config-option.ts";
import { tailLine } from "./tail-line.ts";
import type { Terminal } from "./terminal.ts";

export type TailOptions = {
  readonly config?: string;
  readonly as?: string;
  readonly bucket?: string;
  readonly operation?: string;
  readonly denied?: boolean;
  readonly failed?: boolean;
  readonly ip?: string;
  readonly requestId?: string;
  /** The number of matching lines of the past that come first. */
  readonly lines: number;
  readonly follow: boolean;
  readonly json?: boolean;
};

/** The interval of looking at a file for more. */
const EVERY_MS = 250;

/**
 * Runs `s3warden tail`: prints lines of the audit log that fit, the last of the past first. With
 * `follow`, it goes on with those that are written to the last file, by whatever name it is rotated
 * away. `signal` ends that. Returns the exit code: 0, or 2 if a file cannot be read or none is
 * known.
 */
export async function runTail(
  files: readonly string[],
  options: TailOptions,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<0 | 2> {
  const found = files.length > 0 ? files : auditFiles(options, terminal);
  if (found === undefined) return 2;
  const isColoured = wantsColour(terminal.isPage === true, process.env["NO_COLOR"]);
  const show = (line: string): string | undefined => {
    const entry = parseEntry(line);
    if (entry === undefined) refuseS3Log(line);
    if (entry === undefined || !fits(entry, options)) return undefined;
    return options.json === true ? printableJson(line) : tailLine(entry, isColoured);
  };
  try {
    const past: string[] = [];
    let end = START;
    for (const file of found) {
      end = await readFrom(file, START, (line) => {
        const shown = show(line);
        if (shown === undefined) return;
        past.push(shown);
        if (past.length > options.lines) past.shift();
      });
    }
    for (const line of past) terminal.stdout(`${line}\n`);
    const last = found.at(-1);
    if (!options.follow || last === undefined || last === "-") return 0;
    await follow(last, end, signal, (line) => {
      const shown = show(line);
      if (shown !== undefined) terminal.stdout(`${shown}\n`);
    });
    return 0;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    terminal.stderr(`Cannot read the audit log: ${error.message}\n`);
    return 2;
  }
}

/**
 * Returns the file that the configuration names; `undefined`, after reporting the reason, if there
 * is none.
 */
function auditFiles(options: TailOptions, terminal: Terminal): readonly string[] | undefined {
  const place = options.config ?? placeOfConfig();
  if (place === undefined) {
    terminal.stderr("Name the audit file, or the configuration with --config FILE\n");
    return undefined;
  }
  const { result } = loadConfig(place);
  if (!result.ok) {
    printProblems(result.error, terminal);
    return undefined;
  }
  const { file, format } = result.value.log.audit ?? {};
  if (format === "s3") {
    terminal.stderr(
      `"${place}" has log.audit.format: s3, which this command does not read: name a file with JSON lines, such as a collector writes from log.audit.webhook\n`,
    );
    return undefined;
  }
  if (file !== undefined && file !== "-") return [file];
  const why = file === undefined ? "it has no log.audit.file" : "log.audit.file is standard output";
  terminal.stderr(`"${place}" names no audit file: ${why}\n`);
  return undefined;
}

function fits(entry: AuditEntry, wanted: TailOptions): boolean {
  const { as, bucket, operation, denied, failed, ip, requestId } = wanted;
  return (
    (as === undefined || identityOf(entry) === as) &&
    (bucket === undefined || entry.bucket === bucket) &&
    (operation === undefined || isNamed(entry.operation, operation)) &&
    (denied !== true || entry.decision === "deny" || entry.reported) &&
    (failed !== true || FAILURES.has(entry.outcome)) &&
    (ip === undefined || entry.sourceAddress === ip) &&
    (requestId === undefined || entry.requestId === requestId)
  );
}

const FAILURES: ReadonlySet<string | undefined> = new Set(["failed", "gateway_fault"]);

function isNamed(operation: string, pattern: string): boolean {
  const start = pattern.endsWith("*") ? pattern.slice(0, -1) : undefined;
  return start === undefined ? operation === pattern : operation.startsWith(start);
}

/** The point to which a file was read: its bytes, and the line that has no end yet. */
type Position = { readonly bytes: number; readonly rest: Buffer; readonly file: number };

const START: Position = { bytes: 0, rest: Buffer.alloc(0), file: 0 };
const NEWLINE = 0x0a;

/**
 * Passes each line that ends after `from` to `take`. A line longer than any of ours is left out.
 */
async function readFrom(
  file: string,
  from: Position,
  take: (line: string) => void,
): Promise<Position> {
  let { bytes, rest } = from;
  const inode = file === "-" ? 0 : statSync(file).ino;
  const stream = file === "-" ? process.stdin : createReadStream(file, { start: from.bytes });
  for await (const read of stream) {
    const chunk = Buffer.isBuffer(read) ? read : Buffer.from(String(read));
    bytes += chunk.length;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([rest, chunk.subarray(start, end)]);
      rest = START.rest;
      start = end + 1;
      if (line.length <= LINE_BYTES_MAX) take(line.toString("utf8"));
    }
    // A line that is too long stays so with one more byte, and memory holds no more of it.
    rest = Buffer.concat([rest, chunk.subarray(start)]).subarray(0, LINE_BYTES_MAX + 1);
  }
  return { bytes, rest, file: inode };
}

/**
 * Does the same as `readFrom`, for what will be written until `signal`; a new file of that name is
 * begun anew.
 */
async function follow(
  file: string,
  from: Position,
  signal: AbortSignal | undefined,
  take: (line: string) => void,
): Promise<void> {
  let position = from;
  for (;;) {
    if (signal?.aborted === true) return;
    const now = statOf(file);
    const isAnother = now !== undefined && (now.ino !== position.file || now.size < position.bytes);
    if (isAnother) position = START;
    if (now !== undefined && now.size > position.bytes) {
      position = await readFrom(file, position, take);
    }
    await pause(EVERY_MS);
  }
}

/**
 * Returns the file's facts; `undefined` between the two steps of a rotation, when the name leads
 * nowhere.
 */
function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
