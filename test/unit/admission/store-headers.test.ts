/** Headers of the client's that the store gets, and those that stay behind. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { droppedByConnection } from "../../../src/admission/store-headers.ts";
import { hasHeader, valuesOf, type HeaderList } from "../../../src/http/headers.ts";
import { DROPPED_HEADERS } from "../../../src/s3/known-headers.ts";
import { word, type Decided } from "../../support/decided.ts";
import { commands, membersOf } from "../s3/sdk-model.ts";
import { decide, gatewayOf } from "./people.ts";
import { judge, world, type Ask } from "./world.ts";

const lines = [
  ["nothing of an ordinary connection", ["connection", "keep-alive"], undefined],
  ["a field that counts", ["connection", "close, Range"], "range"],
  ["the host", ["connection", "host"], "host"],
  [
    "one that a second line names",
    ["connection", "close", "a", "b", "connection", "range"],
    "range",
  ],
  ["nothing that another field says", ["x-connection", "range"], undefined],
] as const;
for (const [what, headers, expected] of lines) {
  test(`droppedByConnection() finds ${what}`, () => {
    assert.equal(droppedByConnection(headers), expected);
  });
}

/** Whether a store gets the client's field `name`: then Connection must not name it. */
const reachesStores = (name: string): boolean =>
  droppedByConnection(["connection", name]) !== undefined;

test("every request header of S3's model reaches stores, but the length, which is written anew", () => {
  const modelled = commands.flatMap(({ name }) =>
    membersOf(name).flatMap(({ traits }) =>
      "httpHeader" in traits ? [String(traits.httpHeader).toLowerCase()] : [],
    ),
  );
  const behind = modelled.filter((name) => !reachesStores(name));
  assert.deepEqual([...new Set(behind)], ["content-length"]);
  assert.ok(reachesStores("x-amz-meta-anything"));
});

/** The standard fields besides: HTTP's on contents and conditions, and those of Fetch's CORS. */
for (const name of [
  "accept",
  "accept-encoding",
  "accept-language",
  "access-control-request-headers",
  "access-control-request-method",
  "if-range",
  "origin",
  "referer",
  "user-agent",
]) {
  test(`${name} reaches stores`, () => assert.equal(reachesStores(name), true));
}

/** Of the client's signature, framing and way here; or nothing that a request says. */
for (const name of [
  ...DROPPED_HEADERS.keys(),
  "authorization",
  "content-length",
  "cookie",
  "expect",
  "forwarded",
  "te",
  "transfer-encoding",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-decoded-content-length",
  "x-amz-nobody-knows",
  "x-amz-security-token",
  "x-amz-trailer",
  "x-forwarded-for",
  "x-http-method-override",
  "",
]) {
  test(`"${name}" stays behind`, () => assert.equal(reachesStores(name), false));
}

function sentOf(verdict: Decided): HeaderList {
  assert.ok(verdict.kind === "forward", word(verdict));
  return verdict.request.head.headers;
}

describe("accept-encoding stays behind where the gateway reads the store's answer:", () => {
  const gzip = { "accept-encoding": "gzip", "user-agent": "t" };
  const PARTS =
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>";
  const rows: readonly (readonly [string, boolean, string?])[] = [
    ["GET /", true],
    ["PUT /photos", true],
    ["DELETE /photos", true],
    ["GET /photos?location", true],
    ["POST /photos?delete", true, "<Delete><Object><Key>a</Key></Object></Delete>"],
    ["POST /photos/a?uploadId=u", true, PARTS],
    ["GET /photos/a", false],
    ["GET /photos?list-type=2", false],
    ["GET /photos?uploads", false],
    ["POST /photos/a?uploads", false],
  ];
  const aws = world("{}", "", "aws");
  for (const [line, isRead, body] of rows) {
    test(`${line}: ${isRead ? "it does" : "it does not"}`, () => {
      const ask: Ask = { as: "lab", headers: gzip, ...(body !== undefined && { body }) };
      const sent = sentOf(judge(aws, line, ask, { body: body ?? "" }));
      assert.equal(hasHeader(sent, "accept-encoding"), !isRead);
      assert.deepEqual(valuesOf(sent, "user-agent"), ["t"], "the others go on");
    });
  }
  test("GET /?max-directory-buckets=1: it does, for a store that has them", () => {
    const ask: Ask = { as: "lab", headers: gzip };
    const directories = world("{}", ", operations: [ListDirectoryBuckets]", "aws");
    const sent = sentOf(
      judge(directories, "GET /?max-directory-buckets=1&x-id=ListDirectoryBuckets", ask),
    );
    assert.equal(hasHeader(sent, "accept-encoding"), false);
  });

  const renaming = gatewayOf({
    store: { store: "minio" },
    policy: { bucketNames: { prefix: "{account}-" }, bucketPolicies: "gateway" },
    accounts: { one: {} },
  });
  const copy = { "x-amz-copy-source": "/mine/a" };
  /** `[line, whether its answer names the bucket or may be an error under 200, headers]`. */
  const renamed: readonly (readonly [string, boolean, Readonly<Record<string, string>>?])[] = [
    ["PUT /mine/k", true, copy],
    ["POST /mine/k?uploads", true],
    ["GET /mine?uploads", true],
    ["GET /mine", true],
    ["GET /mine?list-type=2", true],
    ["GET /mine?versions", true],
    ["GET /mine/k?uploadId=u", true],
    ["PUT /mine/k?partNumber=1&uploadId=u", true, copy],
    ["POST /mine/k?uploadId=u", true],
    ["GET /mine/k", false],
    ["PUT /mine/k", false],
    ["GET /mine?acl", false],
  ];
  for (const [line, isRead, headers = {}] of renamed) {
    const copied = headers === copy ? " of a copy" : "";
    test(`${line}${copied}, of a bucket with another name: ${isRead ? "it does" : "it does not"}`, () => {
      const verdict = decide(
        renaming,
        "one",
        line,
        { headers: { ...headers, ...gzip } },
        { body: PARTS },
      );
      assert.equal(hasHeader(sentOf(verdict), "accept-encoding"), !isRead);
      assert.ok(verdict.kind === "forward");
      const names = Array.from({ length: headers === copy ? 2 : 1 }, () => ({
        stored: "one-mine",
        shown: "mine",
      }));
      assert.deepEqual(verdict.request.renamed, { names, inAnswer: isRead });
    });
  }
});

describe("content-encoding without aws-chunked:", () => {
  const FRAMED = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "70000",
    "transfer-encoding": "chunked",
  };
  const rows = [
    ["aws-chunked", []],
    ["aws-chunked,gzip", ["gzip"]],
    ["gzip, aws-chunked, br", ["gzip,br"]],
    ["gzip", ["gzip"]],
    ["", [""]],
  ] as const;
  for (const [given, expected] of rows) {
    test(`"${given}" of a framed body`, () => {
      const headers = { ...FRAMED, "content-encoding": given };
      const sent = sentOf(judge(world(), "PUT /photos/a", { as: "lab", headers }));
      assert.deepEqual(valuesOf(sent, "content-encoding"), expected);
    });
  }
  test("is one field, the gateway's own, if the body is framed anew", () => {
    const trailer = { "x-amz-trailer": "x-amz-checksum-crc32" };
    const headers = { ...FRAMED, ...trailer, "content-encoding": "aws-chunked,gzip" };
    const sent = sentOf(judge(world("{}", "", "aws"), "PUT /photos/a", { as: "lab", headers }));
    assert.deepEqual(valuesOf(sent, "content-encoding"), ["aws-chunked,gzip"]);
    assert.deepEqual(valuesOf(sent, "x-amz-trailer"), ["x-amz-checksum-crc32"]);
  });
  test("stays as it came for a body without framing", () => {
    const headers = { "content-encoding": "gzip, br" };
    const sent = sentOf(judge(world(), "PUT /photos/a", { as: "lab", headers, body: "meow" }));
    assert.deepEqual(valuesOf(sent, "content-encoding"), ["gzip, br"]);
  });
});

test("the store gets the source of a copy as it was judged, in one spelling", () => {
  for (const source of ["photos/a%20b+c", "/photos/a%20b%2Bc", "photos%2Fa b%2bc"]) {
    const headers = { "x-amz-copy-source": source };
    const sent = sentOf(judge(world(), "PUT /photos/copy", { as: "lab", headers }));
    assert.deepEqual(valuesOf(sent, "x-amz-copy-source"), ["photos/a%20b%2Bc"]);
  }
});

test("the store gets the source of a rename as it was judged", () => {
  const aws = world("{}", ", operations: [RenameObject]", "aws");
  const headers = { "x-amz-rename-source": "/photos/a%20b+c" };
  const sent = sentOf(judge(aws, "PUT /photos/k?renameObject", { as: "lab", headers }));
  assert.deepEqual(valuesOf(sent, "x-amz-rename-source"), ["photos/a%20b%2Bc"]);
});

describe("x-amz-tagging", () => {
  const ARN = "arn:aws:s3:::photos/*";
  const allow = { Effect: "Allow", Action: "s3:*", Resource: ARN };
  const Condition = { StringEquals: { "s3:RequestObjectTag/a": "b c" } };
  const asking = gatewayOf({
    accounts: { lab: { users: { u: { policy: [{ ...allow, Condition }] } } } },
  });
  const headers = { "x-amz-tagging": "a=b+c&d=%65" };
  test("is written as it was judged, without a + that stores read in two ways", () => {
    const sent = sentOf(decide(asking, "lab:u", "PUT /photos/k", { headers }));
    assert.deepEqual(valuesOf(sent, "x-amz-tagging"), ["a=b%20c&d=e"]);
    const without = sentOf(decide(asking, "lab", "PUT /photos/k"));
    assert.deepEqual(valuesOf(without, "x-amz-tagging"), []);
  });
  test("goes on as it came if nothing was judged by it", () => {
    const sent = sentOf(judge(world(), "PUT /photos/k", { as: "lab", headers }));
    assert.deepEqual(valuesOf(sent, "x-amz-tagging"), ["a=b+c&d=%65"]);
  });
});

describe("checksums of a document", () => {
  const policy = [{ Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::photos/a" }];
  const gateway = gatewayOf({ accounts: { lab: { users: { u: { policy } } } } });
  const md5 = (text: string): string => createHash("md5").update(text).digest("base64");
  const crc = (text: string): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(text));
    return bytes.toString("base64");
  };
  const send = (who: string, line: string, body: string): Decided => {
    const headers = {
      "content-md5": md5(body),
      "content-length": String(Buffer.byteLength(body)),
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      "x-amz-sdk-checksum-algorithm": "CRC32",
      "x-amz-checksum-crc32": crc(body),
      "x-amz-request-payer": "requester",
    };
    return decide(gateway, who, line, { headers }, { body });
  };
  test("stay as they came if the store gets it as it came", () => {
    const body = "<CORSConfiguration/>";
    const sent = sentOf(send("lab", "PUT /photos?cors", body));
    assert.deepEqual(valuesOf(sent, "content-md5"), [md5(body)]);
    assert.deepEqual(valuesOf(sent, "x-amz-checksum-crc32"), [crc(body)]);
    assert.deepEqual(valuesOf(sent, "x-amz-sdk-checksum-algorithm"), ["CRC32"]);
  });
  test("are of the list of keys that the store gets, which is written anew", () => {
    const body = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
    const verdict = send("lab:u", "POST /photos?delete", body);
    const sent = sentOf(verdict);
    assert.ok(verdict.kind === "forward" && verdict.content !== undefined);
    assert.ok(!verdict.content.includes("<Key>b</Key>"));
    assert.deepEqual(valuesOf(sent, "content-md5"), [md5(verdict.content.toString())]);
    assert.deepEqual(valuesOf(sent, "x-amz-checksum-crc32"), []);
    assert.deepEqual(valuesOf(sent, "x-amz-sdk-checksum-algorithm"), []);
    assert.deepEqual(valuesOf(sent, "content-type"), []);
    assert.deepEqual(valuesOf(sent, "x-amz-request-payer"), ["requester"], "the others go on");
  });
});
