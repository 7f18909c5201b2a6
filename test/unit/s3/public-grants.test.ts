import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-s3";
import { headersGrantPublic, isPublicAcl } from "../../../src/s3/public-grants.ts";

/** "Canned ACL", S3 User Guide: those that grant to everyone, or to everyone with an account. */
const PUBLIC: ReadonlySet<string> = new Set([
  "authenticated-read",
  "public-read",
  "public-read-write",
]);

const CANNED: ReadonlySet<string> = new Set([
  ...Object.values(sdk.ObjectCannedACL),
  ...Object.values(sdk.BucketCannedACL),
  "log-delivery-write",
]);

test("the SDK's model has the canned ACLs", () => assert(CANNED.size >= 8));

for (const name of CANNED) {
  test(`isPublicAcl() says ${PUBLIC.has(name) ? "yes" : "no"} to ${name}`, () => {
    assert.equal(isPublicAcl(name), PUBLIC.has(name));
  });
}

test("isPublicAcl() says yes to what a store may have besides", () => {
  for (const name of ["", "Private", "private ", "everyone"]) assert(isPublicAcl(name), name);
});

const grantees = [
  ["id=abc", false],
  ['id="abc"', false],
  ["emailAddress=a@example.org", false],
  ["group-id=abc", true],
  ["id=a b", true],
  ["id=a=b", true],
  ['id=a"b', true],
  ['id="a"b', true],
  ["other=abc", true],
  ["abc", true],
] as const;

for (const [grantee, isPublic] of grantees) {
  test(`headersGrantPublic() takes ${grantee} for ${isPublic ? "anyone" : "an account"}`, () => {
    assert.equal(headersGrantPublic(["x-amz-grant-read", grantee]), isPublic);
    assert.equal(headersGrantPublic(["x-amz-grant-read", `id="o", ${grantee}`]), isPublic);
  });
}
