import assert from "node:assert/strict";
import { test } from "node:test";
import { copySourceHeader, parseCopySource } from "../../../src/s3/copy-source.ts";

function parsed(raw: string): unknown {
  const source = parseCopySource(raw);
  return source.ok
    ? [
        source.value.bucket.tenant,
        source.value.bucket.name,
        source.value.key,
        source.value.versionId,
      ]
    : source.error.code;
}

/** The bytes of `text` as Node gives a header that was sent in UTF-8. */
function asHeader(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

const NONE = undefined;
const sources = [
  ["bucket/key", [NONE, "bucket", "key", NONE], "bucket/key"],
  ["/bucket/key", [NONE, "bucket", "key", NONE], "bucket/key"],
  ["bucket//key", [NONE, "bucket", "/key", NONE], "bucket//key"],
  ["bucket/a/../b/./", [NONE, "bucket", "a/../b/./", NONE], "bucket/a/../b/./"],
  ["bucket/a%2Fb", [NONE, "bucket", "a/b", NONE], "bucket/a/b"],
  ["bucket/a+b", [NONE, "bucket", "a+b", NONE], "bucket/a%2Bb"],
  ["bucket/a%2Bb%20c", [NONE, "bucket", "a+b c", NONE], "bucket/a%2Bb%20c"],
  ["bucket/a b", [NONE, "bucket", "a b", NONE], "bucket/a%20b"],
  [asHeader("bucket/é😀"), [NONE, "bucket", "é😀", NONE], "bucket/%C3%A9%F0%9F%98%80"],
  ["bucket/k?versionId=v1", [NONE, "bucket", "k", "v1"], "bucket/k?versionId=v1"],
  ["bucket/k?versionId=null", [NONE, "bucket", "k", "null"], "bucket/k?versionId=null"],
  ["bucket/k?versionId=a%2Fb", [NONE, "bucket", "k", "a/b"], "bucket/k?versionId=a%2Fb"],
  ["bucket/k?versionId=v&x=y", [NONE, "bucket", "k", "v&x=y"], "bucket/k?versionId=v%26x%3Dy"],
  [
    "bucket/k%3FversionId=v1",
    [NONE, "bucket", "k?versionId=v1", NONE],
    "bucket/k%3FversionId%3Dv1",
  ],
  [
    "bucket/k?versionId=1?versionId=2",
    [NONE, "bucket", "k?versionId=1", "2"],
    "bucket/k%3FversionId%3D1?versionId=2",
  ],
  ["bucket/k?versionid=v1", [NONE, "bucket", "k?versionid=v1", NONE], "bucket/k%3Fversionid%3Dv1"],
  ["bucket/k?acl", [NONE, "bucket", "k?acl", NONE], "bucket/k%3Facl"],
  ["tenant:bucket/k", ["tenant", "bucket", "k", NONE], "tenant%3Abucket/k"],
  ["tenant%3Abucket/k", ["tenant", "bucket", "k", NONE], "tenant%3Abucket/k"],
  [":bucket/k", ["", "bucket", "k", NONE], "%3Abucket/k"],
  ["%62ucket/k", [NONE, "bucket", "k", NONE], "bucket/k"],
  // AWS's examples for Java encode bucket and key together.
  ["bucket%2Fkey", [NONE, "bucket", "key", NONE], "bucket/key"],
  ["bucket%2fa%2fb%20c", [NONE, "bucket", "a/b c", NONE], "bucket/a/b%20c"],
  ["%2Fbucket%2Fkey", [NONE, "bucket", "key", NONE], "bucket/key"],
  ["/bucket%2Fa/b", [NONE, "bucket", "a/b", NONE], "bucket/a/b"],
  ["bucket%2F%2Fkey", [NONE, "bucket", "/key", NONE], "bucket//key"],
  ["bucket/%2Fkey", [NONE, "bucket", "/key", NONE], "bucket//key"],
  ["bucket%2Fa%252Fb", [NONE, "bucket", "a%2Fb", NONE], "bucket/a%252Fb"],
  ["bucket%2Fk?versionId=v1", [NONE, "bucket", "k", "v1"], "bucket/k?versionId=v1"],
  [
    "bucket%2Fk%3FversionId%3Dv1",
    [NONE, "bucket", "k?versionId=v1", NONE],
    "bucket/k%3FversionId%3Dv1",
  ],
  ["tenant%3Abucket%2Fk", ["tenant", "bucket", "k", NONE], "tenant%3Abucket/k"],
] as const;

for (const [raw, wanted, header] of sources) {
  test(`parseCopySource() reads ${JSON.stringify(raw)} and it is written as ${header}`, () => {
    assert.deepEqual(parsed(raw), wanted);
    const source = parseCopySource(raw);
    assert.equal(source.ok ? copySourceHeader(source.value) : "", header);
    assert.deepEqual(parsed(header), wanted);
  });
}

const refused = [
  ["an empty value", "", "InvalidArgument"],
  ["a slash alone", "/", "InvalidArgument"],
  ["a bucket alone", "bucket", "InvalidArgument"],
  ["an empty key", "bucket/", "InvalidArgument"],
  ["an empty key with a version", "bucket/?versionId=v", "InvalidArgument"],
  ["an empty bucket", "//key", "InvalidArgument"],
  ["a separator that is encoded twice", "bucket%252Fkey", "InvalidArgument"],
  ["a bucket of one letter before an encoded slash", "a%2Fbucket/key", "InvalidArgument"],
  ["an encoded slash alone", "%2F", "InvalidArgument"],
  ["an empty key behind an encoded slash", "bucket%2F", "InvalidArgument"],
  ["an empty bucket between encoded slashes", "%2F%2Fkey", "InvalidArgument"],
  ["a reserved bucket that is encoded whole", "admin%2Fuser", "InvalidBucketName"],
  ["a bucket of dots that is encoded whole", "%2E%2E%2Fkey", "InvalidArgument"],
  ["half an escape before the slash", "bucket%%2Fkey", "InvalidArgument"],
  ["a bucket of dots", "../key", "InvalidArgument"],
  ["a reserved bucket", "admin/user", "InvalidBucketName"],
  ["an empty version", "bucket/k?versionId=", "InvalidArgument"],
  ["a version that is not UTF-8", "bucket/k?versionId=%FF", "InvalidArgument"],
  ["a version of 1025 characters", `bucket/k?versionId=${"v".repeat(1025)}`, "InvalidArgument"],
  ["NUL in the key", "bucket/a%00b", "InvalidArgument"],
  ["a malformed escape", "bucket/a%2", "InvalidArgument"],
  ["bytes that are not UTF-8", "bucket/\u00ff", "InvalidArgument"],
  ["a version with a blank", "bucket/k?versionId=a%20b", "InvalidArgument"],
  ["a version that leads out of its folder", "bucket/k?versionId=../v", "InvalidArgument"],
  ["a raw control character", "bucket/a\tb", "InvalidArgument"],
  ["a raw control character that with a digit looks escaped", "bucket/a\x041", "InvalidArgument"],
  ["a raw DEL", "bucket/a\x7fb", "InvalidArgument"],
  ["a character that is no byte", "bucket/\u0100", "InvalidArgument"],
  ["a key that is too long", `bucket/${"k".repeat(1025)}`, "KeyTooLongError"],
  [
    "an access point",
    "arn:aws:s3:us-west-2:123456789012:accesspoint/mine/object/k",
    "NotImplemented",
  ],
  [
    "an access point behind an encoded slash",
    "%2Farn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint%2Fmine%2Fobject%2Fk",
    "NotImplemented",
  ],
  [
    "an encoded access point",
    "arn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint%2Fmine/object/k",
    "NotImplemented",
  ],
] as const;

for (const [name, raw, code] of refused) {
  test(`parseCopySource() refuses ${name}`, () => assert.equal(parsed(raw), code));
}

for (const [raw, message, argument = ["x-amz-copy-source", raw]] of [
  ["bucket/%ZZ", "Invalid copy source encoding"],
  ["100%/foo/bar/baz", "Invalid copy source encoding"],
  ["%", "Invalid copy source encoding"],
  ["bucket%ZZ", "Invalid copy source encoding"],
  ["bucket/%C3%", "Invalid copy source encoding"],
  ["../key", "Invalid copy source bucket name"],
  ["bucket/a%00b", "Invalid copy source object key"],
  ["bucket/\u00ff", "Invalid copy source encoding"],
  ["bucket", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"],
  ["?versionId=v/k", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"],
  ["bucket/k?versionId=", "Version id cannot be the empty string", ["versionId", ""]],
  ["bucket/k?versionId=%FF", "Invalid version id specified", ["versionId", "%FF"]],
] as const) {
  test(`parseCopySource() says of ${raw} what AWS says`, () => {
    const source = parseCopySource(raw);
    assert.ok(!source.ok);
    assert.equal(source.error.message, message);
    assert.deepEqual(source.error.elements, [
      ["ArgumentName", argument[0]],
      ["ArgumentValue", argument[1]],
    ]);
  });
}
