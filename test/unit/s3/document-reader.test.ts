import assert from "node:assert/strict";
import { test } from "node:test";
import { documentReader, readDocument, tooLong } from "../../../src/s3/document-reader.ts";
import type { OperationName } from "../../../src/s3/operations.ts";

const TAGGING = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";

function kindOf(operation: OperationName, body: string | Buffer, headers: string[] = []): string {
  const document = readDocument(operation, headers, Buffer.from(body));
  return document.ok ? document.value.kind : document.error.code;
}

const kinds = [
  ["PutBucketTagging", TAGGING, "xml"],
  ["PutBucketTagging", "", "MissingRequestBodyError"],
  ["PutBucketTagging", "<Tags/>", "MalformedXML"],
  ["CreateBucket", "", "none"],
  ["CreateBucket", " ", "MalformedXML"],
  ["CreateBucket", "<CreateBucketConfiguration/>", "xml"],
  // Nothing here reads it, so that the store is sent just what came.
  ["PutBucketCors", "no XML", "none"],
  ["PutBucketPolicy", "no JSON", "policy"],
  ["PutBucketPolicy", Buffer.from([0xff]), "MalformedPolicy"],
  ["DeleteObjects", "<Delete><Object><Key>k</Key></Object></Delete>", "delete"],
  ["DeleteObjects", "", "MissingRequestBodyError"],
] as const;

for (const [operation, body, kind] of kinds) {
  test(`the document of ${operation} with ${JSON.stringify(body.toString())} is ${kind}`, () => {
    assert.equal(kindOf(operation, body), kind);
  });
}

test("an ACL in the headers leaves no place for a document", () => {
  assert.equal(kindOf("PutBucketAcl", "", ["x-amz-acl", "private"]), "none");
  assert.equal(kindOf("PutBucketAcl", "x", ["x-amz-acl", "private"]), "UnexpectedContent");
  const behind = ["host", "h", "x-amz-grant-read", "id=a"];
  assert.equal(kindOf("PutBucketAcl", "x", behind), "UnexpectedContent");
});

test("an ACL that stands nowhere is a missing header, which is named as AWS names it", () => {
  const document = readDocument("PutObjectAcl", [], Buffer.alloc(0));
  assert.ok(!document.ok);
  assert.equal(document.error.code, "MissingSecurityHeader");
  assert.deepEqual(document.error.elements, [["MissingHeaderName", "x-amz-acl"]]);
});

test("a document keeps the bytes as they came, however they came", () => {
  const xml = `<Tagging><!--${"é".repeat(20_000)}--><TagSet/></Tagging>`;
  const bytes = Buffer.from(xml);
  for (const size of [1, 7, 16_384, bytes.length]) {
    const reader = documentReader("PutBucketTagging", []);
    for (let at = 0; at < bytes.length; at += size) {
      assert.equal(reader.push(bytes.subarray(at, at + size)), undefined);
    }
    const document = reader.end();
    assert.ok(document.ok && document.value.kind === "xml");
    assert.ok(document.value.bytes.equals(bytes));
    assert.equal(document.value.root.children[0]?.name, "TagSet");
  }
});

/** How many bytes of a document are taken, in pieces of 16 KiB, before it is refused. */
function takenOf(operation: OperationName, xml: string): number {
  const reader = documentReader(operation, []);
  const bytes = Buffer.from(xml);
  for (let at = 0; at < bytes.length; at += 16_384) {
    if (reader.push(bytes.subarray(at, at + 16_384)) !== undefined) return at + 16_384;
  }
  return Infinity;
}

const early = [
  ["an element that is not expected", "PutBucketTagging", "<Tagging><x/>"],
  ["another root", "PutBucketTagging", "<Tags>"],
  ["the 1,001st object", "DeleteObjects", "<Delete>", "<Object><Key>k</Key></Object>", 1001],
  ["an object without a key", "DeleteObjects", "<Delete><Object/>"],
  [
    "a key that is too long",
    "DeleteObjects",
    "<Delete>",
    `<Object><Key>${"k".repeat(1025)}</Key></Object>`,
    1,
  ],
  [
    "the 101st tag",
    "PutBucketTagging",
    "<Tagging><TagSet>",
    "<Tag><Key>k</Key><Value/></Tag>",
    101,
  ],
  ["the 101st part of a restore", "RestoreObject", "<RestoreRequest>", "<x></x>", 101],
  [
    "a query of more than 512 Ki characters",
    "RestoreObject",
    "<RestoreRequest><SelectParameters><Expression>",
    "x".repeat(1024),
    512 + 16,
  ],
  ["the 1,002nd rule", "PutBucketReplication", "<ReplicationConfiguration>", "<Rule></Rule>", 1002],
] as const;

for (const [what, operation, begin, unit = "", count = 0] of early) {
  test(`${what} is refused where it stands`, () => {
    const xml = begin + unit.repeat(count);
    const taken = takenOf(operation, xml + " ".repeat(100_000));
    assert.ok(taken <= xml.length + 16_384, `${taken} bytes were taken`);
  });
}

test("a query of a restore may have 256 KB, as S3 Select has it", () => {
  const xml = `<RestoreRequest><SelectParameters><Expression>${"x".repeat(262_144)}</Expression></SelectParameters></RestoreRequest>`;
  assert.equal(kindOf("RestoreObject", xml), "xml");
});

test("a bucket policy has at most 64 KiB, its white space included", () => {
  assert.equal(kindOf("PutBucketPolicy", " ".repeat(65_536)), "policy");
  assert.equal(kindOf("PutBucketPolicy", " ".repeat(65_537)), "MalformedPolicy");
  assert.equal(tooLong("PutBucketPolicy", 65_536), undefined);
  assert.equal(tooLong("PutBucketPolicy", 65_537)?.code, "MalformedPolicy");
  assert.equal(tooLong("PutBucketTagging", 1e9), undefined);
});
