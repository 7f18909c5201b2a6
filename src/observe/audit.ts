import { pino } from "pino";
import type { AccessRecord } from "./record.ts";

/** Where access records are written, a JSON line each. */
export type AuditLog = {
  readonly write: (record: AccessRecord) => void;
  /** Everything written so far reaches the file. */
  readonly flush: () => Promise<void>;
};

/**
 * Appends to `file`. Lines may wait a moment to be written together. `onError` hears of what cannot
 * be written, such as for a full disk: traffic goes on.
 */
export function openAudit(file: string, onError: (error: Error) => void): AuditLog {
  const destination = pino.destination({
    dest: file,
    mkdir: true,
    append: true,
    sync: false,
    // Lines are written together, but none waits longer than this.
    minLength: 8 * 1024,
    periodicFlush: 200,
  });
  destination.on("error", onError);
  return {
    write: (record) => void destination.write(`${auditLine(record)}\n`),
    flush: () =>
      new Promise((resolve, reject) => {
        destination.flush((error) => (error ? reject(error) : resolve()));
      }),
  };
}

/**
 * One JSON object; absent values are left out. Nothing secret can stand in it: a record holds no
 * header but User-Agent and no query parameter but the version.
 */
export function auditLine(record: AccessRecord): string {
  const { timeMs, durationMs, firstByteMs, reported, ...rest } = record;
  return JSON.stringify({
    time: new Date(timeMs).toISOString(),
    ...rest,
    ...(reported ? { reported } : {}),
    milliseconds: round(durationMs),
    firstByteMilliseconds: firstByteMs === undefined ? undefined : round(firstByteMs),
  });
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
