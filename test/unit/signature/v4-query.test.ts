import assert from "node:assert/strict";
import { test } from "node:test";
import { parseV4Query } from "../../../src/signature/v4-query.ts";
import { headOf, RULES } from "./heads.ts";

const QUERY =
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=00ff";
const head = (query: string, ...lines: readonly string[]) =>
  headOf("GET", `/b/k?${query}`, "Host: h", ...lines);

test("parseV4Query() reads every part", () => {
  assert.deepEqual(parseV4Query(head(QUERY), RULES), {
    ok: true,
    value: {
      kind: "v4",
      via: "query",
      accessKeyId: "AKID",
      date: "20130524",
      region: "us-east-1",
      scope: "20130524/us-east-1/s3/aws4_request",
      timestamp: "20130524T000000Z",
      timeMs: 1_369_353_600_000,
      expiresSeconds: 86_400,
      signedHeaders: ["host"],
      signature: "00ff",
      payload: { kind: "unsigned" },
      payloadText: "UNSIGNED-PAYLOAD",
      sessionToken: undefined,
    },
  });
});

test("parseV4Query() lets parameters that are not its own be repeated", () => {
  assert.ok(parseV4Query(head(`${QUERY}&a=1&a=2&A=3`), RULES).ok);
});

test("parseV4Query() reads payload and token from the query in any case", () => {
  const claim = parseV4Query(
    head(`${QUERY}&x-amz-content-sha256=STREAMING-AWS4-HMAC-SHA256-PAYLOAD&X-Amz-Security-Token=t`),
    RULES,
  );
  assert.ok(claim.ok);
  assert.deepEqual(claim.value.payload, { kind: "chunked", signed: true, trailer: false });
  assert.equal(claim.value.sessionToken, "t");
});

const REQUIRED =
  "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
const CREDENTIAL = "Error parsing the X-Amz-Credential parameter; ";
const WEEK =
  "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";

const malformed = [
  ...["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map(
    (name) => [`no X-Amz-${name}`, QUERY.replace(`X-Amz-${name}=`, "other="), REQUIRED] as const,
  ),
  [
    "another algorithm",
    QUERY.replace("SHA256", "SHA1"),
    'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
  ],
  [
    "a Credential of one part",
    QUERY.replaceAll("%2F", "-"),
    `${CREDENTIAL}the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
  ],
  [
    "a newline in the region",
    QUERY.replace("us-east-1", "us%0Aeast"),
    `${CREDENTIAL}the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
  ],
  [
    "another service",
    QUERY.replace("s3", "s3express"),
    `${CREDENTIAL}incorrect service "s3express". This endpoint belongs to "s3".`,
  ],
  [
    "a scope of another day",
    QUERY.replace("20130524%2F", "20130525%2F"),
    'Invalid credential date "20130525". This date is not the same as X-Amz-Date: "20130524".',
  ],
  [
    "a date in extended format",
    QUERY.replace("20130524T000000Z", "2013-05-24T00:00:00Z"),
    `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`,
  ],
  [
    "an expiry of 0",
    QUERY.replace("86400", "0"),
    'X-Amz-Expires must be at least 1 second: got "0"',
  ],
  ["a negative expiry", QUERY.replace("86400", "-1"), "X-Amz-Expires must be non-negative"],
  ["an expiry above seven days", QUERY.replace("86400", "604801"), WEEK],
  ["an expiry with a unit", QUERY.replace("86400", "60s"), "X-Amz-Expires should be a number"],
  ["an expiry in hexadecimal", QUERY.replace("86400", "0x10"), "X-Amz-Expires should be a number"],
  ["an empty expiry", QUERY.replace("86400", ""), "X-Amz-Expires should be a number"],
  [
    "SignedHeaders without host",
    QUERY.replace("=host", "=range"),
    "X-Amz-SignedHeaders must be lower-case header names, each once, and include host",
  ],
  [
    "a repeated parameter",
    `${QUERY}&X-Amz-Signature=00`,
    'The query parameter "X-Amz-Signature" must not be repeated',
  ],
  [
    "a parameter repeated in another case",
    `${QUERY}&x-amz-date=20130524T000000Z`,
    'The query parameter "x-amz-date" must not be repeated',
  ],
] as const;

for (const [name, query, message] of malformed) {
  test(`parseV4Query() refuses ${name}`, () => {
    const claim = parseV4Query(head(query), RULES);
    assert.ok(!claim.ok);
    assert.deepEqual(
      [claim.error.code, claim.error.message],
      ["AuthorizationQueryParametersError", message],
    );
  });
}

test("parseV4Query() accepts an expiry of one second and of seven days", () => {
  for (const seconds of ["1", "604800"]) {
    assert.ok(parseV4Query(head(QUERY.replace("86400", seconds)), RULES).ok);
  }
});

test("parseV4Query() refuses an expiry above the operator's limit", () => {
  const claim = parseV4Query(head(QUERY), { ...RULES, presignedExpiryMaxMs: 3_600_000 });
  assert.ok(!claim.ok);
  assert.equal(claim.error.message, 'X-Amz-Expires must be at most 3600 seconds here: got "86400"');
});

const doubled = [
  [
    "a token in header and query",
    `${QUERY.replace("=host", "=host%3Bx-amz-security-token")}&X-Amz-Security-Token=t`,
    ["x-amz-security-token: u"],
  ],
  [
    "a payload in header and query",
    `${QUERY}&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD`,
    ["x-amz-content-sha256: UNSIGNED-PAYLOAD"],
  ],
  [
    "two unsigned payload headers",
    QUERY,
    ["x-amz-content-sha256: UNSIGNED-PAYLOAD", "x-amz-content-sha256: UNSIGNED-PAYLOAD"],
  ],
] as const;

for (const [name, query, lines] of doubled) {
  test(`parseV4Query() refuses ${name}`, () => {
    const claim = parseV4Query(head(query, ...lines), RULES);
    assert.equal(claim.ok ? "read" : claim.error.code, "InvalidRequest");
  });
}
