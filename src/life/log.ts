import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { pino, type Logger } from "pino";
import type { Config } from "../config/config.ts";
import { forPeople } from "./people-log.ts";

const STDOUT_FD = 1;
const NOTHING = Buffer.alloc(0);

/**
 * Opens the log of this process, on standard output: lines of JSON, or for people if a terminal
 * shows them. `base`: the fields of each of its lines. A full disk or a reader that is gone takes
 * lines, never the process: pino's own destination throws what nobody catches, and at the end tries
 * for ever. The number of lost lines is logged when writing works again.
 */
export function openLog(
  { level }: Pick<Config["log"], "level">,
  base: Readonly<Record<string, unknown>> | null,
  fd = STDOUT_FD,
): Logger {
  let lost = 0;
  /**
   * The rest of a line of which a part is written: without it the next one would be unreadable too.
   */
  let rest: Buffer = NOTHING;
  const write = (line: string): void => {
    const bytes = Buffer.concat([rest, Buffer.from(line)]);
    const written = writeSome(fd, bytes);
    const begun = written > rest.length;
    rest = bytes.subarray(written, begun ? bytes.length : rest.length);
    if (!begun) lost++;
    if (written < bytes.length || lost === 0) return;
    const lines = lost;
    lost = 0;
    log.error({ lost: lines }, "Lines of this log were lost: they could not be written");
  };
  const toPeople = (line: string): void => write(forPeople(line));
  const log = pino({ level, base }, { write: isatty(fd) ? toPeople : write });
  return log;
}

/** Writes as much as it can at once; returns the number of bytes. */
function writeSome(fd: number, bytes: Buffer): number {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch {
    // There is no other place to report it.
  }
  return written;
}
