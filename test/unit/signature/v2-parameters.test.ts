import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { EXAMPLE, headOf, judge } from "./heads.ts";

const HOST = "Host: s3.example.org";
const DATE = "Wed, 28 Mar 2007 01:29:59 +0000";
const NOW = "2007-03-28T01:29:59Z";

/** A GET of `target`, signed as if its resource were `resource`. */
function outcome(target: string, resource: string): string {
  const text = `GET\n\n\n${DATE}\n${resource}`;
  const signature = createHmac("sha1", EXAMPLE.secret).update(text).digest("base64");
  const authorization = `Authorization: AWS ${EXAMPLE.accessKeyId}:${signature}`;
  const proved = judge(headOf("GET", target, HOST, `Date: ${DATE}`, authorization), NOW);
  return proved.ok ? "proved" : proved.error.code;
}

// The page "Signing and authenticating REST requests", then botocore's HmacV1Auth.QSAOfInterest and
// RGW's signed_subresources, without what is on an earlier list.
const SIGNED = [
  "acl lifecycle location logging notification partNumber policy requestPayment uploadId uploads",
  "versionId versioning versions website torrent delete",
  "response-content-type response-content-language response-expires response-cache-control",
  "response-content-disposition response-content-encoding",
  "accelerate cors tagging restore storageClass replication analytics metrics inventory select",
  "select-type object-lock",
  "encryption policyStatus publicAccessBlock",
].flatMap((line) => line.split(" "));

for (const name of SIGNED) {
  test(`version 2 signs the parameter ${name}`, () => {
    assert.equal(outcome(`/b/k?${name}`, `/b/k?${name}`), "proved");
    assert.equal(outcome(`/b/k?${name}=1`, `/b/k?${name}=1`), "proved");
    assert.equal(outcome(`/b/k?${name}`, "/b/k"), "SignatureDoesNotMatch");
  });
}

// Parameters of the operations that list, in the API reference; x-id is the SDKs' own.
const UNSIGNED = [
  "prefix delimiter marker max-keys encoding-type list-type start-after continuation-token",
  "fetch-owner key-marker version-id-marker upload-id-marker max-uploads part-number-marker",
  "max-parts x-id",
].flatMap((line) => line.split(" "));

for (const name of UNSIGNED) {
  test(`version 2 leaves the parameter ${name} open`, () =>
    assert.equal(outcome(`/b/k?${name}=1`, "/b/k"), "proved"));
}

test("version 2 takes a parameter of no operation for one that it does not cover", () => {
  for (const name of ["defaultObjectAcl", "Acl", "ACL", "legal-hold", "constructor", ""]) {
    assert.equal(outcome(`/b/k?${name}=1`, "/b/k"), "AccessDenied", name);
  }
});

// Signed values are joined decoded, so that these read like two parameters.
for (const target of [
  "/b/k?response-expires=x%26versionId%3Dv",
  "/b/k?response-expires=x%26acl",
  "/b/k?response-expires=%26acl%3D",
  "/b/k?response-expires=R%26D%26versionId%3Dv%26x",
]) {
  test(`version 2 refuses ${target}, which reads like two parameters`, () =>
    assert.equal(outcome(target, decodeURIComponent(target)), "InvalidArgument"));
}

for (const target of [
  "/b/k?response-content-disposition=R%26D.pdf",
  "/b/k?response-content-disposition=acl%3D1",
  "/b/k?response-content-disposition=a%26b%3Dacl",
]) {
  test(`version 2 signs ${target}, which reads in one way only`, () =>
    assert.equal(outcome(target, decodeURIComponent(target)), "proved"));
}

test("version 2 leaves a & open in a value that it does not sign", () => {
  assert.equal(outcome("/b?prefix=a%26acl", "/b"), "proved");
});

test("version 2 signs values as bytes of UTF-8", () => {
  const name = "response-content-disposition";
  assert.equal(outcome(`/b/k?${name}=%C3%A9`, `/b/k?${name}=é`), "proved");
});
