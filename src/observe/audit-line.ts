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
  const { firstByteMs } = record;
  const texts = clientTexts(record);
  // Written out, since copying the record and overwriting some of it took a third of the time.
  const line: Line = {
    time: new Date(record.timeMs).toISOString(),
    requestId: record.requestId,
    sourceAddress: record.sourceAddress,
    method: record.method,
    operation: record.operation,
    path: texts.path,
    bucket: record.bucket,
    tenant: record.tenant,
    key: texts.key,
    versionId: texts.versionId,
    account: record.account,
    subuser: record.subuser,
    role: record.role,
    session: record.session,
    accessKeyId: texts.accessKeyId,
    outcome: record.outcome,
    status: record.status,
    errorCode: record.errorCode,
    decision: record.decision,
    gate: record.gate,
    rule: texts.rule,
    limit: record.limit,
    unknown: texts.unknown,
    claim: record.claim,
    detail: texts.detail,
    ruleFile: record.ruleFile,
    ruleLine: record.ruleLine,
    endpoint: record.endpoint,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    upstreamError: record.upstreamError,
    fault: record.fault,
    userAgent: texts.userAgent,
    storeRequestId: texts.storeRequestId,
    invocationId: texts.invocationId,
    reported: record.reported || undefined,
    milliseconds: round(record.durationMs),
    firstByteMilliseconds: firstByteMs === undefined ? undefined : round(firstByteMs),
    request: texts.isWhole ? request : { ...request, clipped: true },
  };
  return printableJson(JSON.stringify(line));
}

/** The fields of a line, in which each fact of the record has its place. */
type Line = Record<
  | Exclude<keyof AccessRecord, "timeMs" | "durationMs" | "firstByteMs">
  | "time"
  | "milliseconds"
  | "firstByteMilliseconds"
  | "request",
  unknown
>;

/** The longest line: everything that clients choose is clipped, so that none is longer. */
export const LINE_BYTES_MAX = 256 * 1024;

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
