import assert from "node:assert/strict";
import { test } from "node:test";
import { auditLine } from "../../../src/observe/audit.ts";

test("auditLine() writes one JSON object and leaves out what is absent", () => {
  const line = auditLine({
    timeMs: Date.parse("2026-11-22T12:00:00.123Z"),
    requestId: "0123456789ABCDEF",
    sourceAddress: "192.0.2.1",
    method: "DELETE",
    operation: "DeleteObject",
    bucket: "photos",
    key: "line\nbreak",
    versionId: undefined,
    account: "lab",
    subuser: undefined,
    accessKeyId: "AKIDLAB0000000000000",
    outcome: "refused",
    status: 403,
    errorCode: "AccessDenied",
    gate: "tier",
    limit: undefined,
    rule: "lab:reader: READ",
    ruleFile: undefined,
    ruleLine: undefined,
    reported: false,
    endpoint: undefined,
    bytesIn: 0,
    bytesOut: 266,
    durationMs: 1.23456,
    firstByteMs: undefined,
    upstreamError: undefined,
    userAgent: 'quo"te',
  });
  assert(!line.includes("\n"));
  assert.deepEqual(JSON.parse(line), {
    time: "2026-11-22T12:00:00.123Z",
    requestId: "0123456789ABCDEF",
    sourceAddress: "192.0.2.1",
    method: "DELETE",
    operation: "DeleteObject",
    bucket: "photos",
    key: "line\nbreak",
    account: "lab",
    accessKeyId: "AKIDLAB0000000000000",
    outcome: "refused",
    status: 403,
    errorCode: "AccessDenied",
    gate: "tier",
    rule: "lab:reader: READ",
    bytesIn: 0,
    bytesOut: 266,
    userAgent: 'quo"te',
    milliseconds: 1.235,
  });
});
