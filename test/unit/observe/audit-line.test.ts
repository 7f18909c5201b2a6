import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FACTS } from "../../../src/admission/facts.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { auditLine, LINE_BYTES_MAX } from "../../../src/observe/audit-line.ts";
import { requestInputs } from "../../../src/observe/request-inputs.ts";
import { accessRecordOf } from "../../support/audited.ts";

test("auditLine() writes one JSON object and leaves out what is absent", () => {
  const line = auditLine(
    {
      timeMs: Date.parse("2026-11-22T12:00:00.123Z"),
      requestId: "0123456789ABCDEF",
      sourceAddress: "192.0.2.1",
      method: "DELETE",
      operation: "DeleteObject",
      bucket: "photos",
      tenant: undefined,
      key: "line\nbreak\u009b2J\u202e\u2028ü",
      versionId: undefined,
      account: "lab",
      subuser: undefined,
      accessKeyId: "AKIDLAB0000000000000",
      outcome: "refused",
      status: 403,
      errorCode: "AccessDenied",
      decision: "deny",
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
      detail: "the reason",
    },
    { auth: "header", headers: { "x-amz-acl": "private" } },
  );
  // Nothing that moves the cursor of a terminal, in one character either.
  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  assert.deepEqual(JSON.parse(line), {
    time: "2026-11-22T12:00:00.123Z",
    requestId: "0123456789ABCDEF",
    sourceAddress: "192.0.2.1",
    method: "DELETE",
    operation: "DeleteObject",
    bucket: "photos",
    key: "line\nbreak\u009b2J\u202e\u2028ü",
    account: "lab",
    accessKeyId: "AKIDLAB0000000000000",
    outcome: "refused",
    status: 403,
    detail: "the reason",
    errorCode: "AccessDenied",
    decision: "deny",
    gate: "tier",
    rule: "lab:reader: READ",
    bytesIn: 0,
    bytesOut: 266,
    userAgent: 'quo"te',
    milliseconds: 1.235,
    request: { auth: "header", headers: { "x-amz-acl": "private" } },
  });
});

test("auditLine() has a bound, and says where it does not hold all of a request", () => {
  const long = "\u0001".repeat(100_000);
  const target = `/photos/key?versionId=${encodeURIComponent(long)}`;
  const parsed = parseTarget(target);
  assert.ok(parsed.ok);
  const names = [
    "x-amz-acl",
    "x-amz-tagging",
    "x-amz-storage-class",
    "if-match",
    "referer",
    "origin",
  ];
  const headers = [...names, ...names].flatMap((name) => [name, long]);
  const head = {
    method: "GET",
    target: parsed.value,
    headers,
    sourceAddress: "::1",
    secure: false,
  };
  const texts = { key: long, versionId: long, accessKeyId: long, account: undefined };
  const entries = Array.from({ length: 1000 }, () => ({ ...NO_ENTRY, key: long.slice(0, 1000) }));
  const facts = { ...NO_FACTS, ...texts, operation: "GetObject", entries } as const;
  const record = { ...accessRecordOf(head, facts, 0, "R"), rule: long, userAgent: long };
  const line = auditLine(record, requestInputs(head, facts));
  assert.ok(Buffer.byteLength(line) < LINE_BYTES_MAX, `${Buffer.byteLength(line)} bytes`);
  const { key, versionId, rule, userAgent, accessKeyId, request } = JSON.parse(line);
  for (const text of [key, versionId, rule, userAgent, accessKeyId, request.query.versionId]) {
    assert.equal(text, `${"\u0001".repeat(1024)}…`);
  }
  assert.deepEqual([request.clipped, request.deletes], [true, undefined]);
});

const NO_ENTRY = {
  versionId: undefined,
  eTag: undefined,
  lastModifiedTime: undefined,
  size: undefined,
};
