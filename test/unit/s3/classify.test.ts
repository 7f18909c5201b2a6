import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTarget } from "../../../src/http/target.ts";
import { parseAddress } from "../../../src/s3/address.ts";
import { classify, forwardedQuery } from "../../../src/s3/classify.ts";
import { OPERATION_LIST, type OperationName } from "../../../src/s3/operations.ts";

/** What `METHOD target` with `headers` is: an operation's name or an error's code. */
function classified(request: string, headers: readonly string[] = []): string {
  const found = outcome(request, headers);
  return found.ok ? found.value : found.error.code;
}

function messageOf(request: string, headers: readonly string[] = []): string {
  const found = outcome(request, headers);
  return found.ok ? "" : found.error.message;
}

function outcome(request: string, headers: readonly string[]) {
  const [method = "", raw = ""] = request.split(" ");
  const target = parseTarget(raw);
  assert.ok(target.ok);
  const located = parseAddress(target.value.path, undefined, { domains: [], accountDomains: [] });
  assert.ok(located.ok);
  return classify(method, located.value.address, target.value.query, headers);
}

/** The query of so many parameters, each of another name. */
function numbered(count: number): string {
  return Array.from({ length: count }, (_, i) => `p${i}`).join("&");
}

const COPY = ["x-amz-copy-source", "bucket/source"];
const FORM = ["content-type", 'multipart/form-data; boundary="x"'];
const PREFLIGHT = ["origin", "https://a.example", "access-control-request-method", "PUT"];

const known = [
  ["GET /", [], "ListBuckets"],
  ["GET /?max-directory-buckets=3", [], "ListDirectoryBuckets"],
  ["GET /bucket", [], "ListObjects"],
  ["GET /bucket?prefix=a&delimiter=/", [], "ListObjects"],
  ["GET /bucket?list-type=2&prefix=", [], "ListObjectsV2"],
  ["GET /bucket?prefix=&list-type=2", [], "ListObjectsV2"],
  ["GET /bucket?acl", [], "GetBucketAcl"],
  ["GET /bucket?acl=", [], "GetBucketAcl"],
  ["GET /bucket/k", [], "GetObject"],
  ["GET /bucket/k?acl", [], "GetObjectAcl"],
  ["GET /bucket/k%3Facl", [], "GetObject"],
  ["GET /bucket/k?versionId=null", [], "GetObject"],
  ["GET /bucket/k?partNumber=10000", [], "GetObject"],
  ["GET /bucket/k?response-content-type=a", [], "GetObject"],
  ["GET /bucket//?acl", [], "GetObjectAcl"],
  ["HEAD /bucket", [], "HeadBucket"],
  ["HEAD /bucket/k?versionId=v&partNumber=1", [], "HeadObject"],
  ["PUT /bucket", [], "CreateBucket"],
  ["PUT /bucket/k", [], "PutObject"],
  ["PUT /bucket/k", COPY, "CopyObject"],
  ["PUT /bucket/k", ["x-amz-copy-source", ""], "CopyObject"],
  ["PUT /bucket/k?uploadId=u&partNumber=1", [], "UploadPart"],
  ["PUT /bucket/k?partNumber=1&uploadId=u", COPY, "UploadPartCopy"],
  ["PUT /bucket/k?renameObject", ["x-amz-rename-source", "bucket/s"], "RenameObject"],
  ["PUT /bucket?encryption", [], "PutBucketEncryption"],
  ["PUT /bucket/k?encryption", [], "UpdateObjectEncryption"],
  ["GET /bucket?analytics", [], "ListBucketAnalyticsConfigurations"],
  ["GET /bucket?id=1&analytics", [], "GetBucketAnalyticsConfiguration"],
  ["GET /bucket/k?annotation", [], "ListObjectAnnotations"],
  ["GET /bucket/k?annotation&annotationName=n", [], "GetObjectAnnotation"],
  ["GET /bucket/k?uploadId=u", [], "ListParts"],
  ["DELETE /bucket/k?uploadId=u", [], "AbortMultipartUpload"],
  ["DELETE /bucket/k?versionId=null", [], "DeleteObject"],
  ["DELETE /bucket", [], "DeleteBucket"],
  ["POST /bucket?delete", [], "DeleteObjects"],
  ["POST /bucket", FORM, "PostObject"],
  ["POST /bucket/", ["content-type", "Multipart/Form-Data;boundary=x"], "PostObject"],
  ["POST /bucket/", ["content-type", "multipart/form-data ; boundary=x"], "PostObject"],
  ["POST /bucket/k?select&select-type=2", [], "SelectObjectContent"],
  ["POST /bucket/k?uploads", [], "CreateMultipartUpload"],
  ["POST /WriteGetObjectResponse", ["x-amz-request-route", "r"], "WriteGetObjectResponse"],
  ["OPTIONS /bucket/k?acl&uploadId=&anything", PREFLIGHT, "Preflight"],
  ["OPTIONS /", PREFLIGHT, "Preflight"],
  ["GET /bucket/k?X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Signature=s", [], "GetObject"],
  ["GET /bucket/k?AWSAccessKeyId=a&Signature=s&Expires=1", [], "GetObject"],
  ["GET /bucket/k?x-id=DeleteObject", [], "GetObject"],
  ["PUT /bucket/k", ["x-amz-meta-my_key", "v"], "PutObject"],
  [
    "GET /bucket/k?X-Amz-Signature=s&x-amz-checksum-mode=ENABLED",
    ["x-amz-checksum-mode", "ENABLED"],
    "GetObject",
  ],
  // The checksum of nothing, which SDKs presign and S3 ignores.
  ["PUT /bucket/k?X-Amz-Signature=s&x-amz-checksum-crc32=AAAAAA%3D%3D", [], "PutObject"],
  ["PUT /bucket/k?X-Amz-Signature=s&x-amz-sdk-checksum-algorithm=CRC32", [], "PutObject"],
  ["PUT /bucket/k", ["if-match", "*", "if-none-match", "*"], "PutObject"],
  ["GET /bucket/k", ["if-none-match", '"a", "b"'], "GetObject"],
  // Parameters that no reader could give a meaning.
  ["GET /bucket/k?my-response=1", [], "GetObject"],
  ["HEAD /bucket/k?id=5&v=1", [], "HeadObject"],
  [`GET /bucket/k?${numbered(100)}`, [], "GetObject"],
] as const;

for (const [request, headers, name] of known) {
  test(`classify() takes ${request} with ${JSON.stringify(headers)} for ${name}`, () => {
    assert.equal(classified(request, headers), name);
  });
}

const refused = [
  // Two readers could choose differently.
  ["two routing parameters", "PUT /bucket/k?tagging&acl", [], "InvalidArgument"],
  [
    "two routing parameters of which one has a value",
    "GET /bucket?list-type=2&versions",
    [],
    "InvalidArgument",
  ],
  [
    "uploadId beside a subresource",
    "PUT /bucket/k?acl&uploadId=u&partNumber=1",
    [],
    "InvalidArgument",
  ],
  ["a repeated parameter", "GET /bucket/k?versionId=1&versionId=2", [], "InvalidArgument"],
  ["a repeated flag", "GET /bucket?acl&acl", [], "InvalidArgument"],
  [
    "a repeated parameter in another encoding",
    "GET /bucket?prefix=a&pref%69x=b",
    [],
    "InvalidArgument",
  ],
  [
    "what listens, repeated where nothing does",
    "GET /bucket/k?events=a&events=b",
    [],
    "InvalidArgument",
  ],
  ["a repeated x-id", "GET /bucket/k?x-id=a&x-id=b", [], "InvalidArgument"],
  [
    "a repeated X-Amz-Signature",
    "GET /bucket/k?X-Amz-Signature=a&X-Amz-Signature=b",
    [],
    "InvalidArgument",
  ],
  // The wrong level.
  ["a bucket subresource on an object", "GET /bucket/k?policy", [], "InvalidRequest"],
  ["uploads of an object", "GET /bucket/k?uploads", [], "InvalidRequest"],
  ["uploads of the service", "GET /?uploads", [], "InvalidArgument"],
  ["DeleteObjects on an object", "POST /bucket/k?delete", [], "InvalidRequest"],
  ["an object subresource on a bucket", "GET /bucket?retention", [], "InvalidArgument"],
  ["an upload on a bucket", "PUT /bucket?uploadId=u&partNumber=1", [], "InvalidArgument"],
  ["a subresource on the service", "GET /?acl", [], "InvalidArgument"],
  // What RGW takes for something else (CEPH.md, "does something else").
  ["an unknown word on DELETE of a bucket", "DELETE /bucket?unknown", [], "InvalidArgument"],
  ["DELETE of a bucket's versioning", "DELETE /bucket?versioning", [], "MethodNotAllowed"],
  ["an unknown word on PUT of an object", "PUT /bucket/k?unknown", [], "InvalidArgument"],
  ["PUT of an object with ?restore", "PUT /bucket/k?restore", [], "MethodNotAllowed"],
  ["a rename without its source", "PUT /bucket/k?renameObject", [], "InvalidArgument"],
  ["an abort of an empty upload", "DELETE /bucket/k?uploadId=", [], "InvalidArgument"],
  ["an abort without a value", "DELETE /bucket/k?uploadId", [], "InvalidArgument"],
  ["a part without a number", "PUT /bucket/k?uploadId=u", [], "InvalidArgument"],
  ["a part without an upload", "PUT /bucket/k?partNumber=1", [], "InvalidArgument"],
  ["a copied part without a number", "PUT /bucket/k?uploadId=u", COPY, "InvalidArgument"],
  ["a part number of 0", "PUT /bucket/k?uploadId=u&partNumber=0", [], "InvalidArgument"],
  ["a part number of 10001", "PUT /bucket/k?uploadId=u&partNumber=10001", [], "InvalidArgument"],
  ["a part number in hex", "PUT /bucket/k?uploadId=u&partNumber=0x1", [], "InvalidArgument"],
  ["a part number with a sign", "GET /bucket/k?partNumber=%2B1", [], "InvalidArgument"],
  // Values.
  ["an empty version", "GET /bucket/k?versionId=", [], "InvalidArgument"],
  ["a version without a value", "DELETE /bucket/k?versionId", [], "InvalidArgument"],
  ["a version where none belongs", "PUT /bucket/k?versionId=v", [], "InvalidArgument"],
  ["a version of a bucket", "DELETE /bucket?versionId=v", [], "InvalidArgument"],
  ["a flag with a value", "GET /bucket?acl=private", [], "InvalidArgument"],
  ["a listing of type 3", "GET /bucket?list-type=3", [], "InvalidArgument"],
  ["a listing of no type", "GET /bucket?list-type", [], "InvalidArgument"],
  ["a selection of another type", "POST /bucket/k?select&select-type=1", [], "InvalidArgument"],
  ["a selection without a type", "POST /bucket/k?select", [], "InvalidArgument"],
  ["an analytics configuration without a name", "PUT /bucket?analytics", [], "InvalidArgument"],
  ["an empty annotation name", "GET /bucket/k?annotation&annotationName=", [], "InvalidArgument"],
  ["NUL in a value", "GET /bucket?prefix=%00", [], "InvalidArgument"],
  ["NUL in a name", "GET /bucket?acl%00", [], "InvalidArgument"],
  // Names.
  ["a subresource in another case", "GET /bucket?Policy", [], "InvalidArgument"],
  ["versionid in lower case", "GET /bucket/k?versionid=v", [], "InvalidArgument"],
  ["a signature parameter in lower case", "GET /bucket/k?x-amz-signature=s", [], "InvalidArgument"],
  ["an unknown parameter of a bucket", "GET /bucket?foo=bar", [], "InvalidArgument"],
  ["an unknown parameter of an upload", "PUT /bucket/k?foo=bar", [], "InvalidArgument"],
  ["an unknown parameter of a deletion", "DELETE /bucket/k?v=1", [], "InvalidArgument"],
  ["an unknown parameter of an ACL", "GET /bucket/k?acl&v=1", [], "InvalidArgument"],
  ["a parameter of __proto__", "GET /bucket?__proto__", [], "InvalidArgument"],
  ["a parameter of constructor", "PUT /bucket/k?constructor", [], "InvalidArgument"],
  ["an empty name", "GET /bucket?=x", [], "InvalidArgument"],
  ["an empty name beside an object", "GET /bucket/k?=x", [], "InvalidArgument"],
  ["a parameter of another operation", "GET /bucket/k?prefix=a", [], "InvalidArgument"],
  [
    "an x-amz header only in the query",
    "PUT /bucket/k?x-amz-acl=public-read",
    [],
    "InvalidArgument",
  ],
  [
    "a copy source only in the query",
    "PUT /bucket/k?X-Amz-Signature=s&x-amz-copy-source=b/k",
    [],
    "InvalidArgument",
  ],
  // What a careless reader of a GET could take for a parameter that has a meaning.
  ["an override in another case", "GET /bucket/k?Response-Expires=a", [], "InvalidArgument"],
  ["an override with an underscore", "GET /bucket/k?response_expires=a", [], "InvalidArgument"],
  ["an unknown override", "HEAD /bucket/k?responseAnything=a", [], "InvalidArgument"],
  ["a header with an underscore", "GET /bucket/k?x_amz_acl=private", [], "InvalidArgument"],
  ["a subresource with a blank", "GET /bucket/k?acl%20", [], "InvalidArgument"],
  ["a subresource with a companion, in capitals", "GET /bucket/k?SELECT", [], "InvalidArgument"],
  ["a version with a hyphen", "GET /bucket/k?version-id=v", [], "InvalidArgument"],
  ["a vendor's parameter with a hyphen", "GET /bucket/k?lambda-arn=a", [], "InvalidArgument"],
  ["a vendor's prefix without hyphens", "GET /bucket/k?xminioextract=a", [], "InvalidArgument"],
  // Methods.
  ["HEAD of a subresource", "HEAD /bucket?acl", [], "MethodNotAllowed"],
  ["HEAD of an object's subresource", "HEAD /bucket/k?tagging", [], "MethodNotAllowed"],
  ["HEAD of a bucket subresource on an object", "HEAD /bucket/k?policy", [], "MethodNotAllowed"],
  ["HEAD of a listing", "HEAD /bucket?list-type=2", [], "MethodNotAllowed"],
  ["HEAD of the service", "HEAD /", [], "MethodNotAllowed"],
  [
    "POST to the service, as STS and IAM want it",
    "POST /?Action=AssumeRole",
    [],
    "MethodNotAllowed",
  ],
  ["a method in lower case", "get /bucket/k", [], "MethodNotAllowed"],
  ["an unknown method", "PATCH /bucket/k", [], "MethodNotAllowed"],
  ["CONNECT", "CONNECT /bucket/k", [], "MethodNotAllowed"],
  ["a method called constructor", "constructor /bucket/k", [], "MethodNotAllowed"],
  ["POST to a bucket that is no form", "POST /bucket", [], "PreconditionFailed"],
  [
    "POST to a bucket as urlencoded",
    "POST /bucket",
    ["content-type", "application/x-www-form-urlencoded"],
    "PreconditionFailed",
  ],
  ["POST to an object", "POST /bucket/k", FORM, "MethodNotAllowed"],
  ["a form with a query", "POST /bucket?key=x", FORM, "InvalidArgument"],
  ["flushing RGW's logs", "POST /bucket?logging", [], "MethodNotAllowed"],
  [
    "a preflight without an origin",
    "OPTIONS /bucket/k",
    ["access-control-request-method", "PUT"],
    "InvalidRequest",
  ],
  [
    "a preflight without a method",
    "OPTIONS /bucket/k",
    ["origin", "https://a.example"],
    "InvalidRequest",
  ],
  [
    "a preflight with a copy source",
    "OPTIONS /bucket/k",
    [...PREFLIGHT, ...COPY],
    "InvalidArgument",
  ],
  // Headers.
  ["a copy source on a GET", "GET /bucket/k", COPY, "InvalidArgument"],
  ["a copy source on a subresource", "PUT /bucket/k?acl", COPY, "InvalidArgument"],
  ["a copy source on a new bucket", "PUT /bucket", COPY, "InvalidArgument"],
  [
    "a rename source without a rename",
    "PUT /bucket/k",
    ["x-amz-rename-source", "b/s"],
    "InvalidArgument",
  ],
  [
    "both sources",
    "PUT /bucket/k?renameObject",
    [...COPY, "x-amz-rename-source", "b/s"],
    "InvalidArgument",
  ],
  ["two hosts", "GET /bucket/k", ["host", "a.example", "host", "b.example"], "InvalidArgument"],
  ["two copy sources", "PUT /bucket/k", [...COPY, ...COPY], "InvalidArgument"],
  [
    "two ACLs",
    "PUT /bucket/k",
    ["x-amz-acl", "private", "x-amz-acl", "public-read"],
    "InvalidArgument",
  ],
  ["two content types", "POST /bucket", [...FORM, "content-type", "text/plain"], "InvalidArgument"],
  [
    "a condition that no store reads alike behind a good one",
    "PUT /bucket/k",
    ["if-match", '"etag"', "if-none-match", '"etag"'],
    "NotImplemented",
  ],
  [
    "an underscore that stands for a hyphen",
    "PUT /bucket/k",
    ["x_amz_acl", "public-read"],
    "InvalidRequest",
  ],
  ["an underscore in one place", "PUT /bucket/k", ["x-amz_copy-source", "b/k"], "InvalidRequest"],
  // What a store might know and the gateway does not.
  ["an unknown x-amz header", "PUT /bucket/k", ["x-amz-force-delete", "true"], "InvalidArgument"],
  [
    "an unknown x-amz header that a presigned URL brings",
    "GET /bucket/k?X-Amz-Signature=s&x-amz-force-delete=true",
    ["x-amz-force-delete", "true"],
    "InvalidArgument",
  ],
  [
    "an unknown x-amz header on a preflight",
    "OPTIONS /bucket",
    [...PREFLIGHT, "x-amz-unknown", "x"],
    "InvalidArgument",
  ],
  [
    "RGW's condition of its own",
    "DELETE /bucket/k",
    ["x-amz-delete-if-unmodified-since", "x"],
    "InvalidArgument",
  ],
  // Vendor extensions.
  ["MinIO's forced deletion", "DELETE /bucket", ["x-minio-force-delete", "true"], "NotImplemented"],
  [
    "MinIO's replication headers",
    "PUT /bucket/k",
    ["x-minio-replication-server-side-encryption-iv", "x"],
    "NotImplemented",
  ],
  [
    "MinIO's reading inside archives",
    "GET /bucket/k",
    ["x-minio-extract", "true"],
    "NotImplemented",
  ],
  [
    "MinIO's unpacking of archives",
    "PUT /bucket/k",
    ["x-amz-meta-snowball-auto-extract", "true"],
    "NotImplemented",
  ],
  [
    "MinIO's unpacking with an underscore",
    "PUT /bucket/k",
    ["x-amz-meta-snowball_auto-extract", "true"],
    "NotImplemented",
  ],
  ["MinIO's object lambda", "GET /bucket/k?lambdaArn=arn", [], "NotImplemented"],
  ["MinIO's notifications", "GET /bucket?events=s3:ObjectCreated:*", [], "NotImplemented"],
  ["a MinIO parameter", "GET /bucket/k?x-minio-extract=true", [], "NotImplemented"],
  ["RGW's append", "PUT /bucket/k?append&position=0", [], "NotImplemented"],
  ["RGW's system parameters", "GET /bucket/k?rgwx-stat=true", [], "NotImplemented"],
  ["RGW's system parameters in upper case", "GET /bucket/k?RGWX-STAT=true", [], "NotImplemented"],
  ["RGW's system headers", "PUT /bucket/k", ["rgwx-source-zone", "z"], "NotImplemented"],
  ["RGW's attributes as metadata", "PUT /bucket/k", ["x-amz-meta-rgw-x", "z"], "NotImplemented"],
  ["RGW's headers", "PUT /bucket/k", ["x-rgw-quota", "1"], "NotImplemented"],
  ["RGW's metadata search", "GET /bucket?mdsearch", [], "NotImplemented"],
  ["RGW's object layout", "GET /bucket/k?layout", [], "NotImplemented"],
  ["RGW's usage", "GET /?usage", [], "NotImplemented"],
] as const;

for (const [name, request, headers, code] of refused) {
  test(`classify() refuses ${name}, and says why`, () => {
    const found = outcome(request, headers);
    assert.ok(!found.ok, `it is ${found.ok ? found.value : ""}`);
    assert.equal(found.error.code, code);
    assert.match(found.error.message, /\w/);
    if (code === "MethodNotAllowed") assert.match(found.error.why ?? "", /not allowed on \S/);
  });
}

test("classify() says which x-amz header is not known", () => {
  const headers = ["x-amz-force-delete", "true"];
  const message = 'The header "x-amz-force-delete" is not known';
  assert.equal(messageOf("DELETE /bucket/k", headers), message);
});

test("classify() bounds the number of parameters", () => {
  assert.equal(classified(`GET /bucket/k?${numbered(101)}`), "InvalidRequest");
  assert.match(messageOf(`GET /bucket/k?${numbered(101)}`), /more than 100 parameters/);
});

test("classify() names the parameter or header it refuses", () => {
  assert.match(messageOf("PUT /bucket/k?tagging&acl"), /"tagging" and "acl"/);
  assert.match(messageOf("GET /bucket/k?lambdaArn=a"), /"lambdaArn" is a vendor extension/);
  assert.match(
    messageOf("DELETE /bucket", ["x-minio-force-delete", "1"]),
    /"x-minio-force-delete"/,
  );
  assert.match(messageOf("PUT /bucket/k?foo"), /"foo" does not belong to PutObject/);
  assert.match(messageOf("PUT /bucket/k?uploadId=u"), /needs the query parameter "partNumber"/);
  assert.match(messageOf("PUT /bucket/k?renameObject"), /needs the header "x-amz-rename-source"/);
  assert.equal(messageOf("GET /bucket/k?versionId="), "Version id cannot be the empty string");
});

/** S3-AUTHORIZATION, section 1.4, and the one that tells ListDirectoryBuckets apart. */
const ROUTING =
  "abac accelerate acl analytics annotation attributes cors delete encryption intelligent-tiering " +
  "inventory legal-hold lifecycle list-type location logging max-directory-buckets " +
  "metadataAnnotationTable metadataConfiguration metadataInventoryTable metadataJournalTable " +
  "metadataTable metrics notification object-lock ownershipControls policy policyStatus " +
  "publicAccessBlock renameObject replication requestPayment restore retention select session " +
  "tagging torrent uploadId uploads versioning versions website";

test("the table routes by the parameters of section 1.4 and no others", () => {
  const routing = OPERATION_LIST.flatMap(({ required }) => required.slice(0, 1)).map(
    ({ name }) => name,
  );
  assert.deepEqual([...new Set(routing)].sort(), ROUTING.split(" "));
});

test("classify() refuses every pair of routing parameters, for every method, in both orders", () => {
  const names = ROUTING.split(" ");
  for (const method of ["GET", "HEAD", "PUT", "POST", "DELETE"]) {
    for (const one of names) {
      for (const other of names) {
        if (one === other) continue;
        assert.equal(classified(`${method} /bucket/k?${one}&${other}`), "InvalidArgument");
      }
    }
  }
});

test("classify() never takes a request with a routing parameter for one without", () => {
  const plain = new Set<string>(
    OPERATION_LIST.filter(({ required }) => required.length === 0).map(({ name }) => name),
  );
  for (const method of ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"]) {
    for (const path of ["/", "/bucket", "/bucket/k"]) {
      for (const name of ROUTING.split(" ")) {
        for (const value of ["", "=", "=x", "=2"]) {
          assert.equal(plain.has(classified(`${method} ${path}?${name}${value}`)), false);
        }
      }
    }
  }
});

const queries: readonly (readonly [OperationName, string, string])[] = [
  ["GetObject", "", ""],
  ["GetBucketAcl", "acl", "acl="],
  ["GetBucketAcl", "x-id=GetBucketAcl&acl=", "acl="],
  [
    "ListObjectsV2",
    "prefix=a%2fb%20c+d&list-type=2&delimiter=/",
    "delimiter=%2F&list-type=2&prefix=a%2Fb%20c%2Bd",
  ],
  ["ListObjects", "prefix=", "prefix="],
  // By name, not by the whole piece: "select-type" sorts after "select".
  ["SelectObjectContent", "select-type=2&select", "select=&select-type=2"],
  ["UploadPart", "uploadId=u~%2B&partNumber=3", "partNumber=3&uploadId=u~%2B"],
  [
    "GetObject",
    "X-Amz-Signature=s&versionId=v&X-Amz-Date=d&response-expires=a%3Ab&x-amz-checksum-mode=ENABLED",
    "response-expires=a%3Ab&versionId=v",
  ],
  ["GetObject", "AWSAccessKeyId=a&Signature=s&Expires=1&x-amz-security-token=t", ""],
  ["Preflight", "acl&uploadId=u", ""],
];

for (const [operation, query, wanted] of queries) {
  test(`forwardedQuery() writes ${operation} ?${query} as "${wanted}"`, () => {
    const target = parseTarget(`/bucket?${query}`);
    assert.ok(target.ok);
    assert.equal(forwardedQuery(operation, target.value.query), wanted);
  });
}
