import { decisionOf, type Facts } from "../../src/admission/facts.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { firstValue } from "../../src/http/headers.ts";
import { parseTarget } from "../../src/http/target.ts";
import { auditLine } from "../../src/observe/audit-line.ts";
import type { AccessRecord } from "../../src/observe/record.ts";
import { requestInputs } from "../../src/observe/request-inputs.ts";
import { decided } from "./decided.ts";
import type { Outgoing } from "./signed.ts";

/** Returns `request` as the gateway reads its head, from 192.0.2.1. */
function headOf({ method, target, headers }: Outgoing): RequestHead {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  return {
    method,
    target: parsed.value,
    headers: headers.flat(),
    sourceAddress: "192.0.2.1",
    secure: false,
  };
}

/** Returns the audit line, with its newline, that `request` leaves at a gateway with `snapshot`. */
export function lineOf(
  snapshot: Snapshot,
  request: Outgoing,
  nowMs: number,
  requestId: string,
): string {
  const head = headOf(request);
  const { facts } = decided(snapshot, head, nowMs, { body: request.body });
  const record = accessRecordOf(head, facts, nowMs, requestId);
  return `${auditLine(record, requestInputs(head, facts))}\n`;
}

/** Returns the record of a request that the store answered with 1 KiB. */
export function accessRecordOf(
  head: RequestHead,
  facts: Facts,
  nowMs: number,
  requestId: string,
): AccessRecord {
  return {
    timeMs: nowMs,
    requestId,
    sourceAddress: head.sourceAddress,
    method: head.method,
    operation: facts.operation,
    bucket: facts.bucket,
    tenant: facts.tenant,
    key: facts.key,
    versionId: facts.versionId,
    account: facts.account,
    subuser: facts.subuser,
    accessKeyId: facts.accessKeyId,
    outcome: "forwarded",
    status: 200,
    errorCode: undefined,
    decision: decisionOf(facts),
    gate: facts.denial?.gate,
    limit: undefined,
    rule: facts.denial?.rule,
    ruleFile: facts.denial?.place?.file,
    ruleLine: facts.denial?.place?.line,
    reported: facts.reported,
    endpoint: "http://store:7480",
    bytesIn: 0,
    bytesOut: 1024,
    durationMs: 1.234567,
    firstByteMs: 0.5,
    upstreamError: undefined,
    userAgent: firstValue(head.headers, "user-agent"),
  };
}
