import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as sdk from "@aws-sdk/client-s3";
import { parseAddress } from "../../../src/s3/address.ts";
import { classify } from "../../../src/s3/classify.ts";
import { parseTarget } from "../../../src/http/target.ts";
import type { Fault } from "../../../src/s3/faults.ts";
import { putFromForm } from "../../../src/s3/post-object.ts";
import {
  wrongCondition,
  wrongHeaderValue,
  wrongParameterValue,
  wrongVersionId,
} from "../../../src/s3/said-values.ts";

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

describe("a header with a list of values takes exactly those of the SDK's model", () => {
  const lists: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["x-amz-acl", { ...sdk.ObjectCannedACL, ...sdk.BucketCannedACL, logs: "log-delivery-write" }],
    ["x-amz-bucket-namespace", sdk.BucketNamespace],
    ["x-amz-metadata-directive", sdk.MetadataDirective],
    ["x-amz-object-annotation-directive", sdk.AnnotationDirective],
    ["x-amz-object-lock-event-hold", sdk.ObjectLockEventHold],
    ["x-amz-object-lock-legal-hold", sdk.ObjectLockLegalHoldStatus],
    ["x-amz-object-lock-mode", sdk.ObjectLockMode],
    ["x-amz-object-ownership", sdk.ObjectOwnership],
    ["x-amz-server-side-encryption", sdk.ServerSideEncryption],
    ["x-amz-tagging-directive", sdk.TaggingDirective],
  ];
  for (const [name, list] of lists) {
    const values = Object.values(list);
    for (const value of values) {
      test(`${name}: ${value}`, () => assert.equal(wrongHeaderValue(name, value), undefined));
    }
    test(`${name}: anything else is refused, with name and value`, () => {
      const odd = values.flatMap((value) => [
        value.toLowerCase(),
        value.toUpperCase(),
        `${value} `,
        ` ${value}`,
        `${value},${value}`,
      ]);
      for (const value of ["", ...odd].filter((one) => !values.includes(one))) {
        refused(wrongHeaderValue(name, value), "InvalidArgument", name, value);
      }
    });
  }
  test("encoding-type: url alone", () => {
    assert.deepEqual(Object.values(sdk.EncodingType), ["url"]);
    assert.equal(wrongParameterValue("encoding-type", "url", false), undefined);
    for (const value of ["", "URL", "url ", "12345"]) {
      for (const beyondBounds of [false, true]) {
        const fault = wrongParameterValue("encoding-type", value, beyondBounds);
        refused(fault, "InvalidArgument", "encoding-type", value);
      }
    }
  });
});

function refused(fault: Fault | undefined, code: string, name: string, value: string): void {
  assert.equal(fault?.code, code, value);
  assert.deepEqual(fault.elements, [
    ["ArgumentName", name],
    ["ArgumentValue", value],
  ]);
}

type Values = readonly [good: readonly string[], bad: readonly string[]];

const GRANTEES: Values = [
  ["id=ab", 'id="ab", uri="http://b/c"', "emailAddress=a@b", 'id=""', "id="],
  ["", "ab", "id=a=b", "id=a b", 'id="a"b', "id=a;id=b", "xid=a", "id=a,,id=b"],
];
const DURATION: Values = [
  ["1", "9", "10", "365", "36500", "99999"],
  ["", "0", "01", "100000", "1x", "x1", "1.5", "+1"],
];
const ALGORITHM: Values = [["AES256"], ["", "aes256", "AES", "AES2567"]];

/** Headers, values that S3 takes and does not take, and the code of the refusal. */
const grammars: readonly (readonly [string, ...Values, string?])[] = [
  ["x-amz-grant-full-control", ...GRANTEES],
  ["x-amz-grant-read", ...GRANTEES],
  ["x-amz-grant-read-acp", ...GRANTEES],
  ["x-amz-grant-write", ...GRANTEES],
  ["x-amz-grant-write-acp", ...GRANTEES],
  ["x-amz-object-lock-event-hold-duration-days", ...DURATION],
  ["x-amz-object-lock-event-hold-duration-years", ...DURATION],
  [
    "x-amz-object-lock-retain-until-date",
    ["2030-01-01T00:00:00Z", "2030-01-01T00:00:00.123Z"],
    ["", "2030-01-01", "2030-02-30T00:00:00Z", "2030-01-01T00:00:00+00:00"],
  ],
  [
    "x-amz-server-side-encryption-aws-kms-key-id",
    ["a", "arn:aws:kms:a:b:key/c", "!~", "k".repeat(2048)],
    ["", "a b", "\u00e9", "a\n", "k".repeat(2049)],
  ],
  [
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    ...ALGORITHM,
    "InvalidEncryptionAlgorithmError",
  ],
  [
    "x-amz-server-side-encryption-customer-algorithm",
    ...ALGORITHM,
    "InvalidEncryptionAlgorithmError",
  ],
  [
    "x-amz-website-redirect-location",
    ["/", "/a", "http://a/b", "https://a"],
    ["", "a", "a/b", "xhttp://a", "ftp://a", "http:/a", "javascript://http://a"],
    "InvalidRedirectLocation",
  ],
];

for (const [name, good, bad, code = "InvalidArgument"] of grammars) {
  test(`${name} takes what S3 takes alone, and is named when it is refused`, () => {
    for (const value of good) assert.equal(wrongHeaderValue(name, value), undefined, value);
    for (const value of bad) refused(wrongHeaderValue(name, value), code, name, value);
  });
}

test("x-amz-storage-class takes S3's classes, and such as an operator of Ceph may name", () => {
  const name = "x-amz-storage-class";
  for (const value of [...Object.values(sdk.StorageClass), "A", "ours_2.cold-a", "c".repeat(128)])
    assert.equal(wrongHeaderValue(name, value), undefined, value);
  for (const value of ["", "a b", " A", "A ", "a/b", "c".repeat(129)]) {
    const fault = wrongHeaderValue(name, value);
    assert.equal(fault?.code, "InvalidStorageClass", value);
    assert.deepEqual(fault.elements, [["StorageClassRequested", value]]);
  }
});

test("headers and parameters that no rule names take any value", () => {
  assert.equal(wrongHeaderValue("x-amz-meta-a", "a\nb"), undefined);
  assert.equal(wrongHeaderValue("encoding-type", "x"), undefined);
  for (const beyondBounds of [false, true]) {
    assert.equal(wrongParameterValue("prefix", "a\nb", beyondBounds), undefined);
    assert.equal(wrongParameterValue("x-amz-acl", "x", beyondBounds), undefined);
  }
});

test("a parameter that becomes a header of the answer has no control characters", () => {
  const name = "response-content-language";
  assert.equal(wrongParameterValue(name, "de, en", false), undefined);
  for (const value of ["de\r\na: b", "\u0000", "\u0085"]) {
    refused(wrongParameterValue(name, value, false), "InvalidArgument", name, value);
  }
});

const COUNTS = ["max-annotation-results", "max-buckets", "max-keys", "max-parts", "max-uploads"];

for (const name of [...COUNTS, "part-number-marker"]) {
  test(`${name} is a number of 32 bits in digits alone`, () => {
    for (const value of ["0", "7", "1000", "0000000001", "2147483647"]) {
      assert.equal(wrongParameterValue(name, value, false), undefined, value);
    }
    for (const value of ["", "2147483648", "00000000001", "1x", "x1", "+1", "-1", "1 "]) {
      for (const beyondBounds of [false, true]) {
        const fault = wrongParameterValue(name, value, beyondBounds);
        refused(fault, "InvalidArgument", name, value);
      }
    }
  });
}

test("partNumber is 1 to 10,000, or what a store has beyond that, in five digits at most", () => {
  for (const beyondBounds of [false, true]) {
    for (const value of ["1", "2", "9", "10", "00001", "10000"]) {
      assert.equal(wrongParameterValue("partNumber", value, beyondBounds), undefined, value);
    }
    for (const value of ["", "+1", "-1", "0x1", "1e0", "1.0", " 1", "1 ", "000001", "100000"]) {
      const fault = wrongParameterValue("partNumber", value, beyondBounds);
      refused(fault, "InvalidArgument", "partNumber", value);
    }
  }
  for (const value of ["0", "00000", "10001", "99999"]) {
    assert.equal(wrongParameterValue("partNumber", value, true), undefined, value);
    const fault = wrongParameterValue("partNumber", value, false);
    refused(fault, "InvalidArgument", "partNumber", value);
  }
});

describe("wrongVersionId()", () => {
  for (const id of [
    "null",
    "3HL4kqtJvjVBH40Nrjfkd",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    // They only look like a UUID that a store could read in another form.
    "v0F8FAD5B-d9cb-469f-a165-70867728950e",
    "0F8FAD5B-d9cb-469f-a165-70867728950e0",
    "a-urn:uuid:0f8fad5b",
    "a..b",
    "v".repeat(1024),
  ]) {
    test(`takes ${id.slice(0, 50)}`, () => assert.equal(wrongVersionId(id), undefined));
  }
  for (const id of [
    "",
    "v".repeat(1025),
    "a b",
    "a\u00a0b",
    "a\u007fb",
    ".",
    "..",
    "../v",
    "v/..",
    "v/../w",
    "v\\..\\w",
    "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e",
    "{0f8fad5b-d9cb-469f-a165-70867728950e}",
    "0F8FAD5B-D9CB-469F-A165-70867728950E",
    "A0000000-0000-0000-0000-000000000000",
    "00000000-0000-0000-0000-00000000000F",
  ]) {
    test(`refuses ${JSON.stringify(id.slice(0, 50))}`, () => {
      refused(wrongVersionId(id), "InvalidArgument", "versionId", id);
      const fault = wrongParameterValue("versionId", id, true);
      refused(fault, "InvalidArgument", "versionId", id);
    });
  }
});

test("a condition that S3 does not know is refused by its header's name", () => {
  for (const name of ["if-match", "if-none-match"] as const) {
    assert.equal(wrongCondition(name, "*"), undefined);
    const fault = wrongCondition(name, '"a", "b"');
    assert.equal(fault?.code, "NotImplemented");
    assert.deepEqual(fault.elements, [["Header", name]]);
  }
  for (const tag of ['"a"', "a", "0123456789abcdef-2"]) {
    assert.equal(wrongCondition("if-match", tag), undefined);
    assert.equal(wrongCondition("if-none-match", tag)?.code, "NotImplemented");
  }
  for (const tag of ["", '""', '"a', 'a"', '"a"b', "a b", "a,b", 'W/"a"']) {
    assert.equal(wrongCondition("if-match", tag)?.code, "NotImplemented", tag);
  }
});
