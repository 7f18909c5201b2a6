import assert from "node:assert/strict";
import { test } from "node:test";
import { parseV4Header } from "../../../src/signature/v4-header.ts";
import { headOf, RULES } from "./heads.ts";

const UNSIGNED = "x-amz-content-sha256: UNSIGNED-PAYLOAD";
const DATE = "x-amz-date: 20130524T000000Z";
const CREDENTIAL = "Credential=AKID/20130524/us-east-1/s3/aws4_request";
const SIGNED = "SignedHeaders=host;x-amz-content-sha256;x-amz-date";
const VALUE = `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${SIGNED}, Signature=00ff`;
const head = (...lines: readonly string[]) => headOf("GET", "/b/k", "Host: h", ...lines);
const GOOD = head(DATE, UNSIGNED);

test("parseV4Header() reads every part", () => {
  assert.deepEqual(parseV4Header(VALUE, GOOD, RULES), {
    ok: true,
    value: {
      kind: "v4",
      via: "header",
      accessKeyId: "AKID",
      date: "20130524",
      region: "us-east-1",
      scope: "20130524/us-east-1/s3/aws4_request",
      timestamp: "20130524T000000Z",
      timeMs: 1_369_353_600_000,
      signedHeaders: ["host", "x-amz-content-sha256", "x-amz-date"],
      signature: "00ff",
      payload: { kind: "unsigned" },
      payloadText: "UNSIGNED-PAYLOAD",
      expiresSeconds: undefined,
      sessionToken: undefined,
    },
  });
});

test("parseV4Header() reads a session token and an access key with slashes", () => {
  const token = head(DATE, UNSIGNED, "X-Amz-Security-Token: t");
  const value = VALUE.replace("AKID", "a/b").replace(
    "x-amz-date",
    "x-amz-date;x-amz-security-token",
  );
  const claim = parseV4Header(value, token, RULES);
  assert.ok(claim.ok);
  assert.equal(claim.value.sessionToken, "t");
  assert.equal(claim.value.accessKeyId, "a/b");
});

const MALFORMED = "The authorization header is malformed; ";
const THREE = `${MALFORMED}the authorization header requires three components: Credential, SignedHeaders, and Signature.`;
const SHAPE = `${MALFORMED}the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`;
const NAMES = `${MALFORMED}missing SignedHeaders.`;

const LOWER = "SignedHeaders must be lower-case header names, each once, and include host";

const malformed = [
  ["two components", VALUE.replace(", Signature=00ff", ""), THREE],
  ["four components", `${VALUE}, X=1`, THREE],
  ["many components", `${VALUE}${", X=1".repeat(1000)}`, THREE],
  [
    "no Signature",
    VALUE.replace("Signature=00ff", "missing=00ff"),
    `${MALFORMED}missing Signature.`,
  ],
  ["no SignedHeaders", VALUE.replace("SignedHeaders=", "missing="), NAMES],
  [
    "no Credential",
    VALUE.replace("Credential=", "missing_creds="),
    `${MALFORMED}missing Credential.`,
  ],
  [
    "a component twice",
    VALUE.replace("Signature=00ff", "Credential=x"),
    `${MALFORMED}missing Signature.`,
  ],
  [
    "a component without a value",
    VALUE.replace("SignedHeaders=", "SignedHeaders-"),
    `${MALFORMED}the authorization component "SignedHeaders-host;x-amz-content-sha256;x-amz-date" is malformed.`,
  ],
  ["a Credential of four parts", VALUE.replace("AKID/", ""), SHAPE],
  ["an empty access key", VALUE.replace("AKID", ""), SHAPE],
  ["a control character in the Credential", VALUE.replace("us-east-1", "us\neast"), SHAPE],
  [
    "another service",
    VALUE.replace("/s3/", "/sts/"),
    `${MALFORMED}incorrect service "sts". This endpoint belongs to "s3".`,
  ],
  [
    "another terminator",
    VALUE.replace("aws4_request", "aws5"),
    `${MALFORMED}incorrect terminal "aws5". This endpoint uses "aws4_request".`,
  ],
  [
    "another terminator and a date of seven digits, in AWS's order",
    VALUE.replace("20130524", "2013052").replace("aws4_request", "aws5"),
    `${MALFORMED}incorrect terminal "aws5". This endpoint uses "aws4_request".`,
  ],
  [
    "a date of seven digits",
    VALUE.replace("20130524", "2013052"),
    `${MALFORMED}incorrect date format "2013052". This date in the credential must be in the format "yyyyMMdd".`,
  ],
  [
    "a scope of another day",
    VALUE.replace("20130524", "20130523"),
    `${MALFORMED}Invalid credential date "20130523". This date is not the same as X-Amz-Date: "20130524".`,
  ],
  [
    "a date of nine digits",
    VALUE.replace("20130524", "020130524"),
    `${MALFORMED}incorrect date format "020130524". This date in the credential must be in the format "yyyyMMdd".`,
  ],
  [
    "a date with more behind it",
    VALUE.replace("20130524", "20130524T"),
    `${MALFORMED}incorrect date format "20130524T". This date in the credential must be in the format "yyyyMMdd".`,
  ],
  [
    "an empty component at the end",
    VALUE.replace(", Signature=00ff", ","),
    `${MALFORMED}the authorization component "" is malformed.`,
  ],
  [
    "an empty component in front",
    VALUE.replace("Credential", ",Credential"),
    `${MALFORMED}the authorization component "" is malformed.`,
  ],
  ["a long region", VALUE.replace("us-east-1", "r".repeat(129)), SHAPE, "the region is too long"],
  [
    "SignedHeaders with nine names more than the request has headers",
    VALUE.replace("host;", `host;${"abcdefghi".split("").join(";")};`),
    NAMES,
    "SignedHeaders must not name more headers than the request has",
  ],
  ["SignedHeaders without host", VALUE.replace("host;", ""), NAMES, LOWER],
  ["a signed header named twice", VALUE.replace("host;", "host;host;"), NAMES, LOWER],
  ["a signed header in upper case", VALUE.replace("host;", "Host;host;"), NAMES, LOWER],
  ["an empty signed header", VALUE.replace("host;", "host;;"), NAMES, LOWER],
] as const;

for (const [name, value, message, why] of malformed) {
  test(`parseV4Header() refuses ${name}`, () => {
    const claim = parseV4Header(value, GOOD, RULES);
    assert.ok(!claim.ok);
    assert.deepEqual(
      [claim.error.code, claim.error.message, claim.error.why],
      ["AuthorizationHeaderMalformed", message, why],
    );
    assert.deepEqual(claim.error.elements, []);
  });
}

test("parseV4Header() refuses another region and names the right one", () => {
  const claim = parseV4Header(VALUE, GOOD, { ...RULES, regions: ["eu-west-1", "eu-west-2"] });
  assert.ok(!claim.ok);
  assert.equal(claim.error.code, "AuthorizationHeaderMalformed");
  assert.equal(
    claim.error.message,
    `${MALFORMED}the region 'us-east-1' is wrong; expecting 'eu-west-1'`,
  );
  assert.deepEqual(claim.error.elements, [["Region", "eu-west-1"]]);
});

test("parseV4Header() takes the time of Date in either of its formats", () => {
  for (const date of ["20130524T000000Z", "Fri, 24 May 2013 00:00:00 GMT"]) {
    const claim = parseV4Header(
      VALUE.replace("x-amz-date", "date"),
      head(`Date: ${date}`, UNSIGNED),
      RULES,
    );
    assert.ok(claim.ok, date);
    assert.equal(claim.value.timestamp, "20130524T000000Z");
    assert.equal(claim.value.timeMs, 1_369_353_600_000);
  }
});

test("parseV4Header() accepts a region of 128 characters", () => {
  assert.ok(parseV4Header(VALUE.replace("us-east-1", "r".repeat(128)), GOOD, RULES).ok);
});

test("parseV4Header() accepts each of several regions", () => {
  assert.ok(parseV4Header(VALUE, GOOD, { ...RULES, regions: ["eu-west-1", "us-east-1"] }).ok);
});

const NO_DATE = "AWS authentication requires a valid Date or x-amz-date header";
const badHeads = [
  ["no date", head(UNSIGNED), "AccessDenied", NO_DATE],
  [
    "an x-amz-date that is not one, despite a Date",
    head(UNSIGNED, "x-amz-date: yesterday", "Date: Fri, 24 May 2013 00:00:00 GMT"),
    "AccessDenied",
    NO_DATE,
  ],
  [
    "an x-amz-date in the format of Date",
    head(UNSIGNED, "x-amz-date: Fri, 24 May 2013 00:00:00 GMT"),
    "AccessDenied",
    NO_DATE,
  ],
  [
    "a day that does not exist",
    head(UNSIGNED, "x-amz-date: 20130231T000000Z"),
    "AccessDenied",
    NO_DATE,
  ],
  [
    "no x-amz-content-sha256",
    head(DATE),
    "InvalidRequest",
    "Missing required header for this request: x-amz-content-sha256",
  ],
  [
    "an x-amz-content-sha256 that is none",
    head(DATE, "x-amz-content-sha256: none"),
    "InvalidArgument",
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
  ],
  [
    "an unsigned x-amz-* header",
    head(DATE, UNSIGNED, "x-amz-acl: private", "x-amz-tagging: a=b"),
    "AccessDenied",
    "There were headers present in the request which were not signed",
    "Not signed: x-amz-acl, x-amz-tagging",
  ],
  [
    "an unsigned content-md5",
    head(DATE, UNSIGNED, "Content-MD5: m"),
    "AccessDenied",
    "There were headers present in the request which were not signed",
    "Not signed: content-md5",
  ],
  [
    "a repeated signed header",
    head(DATE, DATE, UNSIGNED),
    "InvalidRequest",
    'The header "x-amz-date" must not be repeated',
  ],
  [
    "a repeated Host",
    head(DATE, UNSIGNED, "Host: other"),
    "InvalidRequest",
    'The header "host" must not be repeated',
  ],
] as const;

for (const [name, badHead, code, message, why] of badHeads) {
  test(`parseV4Header() refuses ${name}`, () => {
    const claim = parseV4Header(VALUE, badHead, RULES);
    assert.ok(!claim.ok);
    assert.deepEqual(
      [claim.error.code, claim.error.message, claim.error.why],
      [code, message, why],
    );
  });
}
