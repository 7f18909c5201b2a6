/** What policies judge is what the store does: values, and headers that a kind of store passes over. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";
import { judge, KEYS, type Ask } from "./world.ts";

/**
 * A snapshot in which `reader` may do everything but what `statements` deny. What is refused whatever policies
 * say is in without-effect.test.ts.
 */
function world(statements: readonly object[], store = "ceph", more = ""): Snapshot {
  const all = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  const document = { Version: "2012-10-17", Statement: [all, ...statements] };
  const files = {
    "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ${store}, withoutEffect: pass${more} }
identities: [{ accounts: accounts.yaml }]
policy: { signatures: [v4, v2] }
`,
    "accounts.yaml": `accounts:
  - name: lab
    subusers: [{ name: reader, policies: [user.json], keys: [{ accessKey: ${KEYS.reader}, secretKey: secret-reader }] }]
`,
    "user.json": JSON.stringify(document),
  };
  return compileSnapshot(goodConfig(files), 1);
}

const deny = (action: string, condition: object): object => ({
  Effect: "Deny",
  Action: action,
  Resource: "*",
  Condition: condition,
});

/** `forward`, `read`, or gate or code of the refusal. */
function outcome(snapshot: Snapshot, line: string, headers: Ask["headers"] = {}): string {
  const verdict = judge(snapshot, line, { as: "reader", headers });
  if (verdict.kind !== "refuse") return verdict.kind;
  return verdict.fault.code === "AccessDenied"
    ? (verdict.facts.denial?.gate ?? "AccessDenied")
    : verdict.fault.code;
}

const COPY = { "x-amz-copy-source": "/photos/a" };

describe("a header that the store passes over, where a policy depends on it", () => {
  const rows = [
    ["PUT /photos/b", { "if-none-match": "*" }, "s3:if-none-match", "forward"],
    ["PUT /photos/b", { ...COPY, "if-none-match": "*" }, "s3:if-none-match", "NotImplemented"],
    ["POST /photos/b?uploadId=u", { "if-none-match": "*" }, "s3:if-none-match", "NotImplemented"],
    ["DELETE /photos/b", { "if-match": '"e"' }, "s3:if-match", "NotImplemented"],
    [
      "PUT /photos/b",
      { "x-amz-server-side-encryption": "AES256" },
      "s3:x-amz-server-side-encryption",
      "NotImplemented",
    ],
    ["PUT /photos/b", { "x-amz-storage-class": "COLD" }, "s3:x-amz-storage-class", "forward"],
    ["PUT /photos/b", { "x-amz-tagging": "a=b" }, "s3:RequestObjectTag/a", "forward"],
    [
      "PUT /photos/b",
      { ...COPY, "x-amz-tagging-directive": "REPLACE", "x-amz-tagging": "a=b" },
      "s3:RequestObjectTag/a",
      "NotImplemented",
    ],
    [
      "POST /photos/b?uploads",
      { "x-amz-tagging": "a=b" },
      "s3:RequestObjectTag/a",
      "NotImplemented",
    ],
    [
      "POST /photos/b?uploads",
      { "x-amz-object-lock-legal-hold": "ON" },
      "s3:object-lock-legal-hold",
      "NotImplemented",
    ],
    [
      "PUT /photos/b",
      { "x-amz-object-lock-legal-hold": "ON" },
      "s3:object-lock-legal-hold",
      "forward",
    ],
    [
      "PUT /photos",
      { "x-amz-object-ownership": "BucketOwnerEnforced" },
      "s3:x-amz-object-ownership",
      "NotImplemented",
    ],
  ] as const;
  for (const [line, headers, key, expected] of rows) {
    const named = Object.keys(headers).at(-1) ?? "";
    test(`ceph, ${line} with ${named} where ${key} must be sent: ${expected}`, () => {
      const snapshot = world([deny("s3:*", { Null: { [key]: "true" } })]);
      assert.equal(outcome(snapshot, line), "explicit-deny");
      // The bucket's creation has a document, which is read first.
      const got = outcome(snapshot, line, headers);
      assert.equal(got === "read" ? "forward" : got, expected);
    });
  }

  const withIgnored = { ...COPY, "if-none-match": "*" };
  test("is none of its business where no policy depends on it", () => {
    assert.equal(outcome(world([]), "PUT /photos/b", withIgnored), "forward");
    const elsewhere = deny("s3:DeleteObject", { Null: { "s3:if-none-match": "true" } });
    assert.equal(outcome(world([elsewhere]), "PUT /photos/b", withIgnored), "forward");
  });
  test("is judged at a store that acts on it", () => {
    const snapshot = world([deny("s3:PutObject", { Null: { "s3:if-none-match": "true" } })], "aws");
    assert.equal(outcome(snapshot, "PUT /photos/b", withIgnored), "forward");
  });
  test("is named in the answer and, for the operator, in the denial", () => {
    const snapshot = world([deny("s3:PutObject", { Null: { "s3:if-none-match": "true" } })]);
    const verdict = judge(snapshot, "PUT /photos/b", { as: "reader", headers: withIgnored });
    assert(verdict.kind === "refuse");
    assert.match(verdict.fault.message, /"if-none-match"/);
    assert.equal(verdict.facts.denial?.gate, "unsupported");
    assert.equal(verdict.facts.denial.rule, "upstream.store: if-none-match");
  });
});

describe("a copy at a store that always takes the source's tags along", () => {
  const notTags = { Effect: "Deny", Action: "s3:GetObject*Tagging", Resource: "*" };
  const replaced = { ...COPY, "x-amz-tagging-directive": "REPLACE" };
  test("needs the permission to read them", () => {
    assert.equal(outcome(world([notTags]), "PUT /photos/b", replaced), "explicit-deny");
    const version = { ...replaced, "x-amz-copy-source": "/photos/a?versionId=v" };
    assert.equal(outcome(world([notTags]), "PUT /photos/b", version), "explicit-deny");
    assert.equal(outcome(world([]), "PUT /photos/b", replaced), "forward");
  });
  test("at others only where it takes them along", () => {
    assert.equal(outcome(world([notTags], "aws"), "PUT /photos/b", replaced), "forward");
    assert.equal(outcome(world([notTags], "aws"), "PUT /photos/b", COPY), "explicit-deny");
  });
});

describe("gw:ContentLength is the content's, however it travels", () => {
  const small = world([deny("s3:PutObject", { NumericGreaterThan: { "gw:ContentLength": "10" } })]);
  const put = (headers: Readonly<Record<string, string>>, body = ""): string => {
    const whole = { content: Buffer.alloc(10), trailer: "AAAAAA==" };
    const verdict = judge(small, "PUT /photos/b", { as: "reader", headers, body }, { whole });
    return verdict.kind === "refuse" ? verdict.fault.code : verdict.kind;
  };
  test("in one piece", () => {
    assert.equal(put({}, "x".repeat(10)), "forward");
    assert.equal(put({}, "x".repeat(11)), "AccessDenied");
  });
  test("in aws-chunked", () => {
    const chunked = {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-trailer": "x-amz-checksum-crc32",
    };
    const of = (length: string): object => ({ ...chunked, "x-amz-decoded-content-length": length });
    // Its framing makes it longer: what is judged is what will be stored.
    assert.equal(put({ ...chunked, ...of("10") }, "x".repeat(100)), "forward");
    assert.equal(put({ ...chunked, ...of("11") }, "x".repeat(100)), "AccessDenied");
  });
  test("in HTTP's own chunks, which say no length and so are refused", () => {
    const headers = { "transfer-encoding": "chunked" };
    const verdict = judge(small, "PUT /photos/b", { as: "reader", headers });
    assert(verdict.kind === "refuse");
    assert.equal(verdict.fault.code, "MissingContentLength");
  });
});

describe("s3:x-amz-content-sha256 is what the signature says of the body", () => {
  const unsigned = { StringEquals: { "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD" } };
  const signed = world([deny("s3:*", unsigned)]);
  test("a signed body passes, an unsigned one does not", () => {
    assert.equal(outcome(signed, "PUT /photos/b"), "forward");
    const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    assert.equal(outcome(signed, "PUT /photos/b", headers), "explicit-deny");
  });
});

describe("upstream.foldsPaths", () => {
  const folding = world([], "aws", ", foldsPaths: true");
  for (const key of ["a//b", "/a", "a/./b", "a/../b", "..", "a/.."]) {
    test(`refuses the key ${key}, which would arrive as another`, () => {
      assert.equal(outcome(folding, `GET /photos/${key}`), "InvalidArgument");
      assert.equal(outcome(world([], "aws"), `GET /photos/${key}`), "forward");
    });
  }
  for (const key of ["a", "a/", "a/b", ".a/b..", "a%2F...", "a\u{20}b".replace(" ", "%20")]) {
    test(`takes the key ${key}`, () =>
      assert.equal(outcome(folding, `GET /photos/${key}`), "forward"));
  }
});
