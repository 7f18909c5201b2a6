import assert from "node:assert/strict";
import { test } from "node:test";
import { parseServiceClaim } from "../../../src/signature/service-claim.ts";
import { headOf, RULES } from "./heads.ts";

const BODY = "ab821ae955788b0e33ebd34c208442ccfc2d406e2edc5e7a39bd6458fbb4f843";
const STS = { name: "sts", bodySha256: BODY } as const;
const HOST = "Host: sts.example.org";
const DATE = "x-amz-date: 20130524T000000Z";
const GOOD =
  "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff";
const V4_QUERY = "/?X-Amz-Signature=00ff";
const V2_QUERY = "/?AWSAccessKeyId=AKID";

const parsed = (target: string, ...lines: readonly string[]) =>
  parseServiceClaim(headOf("POST", target, HOST, ...lines), RULES, STS);

test("parseServiceClaim() takes the digest of the body that came, whatever a header says", () => {
  const claim = parsed("/", DATE, GOOD, "x-amz-content-sha256: UNSIGNED-PAYLOAD");
  assert.ok(claim?.ok);
  assert.equal(claim.value.service, "sts");
  assert.equal(claim.value.scope, "20130524/us-east-1/sts/aws4_request");
  assert.deepEqual(claim.value.payload, { kind: "digest", sha256: BODY });
  assert.equal(claim.value.payloadText, BODY);
});

test("parseServiceClaim() finds no credential in a request without one", () => {
  assert.equal(parsed("/?X-Amz-Expires=60&Action=GetCallerIdentity"), undefined);
});

const TWICE =
  "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified";
const ONLY = "Only AWS4-HMAC-SHA256 in the Authorization header is supported";
const PRESIGNED = "Presigned URLs are not supported here";

for (const [name, message, target, lines] of [
  ["two Authorization headers", TWICE, "/", [GOOD, GOOD]],
  ["two Authorization headers of another scheme", TWICE, "/", ["Authorization: Bearer a", GOOD]],
  ["a header beside a presigned URL", TWICE, V4_QUERY, [GOOD]],
  ["a header beside a presigned URL of version 2", TWICE, V2_QUERY, [GOOD]],
  ["another scheme beside a presigned URL", TWICE, V4_QUERY, ["Authorization: Bearer a"]],
  ["a presigned URL", PRESIGNED, V4_QUERY, []],
  ["a presigned URL of version 2", PRESIGNED, V2_QUERY, []],
  ["version 2", ONLY, "/", ["Authorization: AWS AKID:sig"]],
  ["another scheme", ONLY, "/", ["Authorization: Bearer AWS4-HMAC-SHA256 "]],
  ["an algorithm with more behind it", ONLY, "/", [GOOD.replace("SHA256 ", "SHA256-X ")]],
] as const) {
  test(`parseServiceClaim() refuses ${name}`, () => {
    const claim = parsed(target, DATE, ...lines);
    assert.ok(claim !== undefined && !claim.ok);
    assert.deepEqual([claim.error.code, claim.error.message], ["InvalidArgument", message]);
  });
}

test("parseServiceClaim() refuses a signature for S3", () => {
  const claim = parsed("/", DATE, GOOD.replace("/sts/", "/s3/"));
  assert.ok(claim !== undefined && !claim.ok);
  assert.match(claim.error.message, /incorrect service "s3"\. This endpoint belongs to "sts"\.$/);
});
