import { hostile, type Hostile } from "./case.ts";
import { DOMAIN, good, KEYS } from "./site.ts";
import { signV4 } from "../../support/signed.ts";

const get =
  (target: string): Hostile["request"] =>
  (site) =>
    good(site, "GET", target);
const bucket = (what: string, segment: string): Hostile =>
  hostile(`a bucket ${what}`, "400 InvalidBucketName", get(`/${segment}/key`));
/** A request whose bucket stands in the Host header. */
const virtual =
  (label: string): Hostile["request"] =>
  (site) => {
    const headers = [["host", `${label}.${DOMAIN}`]] as const;
    return signV4(
      { method: "GET", target: "/key", headers, body: Buffer.alloc(0) },
      KEYS.owner,
      site.scope,
    );
  };
const copy =
  (source: string): Hostile["request"] =>
  (site) =>
    good(site, "PUT", "/bucket/key", { headers: [["x-amz-copy-source", source]] });

/** Requests for what is no bucket and no key. */
export const ADDRESSES: readonly Hostile[] = [
  bucket("of one letter", "a"),
  bucket("of two letters", "ab"),
  bucket("of 256 letters", "a".repeat(256)),
  bucket("called dot", "."),
  bucket("called dot dot", ".."),
  bucket("called dot dot, encoded", "%2e%2e"),
  bucket("that begins with a dot", ".bucket"),
  bucket("that begins with a hyphen", "-bucket"),
  bucket("with %2F", "buc%2Fket"),
  bucket("with %2f at its end", "bucket%2f"),
  bucket("with a backslash", "buc%5Cket"),
  bucket("with a space", "buc%20ket"),
  bucket("with a plus", "buc+ket"),
  bucket("with NUL", "bucket%00"),
  bucket("with a line break", "bucket%0d%0a"),
  bucket("with a star", "buck*t"),
  bucket("with a question mark, encoded", "bucket%3Facl"),
  bucket("with a fragment mark, encoded", "bucket%23"),
  bucket("with a letter above ASCII", "b%C3%BCcket"),
  bucket("with a homoglyph", "b%D0%B0cket"),
  bucket("in overlong UTF-8", "buc%C1%ABet"),
  bucket("with a byte that is no UTF-8", "bucket%FF"),
  bucket("with a bad escape", "bucket%zz"),
  bucket("with half an escape", "bucket%2"),
  bucket("encoded twice", "%2562ucket"),
  bucket("with two colons", "a:b:bucket"),
  bucket("of a tenant with a dot", "a.b:bucket"),
  bucket("of a tenant with a slash", "a%2Fb:bucket"),
  bucket("of a tenant, but empty", "tenant:"),
  bucket("that is an ARN", "arn%3Aaws%3As3%3Aus-east-1%3A123456789012%3Aaccesspoint%2Fmine"),
  bucket("called admin", "admin"),
  bucket("called admin, encoded", "%61dmin"),
  bucket("called swift", "swift"),
  bucket("called auth", "auth"),
  bucket("called minio", "minio"),
  bucket("called .rgw.root", ".rgw.root"),
  bucket("called .rgw.root of a tenant", "tenant:.rgw.root"),
  bucket("called admin of a tenant", "tenant:admin"),
  hostile("RGW's admin interface", "400 InvalidBucketName", get("/admin/user?uid=lab")),
  hostile("MinIO's admin interface", "400 InvalidBucketName", get("/minio/admin/v3/info")),
  hostile("Swift's interface", "400 InvalidBucketName", get("/swift/v1/bucket/key")),
  hostile("a virtual-hosted bucket of two letters", "400 InvalidBucketName", virtual("ab")),
  hostile(
    "a virtual-hosted bucket that begins with a hyphen",
    "400 InvalidBucketName",
    virtual("-bucket"),
  ),
  hostile("a virtual-hosted bucket called admin", "400 InvalidBucketName", virtual("admin")),
  hostile("a virtual-hosted bucket with a slash", "400 InvalidRequest", virtual("buc/ket")),
  hostile("a virtual-hosted bucket without a name", "400 InvalidBucketName", virtual("")),
  hostile("a key of 1025 bytes", "400 KeyTooLongError", get(`/bucket/${"k".repeat(1025)}`)),
  hostile(
    "a key of 513 two-byte letters",
    "400 KeyTooLongError",
    get(`/bucket/${"%C3%A9".repeat(513)}`),
  ),
  hostile("a key with NUL", "400 InvalidURI", get("/bucket/key%00.txt")),
  hostile("a key in overlong UTF-8", "400 InvalidURI", get("/bucket/%C0%AE%C0%AE/key")),
  hostile("a key with a lone surrogate", "400 InvalidURI", get("/bucket/%ED%A0%80")),
  hostile("a key beyond Unicode", "400 InvalidURI", get("/bucket/%F4%90%80%80")),
  hostile("a key with half a letter", "400 InvalidURI", get("/bucket/k%C3")),
  hostile("a key with a lone continuation byte", "400 InvalidURI", get("/bucket/k%80y")),
  hostile("a key with a bad escape", "400 InvalidURI", get("/bucket/k%GGy")),
  hostile("a key with half an escape", "400 InvalidURI", get("/bucket/key%4")),
  hostile("a key with a percent sign at its end", "400 InvalidURI", get("/bucket/key%")),
  hostile("a key with IIS's escape", "400 InvalidURI", get("/bucket/%u0041")),
  hostile("a query with a bad escape", "400 InvalidURI", get("/bucket?prefix=%zz")),
  hostile("a query in overlong UTF-8", "400 InvalidURI", get("/bucket?prefix=%C0%AF")),
  hostile("a query name with a bad escape", "400 InvalidURI", get("/bucket?pre%fix=a")),
  hostile("a query value with NUL", "400 InvalidArgument", get("/bucket?prefix=a%00b")),
  hostile("a query name with NUL", "400 InvalidArgument", get("/bucket?acl%00=")),
  hostile("an empty copy source", "400 InvalidArgument", copy("")),
  hostile("a copy source of a slash", "400 InvalidArgument", copy("/")),
  hostile("a copy source without a key", "400 InvalidArgument", copy("/bucket")),
  hostile("a copy source with an empty key", "400 InvalidArgument", copy("bucket/")),
  hostile(
    "a copy source with an empty version",
    "400 InvalidArgument",
    copy("bucket/key?versionId="),
  ),
  hostile("a copy source with a reserved bucket", "400 InvalidBucketName", copy("/admin/user")),
  hostile(
    "a copy source of a reserved bucket that is encoded whole",
    "400 InvalidBucketName",
    copy("admin%2Fuser"),
  ),
  hostile(
    "a copy source that is encoded whole, twice",
    "400 InvalidArgument",
    copy("bucket%252Fkey"),
  ),
  hostile(
    "a copy source whose bucket is no name when decoded",
    "400 InvalidArgument",
    copy("..%2Fkey"),
  ),
  hostile(
    "a copy source of two encoded slashes in front",
    "400 InvalidArgument",
    copy("%2F%2Fkey"),
  ),
  hostile(
    "a copy source that ends with its encoded slash",
    "400 InvalidArgument",
    copy("bucket%2F"),
  ),
  hostile("a copy source with a bad escape", "400 InvalidArgument", copy("bucket/k%zz")),
  hostile("a copy source with NUL", "400 InvalidArgument", copy("bucket/k%00y")),
  hostile(
    "a copy source with a key of 1025 bytes",
    "400 KeyTooLongError",
    copy(`bucket/${"k".repeat(1025)}`),
  ),
  hostile(
    "a copy source that is an ARN",
    "501 NotImplemented",
    copy("arn:aws:s3:us-east-1:123456789012:accesspoint/mine/object/key"),
  ),
  hostile("two copy sources", "400 InvalidArgument", (site) =>
    good(site, "PUT", "/bucket/key", {
      headers: [
        ["x-amz-copy-source", "bucket/one"],
        ["x-amz-copy-source", "bucket/two"],
      ],
    }),
  ),
  hostile("a copy source on a GET", "400 InvalidArgument", (site) =>
    good(site, "GET", "/bucket/key", { headers: [["x-amz-copy-source", "bucket/one"]] }),
  ),
  hostile("a rename across buckets", "400 InvalidArgument", (site) =>
    good(site, "PUT", "/bucket/key?renameObject=", {
      headers: [["x-amz-rename-source", "other/key"]],
    }),
  ),
];
