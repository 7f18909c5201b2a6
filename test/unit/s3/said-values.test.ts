import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseAddress } from "../../../src/s3/address.ts";
import { classify } from "../../../src/s3/classify.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { putFromForm } from "../../../src/s3/post-object.ts";

/** The operation, or the code of the refusal. */
function said(line: string, headers: readonly string[] = []): string {
  const [method = "", raw = ""] = line.split(" ");
  const target = parseTarget(raw);
  assert(target.ok);
  const located = parseAddress(target.value.path, "gateway", { domains: [], accountDomains: [] });
  assert(located.ok);
  const classified = classify(method, located.value.address, target.value.query, headers);
  return classified.ok ? classified.value : classified.error.code;
}

describe("classify() takes ids of uploads as stores make them", () => {
  const ids = [
    "u",
    "VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwbG9hZA",
    "2~9hGxIoRRCbQMJXmRyX2LVWPqmKLq1V3",
    "6f1d2a3e-1c57-4d5a-9a90-0c4d1f2f8f5e",
    "Y2QwZjU5MzUtNzQzNS00.ZmI3LTg0MTc-..-_",
    // `x.` and `x..` in base64, as random ids can have it.
    "eC4",
    "eC4u",
  ];
  for (const id of ids) {
    test(id, () => assert.equal(said(`DELETE /bucket/k?uploadId=${id}`), "AbortMultipartUpload"));
  }
});

describe("classify() takes numbers as S3 writes them", () => {
  const listing = [
    ["0", "ListObjects"],
    ["10", "ListObjects"],
    ["010", "ListObjects"],
    ["2147483647", "ListObjects"],
    ["2147483648", "InvalidArgument"],
    ["", "InvalidArgument"],
    ["10%20", "InvalidArgument"],
    ["%2010", "InvalidArgument"],
    ["%2B10", "InvalidArgument"],
    ["-1", "InvalidArgument"],
    ["1.0", "InvalidArgument"],
    ["1e3", "InvalidArgument"],
    ["0x10", "InvalidArgument"],
    ["1%09", "InvalidArgument"],
    ["%D9%A1", "InvalidArgument"],
  ] as const;
  for (const [value, expected] of listing) {
    test(`max-keys=${value}: ${expected}`, () => {
      assert.equal(said(`GET /bucket?max-keys=${value}`), expected);
    });
  }
  for (const line of [
    "GET /bucket?uploads&max-uploads=1%20",
    "GET /bucket/k?uploadId=u&max-parts=%201",
    "GET /bucket/k?uploadId=u&part-number-marker=",
    "GET /bucket?versions&max-keys=",
    "GET /bucket?encoding-type=URL",
    "GET /?max-buckets=x",
    "GET /bucket/k?partNumber=1%20",
    "GET /bucket/k?versionId=",
    "GET /bucket/k?versionId=%20null",
    "GET /bucket/k?versionId=urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e",
    "GET /bucket/k?versionId=%7B0f8fad5b-d9cb-469f-a165-70867728950e%7D",
    "GET /bucket/k?versionId=0F8FAD5B-d9cb-469f-a165-70867728950e",
    "GET /bucket/k?versionId=../v",
    "GET /bucket/k?uploadId=..",
    "GET /bucket/k?uploadId=.",
    "DELETE /bucket/k?uploadId=%2e%2e/%2e%2e/other",
    "PUT /bucket/k?partNumber=1&uploadId=u/..%5C..",
    // `x.../other` in base64.
    "DELETE /bucket/k?uploadId=eC4uLi9vdGhlcg",
    "DELETE /bucket/k?uploadId=eC4uLi9vdGhlcg==",
    "GET /bucket/k?response-content-type=a%0D%0Ab:%20c",
    "GET /bucket/k?response-content-disposition=%00",
    "GET /bucket/k?response-expires=%C2%85",
  ]) {
    test(`${line} is refused`, () => assert.equal(said(line), "InvalidArgument"));
  }
  for (const line of [
    "GET /bucket/k?versionId=null",
    "GET /bucket/k?versionId=0f8fad5b-d9cb-469f-a165-70867728950e",
    "GET /bucket/k?versionId=3HL4kqtJvjVBH40Nrjfkd",
    "GET /bucket/k?response-content-disposition=attachment;%20filename=%22R%26D%20%C3%BC.pdf%22",
  ]) {
    test(`${line} is taken`, () => assert.equal(said(line), "GetObject"));
  }
});

describe("classify() takes a header's value as S3 has it, in its spelling", () => {
  const rows = [
    ["x-amz-acl", ["private", "public-read"], ["Private", "PUBLIC-READ", "other", ""]],
    [
      "x-amz-grant-read",
      ["id=a", 'id="a", uri="http://b/c"', 'emailAddress="a@b"', "id=a,id=b"],
      ["ID=a", "id =a", "id= a", "id=a,  id=b", "a", "", "id=a,"],
    ],
    ["x-amz-metadata-directive", ["COPY", "REPLACE"], ["replace", "REPLACE_NEW", ""]],
    ["x-amz-tagging-directive", ["COPY", "REPLACE"], ["copy", " REPLACE"]],
    ["x-amz-object-annotation-directive", ["COPY", "EXCLUDE"], ["exclude"]],
    ["x-amz-object-lock-mode", ["GOVERNANCE"], ["governance", ""]],
    ["x-amz-object-lock-legal-hold", ["ON", "OFF"], ["on", "true"]],
    ["x-amz-object-lock-event-hold", ["ON"], ["on"]],
    ["x-amz-object-lock-event-hold-duration-days", ["1"], ["0", "1 ", "-1"]],
    [
      "x-amz-object-lock-retain-until-date",
      ["2030-01-01T00:00:00Z"],
      ["2030-02-30T00:00:00Z", "2030-01-01T00:00:00+01:00", "2030"],
    ],
    ["x-amz-server-side-encryption", ["AES256", "aws:kms"], ["aes256", "AWS:KMS", "true"]],
    ["x-amz-server-side-encryption-aws-kms-key-id", ["arn:aws:kms:a:b:key/c"], ["a b", ""]],
    ["x-amz-object-ownership", ["BucketOwnerEnforced"], ["bucketownerenforced"]],
    ["x-amz-bucket-namespace", ["global"], ["Global"]],
    ["x-amz-tagging", ["a=b", ""], ["a=b&a=c", "a;b"]],
  ] as const;
  for (const [name, good, bad] of rows) {
    for (const value of good) {
      test(`${name}: ${value} is taken`, () => {
        assert.equal(said("PUT /bucket/k", [name, value]), "PutObject");
      });
    }
    for (const value of bad) {
      test(`${name}: "${value}" is refused`, () => {
        assert.equal(said("PUT /bucket/k", [name, value]), "InvalidArgument");
      });
    }
  }
  const own = [
    ["x-amz-storage-class", "STANDARD IA", "InvalidStorageClass"],
    ["x-amz-storage-class", "", "InvalidStorageClass"],
    [
      "x-amz-server-side-encryption-customer-algorithm",
      "aes256",
      "InvalidEncryptionAlgorithmError",
    ],
    ["x-amz-website-redirect-location", "javascript:a", "InvalidRedirectLocation"],
  ] as const;
  for (const [name, value, code] of own) {
    test(`${name}: "${value}" is ${code}`, () => {
      assert.equal(said("PUT /bucket/k", [name, value]), code);
    });
  }
  test("a repeated condition is refused", () => {
    assert.equal(
      said("PUT /bucket/k", ["if-none-match", "*", "if-none-match", "x"]),
      "InvalidArgument",
    );
  });
});

describe("a write's condition is one that S3 knows", () => {
  const copy = ["x-amz-copy-source", "/bucket/a"] as const;
  const writes = [
    ["PUT /bucket/k", [], "PutObject"],
    ["PUT /bucket/k", copy, "CopyObject"],
    ["POST /bucket/k?uploadId=u", [], "CompleteMultipartUpload"],
  ] as const;
  for (const [line, headers, operation] of writes) {
    test(`${operation} takes If-None-Match: * alone`, () => {
      assert.equal(said(line, [...headers, "if-none-match", "*"]), operation);
      for (const value of ['"*"', '"etag"', "x", "*, *", ""]) {
        assert.equal(said(line, [...headers, "if-none-match", value]), "NotImplemented", value);
      }
    });
    test(`${operation} takes one entity tag in If-Match`, () => {
      assert.equal(said(line, [...headers, "if-match", '"etag"']), operation);
      assert.equal(said(line, [...headers, "if-match", "etag"]), operation);
      assert.equal(said(line, [...headers, "if-match", '"a", "b"']), "NotImplemented");
    });
  }
  test("reads take lists, as HTTP has them", () => {
    assert.equal(said("GET /bucket/k", ["if-none-match", '"a", "b"']), "GetObject");
  });
});

describe("a form's fields pass the gate of headers", () => {
  const put = (name: string, value: string): string => {
    const made = putFromForm(
      new Map([
        ["key", "k"],
        [name, value],
      ]),
      "bucket",
    );
    return made.ok ? "ok" : made.error.code;
  };
  const rows = [
    ["x-amz-meta-a", "b", "ok"],
    ["x-amz-meta-snowball-auto-extract", "true", "NotImplemented"],
    ["x-amz-meta-snowball_auto_extract", "true", "NotImplemented"],
    ["x-amz-meta-rgwx-source-zone", "a", "NotImplemented"],
    ["x-amz-meta-rgw_x", "a", "NotImplemented"],
    ["acl", "Private", "InvalidArgument"],
    ["acl", "private", "ok"],
    ["x-amz-storage-class", "a b", "InvalidStorageClass"],
    ["x-amz-server-side-encryption", "aes256", "InvalidArgument"],
    ["x-amz-object-lock-mode", "governance", "InvalidArgument"],
    ["x-amz-website-redirect-location", "x:y", "InvalidRedirectLocation"],
  ] as const;
  for (const [name, value, expected] of rows) {
    test(`${name}: ${value}: ${expected}`, () => assert.equal(put(name, value), expected));
  }
});
