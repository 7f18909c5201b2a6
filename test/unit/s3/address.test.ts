import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  bucketText,
  hostInDomains,
  inAccount,
  isFoldable,
  isNamingHost,
  isReservedBucket,
  parseAddress,
  storePath,
  type Address,
} from "../../../src/s3/address.ts";

const HOSTS = {
  domains: ["s3.example.org", "example.org", "other.test"],
  accountDomains: ["public.test"],
};

function located(path: string, host?: string): string {
  const found = parseAddress(path, host, HOSTS);
  if (!found.ok) return found.error.code;
  const { address, style } = found.value;
  if (address.kind === "service") return `${style} service`;
  const { tenant, name } = address.bucket;
  const bucket = tenant === undefined ? name : `[${tenant}]${name}`;
  return address.kind === "bucket"
    ? `${style} bucket ${bucket}`
    : `${style} object ${bucket} ${JSON.stringify(address.key)}`;
}

const addresses = [
  ["/", undefined, "path service"],
  ["/bucket", undefined, "path bucket bucket"],
  ["/bucket/", undefined, "path bucket bucket"],
  ["/bucket//", undefined, 'path object bucket "/"'],
  ["/bucket///", undefined, 'path object bucket "//"'],
  ["/bucket/k", "s3.example.org", 'path object bucket "k"'],
  ["/bucket/k", "S3.EXAMPLE.ORG:8080", 'path object bucket "k"'],
  ["/bucket/k", "example.org", 'path object bucket "k"'],
  ["/bucket/k", "unrelated.host", 'path object bucket "k"'],
  ["/bucket/k", "203.0.113.7:9000", 'path object bucket "k"'],
  ["/bucket/k", "[2001:db8::1]:9000", 'path object bucket "k"'],
  ["/bucket/k", "nots3.example.orgs", 'path object bucket "k"'],
  ["/bucket/k", "xother.test", 'path object bucket "k"'],
  ["/", "bucket.s3.example.org", "virtual bucket bucket"],
  ["/k", "bucket.s3.example.org", 'virtual object bucket "k"'],
  ["/k", "Bucket.S3.Example.Org:443", 'virtual object bucket "k"'],
  ["/k", "bucket.s3.example.org.", 'virtual object bucket "k"'],
  ["/k", "a.b-c.s3.example.org", 'virtual object a.b-c "k"'],
  ["/k", "bucket.other.test", 'virtual object bucket "k"'],
  ["//", "bucket.s3.example.org", 'virtual object bucket "/"'],
  ["/bucket/k", "bucket.s3.example.org", 'virtual object bucket "bucket/k"'],
  ["/tenant:bucket/k", undefined, 'path object [tenant]bucket "k"'],
  ["/tenant%3Abucket/k", undefined, 'path object [tenant]bucket "k"'],
  ["/tenant%3abucket", undefined, "path bucket [tenant]bucket"],
  ["/:bucket/k", undefined, 'path object []bucket "k"'],
  ["/%3Abucket/k", undefined, 'path object []bucket "k"'],
  ["/%62ucket/k", undefined, 'path object bucket "k"'],
  ["/Legacy_Bucket.1/k", undefined, 'path object Legacy_Bucket.1 "k"'],
  ["/Z09_azA9z/k", undefined, 'path object Z09_azA9z "k"'],
  ["/9Zz0:bucket/k", undefined, 'path object [9Zz0]bucket "k"'],
  ["/bucket/a/../b", undefined, 'path object bucket "a/../b"'],
  ["/bucket/./.", undefined, 'path object bucket "./."'],
  ["/bucket/..", undefined, 'path object bucket ".."'],
  ["/bucket/%2e%2e/x", undefined, 'path object bucket "../x"'],
  ["/bucket/a%2Fb", undefined, 'path object bucket "a/b"'],
  ["/bucket/a+b%20c", undefined, 'path object bucket "a+b c"'],
  ["/bucket/k%3Facl", undefined, 'path object bucket "k?acl"'],
  ["/bucket/%F0%9F%98%80", undefined, 'path object bucket "😀"'],
  ["/bucket/%0A", undefined, 'path object bucket "\\n"'],
  ["/bucket/%EF%BB%BFk", undefined, 'path object bucket "\uFEFFk"'],
  ["/bucket/a\\b", undefined, 'path object bucket "a\\\\b"'],
  // Reserved as a first segment only.
  ["/bucket/admin/user", undefined, 'path object bucket "admin/user"'],
  ["/administration/k", undefined, 'path object administration "k"'],
] as const;

for (const [path, host, wanted] of addresses) {
  test(`parseAddress() reads ${path} at ${host ?? "no host"} as ${wanted}`, () => {
    assert.equal(located(path, host), wanted);
  });
}

const refused = [
  ["an empty bucket", "//x", "InvalidBucketName"],
  ["an empty bucket before a key", "//bucket/k", "InvalidBucketName"],
  ["a bucket segment with %2F", "/a%2Fbucket/k", "InvalidBucketName"],
  ["a bucket segment with %2f at its end", "/bucket%2f", "InvalidBucketName"],
  ["a bucket of one dot", "/./k", "InvalidBucketName"],
  ["a bucket of two dots", "/../k", "InvalidBucketName"],
  ["a bucket of encoded dots", "/%2e%2e/k", "InvalidBucketName"],
  ["a bucket of three dots", "/.../k", "InvalidBucketName"],
  ["a bucket that begins with a hyphen", "/-bucket/k", "InvalidBucketName"],
  ["a bucket with NUL", "/buc%00ket/k", "InvalidBucketName"],
  ["a bucket with a line break", "/bucket%0A/k", "InvalidBucketName"],
  ["a bucket with a space", "/buc%20ket/k", "InvalidBucketName"],
  ["a bucket with a question mark", "/bucket%3Facl/k", "InvalidBucketName"],
  ["a bucket with a backslash", "/buc\\ket/k", "InvalidBucketName"],
  ["a bucket with a letter outside ASCII", "/b%C3%BCcket/k", "InvalidBucketName"],
  ["a bucket encoded twice", "/bucket%2561/k", "InvalidBucketName"],
  ["a bucket with a malformed escape", "/bucket%zz/k", "InvalidBucketName"],
  ["a bucket of two characters", "/ab/k", "InvalidBucketName"],
  ["a bucket of 256 characters", `/${"a".repeat(256)}/k`, "InvalidBucketName"],
  ["a tenant without a bucket", "/tenant:/k", "InvalidBucketName"],
  ["two tenants", "/a:b:bucket/k", "InvalidBucketName"],
  ["a tenant with a dot", "/ten.ant:bucket/k", "InvalidBucketName"],
  ["a tenant with a dollar sign", "/ten$ant:bucket/k", "InvalidBucketName"],
  ["a tenant with an encoded slash", "/ten%2Fant:bucket/k", "InvalidBucketName"],
  ["RGW's admin API", "/admin/user", "InvalidBucketName"],
  ["RGW's admin API, encoded", "/%61dmin/user", "InvalidBucketName"],
  ["RGW's admin API without a key", "/admin", "InvalidBucketName"],
  ["Swift", "/swift/v1", "InvalidBucketName"],
  ["Swift's login", "/auth/v1.0", "InvalidBucketName"],
  ["MinIO's admin API", "/minio/admin/v3/info", "InvalidBucketName"],
  ["RGW's own pools", "/.rgw.root/k", "InvalidBucketName"],
  ["a reserved name behind a tenant", "/:admin/user", "InvalidBucketName"],
  ["a key with NUL", "/bucket/a%00b", "InvalidURI"],
  ["a key that is not UTF-8", "/bucket/%FF", "InvalidURI"],
  ["a key in overlong UTF-8", "/bucket/%C0%AF", "InvalidURI"],
  ["a key with half a surrogate pair", "/bucket/%ED%A0%80", "InvalidURI"],
  ["a key with a malformed escape", "/bucket/%4", "InvalidURI"],
  ["a key with a raw byte above ASCII", "/bucket/\u00e4", "InvalidURI"],
  ["a key with a raw tab", "/bucket/a\tb", "InvalidURI"],
  ["a key of 1025 bytes", `/bucket/${"k".repeat(1025)}`, "KeyTooLongError"],
  ["a key of 1026 bytes in 342 letters", `/bucket/${"%E2%82%AC".repeat(342)}`, "KeyTooLongError"],
] as const;

for (const [name, path, code] of refused) {
  test(`parseAddress() refuses ${name}`, () => assert.equal(located(path), code));
}

test("parseAddress() refuses a reserved name as a virtual host, for the store sees it as a path", () => {
  assert.equal(located("/user", "admin.s3.example.org"), "InvalidBucketName");
});

test("parseAddress() refuses a virtual host whose label is no bucket name", () => {
  for (const host of [
    ".s3.example.org",
    "ab.s3.example.org",
    "a%2Fb.s3.example.org",
    "b ü.s3.example.org",
  ]) {
    assert.equal(located("/k", host), "InvalidBucketName");
  }
});

test("parseAddress() says why a reserved name is refused", () => {
  const found = parseAddress("/admin/user", undefined, { domains: [], accountDomains: [] });
  assert.equal(
    found.ok ? "" : found.error.message,
    'The bucket name "admin" is reserved by stores',
  );
  const pool = parseAddress("/.rgw.root/k", undefined, { domains: [], accountDomains: [] });
  assert.equal(
    pool.ok ? "" : pool.error.message,
    'The bucket name ".rgw.root" is reserved by stores',
  );
});

test("parseAddress() names what it refuses, as AWS does", () => {
  const rows = [
    ["/ab/k", [["BucketName", "ab"]]],
    ["/b%zz/k", [["BucketName", "b%zz"]]],
    ["/bucket/%FF", [["URI", "%FF"]]],
    [
      `/bucket/${"%C3%A4".repeat(513)}`,
      [
        ["Size", "1026"],
        ["MaxSizeAllowed", "1024"],
      ],
    ],
  ] as const;
  for (const [path, elements] of rows) {
    const found = parseAddress(path, undefined, { domains: [], accountDomains: [] });
    assert.deepEqual(found.ok ? [] : found.error.elements, elements);
  }
});

test("parseAddress() takes a bucket of exactly 255 characters, which old regions have", () => {
  assert.equal(located(`/${"a".repeat(255)}`), `path bucket ${"a".repeat(255)}`);
});

test("parseAddress() takes a key of exactly 1024 bytes", () => {
  assert.equal(located(`/bucket/${"k".repeat(1024)}`).slice(0, 18), "path object bucket");
  assert.equal(located(`/bucket/${"%E2%82%AC".repeat(341)}k`).slice(0, 18), "path object bucket");
});

/** Nested either way, as an operator may have them. */
const NESTED = {
  domains: ["s3.example.org", "deep.public.test"],
  accountDomains: ["example.org", "public.test"],
};

/** The account that the host names, and the bucket of a request without credentials there. */
function accountAt(host: string, hosts: typeof NESTED, path = "/bucket/k"): string {
  const found = parseAddress(path, host, hosts);
  if (!found.ok) return found.error.code;
  const { address, hostAccount = "none" } = found.value;
  const own = inAccount(address, found.value.hostAccount);
  if (own.kind === "service") return `${hostAccount}: service`;
  const { tenant, name } = own.bucket;
  return `${hostAccount}: ${tenant === undefined ? "" : `${tenant}:`}${name}`;
}

const accountHosts = [
  ["465000001.public.test", "465000001: 465000001:bucket"],
  ["465000001.PUBLIC.test", "465000001: 465000001:bucket"],
  ["Lab.Public.Test", "lab: lab:bucket"],
  ["465000001.public.test:8080", "465000001: 465000001:bucket"],
  ["465000001.public.test.", "465000001: 465000001:bucket"],
  ["465000001.public.test.:443", "465000001: 465000001:bucket"],
  ["a_b-c.public.test", "a_b-c: a_b-c:bucket"],
  ["465000001.example.org", "465000001: 465000001:bucket"],
  // A name of the gateway's own is no account, whatever it stands below.
  ["public.test", "none: bucket"],
  ["public.test:8080", "none: bucket"],
  ["s3.example.org", "none: bucket"],
  ["S3.example.org.:8080", "none: bucket"],
  ["deep.public.test", "none: bucket"],
  // The longest name decides what a label below it names.
  ["photos.s3.example.org", "none: photos"],
  ["photos.deep.public.test", "none: photos"],
  ["notpublic.test", "none: bucket"],
  ["public.test.elsewhere", "none: bucket"],
  ["203.0.113.7:9000", "none: bucket"],
  // No label can be an account.
  [".public.test", "InvalidBucketName"],
  ["a.b.public.test", "InvalidBucketName"],
  ["465000001..public.test", "InvalidBucketName"],
  ["a:b.public.test", "none: bucket"],
  ["a$b.public.test", "InvalidBucketName"],
  ["a%3Ab.public.test", "InvalidBucketName"],
  ["b\u00fc.public.test", "InvalidBucketName"],
] as const;

for (const [host, wanted] of accountHosts) {
  test(`parseAddress() reads the account of ${JSON.stringify(host)} as ${wanted}`, () => {
    assert.equal(accountAt(host, NESTED), wanted);
  });
}

test("parseAddress() finds accounts below a name that is itself below one of buckets", () => {
  const hosts = { domains: ["example.org"], accountDomains: ["public.example.org"] };
  assert.equal(accountAt("465000001.public.example.org", hosts), "465000001: 465000001:bucket");
  assert.equal(accountAt("photos.example.org", hosts, "/k"), "none: photos");
  assert.equal(accountAt("public.example.org", hosts), "none: bucket");
});

test("parseAddress() leaves bucket and key on an account's host to the path", () => {
  assert.equal(located("/bucket/a/k", "465000001.public.test"), 'path object bucket "a/k"');
  assert.equal(located("/bucket", "465000001.public.test"), "path bucket bucket");
  assert.equal(located("/", "465000001.public.test"), "path service");
  assert.equal(located("/admin/user", "465000001.public.test"), "InvalidBucketName");
});

test("inAccount() is for buckets that name no tenant themselves", () => {
  const host = "465000001.public.test";
  assert.equal(accountAt(host, NESTED, "/"), "465000001: service");
  assert.equal(accountAt(host, NESTED, "/465000002:bucket/k"), "465000001: 465000002:bucket");
  assert.equal(accountAt(host, NESTED, "/%3Abucket/k"), "465000001: :bucket");
});

const otherNames = [
  ["photos.deep.public.test:8080", ["photos.s3.example.org", "photos.deep.public.test"]],
  ["465000001.example.org", ["465000001.example.org", "465000001.public.test"]],
] as const;

for (const [host, wanted] of otherNames) {
  test(`hostInDomains() keeps the label of ${host}, and isNamingHost() finds it`, () => {
    assert.deepEqual(hostInDomains(host, NESTED), wanted);
    assert.equal(isNamingHost(host, NESTED), true);
  });
}

for (const host of ["s3.example.org", "public.test:443", "198.51.100.7", "[2001:db8::1]:443"]) {
  test(`hostInDomains() returns the names of buckets for ${host}, and isNamingHost() passes over it`, () => {
    assert.deepEqual(hostInDomains(host, NESTED), NESTED.domains);
    assert.equal(isNamingHost(host, NESTED), false);
  });
}

const paths = [
  ["/bucket/a//./../b", "/bucket/a//./../b"],
  ["/bucket//", "/bucket//"],
  ["/bucket/", "/bucket"],
  ["/bucket/a%2Fb", "/bucket/a/b"],
  ["/bucket/%2e%2e", "/bucket/.."],
  ["/bucket/a+b!c*'()", "/bucket/a%2Bb%21c%2A%27%28%29"],
  ["/bucket/%e4%bd%a0", "/bucket/%E4%BD%A0"],
  ["/bucket/k%3Facl", "/bucket/k%3Facl"],
  ["/bucket/%25", "/bucket/%25"],
  ["/:bucket/k", "/%3Abucket/k"],
  ["/tenant:bucket", "/tenant%3Abucket"],
  ["/", "/"],
] as const;

for (const [path, wanted] of paths) {
  test(`storePath() writes ${path} as ${wanted}`, () => {
    const found = parseAddress(path, undefined, { domains: [], accountDomains: [] });
    assert.ok(found.ok);
    assert.equal(storePath(found.value.address, "path"), wanted);
  });
}

test("storePath() leaves the bucket to the host in virtual addressing", () => {
  const bucket = { tenant: undefined, name: "bucket" };
  assert.equal(storePath({ kind: "service" }, "virtual"), "/");
  assert.equal(storePath({ kind: "bucket", bucket }, "virtual"), "/");
  assert.equal(storePath({ kind: "object", bucket, key: "/a b" }, "virtual"), "//a%20b");
});

test("parseAddress() reads the path of storePath() as the same address, for any key", () => {
  const key = fc
    .string({ unit: "binary", minLength: 1, maxLength: 200 })
    .filter((text) => !text.includes("\0") && text.isWellFormed());
  const awkward = fc.array(
    fc.constantFrom("/", ".", "..", "%2F", "%2e", "+", " ", "?acl", "#", "😀", "\\", "a"),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        key,
        awkward.map((parts) => parts.join("")),
      ),
      (text) => {
        const address: Address = {
          kind: "object",
          bucket: { tenant: undefined, name: "bucket" },
          key: text,
        };
        const again = parseAddress(storePath(address, "path"), undefined, {
          domains: [],
          accountDomains: [],
        });
        assert.deepEqual(again.ok ? again.value.address : again.error, address);
        const virtual = parseAddress(storePath(address, "virtual"), "bucket.s3.example.org", HOSTS);
        assert.deepEqual(virtual.ok ? virtual.value.address : virtual.error, address);
      },
    ),
    { numRuns: 300 },
  );
});

test("bucketText() writes a bucket as RGW's Multitenancy has it", () => {
  assert.equal(bucketText({ tenant: undefined, name: "bucket" }), "bucket");
  assert.equal(bucketText({ tenant: "", name: "bucket" }), ":bucket");
  assert.equal(bucketText({ tenant: "lab", name: "bucket" }), "lab:bucket");
});

const reserved = [
  ["admin", true],
  ["%61dmin", true],
  [".rgw.root", true],
  [":admin", true],
  ["lab:admin", true],
  ["lab%3Aadmin", true],
  // Invalid, and so refused for that.
  ["l.b:admin", false],
  ["lab:l:admin", false],
  ["admin%zz", false],
  ["photos", false],
  ["admin:photos", false],
] as const;

for (const [segment, wanted] of reserved) {
  test(`isReservedBucket() is ${wanted} of ${segment}`, () => {
    assert.equal(isReservedBucket(segment), wanted);
  });
}

/** Keys that a store with folders takes for others: RFC 3986, 5.2.4, and the two stores' own names. */
const FOLDABLE = ["/", "/a", "a//b", "a//", ".", "..", "./a", "../a", "a/.", "a/..", "a/./b"];
const OF_STORES = ["a__XLDIR__", "a__XLDIR__/b", ".sgwtmp", ".sgwtmp/x"];
const PLAIN = ["a", "a/", "a/b/", ".a", "..a", "a.", "a..", "...", "a/...", "a/.b", "a/b./c"];
const UNLIKE_STORES = ["__XLDIR__a", "__xldir__", ".sgwtmpx", "a/.sgwtmp", "sgwtmp", "xsgwtmp/a"];

for (const key of [...FOLDABLE, "a/../b", ...OF_STORES]) {
  test(`isFoldable() finds ${key}`, () => assert.equal(isFoldable(key), true));
}
for (const key of [...PLAIN, ...UNLIKE_STORES]) {
  test(`isFoldable() passes over ${key}`, () => assert.equal(isFoldable(key), false));
}
