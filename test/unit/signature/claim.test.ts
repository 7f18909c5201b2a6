import assert from "node:assert/strict";
import { test } from "node:test";
import { bearsCredential, parseClaim, verifyClaim } from "../../../src/signature/claim.ts";
import { KeyRing } from "../../../src/signature/key-ring.ts";
import { EXAMPLE, headOf, judge, RULES, type Judged } from "./heads.ts";

// The signatures here were computed from canonical requests written by hand, with Python's hmac.

const NOW = "2013-05-24T00:00:00Z";
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST = "Host: s3.example.org";
const DATE = "x-amz-date: 20130524T000000Z";
const SHA256 = `x-amz-content-sha256: ${EMPTY}`;
const SIGNED = "host;x-amz-content-sha256;x-amz-date";
const SCOPE = "20130524/us-east-1/s3/aws4_request";
const SIGNATURE = "974bf1a683ca19fd89ad3d0a35703ae22ab164b828e39b81a152512420040f21";

const authorization = (signature: string, signed = SIGNED, scope = SCOPE): string =>
  `Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
const GOOD = authorization(SIGNATURE);
const get = (...lines: readonly string[]) => headOf("GET", "/b/k", HOST, SHA256, DATE, ...lines);

const PRESIGNED_QUERY =
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host";
const PRESIGNED_SIGNATURE = "765ba4f54d53fd74382222132b8d4fa03abc4a10a6aeb3d0711a1539fc5d5eed";
const PRESIGNED = `/b/k?${PRESIGNED_QUERY}&X-Amz-Signature=${PRESIGNED_SIGNATURE}`;
const BEARER = "Authorization: Bearer token";

const accepted = [
  ["a request signed in the header", get(GOOD)],
  [
    "an Authorization header without spaces and in another order",
    get(
      `Authorization: AWS4-HMAC-SHA256 Signature=${SIGNATURE},SignedHeaders=${SIGNED},Credential=AKIAIOSFODNN7EXAMPLE/${SCOPE}`,
    ),
  ],
  [
    "an empty region",
    get(
      authorization(
        "d6ca3e1054d902335a30cfd2f4b5ed20a3a70ddb4bde3ba945f7628d1a2701ab",
        SIGNED,
        "20130524//s3/aws4_request",
      ),
    ),
  ],
  [
    "a path sent raw and signed encoded",
    headOf(
      "GET",
      "/b/a:b@c=d+e",
      HOST,
      SHA256,
      DATE,
      authorization("6aa48ff3fddc44016e0b0c810079459d96e284dd4febf3cd1f2e9e61affa8bed"),
    ),
  ],
  [
    "dots, double slashes and a trailing space, none folded",
    headOf(
      "GET",
      "/b//a/./../%20",
      HOST,
      SHA256,
      DATE,
      authorization("f5f60d1fa79485872f7cf2fd79542a150d726959a49fcf7eac40b6731bb7eb28"),
    ),
  ],
  [
    "%2F signed as sent",
    headOf(
      "GET",
      "/b/a%2Fb",
      HOST,
      SHA256,
      DATE,
      authorization("670550c4830e420b0379d6cabedf9ebee2731328d01e6f2d83f7e9f5e00e9427"),
    ),
  ],
  [
    "repeated and empty query parameters, sorted by name and value",
    headOf(
      "GET",
      "/b?b&a-b=3&a=2&a=1",
      HOST,
      SHA256,
      DATE,
      authorization("cf336c6eb125ef9a22d17dd3c8d43701f372c3f6d12f29f6c0947d22a457fb78"),
    ),
  ],
  [
    "a Host signed with the default port and received without",
    get(authorization("51522fe5b8867da54b0b9dcb8cfe36ecdfe56b48f3c365a11e616dbcb926c0d1")),
  ],
  [
    "a Host signed without the default port and received with it",
    headOf("GET", "/b/k", `${HOST}:80`, SHA256, DATE, GOOD),
  ],
  [
    "a Host signed without the default TLS port and received with it",
    headOf("GET", "/b/k", `${HOST}:443`, SHA256, DATE, GOOD),
  ],
  [
    "a raw path and a dropped default port at once",
    headOf(
      "GET",
      "/b/a:b",
      HOST,
      SHA256,
      DATE,
      authorization("0fe8765fd2086d816229d4768b6e1e62b25d85a64cc4a79bc04a8479ac7aa343"),
    ),
  ],
  [
    "metadata in latin1, with spaces to collapse",
    headOf(
      "PUT",
      "/b/k",
      HOST,
      SHA256,
      DATE,
      "x-amz-meta-name:  caf\u00e9 \t x ",
      authorization(
        "5213977258f474e13669076317ff71f30f1102559e0079995c25c8d19b28eabb",
        `${SIGNED};x-amz-meta-name`,
      ),
    ),
  ],
  [
    "repeated metadata, joined with a comma",
    headOf(
      "PUT",
      "/b/k",
      HOST,
      SHA256,
      DATE,
      "x-amz-meta-name: a",
      "x-amz-meta-name: b",
      authorization(
        "0ef3ce3b331fce9529b918e76b3c41e0012aa51deee065e12103f8e639f071db",
        `${SIGNED};x-amz-meta-name`,
      ),
    ),
  ],
  [
    "a signed content-length of 0 that a proxy dropped",
    headOf(
      "PUT",
      "/b/k",
      HOST,
      SHA256,
      DATE,
      authorization(
        "60a609f22ca32f343fddb88f52c2f5404d3616cf74f13965247b8f8c251d9dc6",
        `content-length;${SIGNED}`,
      ),
    ),
  ],
  [
    "signed hop-by-hop headers, as received",
    headOf(
      "PUT",
      "/b/k",
      HOST,
      SHA256,
      DATE,
      "Expect: 100-continue",
      "Transfer-Encoding: chunked",
      "User-Agent: x  y",
      authorization(
        "ebb606c354e748631dbc0187762bd7692613ba8ba5921f57feed9713fcc47a45",
        `expect;${SIGNED};transfer-encoding;user-agent`,
      ),
    ),
  ],
  [
    "a Date header in place of x-amz-date",
    headOf(
      "GET",
      "/b/k",
      HOST,
      SHA256,
      "Date: Fri, 24 May 2013 00:00:00 GMT",
      authorization(
        "04810f6c2b657876c413eddf2fbf66d198e4da0d6f5adb989639f44de6e80390",
        "date;host;x-amz-content-sha256",
      ),
    ),
  ],
  [
    "an unsigned x-amz-content-sha256, which the canonical request holds anyway",
    get(
      authorization(
        "9948bc0d5deaaafd827e4b8134589e2aeb24bbc7c91df461d8ff61530a541947",
        "host;x-amz-date",
      ),
    ),
  ],
  ["an unsigned content-type", get("Content-Type: text/plain", GOOD)],
  ["an unsigned x-amz-cf-id", get("X-Amz-Cf-Id: from-a-cache", GOOD)],
  ["a presigned URL", headOf("GET", PRESIGNED, HOST)],
  ["a presigned URL beside a Bearer token", headOf("GET", PRESIGNED, HOST, BEARER)],
  [
    "a presigned URL with an unsigned Content-MD5",
    headOf("GET", PRESIGNED, HOST, "Content-MD5: m"),
  ],
  [
    "a presigned digest and session token",
    headOf(
      "PUT",
      `/b/k?X-Amz-Content-Sha256=${EMPTY}&${PRESIGNED_QUERY}&X-Amz-Security-Token=t%2B%2F%3D&X-Amz-Signature=046e844831be29f605de7864223d33491544893ff8ad35888a0f24334e7cec36`,
      HOST,
    ),
  ],
] as const;

for (const [name, head] of accepted) {
  test(`verifyClaim() proves ${name}`, () => {
    const proved = judge(head, NOW);
    assert.ok(proved.ok, proved.ok ? "" : JSON.stringify(proved.error));
    assert.equal(proved.value.kind, "v4");
  });
}

const refused: readonly (readonly [
  name: string,
  code: string,
  head: ReturnType<typeof headOf>,
  options?: Judged & { readonly now?: string },
])[] = [
  ["a wrong signature", "SignatureDoesNotMatch", get(authorization("0".repeat(64)))],
  ["a signature of another length", "SignatureDoesNotMatch", get(authorization("0"))],
  [
    "a signature in upper case",
    "SignatureDoesNotMatch",
    get(authorization(SIGNATURE.toUpperCase())),
  ],
  ["a wrong secret", "SignatureDoesNotMatch", get(GOOD), { secret: "other" }],
  ["an unknown access key", "InvalidAccessKeyId", get(GOOD), { secret: undefined }],
  [
    "a Host of another port",
    "SignatureDoesNotMatch",
    headOf("GET", "/b/k", `${HOST}:8443`, SHA256, DATE, GOOD),
  ],
  [
    "a signed content-length of 0 beside a chunked body",
    "SignatureDoesNotMatch",
    headOf(
      "PUT",
      "/b/k",
      HOST,
      SHA256,
      DATE,
      "Transfer-Encoding: chunked",
      authorization(
        "60a609f22ca32f343fddb88f52c2f5404d3616cf74f13965247b8f8c251d9dc6",
        `content-length;${SIGNED}`,
      ),
    ),
  ],
  ["another method", "SignatureDoesNotMatch", { ...get(GOOD), method: "PUT" }],
  [
    "a request 15 minutes and a second old",
    "RequestTimeTooSkewed",
    get(GOOD),
    { now: "2013-05-24T00:15:01Z" },
  ],
  [
    "a request from 15 minutes and a second ahead",
    "RequestTimeTooSkewed",
    get(GOOD),
    { now: "2013-05-23T23:44:59Z" },
  ],
  [
    "a presigned URL a second after its end",
    "AccessDenied",
    headOf("GET", PRESIGNED, HOST),
    { now: "2013-05-24T00:10:01Z" },
  ],
  [
    "a presigned URL from far ahead",
    "AccessDenied",
    headOf("GET", PRESIGNED, HOST),
    { now: "2013-05-23T23:44:59Z" },
  ],
  [
    "a presigned URL with another query parameter",
    "SignatureDoesNotMatch",
    headOf("GET", `${PRESIGNED}&acl`, HOST),
  ],
  [
    "a presigned URL with an added copy source",
    "AccessDenied",
    headOf("GET", PRESIGNED, HOST, "x-amz-copy-source: /b/other"),
  ],
  [
    "a presigned URL with an added x-amz-date",
    "AccessDenied",
    headOf("GET", PRESIGNED, HOST, DATE),
  ],
  [
    "a presigned URL with another payload",
    "SignatureDoesNotMatch",
    headOf("GET", PRESIGNED, HOST, SHA256),
  ],
  [
    "a presigned URL beside a header credential",
    "InvalidArgument",
    headOf("GET", PRESIGNED, HOST, SHA256, DATE, GOOD),
  ],
  [
    "a presigned URL beside a V2 header credential",
    "InvalidArgument",
    headOf("GET", PRESIGNED, HOST, "Authorization: AWS AKID:sig"),
  ],
  [
    "a presigned URL beside a header credential in lower case",
    "InvalidArgument",
    headOf("GET", PRESIGNED, HOST, "Authorization: aws AKID:sig"),
  ],
  [
    "a presigned URL of both versions",
    "InvalidArgument",
    headOf("GET", `${PRESIGNED}&Signature=x`, HOST),
  ],
  ["two Authorization headers", "InvalidArgument", get(GOOD, GOOD)],
  [
    "two foreign Authorization headers beside a presigned URL",
    "InvalidArgument",
    headOf("GET", PRESIGNED, HOST, BEARER, BEARER),
  ],
  ["a Bearer token alone", "InvalidArgument", headOf("GET", "/b/k", HOST, BEARER)],
  [
    "an empty Authorization header",
    "InvalidArgument",
    headOf("GET", "/b/k", HOST, "Authorization: "),
  ],
  ["SigV4A", "NotImplemented", get("Authorization: AWS4-ECDSA-P256-SHA256 Credential=a/b")],
  [
    "a hash other than SHA-256",
    "InvalidArgument",
    get("Authorization: AWS4-HMAC-SHA512 Credential=a/b"),
  ],
  [
    "a lower-case presigned credential without the rest",
    "AuthorizationQueryParametersError",
    headOf("GET", "/b/k?x-amz-signature=x", HOST),
  ],
  [
    "an unsigned request with signed chunks",
    "InvalidRequest",
    headOf("PUT", "/b/k", HOST, "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
  ],
  [
    "an unsigned request with two payload kinds",
    "InvalidRequest",
    headOf("PUT", "/b/k", HOST, SHA256, SHA256),
  ],
];

for (const [name, code, head, options] of refused) {
  test(`parseClaim() or verifyClaim() refuses ${name}`, () => {
    const proved = judge(head, options?.now ?? NOW, options);
    assert.equal(proved.ok ? "proved" : proved.error.code, code);
  });
}

test("verifyClaim() proves a presigned URL in its last second", () => {
  assert.ok(judge(headOf("GET", PRESIGNED, HOST), "2013-05-24T00:10:00Z").ok);
});

test("verifyClaim() proves requests that are exactly 15 minutes old or ahead", () => {
  for (const now of ["2013-05-24T00:15:00Z", "2013-05-23T23:45:00Z"]) {
    assert.ok(judge(get(GOOD), now).ok, now);
  }
  assert.ok(judge(headOf("GET", PRESIGNED, HOST), "2013-05-23T23:45:00Z").ok);
});

for (const [name, bears, head] of [
  ["nothing", false, headOf("GET", "/b/k?prefix=Signature", HOST)],
  ["a Bearer token", false, headOf("GET", "/b/k", HOST, BEARER)],
  ["version 4 in the header", true, headOf("GET", "/b/k", HOST, GOOD)],
  [
    "version 2 in the header, in lower case",
    true,
    headOf("GET", "/b/k", HOST, "Authorization: aws x"),
  ],
  ["version 4 behind a Bearer token", true, headOf("GET", "/b/k", HOST, BEARER, GOOD)],
  ["the signature of version 4", true, headOf("GET", "/b/k?x-amz-signature=x", HOST)],
  ["the credential of version 4", true, headOf("GET", "/b/k?x-AMZ-credential=x", HOST)],
  ["the algorithm of version 4", true, headOf("GET", "/b/k?X-Amz-Algorithm=x", HOST)],
  ["the access key of version 2", true, headOf("GET", "/b/k?AWSAccessKeyId=x", HOST)],
  ["the signature of version 2", true, headOf("GET", "/b/k?Signature=x", HOST)],
] as const) {
  test(`bearsCredential() finds ${bears ? "a" : "no"} credential in ${name}`, () => {
    assert.equal(bearsCredential(head), bears);
    // What bears a credential is never taken for anonymous.
    const claim = parseClaim(head, RULES);
    if (bears) assert.notEqual(claim.ok ? claim.value.kind : "refused", "anonymous");
  });
}

test("parseClaim() takes a request without a credential for anonymous, with its payload", () => {
  for (const [lines, payload] of [
    [[], { kind: "unsigned" }],
    [[SHA256], { kind: "digest", sha256: EMPTY }],
    [
      ["x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
      { kind: "chunked", signed: false, trailer: true },
    ],
  ] as const) {
    const claim = parseClaim(headOf("PUT", "/b/k", HOST, ...lines), RULES);
    assert.deepEqual(claim, { ok: true, value: { kind: "anonymous", payload } });
  }
});

test("parseClaim() takes a request without a credential for anonymous", () => {
  assert.deepEqual(parseClaim(headOf("GET", "/b/k", HOST), RULES), {
    ok: true,
    value: { kind: "anonymous", payload: { kind: "unsigned" } },
  });
});

test("parseClaim() returns an anonymous upload's framing", () => {
  const head = headOf("PUT", "/b/k", "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  const claim = parseClaim(head, RULES);
  assert.ok(claim.ok);
  assert.deepEqual(claim.value.payload, { kind: "chunked", signed: false, trailer: true });
});

test("verifyClaim() returns the proof that chunks are verified with", () => {
  const proved = judge(get(GOOD), NOW);
  assert.ok(proved.ok && proved.value.kind === "v4");
  const { timestamp, scope, seedSignature } = proved.value.proof;
  assert.deepEqual(
    { timestamp, scope, seedSignature },
    {
      timestamp: "20130524T000000Z",
      scope: SCOPE,
      seedSignature: SIGNATURE,
    },
  );
});

test("verifyClaim() returns with SignatureDoesNotMatch what was signed, and nothing secret", () => {
  const head = headOf("GET", "/b/k", HOST, SHA256, DATE, authorization("f".repeat(64)));
  const proved = judge(head, NOW);
  assert.ok(!proved.ok);
  const canonical = `GET\n/b/k\n\nhost:s3.example.org\nx-amz-content-sha256:${EMPTY}\nx-amz-date:20130524T000000Z\n\n${SIGNED}\n${EMPTY}`;
  const elements = new Map(proved.error.elements);
  assert.equal(elements.get("AWSAccessKeyId"), EXAMPLE.accessKeyId);
  assert.equal(elements.get("SignatureProvided"), "f".repeat(64));
  assert.equal(elements.get("CanonicalRequest"), canonical);
  assert.match(elements.get("CanonicalRequestBytes") ?? "", /^47 45 54 0a 2f 62 2f 6b 0a 0a 68/);
  assert.match(
    elements.get("StringToSign") ?? "",
    /^AWS4-HMAC-SHA256\n20130524T000000Z\n20130524\/us-east-1\/s3\/aws4_request\n[0-9a-f]{64}$/,
  );
  assert.match(elements.get("StringToSignBytes") ?? "", /^41 57 53 34( [0-9a-f]{2})+$/);
  const told = JSON.stringify(proved.error);
  assert.ok(!told.includes(EXAMPLE.secret) && !told.includes(SIGNATURE));
});

test("verifyClaim() says when a presigned URL ended", () => {
  const proved = judge(headOf("GET", PRESIGNED, HOST), "2013-05-24T00:10:01Z");
  assert.ok(!proved.ok);
  assert.equal(proved.error.message, "Request has expired");
  assert.deepEqual(proved.error.elements, [
    ["X-Amz-Expires", "600"],
    ["Expires", "2013-05-24T00:10:00Z"],
    ["ServerTime", "2013-05-24T00:10:01Z"],
  ]);
});

test("verifyClaim() does not accept a request signed with the stand-in of unknown keys' secret", () => {
  // A ring that gives every secret the example's key is what a signer who knew the stand-in would be.
  const ring = new KeyRing(1);
  const key = ring.signingKey(EXAMPLE.secret, "20130524", "us-east-1", "s3");
  const claim = parseClaim(get(GOOD), RULES);
  assert.ok(claim.ok && claim.value.kind === "v4");
  ring.signingKey = () => key;
  const context = { nowMs: Date.parse(NOW), rules: RULES, ring, hostBucket: undefined };
  const proved = verifyClaim(claim.value, get(GOOD), undefined, context);
  assert.equal(proved.ok ? "proved" : proved.error.code, "InvalidAccessKeyId");
});
