import { createReadStream, statSync } from "node:fs";
import { LINE_BYTES_MAX } from "../observe/audit-line.ts";
import { isS3LogLine } from "../observe/s3-log-line.ts";
import { parseEntry, type AuditEntry } from "./audit-entry.ts";

/** The items of audit files, in their order. */
export type AuditItem =
  | { readonly kind: "entry"; readonly entry: AuditEntry }
  /** A line that is no audit line. */
  | { readonly kind: "other" }
  /** The end of a file in the middle of a line. */
  | { readonly kind: "torn" };

/** Files that will be read, and how far that is. */
export type AuditFiles = {
  readonly items: AsyncIterable<AuditItem>;
  /** Bytes read so far. */
  readonly read: () => number;
  /** The bytes of all of them; `undefined` for standard input, which has no size. */
  readonly size: number | undefined;
};

/**
 * Reads the lines of `files`, one after the other, of any size: only one line is in memory. `-`:
 * standard input. Throws, with the system's code, if one cannot be read.
 */
export function readAudit(files: readonly string[]): AuditFiles {
  let bytes = 0;
  const size = files.includes("-") ? undefined : files.reduce((sum, file) => sum + sizeOf(file), 0);
  async function* items(): AsyncGenerator<AuditItem> {
    for (const file of files) {
      const stream =
        file === "-" ? process.stdin : createReadStream(file, { highWaterMark: CHUNK });
      yield* itemsOf(stream, (read) => (bytes += read));
    }
  }
  return { items: items(), read: () => bytes, size };
}

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;

function sizeOf(file: string): number {
  return statSync(file).size;
}

/**
 * Splits at line feeds alone. Not by node:readline, for which U+2028 ends a line too: it may stand
 * in a key, and the key's author would break the line.
 */
async function* itemsOf(
  stream: AsyncIterable<unknown>,
  count: (bytes: number) => void,
): AsyncGenerator<AuditItem> {
  let rest: Buffer = Buffer.alloc(0);
  let tooLong = false;
  for await (const read of stream) {
    const chunk = Buffer.isBuffer(read) ? read : Buffer.from(String(read));
    count(chunk.length);
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      if (end < 0) break;
      const piece = chunk.subarray(from, end);
      const line = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      yield tooLong ? OTHER : itemOf(line.toString("utf8"));
      from = end + 1;
      rest = rest.subarray(0, 0);
      tooLong = false;
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
    // No audit line is so long: what this is need not be kept.
    tooLong ||= rest.length > LINE_BYTES_MAX;
    if (tooLong) rest = rest.subarray(0, 0);
  }
  if (tooLong) yield OTHER;
  else if (rest.length > 0) yield lastItem(rest.toString("utf8"));
}

const OTHER: AuditItem = { kind: "other" };
const TORN: AuditItem = { kind: "torn" };

function itemOf(line: string): AuditItem {
  const entry = parseEntry(line);
  if (entry === undefined) refuseS3Log(line);
  return entry === undefined ? OTHER : { kind: "entry", entry };
}

/** Throws, as a file does that cannot be read, if `line` is written by `log.audit.format: s3`. */
export function refuseS3Log(line: string): void {
  if (!isS3LogLine(line)) return;
  const message = "its lines are of log.audit.format: s3, and this command reads json";
  throw Object.assign(new Error(message), { code: "EFORMAT" });
}

/** Without its newline a line is torn, unless that is all it lacks. */
function lastItem(line: string): AuditItem {
  const item = itemOf(line);
  return item.kind === "entry" ? item : TORN;
}
