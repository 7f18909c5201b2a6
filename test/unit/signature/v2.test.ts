import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { parseClaim } from "../../../src/signature/claim.ts";
import { NOBODYS_SECRET } from "../../../src/signature/signature-faults.ts";
import { headOf, judge, RULES, type Judged } from "./heads.ts";

// Signatures are those of AWS's examples (test/vectors/signature-v2.test.ts) or, where the page has
// none, computed from a string to sign written by hand, with Python's hmac.

const HOST = "Host: s3.us-west-1.amazonaws.com";
const DATE = "Date: Wed, 28 Mar 2007 01:29:59 +0000";
const NOW = "2007-03-28T01:29:59Z";
const authorization = (signature: string): string =>
  `Authorization: AWS AKIAIOSFODNN7EXAMPLE:${signature}`;
const GOOD = authorization("qGdzdERIC03wnaRNKh6OqZehG9s=");
const PRESIGNED =
  "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
const SOON = "2007-03-29T03:30:00Z";
const JOHN = { hostBucket: "johnsmith" } as const;

test("verifyClaim() proves x-amz-date in the place of Date", () => {
  const head = headOf(
    "DELETE",
    "/awsexamplebucket1/photos/puppy.jpg",
    HOST,
    "Date: Tue, 27 Mar 2007 21:20:27 +0000",
    "x-amz-date: Tue, 27 Mar 2007 21:20:26 +0000",
    authorization("Ri1hpB1zpS9pGqR7y8kuNFCl4sE="),
  );
  assert.ok(judge(head, "2007-03-27T21:20:26Z").ok);
});

test("verifyClaim() proves subresources sorted by name, with decoded values", () => {
  const head = headOf(
    "GET",
    "/b/k?uploadId=a%2Fb&response-content-type=text%2Fplain%3B%20x&partNumber=1&x-id=GetObject",
    HOST,
    "Date: Tue, 27 Mar 2007 19:36:42 +0000",
    authorization("mbqwRjlAKSHaHQSRGdIMhO7l+rU="),
  );
  assert.ok(judge(head, "2007-03-27T19:36:42Z").ok);
});

test("verifyClaim() proves a presigned session token as the header it stands for", () => {
  const head = headOf(
    "PUT",
    "/b/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1175139620&x-amz-security-token=t%2B%2F%3D&Signature=Mefd9hlFggdMvHWL0grpH%2Bk4pYs%3D",
    HOST,
  );
  const proved = judge(head, SOON);
  assert.ok(proved.ok);
  assert.equal(proved.value.claim.sessionToken, "t+/=");
});

test("parseClaim() refuses version 2 where the operator did not allow it", () => {
  for (const head of [headOf("GET", "/", HOST, DATE, GOOD), headOf("GET", PRESIGNED, HOST)]) {
    const claim = parseClaim(head, { ...RULES, v2: false });
    assert.ok(!claim.ok);
    assert.equal(claim.error.code, "InvalidRequest");
    assert.match(claim.error.message, /Please use AWS4-HMAC-SHA256\.$/);
  }
});

const refused: readonly (readonly [
  name: string,
  code: string,
  head: ReturnType<typeof headOf>,
  options?: Judged & { readonly now?: string },
])[] = [
  [
    "a wrong signature",
    "SignatureDoesNotMatch",
    headOf("GET", "/", HOST, DATE, authorization("qGdzdERIC03wnaRNKh6OqZehG9t=")),
  ],
  [
    "an unknown access key",
    "InvalidAccessKeyId",
    headOf("GET", "/", HOST, DATE, GOOD),
    { secret: undefined },
  ],
  [
    "another bucket in the Host",
    "SignatureDoesNotMatch",
    headOf("GET", "/", HOST, DATE, GOOD),
    JOHN,
  ],
  [
    "an old request",
    "RequestTimeTooSkewed",
    headOf("GET", "/", HOST, DATE, GOOD),
    { now: "2007-03-28T01:45:00Z" },
  ],
  ["no date", "AccessDenied", headOf("GET", "/", HOST, GOOD)],
  [
    "a date before the epoch",
    "AccessDenied",
    headOf("GET", "/", HOST, "x-amz-date: Tue, 07 Jul 1950 21:53:04 GMT", GOOD),
  ],
  ["no colon", "InvalidArgument", headOf("GET", "/", HOST, DATE, "Authorization: AWS AKID")],
  ["no access key", "InvalidArgument", headOf("GET", "/", HOST, DATE, "Authorization: AWS :sig")],
  ["an added subresource", "SignatureDoesNotMatch", headOf("GET", "/?acl", HOST, DATE, GOOD)],
  [
    "an added content-type",
    "SignatureDoesNotMatch",
    headOf("GET", "/", HOST, DATE, "Content-Type: a/b", GOOD),
  ],
  [
    "an added x-amz-* header",
    "SignatureDoesNotMatch",
    headOf("GET", "/", HOST, DATE, "x-amz-acl: private", GOOD),
  ],
  [
    "a parameter that version 2 does not sign",
    "AccessDenied",
    headOf("GET", "/?attributes", HOST, DATE, GOOD),
  ],
  ["a repeated parameter", "AccessDenied", headOf("GET", "/?prefix=a&prefix=b", HOST, DATE, GOOD)],
  [
    "a repeated x-amz-* header",
    "InvalidRequest",
    headOf("GET", "/", HOST, DATE, "x-amz-acl: a", "x-amz-acl: b", GOOD),
  ],
  ["a repeated Date", "InvalidRequest", headOf("GET", "/", HOST, DATE, DATE, GOOD)],
  [
    "signed chunks",
    "InvalidRequest",
    headOf(
      "PUT",
      "/",
      HOST,
      DATE,
      "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      GOOD,
    ),
  ],
  [
    "a presigned URL a second after its end",
    "AccessDenied",
    headOf("GET", PRESIGNED, HOST),
    { ...JOHN, now: "2007-03-29T03:40:21Z" },
  ],
  [
    "a presigned URL that ends beyond the limit",
    "AccessDenied",
    headOf("GET", PRESIGNED, HOST),
    { ...JOHN, now: "2007-03-22T03:40:19Z" },
  ],
  [
    "a presigned URL without Expires",
    "AccessDenied",
    headOf("GET", PRESIGNED.replace("Expires", "prefix"), HOST),
  ],
  [
    "a presigned URL with a wrong Expires",
    "AccessDenied",
    headOf("GET", PRESIGNED.replace("1175139620", "1e9"), HOST),
  ],
  [
    "a presigned URL with a lengthened Expires",
    "SignatureDoesNotMatch",
    headOf("GET", PRESIGNED.replace("620", "621"), HOST),
    { ...JOHN, now: SOON },
  ],
  [
    "a presigned URL with an added copy source",
    "SignatureDoesNotMatch",
    headOf("GET", PRESIGNED, HOST, "x-amz-copy-source: /b/k"),
    { ...JOHN, now: SOON },
  ],
];

for (const [name, code, head, options] of refused) {
  test(`parseClaim() or verifyClaim() refuses with version 2 ${name}`, () => {
    const proved = judge(head, options?.now ?? NOW, options);
    assert.equal(proved.ok ? "proved" : proved.error.code, code);
  });
}

test("verifyClaim() proves with version 2 what is as old or ends as late as is allowed", () => {
  for (const now of ["2007-03-28T01:44:59Z", "2007-03-28T01:14:59Z"]) {
    assert.ok(judge(headOf("GET", "/", HOST, DATE, GOOD), now).ok, now);
  }
  const url = headOf("GET", PRESIGNED, HOST);
  for (const now of ["2007-03-29T03:40:20Z", "2007-03-22T03:40:20Z"]) {
    assert.ok(judge(url, now, JOHN).ok, now);
  }
  const unlimited = { ...RULES, presignedV2MaxMs: undefined };
  assert.ok(judge(url, "1990-01-01T00:00:00Z", { ...JOHN, rules: unlimited }).ok);
});

test("parseClaim() reads a header of version 2 with spaces around its credential", () => {
  const claim = parseClaim(headOf("GET", "/", HOST, DATE, "Authorization: AWS   A:B:sig  "), RULES);
  assert.deepEqual(claim, {
    ok: true,
    value: {
      kind: "v2",
      via: "header",
      accessKeyId: "A:B",
      signature: "sig",
      timeMs: Date.UTC(2007, 2, 28, 1, 29, 59),
      timeText: "Wed, 28 Mar 2007 01:29:59 +0000",
      payload: { kind: "unsigned" },
      sessionToken: undefined,
    },
  });
});

test("parseClaim() and verifyClaim() know with version 2 an access key of one character", () => {
  const head = headOf("GET", "/", HOST, DATE, "Authorization: AWS A:sig");
  const claim = parseClaim(head, RULES);
  assert.ok(claim.ok && claim.value.kind === "v2");
  assert.equal(claim.value.accessKeyId, "A");
  const proved = judge(headOf("GET", "/", HOST, DATE, GOOD), NOW);
  assert.equal(proved.ok ? proved.value.kind : proved.error.code, "v2");
});

test("parseClaim() reads every part of a URL of version 2", () => {
  const head = headOf("GET", PRESIGNED, HOST, "x-amz-security-token: t");
  assert.deepEqual(parseClaim(head, RULES), {
    ok: true,
    value: {
      kind: "v2",
      via: "query",
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      signature: "NpgCjnDzrM+WFzoENXmpNDUsSn8=",
      timeMs: 1_175_139_620_000,
      timeText: "1175139620",
      payload: { kind: "unsigned" },
      sessionToken: "t",
    },
  });
});

test("parseClaim() reads with version 2 a digest, and a repeated header that says nothing to S3", () => {
  const digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const sha256 = `x-amz-content-sha256: ${digest}`;
  const lines = [
    HOST,
    DATE,
    sha256,
    "x-amz-meta-a: 1",
    "x-amz-meta-a: 2",
    "via: a",
    "via: b",
    GOOD,
  ];
  const claim = parseClaim(headOf("PUT", "/b/k", ...lines), RULES);
  assert.ok(claim.ok);
  assert.deepEqual(claim.value.payload, { kind: "digest", sha256: digest });
});

test("parseClaim() takes with version 2 the epoch itself for a date", () => {
  const claim = parseClaim(headOf("GET", "/", HOST, "x-amz-date: 19700101T000000Z", GOOD), RULES);
  assert.ok(claim.ok);
});

test("verifyClaim() returns with version 2 what was signed", () => {
  const head = headOf("GET", "/", HOST, DATE, authorization("x"));
  const proved = judge(head, NOW);
  assert.ok(!proved.ok);
  const text = "GET\n\n\nWed, 28 Mar 2007 01:29:59 +0000\n/";
  assert.deepEqual(proved.error.elements, [
    ["AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE"],
    ["StringToSign", text],
    ["SignatureProvided", "x"],
    [
      "StringToSignBytes",
      Buffer.from(text)
        .toString("hex")
        .replace(/..(?=.)/g, "$& "),
    ],
  ]);
  // Bytes of UTF-8 come one by one, and are shown as the text that the client meant.
  const type = Buffer.from("text/é").toString("latin1");
  const other = judge(headOf("PUT", "/", HOST, DATE, `Content-Type: ${type}`, GOOD), NOW);
  assert.ok(!other.ok);
  assert.match(new Map(other.error.elements).get("StringToSign") ?? "", /^PUT\n\ntext\/é\n/);
});

test("parseClaim() reads the framing of an upload with unsigned chunks", () => {
  const sha256 = "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  const claim = parseClaim(headOf("PUT", "/b/k", HOST, DATE, sha256, GOOD), RULES);
  assert.ok(claim.ok);
  assert.deepEqual(claim.value.payload, { kind: "chunked", signed: false, trailer: true });
});

test("verifyClaim() does not accept version 2 signed with the stand-in of unknown keys' secret", () => {
  const text = "GET\n\n\nWed, 28 Mar 2007 01:29:59 +0000\n/";
  const signature = createHmac("sha1", NOBODYS_SECRET).update(text).digest("base64");
  const head = headOf("GET", "/", HOST, DATE, authorization(signature));
  const proved = judge(head, NOW, { secret: undefined });
  assert.equal(proved.ok ? "proved" : proved.error.code, "InvalidAccessKeyId");
});

test("verifyClaim() returns with version 2 both times of a skewed request", () => {
  const lines = [HOST, "x-amz-date: Wed, 28 Mar 2007 01:29:59 +0000", GOOD];
  const proved = judge(headOf("GET", "/", ...lines), "2007-03-28T02:00:00Z");
  assert.ok(!proved.ok);
  assert.deepEqual(proved.error.elements, [
    ["RequestTime", "2007-03-28T01:29:59Z"],
    ["ServerTime", "2007-03-28T02:00:00Z"],
    ["MaxAllowedSkewMilliseconds", "900000"],
  ]);
});
