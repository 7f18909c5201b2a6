import { hostile, type Hostile } from "./case.ts";
import { good, presigned } from "./site.ts";
import { plus } from "../../support/signed.ts";

const call =
  (method: string, target: string, ...headers: (readonly [string, string])[]): Hostile["request"] =>
  (site) =>
    good(site, method, target, { headers });

/** Requests that are not exactly one operation of S3. */
export const OPERATIONS: readonly Hostile[] = [
  hostile(
    "two routing parameters",
    "400 InvalidArgument",
    call("PUT", "/bucket/key?acl=&tagging="),
  ),
  hostile(
    "two routing parameters the other way round",
    "400 InvalidArgument",
    call("PUT", "/bucket/key?tagging=&acl="),
  ),
  hostile(
    "uploads beside uploadId",
    "400 InvalidArgument",
    call("POST", "/bucket/key?uploadId=a&uploads="),
  ),
  hostile(
    "list-type beside versions",
    "400 InvalidArgument",
    call("GET", "/bucket?list-type=2&versions="),
  ),
  hostile("delete beside uploads", "400 InvalidArgument", call("POST", "/bucket?delete=&uploads=")),
  hostile(
    "policy beside policyStatus",
    "400 InvalidArgument",
    call("GET", "/bucket?policy=&policyStatus="),
  ),
  hostile("a parameter twice", "400 InvalidArgument", call("GET", "/bucket?prefix=a&prefix=b")),
  hostile("a flag twice", "400 InvalidArgument", call("GET", "/bucket?acl=&acl=")),
  hostile(
    "a parameter twice, once encoded",
    "400 InvalidArgument",
    call("GET", "/bucket?prefix=a&%70refix=b"),
  ),
  hostile(
    "versionId twice",
    "400 InvalidArgument",
    call("GET", "/bucket/key?versionId=a&versionId=b"),
  ),
  hostile(
    "101 parameters",
    "400 InvalidRequest",
    call("GET", `/bucket?${Array.from({ length: 101 }, (_, i) => `p${i}=`).join("&")}`),
  ),
  hostile(
    "a bucket's policy on an object",
    "400 InvalidRequest",
    call("GET", "/bucket/key?policy="),
  ),
  hostile(
    "a bucket's deletion of keys on an object",
    "400 InvalidRequest",
    call("POST", "/bucket/key?delete="),
  ),
  hostile("versioning of an object", "400 InvalidRequest", call("PUT", "/bucket/key?versioning=")),
  hostile(
    "an object's retention on a bucket",
    "400 InvalidArgument",
    call("GET", "/bucket?retention="),
  ),
  hostile(
    "an object's restore on a bucket",
    "400 InvalidArgument",
    call("POST", "/bucket?restore="),
  ),
  hostile(
    "a part upload to a bucket",
    "400 InvalidArgument",
    call("PUT", "/bucket?uploadId=a&partNumber=1"),
  ),
  hostile("an ACL of the service", "400 InvalidArgument", call("GET", "/?acl=")),
  hostile("versionId on a bucket", "400 InvalidArgument", call("GET", "/bucket?versionId=a")),
  hostile("versionId on an upload", "400 InvalidArgument", (site) =>
    good(site, "PUT", "/bucket/key?versionId=a", { body: "" }),
  ),
  hostile("prefix on an object", "400 InvalidArgument", call("GET", "/bucket/key?prefix=a")),
  hostile("an unknown parameter", "400 InvalidArgument", call("GET", "/bucket?foo=bar")),
  hostile("an unknown parameter of an upload", "400 InvalidArgument", (site) =>
    good(site, "PUT", "/bucket/key?foo=bar", { body: "data" }),
  ),
  hostile("an unknown parameter of a deletion", "400 InvalidArgument", (site) =>
    good(site, "DELETE", "/bucket/key?utm_source=a"),
  ),
  ...[
    "ACL",
    "Tagging",
    "aCl%20",
    "%20acl",
    "acl%5B%5D",
    "torrent_",
    "Attributes",
    "policy-status",
    "versionID",
    "version-id",
    "VersionId",
    "Part-Number",
    "uploadid",
    "Upload_Id",
    "Prefix",
    "response-x",
    "Response-Content-Type",
    "x-amz-new",
    "X_Amz_Acl",
    "Signature_",
    "expires",
  ].map((name) =>
    hostile(`a read with ?${name}`, "400 InvalidArgument", call("GET", `/bucket/key?${name}=a`)),
  ),
  ...["LambdaArn", "Layout", "rgwx_stat", "X-Minio_Extract", "Append"].map((name) =>
    hostile(
      `a read with a vendor's ?${name}`,
      /^(?:rgwx-|x-minio-|x-rgw)/i.test(name) ? "501 NotImplemented" : "400 InvalidArgument",
      call("GET", `/bucket/key?${name}=a`),
    ),
  ),
  hostile("an unknown flag", "400 InvalidArgument", call("DELETE", "/bucket?everything")),
  hostile("a parameter without a name", "400 InvalidArgument", call("GET", "/bucket/key?=a")),
  hostile(
    "a routing parameter in another case",
    "400 InvalidArgument",
    call("GET", "/bucket?ACL="),
  ),
  hostile(
    "a deletion of an encryption in another case",
    "400 InvalidArgument",
    call("DELETE", "/bucket?Encryption="),
  ),
  hostile(
    "versionID for versionId",
    "400 InvalidArgument",
    call("DELETE", "/bucket/key?versionID=a"),
  ),
  hostile("a flag with a value", "400 InvalidArgument", call("DELETE", "/bucket?encryption=false")),
  hostile("list-type=1", "400 InvalidArgument", call("GET", "/bucket?list-type=1")),
  hostile("list-type without a value", "400 InvalidArgument", call("GET", "/bucket?list-type")),
  hostile("an empty versionId", "400 InvalidArgument", call("GET", "/bucket/key?versionId=")),
  hostile(
    "an empty versionId on DELETE",
    "400 InvalidArgument",
    call("DELETE", "/bucket/key?versionId="),
  ),
  hostile(
    "an empty uploadId on DELETE",
    "400 InvalidArgument",
    call("DELETE", "/bucket/key?uploadId="),
  ),
  hostile(
    "an empty uploadId on PUT",
    "400 InvalidArgument",
    call("PUT", "/bucket/key?uploadId=&partNumber=1"),
  ),
  hostile(
    "an uploadId without a part on PUT",
    "400 InvalidArgument",
    call("PUT", "/bucket/key?uploadId=a"),
  ),
  hostile(
    "a part without an uploadId on PUT",
    "400 InvalidArgument",
    call("PUT", "/bucket/key?partNumber=1"),
  ),
  hostile("part 0", "400 InvalidArgument", call("PUT", "/bucket/key?uploadId=a&partNumber=0")),
  hostile(
    "part 10001",
    "400 InvalidArgument",
    call("PUT", "/bucket/key?uploadId=a&partNumber=10001"),
  ),
  hostile("part -1", "400 InvalidArgument", call("PUT", "/bucket/key?uploadId=a&partNumber=-1")),
  hostile("part 1e1", "400 InvalidArgument", call("PUT", "/bucket/key?uploadId=a&partNumber=1e1")),
  hostile("part one", "400 InvalidArgument", call("GET", "/bucket/key?partNumber=one")),
  hostile(
    "an analytics deletion without an id",
    "400 InvalidArgument",
    call("DELETE", "/bucket?analytics="),
  ),
  hostile(
    "an annotation without a name",
    "400 InvalidArgument",
    call("DELETE", "/bucket/key?annotation="),
  ),
  hostile(
    "a rename without its source",
    "400 InvalidArgument",
    call("PUT", "/bucket/key?renameObject="),
  ),
  hostile(
    "a select of another type",
    "400 InvalidArgument",
    call("POST", "/bucket/key?select=&select-type=1"),
  ),
  hostile("HEAD of an ACL", "405 MethodNotAllowed", call("HEAD", "/bucket/key?acl=")),
  hostile("HEAD of a bucket's policy", "405 MethodNotAllowed", call("HEAD", "/bucket?policy=")),
  hostile(
    "HEAD of a bucket subresource on an object",
    "405 MethodNotAllowed",
    call("HEAD", "/bucket/key?lifecycle="),
  ),
  hostile("HEAD of the service", "405 MethodNotAllowed", call("HEAD", "/")),
  hostile("PUT of the service", "405 MethodNotAllowed", call("PUT", "/")),
  hostile("DELETE of the service", "405 MethodNotAllowed", call("DELETE", "/")),
  hostile("POST to an object", "405 MethodNotAllowed", call("POST", "/bucket/key")),
  hostile(
    "POST to a bucket that is no form",
    "412 PreconditionFailed",
    call("POST", "/bucket", ["content-type", "application/xml"]),
  ),
  hostile(
    "POST to the service, as STS has it",
    "405 MethodNotAllowed",
    call("POST", "/", ["content-type", "application/x-www-form-urlencoded"]),
  ),
  hostile("DELETE of ?location", "405 MethodNotAllowed", call("DELETE", "/bucket?location=")),
  hostile("PUT of ?versions", "405 MethodNotAllowed", call("PUT", "/bucket?versions=")),
  hostile("DELETE of ?acl", "405 MethodNotAllowed", call("DELETE", "/bucket/key?acl=")),
  hostile("DELETE of ?versioning", "405 MethodNotAllowed", call("DELETE", "/bucket?versioning=")),
  hostile("RGW's append", "501 NotImplemented", (site) =>
    good(site, "PUT", "/bucket/key?append=&position=0", { body: "data" }),
  ),
  ...[
    ["GET", "/bucket?allow-unordered=true"],
    ["GET", "/bucket?list-type=2&metadata=true"],
    ["GET", "/bucket?versions=&metadata=true"],
    ["GET", "/bucket?list-type=2&unsorted=true"],
    ["GET", "/bucket?lifecycle=&withUpdatedAt=true"],
    ["HEAD", "/bucket?read-stats=true"],
  ].map(([method = "", target = ""]) =>
    hostile(
      `another kind of store's ${method} ${target}`,
      "400 InvalidArgument",
      call(method, target),
    ),
  ),
  hostile("RGW's rgwx parameters", "501 NotImplemented", call("GET", "/bucket/key?rgwx-stat=true")),
  hostile(
    "RGW's rgwx parameters in another case",
    "501 NotImplemented",
    call("GET", "/bucket/key?RGWX-Stat=true"),
  ),
  hostile("RGW's metadata search", "501 NotImplemented", call("GET", "/bucket?mdsearch=")),
  hostile("RGW's layout", "501 NotImplemented", call("GET", "/bucket/key?layout=")),
  hostile("RGW's usage", "501 NotImplemented", call("GET", "/?usage=")),
  hostile("MinIO's bucket events", "501 NotImplemented", call("GET", "/bucket?events=")),
  hostile(
    "MinIO's replication metrics",
    "501 NotImplemented",
    call("GET", "/bucket?replication-metrics="),
  ),
  hostile("MinIO's lambda", "501 NotImplemented", call("GET", "/bucket/key?lambdaArn=a")),
  hostile(
    "MinIO's force delete",
    "501 NotImplemented",
    call("DELETE", "/bucket", ["x-minio-force-delete", "true"]),
  ),
  hostile(
    "MinIO's zip extraction",
    "501 NotImplemented",
    call("GET", "/bucket/key", ["x-minio-extract", "true"]),
  ),
  hostile("MinIO's snowball", "501 NotImplemented", (site) =>
    good(site, "PUT", "/bucket/key", {
      body: "data",
      headers: [["x-amz-meta-snowball-auto-extract", "true"]],
    }),
  ),
  hostile("MinIO's replication headers", "501 NotImplemented", (site) =>
    good(site, "PUT", "/bucket/key", {
      body: "data",
      headers: [["x-minio-replication-server-side-encryption-sealed-key", "a"]],
    }),
  ),
  hostile(
    "a system replication header",
    "501 NotImplemented",
    call("PUT", "/bucket/key", ["x-amz-replication-status", "REPLICA"]),
  ),
  hostile(
    "an RGW header",
    "501 NotImplemented",
    call("GET", "/bucket/key", ["x-rgw-rename", "true"]),
  ),
  hostile("an rgwx header", "501 NotImplemented", call("GET", "/bucket/key", ["rgwx-uid", "root"])),
  hostile(
    "RGW's own condition of a deletion",
    "400 InvalidArgument",
    call("DELETE", "/bucket/key", ["x-amz-delete-if-unmodified-since", "0"]),
  ),
  hostile(
    "a name that begins as a list's",
    "400 InvalidArgument",
    call("GET", "/bucket/key", ["x-amz-object-attributes-x", "a"]),
  ),
  hostile("two empty ACL headers", "400 InvalidArgument", (site) =>
    good(site, "PUT", "/bucket/key", {
      body: "",
      headers: [
        ["x-amz-acl", ""],
        ["x-amz-acl", "public-read"],
      ],
    }),
  ),
  hostile("an empty ACL", "400 InvalidArgument", (site) =>
    good(site, "PUT", "/bucket/key", { body: "", headers: [["x-amz-acl", ""]] }),
  ),
  hostile("an unsigned vendor header", "501 NotImplemented", (site) =>
    plus(good(site, "DELETE", "/bucket"), ["x-minio-force-delete", "true"]),
  ),
  hostile("a vendor header in a presigned URL", "501 NotImplemented", (site) =>
    presigned(site, "DELETE", "/bucket?x-minio-force-delete=true"),
  ),
  hostile(
    "two ACL headers",
    "400 InvalidArgument",
    call("PUT", "/bucket/key", ["x-amz-acl", "private"], ["x-amz-acl", "public-read"]),
  ),
  hostile(
    "two Content-Types",
    "400 InvalidArgument",
    call("POST", "/bucket", ["content-type", "multipart/form-data"], ["content-type", "text/xml"]),
  ),
  hostile(
    "x-id that lies about a deletion",
    "405 MethodNotAllowed",
    call("POST", "/bucket/key?x-id=GetObject"),
  ),
  hostile(
    "x-id instead of the operation",
    "405 MethodNotAllowed",
    call("PUT", "/?x-id=ListBuckets"),
  ),
  hostile(
    "a preflight without Origin",
    "400 InvalidRequest",
    call("OPTIONS", "/bucket/key", ["access-control-request-method", "PUT"]),
  ),
  hostile(
    "a preflight without its method",
    "400 InvalidRequest",
    call("OPTIONS", "/bucket/key", ["origin", "http://a.example"]),
  ),
  hostile(
    "a preflight with two Origins",
    "400 InvalidArgument",
    call(
      "OPTIONS",
      "/bucket/key",
      ["origin", "http://a.example"],
      ["origin", "http://b.example"],
      ["access-control-request-method", "PUT"],
    ),
  ),
  hostile(
    "a preflight that is a copy as well",
    "400 InvalidArgument",
    call(
      "OPTIONS",
      "/bucket/key",
      ["origin", "http://a.example"],
      ["access-control-request-method", "PUT"],
      ["x-amz-copy-source", "bucket/other"],
    ),
  ),
  ...["", "1000%20", "%2010", "%2B10", "-1", "1.5", "ten"].map((value) =>
    hostile(
      `a listing of max-keys=${value}`,
      "400 InvalidArgument",
      call("GET", `/bucket?max-keys=${value}`),
    ),
  ),
  ...["response-content-type", "response-content-disposition", "response-expires"].map((name) =>
    hostile(
      `a line end in ${name}`,
      "400 InvalidArgument",
      call("GET", `/bucket/key?${name}=a%0D%0Ax-injected:%20b`),
    ),
  ),
  hostile(
    "a UUID of a version in another spelling",
    "400 InvalidArgument",
    call("GET", "/bucket/key?versionId=0F8FAD5B-D9CB-469F-A165-70867728950E"),
  ),
  hostile(
    "the same in a copy's source",
    "400 InvalidArgument",
    call("PUT", "/bucket/key", [
      "x-amz-copy-source",
      "bucket/other?versionId=0F8FAD5B-D9CB-469F-A165-70867728950E",
    ]),
  ),
  ...(
    [
      ["x-amz-metadata-directive", "replace"],
      ["x-amz-tagging-directive", "Replace"],
      ["x-amz-acl", "PRIVATE"],
      ["x-amz-grant-read", "ID=somebody"],
      ["x-amz-server-side-encryption", "aes256"],
    ] as const
  ).map(([name, value]) =>
    hostile(`${name}: ${value}`, "400 InvalidArgument", call("PUT", "/bucket/key", [name, value])),
  ),
  hostile(
    "an upload that must not replace another than any",
    "501 NotImplemented",
    call("PUT", "/bucket/key", ["if-none-match", '"nothing"']),
  ),
];
