/**
 * The signing examples of two pages, with the values that they publish: "Signing and authenticating
 * REST requests (AWS signature version 2)" and "Browser-based uploads using POST (AWS signature
 * version 2)".
 *
 * Not here: "Delete", whose published string to sign contradicts the page's own rule for
 * `x-amz-date`, and the second POST example, whose signature is not canonical base64.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyRing } from "../../src/signature/key-ring.ts";
import { parseFormClaim, verifyFormClaim } from "../../src/signature/v4-form.ts";
import { headOf, judge, RULES } from "../unit/signature/heads.ts";

const VIRTUAL = "Host: awsexamplebucket1.us-west-1.s3.amazonaws.com";
const PATH_STYLE = "Host: s3.us-west-1.amazonaws.com";
const authorization = (signature: string): string =>
  `Authorization: AWS AKIAIOSFODNN7EXAMPLE:${signature}`;

const IN_VIRTUAL_BUCKET = [
  [
    "Object GET",
    "2007-03-27T19:36:42Z",
    headOf(
      "GET",
      "/photos/puppy.jpg",
      VIRTUAL,
      "Date: Tue, 27 Mar 2007 19:36:42 +0000",
      authorization("qgk2+6Sv9/oM7G3qLEjTH1a1l1g="),
    ),
  ],
  [
    "Object PUT",
    "2007-03-27T21:15:45Z",
    headOf(
      "PUT",
      "/photos/puppy.jpg",
      "Content-Type: image/jpeg",
      "Content-Length: 94328",
      VIRTUAL,
      "Date: Tue, 27 Mar 2007 21:15:45 +0000",
      authorization("iqRzw+ileNPu1fhspnRs8nOjjIA="),
    ),
  ],
  [
    "List",
    "2007-03-27T19:42:41Z",
    headOf(
      "GET",
      "/?prefix=photos&max-keys=50&marker=puppy",
      "User-Agent: Mozilla/5.0",
      VIRTUAL,
      "Date: Tue, 27 Mar 2007 19:42:41 +0000",
      authorization("m0WP8eCtspQl5Ahe6L1SozdX9YA="),
    ),
  ],
  [
    "Fetch",
    "2007-03-27T19:44:46Z",
    headOf(
      "GET",
      "/?acl",
      VIRTUAL,
      "Date: Tue, 27 Mar 2007 19:44:46 +0000",
      authorization("82ZHiFIjc+WbcwFKGUVEQspPn+0="),
    ),
  ],
] as const;

for (const [name, now, head] of IN_VIRTUAL_BUCKET) {
  test(`verifyClaim() proves AWS's V2 example "${name}"`, () => {
    assert.ok(judge(head, now, { hostBucket: "awsexamplebucket1" }).ok);
  });
}

test('verifyClaim() proves AWS\'s V2 example "Upload", with repeated metadata', () => {
  const head = headOf(
    "PUT",
    "/db-backup.dat.gz",
    "User-Agent: curl/7.15.5",
    "Host: static.awsexamplebucket1.net:8080",
    "Date: Tue, 27 Mar 2007 21:06:08 +0000",
    "x-amz-acl: public-read",
    "content-type: application/x-download",
    "Content-MD5: 4gJE4saaMU4BqNR0kLY+lw==",
    "X-Amz-Meta-ReviewedBy: joe@awsexamplebucket1.net",
    "X-Amz-Meta-ReviewedBy: jane@awsexamplebucket1.net",
    "X-Amz-Meta-FileChecksum: 0x02661779",
    "X-Amz-Meta-ChecksumAlgorithm: crc32",
    "Content-Disposition: attachment; filename=database.dat",
    "Content-Encoding: gzip",
    "Content-Length: 5913339",
    authorization("dKZcB+bz2EPXgSdXZp9ozGeOM4I="),
  );
  const options = { hostBucket: "static.awsexamplebucket1.net" };
  assert.ok(judge(head, "2007-03-27T21:06:08Z", options).ok);
});

test('verifyClaim() proves AWS\'s V2 example "List all my buckets"', () => {
  const head = headOf(
    "GET",
    "/",
    PATH_STYLE,
    "Date: Wed, 28 Mar 2007 01:29:59 +0000",
    authorization("qGdzdERIC03wnaRNKh6OqZehG9s="),
  );
  assert.ok(judge(head, "2007-03-28T01:29:59Z").ok);
});

test('verifyClaim() proves AWS\'s V2 example "Unicode keys"', () => {
  const head = headOf(
    "GET",
    "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
    PATH_STYLE,
    "Date: Wed, 28 Mar 2007 01:49:49 +0000",
    authorization("DNEZGsoieTZ92F3bUfSPQcbGmlM="),
  );
  assert.ok(judge(head, "2007-03-28T01:49:49Z").ok);
});

test("verifyClaim() proves AWS's V2 example of a presigned URL", () => {
  // The page now has another bucket's name; its signature is still that of `johnsmith`.
  const head = headOf(
    "GET",
    "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
    "Host: johnsmith.s3.amazonaws.com",
  );
  assert.ok(judge(head, "2007-03-29T03:40:19Z", { hostBucket: "johnsmith" }).ok);
});

test("verifyClaim() proves the V2 presigned URL of the oldest edition of the guide", () => {
  const head = headOf(
    "GET",
    "/quotes/nelson?AWSAccessKeyId=44CF9590006BF252F707&Expires=1141889120&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D",
    "Host: s3.amazonaws.com",
  );
  const options = { secret: "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV" };
  assert.ok(judge(head, "2006-03-09T07:25:20Z", options).ok);
});

const FORM_POLICY =
  "eyAiZXhwaXJhdGlvbiI6ICIyMDA3LTEyLTAxVDEyOjAwOjAwLjAwMFoiLAogICJjb25kaXRpb25zIjogWwogICAgeyJidWNrZXQiOiAiam9obnNtaXRoIn0sCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci9lcmljLyJdLAogICAgeyJhY2wiOiAicHVibGljLXJlYWQifSwKICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL2pvaG5zbWl0aC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwKICAgIFsic3RhcnRzLXdpdGgiLCAiJENvbnRlbnQtVHlwZSIsICJpbWFnZS8iXSwKICAgIHsieC1hbXotbWV0YS11dWlkIjogIjE0MzY1MTIzNjUxMjc0In0sCiAgICBbInN0YXJ0cy13aXRoIiwgIiR4LWFtei1tZXRhLXRhZyIsICIiXQogIF0KfQo=";

test("verifyFormClaim() proves AWS's V2 example of a POST policy", () => {
  const claim = parseFormClaim(
    new Map([
      ["policy", FORM_POLICY],
      ["awsaccesskeyid", "AKIAIOSFODNN7EXAMPLE"],
      ["signature", "0RavWzkygo6QX9caELEqKi9kDbU="],
    ]),
    RULES,
  );
  assert.ok(claim.ok && claim.value.kind === "v2");
  const secret = "uV3F3YluFJax1cknvbcGwgjvx4QpvB+leU8dUj2o";
  assert.ok(verifyFormClaim(claim.value, FORM_POLICY, secret, { ring: new KeyRing(1) }).ok);
});
