import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { firstValue, valuesOf } from "../../../src/http/headers.ts";
import { word } from "../../support/decided.ts";
import { judge, KEYS, world, type Ask } from "./world.ts";

const WORLD = world();
const SHA256_OF_NOTHING = createHash("sha256").digest("hex");

const admitted = [
  ["a GET of an object", "GET /photos/cat.jpg", { as: "lab" }, "forward"],
  ["a listing", "GET /photos?list-type=2&prefix=a%2F", { as: "lab" }, "forward"],
  ["a PUT of an object", "PUT /photos/cat.jpg", { as: "lab", body: "meow" }, "forward"],
  [
    "a document, to be read first",
    "POST /photos?delete",
    { as: "lab", body: "<Delete/>" },
    "document",
  ],
  ["a READ subuser's GET", "GET /photos/cat.jpg", { as: "reader" }, "forward"],
  ["a READ subuser's listing", "GET /photos", { as: "reader" }, "forward"],
  ["a READWRITE subuser's DELETE", "DELETE /photos/cat.jpg", { as: "writer" }, "forward"],
  ["a key within its network", "GET /photos/a", { as: "office", from: "198.51.100.7" }, "forward"],
  [
    "a key within its network, mapped",
    "GET /b-1/a",
    { as: "office", from: "::ffff:198.51.100.7" },
    "forward",
  ],
  [
    "the session token of its key",
    "GET /photos/a",
    { as: "session", headers: { "x-amz-security-token": "the-token" } },
    "forward",
  ],
  [
    "a virtual-hosted bucket",
    "GET /cat.jpg",
    { as: "lab", headers: { host: "photos.s3.example.org" } },
    "forward",
  ],
  [
    "a CORS preflight, which nobody signs",
    "OPTIONS /photos/cat.jpg",
    { headers: { origin: "https://example.org", "access-control-request-method": "PUT" } },
    "forward",
  ],
  [
    "a browser's form, to be read first",
    "POST /photos",
    { headers: { "content-type": "multipart/form-data; boundary=x" } },
    "form",
  ],
] as const satisfies readonly (readonly [string, string, Ask, string])[];

for (const [name, line, ask, expected] of admitted) {
  test(`admit() lets through ${name}`, () => assert.equal(word(judge(WORLD, line, ask)), expected));
}

const refused = [
  ["an anonymous request", "GET /photos/a", {}, "AccessDenied", "authentication"],
  [
    "a signature over another path",
    "GET /photos/a",
    { as: "lab", tamper: (head) => ({ ...head, method: "DELETE" }) },
    "SignatureDoesNotMatch",
    "authentication",
  ],
  ["a disabled key", "GET /photos/a", { as: "disabled" }, "AccessDenied", "key-state"],
  [
    "a key in the millisecond it expires",
    "GET /photos/a",
    { as: "expired" },
    "AccessDenied",
    "key-state",
  ],
  ["a key that is not valid yet", "GET /photos/a", { as: "future" }, "AccessDenied", "key-state"],
  [
    "a session key without its token",
    "GET /photos/a",
    { as: "session" },
    "InvalidToken",
    "authentication",
  ],
  [
    "a session key with another token",
    "GET /photos/a",
    { as: "session", headers: { "x-amz-security-token": "other" } },
    "InvalidToken",
    "authentication",
  ],
  [
    "a token where the key has none",
    "GET /photos/a",
    { as: "lab", headers: { "x-amz-security-token": "any" } },
    "InvalidToken",
    "authentication",
  ],
  [
    "an address outside the key's networks",
    "GET /photos/a",
    { as: "office" },
    "AccessDenied",
    "networks",
  ],
  [
    "an account's blocked action",
    "PUT /photos?policy",
    { as: "lab", body: "{}" },
    "AccessDenied",
    "blocked-actions",
  ],
  [
    "a subuser's blocked action",
    "DELETE /photos/a?versionId=null",
    { as: "writer" },
    "AccessDenied",
    "blocked-actions",
  ],
  ["a READ subuser's PUT", "PUT /photos/a", { as: "reader", body: "x" }, "AccessDenied", "tier"],
  [
    "a READ subuser's versioning change",
    "PUT /photos?versioning",
    { as: "reader", body: "<x/>" },
    "AccessDenied",
    "tier",
  ],
  [
    "a READWRITE subuser's ACL in a header",
    "PUT /photos/a",
    { as: "writer", body: "x", headers: { "x-amz-acl": "public-read" } },
    "AccessDenied",
    "tier",
  ],
  [
    "a copy whose source the tier forbids",
    "PUT /photos/a",
    { as: "reader", headers: { "x-amz-copy-source": "/photos/b" } },
    "AccessDenied",
    "tier",
  ],
  [
    "a session of another service's API",
    "GET /photos?session",
    { as: "lab" },
    "NotImplemented",
    undefined,
  ],
  [
    "what RGW would execute as DeleteBucket",
    "DELETE /photos?encryption",
    { as: "lab" },
    "NotImplemented",
    undefined,
  ],
  [
    "what RGW would execute as PutObject",
    "PUT /photos/a?renameObject",
    { as: "lab", headers: { "x-amz-rename-source": "/photos/b" } },
    "NotImplemented",
    undefined,
  ],
  [
    "a body where none belongs",
    "GET /photos/a",
    { as: "lab", body: "x" },
    "InvalidRequest",
    undefined,
  ],
  [
    "an upload without a length",
    "PUT /photos/a",
    {
      as: "lab",
      headers: { "transfer-encoding": "chunked", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    },
    "MissingContentLength",
    undefined,
  ],
  [
    "framing that is not declared",
    "PUT /photos/a",
    {
      as: "lab",
      body: "x",
      headers: { "content-encoding": "aws-chunked", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    },
    "InvalidRequest",
    undefined,
  ],
  [
    "a signed form",
    "POST /photos",
    { as: "lab", body: "x", headers: { "content-type": "multipart/form-data; boundary=x" } },
    "InvalidArgument",
    undefined,
  ],
  [
    "a rename from another bucket",
    "PUT /bucket/k?renameObject",
    { as: "lab", headers: { "x-amz-rename-source": "src/old" } },
    "InvalidArgument",
    undefined,
  ],
  [
    "a rename from another tenant",
    "PUT /bucket/k?renameObject",
    { as: "lab", headers: { "x-amz-rename-source": "other:bucket/old" } },
    "InvalidBucketName",
    undefined,
  ],
] as const satisfies readonly (readonly [string, string, Ask, string, string | undefined])[];

for (const [name, line, ask, code, gate] of refused) {
  test(`admit() refuses ${name}`, () => {
    const verdict = judge(WORLD, line, ask);
    assert.equal(word(verdict), code);
    assert.equal(verdict.facts.denial?.gate, gate);
  });
}

test("admit() refuses a copy from another tenant, where the provider has none to name", () => {
  const copy = { as: "lab", headers: { "x-amz-copy-source": "/lab:photos/b" } } as const;
  const from = (provider: string): string =>
    word(judge(world(`{ provider: ${provider} }`), "PUT /photos/a", copy));
  assert.equal(from("qumulo"), "InvalidBucketName");
  const bare = { as: "lab", headers: { "x-amz-copy-source": "/photos/b" } } as const;
  assert.equal(word(judge(world("{ provider: qumulo }"), "PUT /photos/a", bare)), "forward");
});

test("admit() refuses a copy from the gateway's own bucket", () => {
  const keeping = { ...WORLD, stateBucket: "of-the-gateway" };
  const from = (bucket: string): string =>
    word(
      judge(keeping, "PUT /photos/a", {
        as: "lab",
        headers: { "x-amz-copy-source": `/${bucket}/b` },
      }),
    );
  assert.equal(from("other"), "forward");
  assert.equal(from("of-the-gateway"), "InvalidBucketName");
});

test("admit() lets nobody without a signature choose the headers of an answer", () => {
  const open = world("{ anonymous: upstream }");
  const line = "GET /photos/a?response-content-type=text%2Fhtml";
  assert.equal(word(judge(open, line)), "InvalidRequest");
  assert.equal(word(judge(open, line, { as: "lab" })), "forward");
  assert.equal(word(judge(open, "GET /photos/a")), "forward");
});

test("admit() records who was refused, and what", () => {
  const { facts } = judge(WORLD, "DELETE /photos/a%20b?versionId=v1", { as: "reader" });
  const { operation, bucket, key, versionId, account, subuser, accessKeyId } = facts;
  assert.deepEqual(
    { operation, bucket, key, versionId, account, subuser, accessKeyId },
    {
      operation: "DeleteObject",
      bucket: "photos",
      key: "a b",
      versionId: "v1",
      account: "lab",
      subuser: "reader",
      accessKeyId: KEYS.reader,
    },
  );
});

test("admit() records the setting by which nobody may go on without a signature", () => {
  const { facts } = judge(WORLD, "GET /photos/a");
  assert.equal(facts.denial?.rule, "policy.anonymous: deny");
});

test("admit() only records in report mode, but a bad credential stays refused", () => {
  const reporting = world("{ mode: report }");
  const verdict = judge(reporting, "DELETE /photos/a", { as: "reader" });
  assert.equal(word(verdict), "forward");
  assert.equal(verdict.facts.reported, true);
  assert.equal(verdict.facts.denial?.gate, "tier");
  assert.equal(word(judge(reporting, "GET /photos/a", { as: "disabled" })), "AccessDenied");
  assert.equal(word(judge(reporting, "GET /photos/a")), "AccessDenied");
});

test("admit() answers 501 for what policy.unsupported names", () => {
  const verdict = judge(world('{ unsupported: ["s3:PutObjectTagging"] }'), "PUT /b-1/k?tagging", {
    as: "lab",
    body: "<x/>",
  });
  assert.equal(word(verdict), "NotImplemented");
  assert.equal(verdict.facts.denial?.gate, "unsupported");
});

test("admit() re-signs with the account's credential and drops the client's", () => {
  const verdict = judge(WORLD, "GET /photos/a%2Fb//../c?versionId=v%2B1&x-id=GetObject", {
    as: "session",
    headers: {
      "x-amz-security-token": "the-token",
      range: "bytes=0-1",
      cookie: "a=b",
      "x-amz-tagging-count": "1",
      "x-forwarded-for": "203.0.113.9",
      connection: "keep-alive",
    },
  });
  assert(verdict.kind === "forward");
  const { target, headers, method } = verdict.request.head;
  assert.equal(method, "GET");
  assert.equal(target, "/photos/a/b//../c?versionId=v%2B1");
  assert.match(
    firstValue(headers, "authorization") ?? "",
    /Credential=STOREKEY000000000000\/20261122\//,
  );
  assert.equal(firstValue(headers, "host"), "store:7480");
  assert.equal(firstValue(headers, "range"), "bytes=0-1");
  assert.equal(firstValue(headers, "x-amz-content-sha256"), SHA256_OF_NOTHING);
  const left = ["x-amz-security-token", "x-amz-tagging-count", "cookie", "x-forwarded-for"];
  for (const dropped of [...left, "connection"]) {
    assert.deepEqual(valuesOf(headers, dropped), [], dropped);
  }
});

test("admit() signs with the client's own key where the account has none at the store", () => {
  const verdict = judge(WORLD, "GET /photos/a", { as: "own" });
  assert(verdict.kind === "forward");
  assert.match(
    firstValue(verdict.request.head.headers, "authorization") ?? "",
    new RegExp(KEYS.own),
  );
});

test("admit() signs the client's own digest again, so that the store proves the body", () => {
  const verdict = judge(WORLD, "PUT /photos/a", { as: "lab", body: "meow" });
  assert(verdict.kind === "forward");
  const digest = createHash("sha256").update("meow").digest("hex");
  assert.equal(firstValue(verdict.request.head.headers, "x-amz-content-sha256"), digest);
  assert.equal(firstValue(verdict.request.head.headers, "content-length"), "4");
});

const TRAILER = {
  "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "x-amz-decoded-content-length": "70000",
  "x-amz-trailer": "x-amz-checksum-crc32",
  "x-amz-sdk-checksum-algorithm": "CRC32",
  "content-encoding": "gzip,aws-chunked",
  "transfer-encoding": "chunked",
} as const;

test("admit() removes aws-chunked framing for a store that does not understand trailers", () => {
  const verdict = judge(WORLD, "PUT /photos/a", { as: "lab", headers: TRAILER });
  assert(verdict.kind === "forward");
  const { headers } = verdict.request.head;
  assert.deepEqual(verdict.body, {
    kind: "deframe",
    decodedLength: 70_000,
    proof: undefined,
    trailers: ["x-amz-checksum-crc32"],
    checks: [],
  });
  assert.equal(verdict.reframe, false);
  assert.equal(firstValue(headers, "content-encoding"), "gzip");
  assert.equal(firstValue(headers, "content-length"), "70000");
  assert.equal(firstValue(headers, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  for (const gone of [
    "x-amz-trailer",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
  ]) {
    assert.deepEqual(valuesOf(headers, gone), [], gone);
  }
});

test("admit() frames again for a store that understands trailers", () => {
  const verdict = judge(world("{}", ", trailers: true"), "PUT /photos/a", {
    as: "lab",
    headers: TRAILER,
  });
  assert(verdict.kind === "forward");
  const { headers } = verdict.request.head;
  assert.equal(verdict.reframe, true);
  assert.equal(firstValue(headers, "content-encoding"), "aws-chunked,gzip");
  assert.equal(firstValue(headers, "x-amz-content-sha256"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  assert.equal(firstValue(headers, "x-amz-decoded-content-length"), "70000");
  assert.equal(firstValue(headers, "x-amz-trailer"), "x-amz-checksum-crc32");
  // 11170 CRLF, 70000 bytes, CRLF; 0 CRLF; the trailer; CRLF.
  const length = 5 + 2 + 70_000 + 2 + 3 + ("x-amz-checksum-crc32:".length + 8 + 2) + 2;
  assert.equal(firstValue(headers, "content-length"), String(length));
});

test("admit() writes the copy source from what was judged", () => {
  const verdict = judge(WORLD, "PUT /photos/a", {
    as: "lab",
    headers: { "x-amz-copy-source": "photos/b%20c+d?versionId=v1" },
  });
  assert(verdict.kind === "forward");
  assert.equal(
    firstValue(verdict.request.head.headers, "x-amz-copy-source"),
    "photos/b%20c%2Bd?versionId=v1",
  );
});

test("admit() refuses a Connection header that would strip what was judged", () => {
  const verdict = judge(WORLD, "PUT /photos/a", {
    as: "lab",
    headers: { "x-amz-copy-source": "photos/b", connection: "x-amz-copy-source" },
  });
  assert.equal(word(verdict), "InvalidRequest");
});

test("admit() puts the bucket into the host of a store that wants it there", () => {
  const verdict = judge(world("{}", ", addressing: virtual"), "GET /photos/a", { as: "lab" });
  assert(verdict.kind === "forward");
  assert.equal(firstValue(verdict.request.head.headers, "host"), "photos.store:7480");
  assert.equal(verdict.request.head.target, "/a");
});
