import type { AccessRecord } from "../../src/observe/record.ts";

/** Returns the record of a small GET that was served, with `changes`. */
export function recordOf(changes: Partial<AccessRecord> = {}): AccessRecord {
  return {
    timeMs: 1_795_000_000_000,
    requestId: "0123456789ABCDEF",
    sourceAddress: "192.0.2.1",
    method: "GET",
    operation: "GetObject",
    tenant: undefined,
    decision: "allow",
    bucket: "photos",
    key: "cat.jpg",
    versionId: undefined,
    account: "lab",
    subuser: "reader",
    accessKeyId: "AKIDREADER0000000000",
    outcome: "forwarded",
    status: 200,
    errorCode: undefined,
    gate: undefined,
    limit: undefined,
    rule: undefined,
    ruleFile: undefined,
    ruleLine: undefined,
    reported: false,
    endpoint: "http://store:7480",
    bytesIn: 0,
    bytesOut: 1234,
    durationMs: 12.5,
    firstByteMs: 3,
    upstreamError: undefined,
    userAgent: "test",
    ...changes,
  };
}
