import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessRecord } from "../../../src/observe/record.ts";
import type { RequestInputs } from "../../../src/observe/request-inputs.ts";
import { isS3LogLine, s3LogLine } from "../../../src/observe/s3-log-line.ts";
import { recordOf } from "../../support/record.ts";

/** The first example of "Amazon S3 server access log format", Amazon S3 User Guide. */
const EXAMPLE =
  '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be 3E57427F3EXAMPLE REST.GET.VERSIONING - "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP Yes';

/** The page's table of fields, in its order. */
const FIELDS = [
  "owner",
  "bucket",
  "time",
  "ip",
  "requester",
  "requestId",
  "operation",
  "key",
  "uri",
  "status",
  "error",
  "sent",
  "size",
  "total",
  "turnAround",
  "referer",
  "agent",
  "version",
  "hostId",
  "signature",
  "cipher",
  "auth",
  "host",
  "tls",
  "arn",
  "acl",
] as const;

function fieldsOf(line: string): Readonly<Record<string, string>> {
  const fields = line.match(/\[[^\]]*\]|"[^"]*"|\S+/g) ?? [];
  assert.equal(fields.length, FIELDS.length, line);
  return Object.fromEntries(FIELDS.map((name, i) => [name, fields[i] ?? ""]));
}

/** What the gateway cannot know stays `-`. */
const UNKNOWN = { owner: "-", size: "-", cipher: "-", host: "-", arn: "-", acl: "-" };

test("s3LogLine() has the fields of S3's own line of the same request", () => {
  const record = recordOf({
    timeMs: Date.UTC(2019, 1, 6, 0, 0, 38),
    bucket: "amzn-s3-demo-bucket1",
    key: undefined,
    sourceAddress: "192.0.2.3",
    requestId: "3E57427F3EXAMPLE",
    operation: "GetBucketVersioning",
    bytesOut: 113,
    durationMs: 7.2,
    firstByteMs: undefined,
    userAgent: "S3Console/0.4",
    storeRequestId: "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=",
  });
  const line = s3LogLine(record, {
    auth: "header",
    signature: "v4",
    secure: true,
    tlsVersion: "TLSv1.2",
    query: { versioning: null },
  });
  const requester = { requester: "lab:reader" };
  assert.deepEqual(fieldsOf(line), { ...fieldsOf(EXAMPLE), ...UNKNOWN, ...requester });
});

for (const [name, record, request, expected] of [
  [
    "a presigned GET of version 2 by a session of a role",
    { subuser: undefined, role: "writer", session: "ci 7", versionId: "v1", firstByteMs: 3.4 },
    {
      auth: "query",
      signature: "v2",
      query: { versionId: "v1" },
      headers: { referer: "http://a/" },
    },
    {
      requester: "lab:writer/ci%207",
      operation: "REST.GET.OBJECT",
      uri: '"GET /photos/cat.jpg?versionId=v1 HTTP/1.1"',
      version: "v1",
      turnAround: "3",
      referer: '"http://a/"',
      signature: "SigV2",
      auth: "QueryString",
    },
  ],
  [
    "a refusal of nobody, whose answer was not delivered",
    { account: undefined, subuser: undefined, status: 0, errorCode: "AccessDenied", bytesOut: 0 },
    { auth: "none" },
    { requester: "-", status: "-", error: "AccessDenied", sent: "-", signature: "-", auth: "-" },
  ],
  [
    "a copy",
    { operation: "CopyObject", method: "PUT" },
    { auth: "header", signature: "v4" },
    { operation: "REST.COPY.OBJECT" },
  ],
  [
    "a request whose head could not be read",
    { operation: "Unknown", bucket: undefined, key: undefined, userAgent: undefined },
    undefined,
    { bucket: "-", key: "-", operation: "REST.GET.UNKNOWN", uri: '"GET / HTTP/1.1"', agent: '"-"' },
  ],
  [
    "texts that would divide fields or lines",
    { key: 'a b"\n\u2028é', userAgent: 'x" 200\n-', method: "GET" },
    { auth: "header", signature: "v4" },
    {
      key: "a%20b%22%0A%E2%80%A8%C3%A9",
      uri: '"GET /photos/a%20b%22%0A%E2%80%A8%C3%A9 HTTP/1.1"',
      agent: '"x%22 200%0A-"',
    },
  ],
] satisfies readonly (readonly [
  string,
  Partial<AccessRecord>,
  RequestInputs | undefined,
  Readonly<Record<string, string>>,
])[]) {
  test(`s3LogLine() logs ${name}`, () => {
    const line = s3LogLine(recordOf(record), request);
    assert.equal(line.split("\n").length, 1);
    const fields = fieldsOf(line);
    for (const [field, value] of Object.entries(expected))
      assert.equal(fields[field], value, field);
  });
}

test("s3LogLine() holds no credential that strayed into a key, as the JSON line does not", () => {
  const line = s3LogLine(recordOf({ key: "k?X-Amz-Signature=abcdef" }), { auth: "none" });
  assert.ok(!line.includes("abcdef"), line);
  assert.ok(isS3LogLine(line));
  assert.ok(!isS3LogLine('{"time":"2026-11-22T12:00:00Z"}'));
});
