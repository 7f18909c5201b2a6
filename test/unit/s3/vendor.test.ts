import assert from "node:assert/strict";
import { test } from "node:test";
import {
  foldedName,
  isVendorAnswer,
  isVendorHeader,
  isVendorsFolded,
  refusedHeader,
  vendorParameter,
} from "../../../src/s3/vendor.ts";
import { commands, membersOf } from "./sdk-model.ts";

const names = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The request headers in the SDK's model. */
const modelled = new Set(
  commands.flatMap(({ name }) =>
    membersOf(name).flatMap(({ traits }) =>
      "httpHeader" in traits ? [String(traits.httpHeader).toLowerCase()] : [],
    ),
  ),
);

/**
 * Those of them that no rule, no routing and no guard reads: what a store makes of two lines is
 * between it and its client. A header that a new SDK brings fails below until it was decided on.
 */
const UNJUDGED: ReadonlySet<string> = new Set(
  names(`
    cache-control content-disposition content-encoding content-language content-length content-md5
    expires if-modified-since if-unmodified-since range x-amz-bucket-object-lock-token
    x-amz-checksum-algorithm x-amz-checksum-mode x-amz-checksum-type x-amz-client-token
    x-amz-copy-source-if-match x-amz-copy-source-if-modified-since
    x-amz-copy-source-if-none-match x-amz-copy-source-if-unmodified-since
    x-amz-copy-source-server-side-encryption-customer-key
    x-amz-copy-source-server-side-encryption-customer-key-md5 x-amz-create-session-mode
    x-amz-if-match-initiated-time x-amz-if-match-last-modified-time x-amz-if-match-size
    x-amz-max-parts x-amz-mp-object-size x-amz-object-attributes
    x-amz-optional-object-attributes x-amz-part-number-marker x-amz-rename-source-if-match
    x-amz-rename-source-if-modified-since x-amz-rename-source-if-none-match
    x-amz-rename-source-if-unmodified-since x-amz-request-token x-amz-sdk-checksum-algorithm
    x-amz-server-side-encryption-bucket-key-enabled x-amz-server-side-encryption-context
    x-amz-server-side-encryption-customer-key x-amz-server-side-encryption-customer-key-md5
    x-amz-skip-destination-validation x-amz-transition-default-minimum-object-size
    x-amz-write-offset-bytes
  `),
);
const UNJUDGED_FAMILIES = /^x-amz-(?:fwd-|checksum-(?:crc|md5$|sha|xxhash))/;

/** Values that S3 has, for headers that do not take any. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ["x-amz-acl", "private"],
  ["x-amz-bucket-namespace", "global"],
  ["x-amz-copy-source-server-side-encryption-customer-algorithm", "AES256"],
  ["x-amz-grant-full-control", "id=a"],
  ["x-amz-grant-read", "id=a"],
  ["x-amz-grant-read-acp", "id=a"],
  ["x-amz-grant-write", "id=a"],
  ["x-amz-grant-write-acp", "id=a"],
  ["x-amz-metadata-directive", "COPY"],
  ["x-amz-object-annotation-directive", "COPY"],
  ["x-amz-object-lock-event-hold", "ON"],
  ["x-amz-object-lock-event-hold-duration-days", "1"],
  ["x-amz-object-lock-event-hold-duration-years", "1"],
  ["x-amz-object-lock-legal-hold", "ON"],
  ["x-amz-object-lock-mode", "GOVERNANCE"],
  ["x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"],
  ["x-amz-object-ownership", "BucketOwnerEnforced"],
  ["x-amz-server-side-encryption", "AES256"],
  ["x-amz-server-side-encryption-customer-algorithm", "AES256"],
  ["x-amz-tagging-directive", "COPY"],
  ["x-amz-website-redirect-location", "/a"],
]);

/** Headers of HTTP that route: the bucket in the host, and a browser's question. */
const ROUTING = ["access-control-request-method", "host", "origin"];

for (const name of [...modelled, ...ROUTING]) {
  const judged = !UNJUDGED.has(name) && !UNJUDGED_FAMILIES.test(name);
  test(`refusedHeader() ${judged ? "refuses" : "takes"} a repeated ${name}`, () => {
    const line = [name, VALUES.get(name) ?? "v"];
    const own = ["accept", "*/*", "x-amz-meta-a", "1"];
    assert.equal(refusedHeader([...own, ...line, ...own]), undefined);
    for (const repeated of [
      [...own, ...line, ...own, ...line],
      [...line, ...own, name, "w", ...own],
    ]) {
      assert.equal(refusedHeader(repeated)?.code, judged ? "InvalidArgument" : undefined);
    }
  });
}

test("refusedHeader() does not take a value for a name", () => {
  assert.equal(refusedHeader(["host", "origin", "origin", "host"]), undefined);
  assert.equal(refusedHeader(["x-amz-meta-a", "rgwx-a", "x-amz-meta-b", "a_b"]), undefined);
  assert.equal(refusedHeader([]), undefined);
});

const vendors = names(`
  rgwx-a x-rgw x-rgw-quota x-minio-a x-amz-replication-status x-amz-meta-rgw x-amz-meta-rgw-a
  x-amz-meta-snowball-auto-extract x_rgw_quota x_minio_a x_amz_replication_status x-amz-meta_rgw
  x-amz-meta-snowball_auto_extract
`);
const nobodys = names(`
  own-rgwx-a own-x-rgw-a own-x-minio-a own-x-amz-replication-a own-x-amz-meta-rgw x-amz-meta-own-rgw
  x-amz-meta-snowball x-amz-meta-snowball-auto-extract-a x-minio x-amz-meta-a rgw
`);

for (const name of vendors) {
  test(`isVendorHeader() takes ${name} for a vendor's`, () => {
    assert.equal(isVendorHeader(name), true);
    const fault = refusedHeader(["host", "h", name, "v"], new Set([name]));
    assert.equal(fault?.code, "NotImplemented");
    assert.deepEqual(fault.unknown, { kind: "header", name });
  });
}

for (const name of nobodys) {
  test(`isVendorHeader() takes ${name} for nobody's`, () => {
    assert.equal(isVendorHeader(name), false);
    assert.notEqual(refusedHeader([name, "v"])?.code, "NotImplemented");
  });
}

test("refusedHeader() takes an underscore in user metadata alone", () => {
  for (const name of ["x_own", "x-amz-acl_", "x-amz-meta_a", "own-x-amz-meta-a_b", "_"]) {
    assert.equal(refusedHeader([name, "v"])?.code, "InvalidRequest", name);
  }
  assert.equal(refusedHeader(["x-amz-meta-a_b", "v"]), undefined);
});

test("refusedHeader() refuses an unknown x-amz header, unless the operator lets it pass", () => {
  const fault = refusedHeader(["x-amz-nobody-knows", "v"], new Set(["x-amz-other"]));
  assert.equal(fault?.code, "InvalidArgument");
  assert.deepEqual(fault.unknown, { kind: "header", name: "x-amz-nobody-knows" });
  const ignored = new Set(["x-amz-nobody-knows"]);
  assert.equal(refusedHeader(["x-amz-nobody-knows", "v"], ignored), undefined);
  const behind = refusedHeader(["x-amz-nobody-knows", "v", "x-amz-acl", "other"], ignored);
  assert.equal(behind?.code, "InvalidArgument");
});

test("isVendorAnswer() knows a vendor's headers by their beginning", () => {
  for (const name of ["rgwx-a", "x-rgw-object-type", "x-minio-deployment-id"]) {
    assert.equal(isVendorAnswer(name), true, name);
  }
  for (const name of ["etag", "x-amz-meta-rgw", "own-x-rgw-a", "own-rgwx-a", "own-x-minio-a"]) {
    assert.equal(isVendorAnswer(name), false, name);
  }
});

/** From RGW's `rgw_rest_s3.cc` and MinIO's router and handlers. */
const parameters = names(`
  append events lambdaArn layout mdsearch position replication-check replication-metrics
  replication-reset replication-reset-status usage rgwx-stat RGWX-Stat x-minio-extract
  X-Minio-Extract x-rgw-a X-RGW-a
`);

for (const name of parameters) {
  test(`vendorParameter() refuses ${name}, and isVendorsFolded() knows it in any spelling`, () => {
    const fault = vendorParameter(name);
    assert.equal(fault?.code, "NotImplemented");
    assert.deepEqual(fault.unknown, { kind: "parameter", name });
    for (const odd of [name, name.toUpperCase(), `-${name}_`, name.replaceAll("-", ".")]) {
      assert.equal(isVendorsFolded(foldedName(odd)), true, odd);
    }
  });
}

for (const name of ["prefix", "versionId", "own-rgwx-a", "own-x-rgw", "own-x-minio-a", "", "a"]) {
  test(`vendorParameter() takes "${name}" for no vendor's`, () => {
    assert.equal(vendorParameter(name), undefined);
    assert.equal(isVendorsFolded(foldedName(name)), false);
  });
}
