import { printableJson } from "../lib/words.ts";
import { clientTexts } from "./client-texts.ts";
import type { AccessRecord } from "./record.ts";
import type { RequestInputs } from "./request-inputs.ts";

/**
 * Returns one JSON object on one line, at most LINE_BYTES_MAX long; absent values are left out.
 * Nothing secret can stand in it: a record holds no header but User-Agent, `request` only what
 * request-inputs.ts lists, and a signature that strayed into a text is cut off. No text of a client can
 * move the cursor of a terminal that shows the line.
 */
export function auditLine(record: AccessRecord, request: RequestInputs | undefined): string {
  const { timeMs, durationMs, firstByteMs, reported, ...plain } = record;
  const { isWhole, ...texts } = clientTexts(record);
  const line = JSON.stringify({
    time: new Date(timeMs).toISOString(),
    ...plain,
    ...texts,
    ...(reported ? { reported } : {}),
    milliseconds: round(durationMs),
    firstByteMilliseconds: firstByteMs === undefined ? undefined : round(firstByteMs),
    request: isWhole ? request : { ...request, clipped: true },
  });
  return printableJson(line);
}

/** The longest line: everything that clients choose is clipped, so that none is longer. */
export const LINE_BYTES_MAX = 256 * 1024;

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
