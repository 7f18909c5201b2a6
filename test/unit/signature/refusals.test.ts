import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestHead } from "../../../src/http/head.ts";
import type { Fault } from "../../../src/s3/faults.ts";
import { parseFormClaim } from "../../../src/signature/v4-form.ts";
import { headOf, judge, RULES } from "./heads.ts";
import { parseClaim } from "../../../src/signature/claim.ts";

const HOST = "Host: s3.example.org";
const NOW = "2013-05-24T00:00:00Z";
const DATE = "x-amz-date: 20130524T000000Z";
const UNSIGNED = "x-amz-content-sha256: UNSIGNED-PAYLOAD";
const V4 =
  "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff";
const V4_QUERY =
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=00ff";
const V2_QUERY = "AWSAccessKeyId=AKID&Signature=sig&Expires=1369440000";

type Told = {
  readonly code: Fault["code"];
  readonly message: string | RegExp;
  readonly elements?: Fault["elements"];
  readonly why?: string;
};

function assertTold(fault: Fault | undefined, { code, message, elements = [], why }: Told): void {
  assert.ok(fault !== undefined);
  assert.equal(fault.code, code);
  if (typeof message === "string") assert.equal(fault.message, message);
  else assert.match(fault.message, message);
  assert.deepEqual(fault.elements, elements);
  assert.equal(fault.why, why);
}

const NOT_4A = "Signature version 4A is not supported: use AWS4-HMAC-SHA256";
const TWICE: Told = {
  code: "InvalidArgument",
  message: /^Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, /,
  elements: [["ArgumentName", "Authorization"]],
};
const UNSUPPORTED = (value: string): Told => {
  return {
    code: "InvalidArgument",
    message: "Unsupported Authorization Type",
    elements: [
      ["ArgumentName", "Authorization"],
      ["ArgumentValue", value],
    ],
  };
};
const NO_SPACE: Told = {
  code: "InvalidArgument",
  message: "Authorization header is invalid -- one and only one ' ' (space) required.",
  elements: [["ArgumentName", "Authorization"]],
};
const INCOMPLETE: Told = {
  code: "AccessDenied",
  message:
    "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
};

const get = (...lines: readonly string[]) => headOf("GET", "/b/k", HOST, ...lines);
const query = (text: string, ...lines: readonly string[]) =>
  headOf("GET", `/b/k?${text}`, HOST, ...lines);

const REFUSED: readonly (readonly [name: string, head: RequestHead, told: Told])[] = [
  ["two credentials", get(V4, V4), TWICE],
  ["another scheme", get("Authorization: Bearer secret token"), UNSUPPORTED("Bearer")],
  [
    "a scheme that is too long to repeat",
    get(`Authorization: ${"x".repeat(33)} y`),
    UNSUPPORTED("x".repeat(32)),
  ],
  ["a scheme alone", get("Authorization: Bearer"), NO_SPACE],
  ["an Authorization header that begins with a space", get("Authorization:  Bearer x"), NO_SPACE],
  [
    "SigV4A",
    get("Authorization: AWS4-ECDSA-P256-SHA256 Credential=a/b"),
    { code: "NotImplemented", message: NOT_4A },
  ],
  [
    "SigV4A in a presigned URL",
    query(V4_QUERY.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
    { code: "NotImplemented", message: NOT_4A },
  ],
  [
    "a presigned URL without X-Amz-Date",
    query(V4_QUERY.replace("X-Amz-Date", "x")),
    {
      code: "AuthorizationQueryParametersError",
      message: /^Query-string authentication version 4 requires the X-Amz-Algorithm, /,
      why: "x-amz-date is missing",
    },
  ],
  [
    "a presigned URL with a payload that is none",
    query(V4_QUERY, "x-amz-content-sha256: none"),
    {
      code: "InvalidArgument",
      message: /^x-amz-content-sha256 must be /,
      elements: [
        ["ArgumentName", "x-amz-content-sha256"],
        ["ArgumentValue", "none"],
      ],
    },
  ],
  [
    "a presigned URL with a token twice",
    query(
      `${V4_QUERY}&X-Amz-Security-Token=t`.replace("=host", "=host%3Bx-amz-security-token"),
      "x-amz-security-token: u",
    ),
    {
      code: "InvalidRequest",
      message: "x-amz-security-token must not be repeated, also not as header and query",
    },
  ],
  [
    "a payload of SigV4A",
    get("x-amz-content-sha256: STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"),
    {
      code: "NotImplemented",
      message:
        'Signature version 4A is not supported: x-amz-content-sha256 is "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"',
    },
  ],
  [
    "an unsigned request with signed chunks",
    get("x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    {
      code: "InvalidRequest",
      message: /^Anonymous requests don't support this x-amz-content-sha256 value\./,
      why: 'got "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"',
    },
  ],
  [
    "an unsigned request with a payload that is none",
    get("x-amz-content-sha256: none"),
    {
      code: "InvalidArgument",
      message: /^x-amz-content-sha256 must be /,
      elements: [
        ["ArgumentName", "x-amz-content-sha256"],
        ["ArgumentValue", "none"],
      ],
    },
  ],
  [
    "an unsigned request with two payloads",
    get(UNSIGNED, UNSIGNED),
    {
      code: "InvalidRequest",
      message: 'The header "x-amz-content-sha256" must not be repeated',
    },
  ],
  [
    "a header that is not signed",
    get(DATE, UNSIGNED, "x-amz-acl: private", V4),
    {
      code: "AccessDenied",
      message: "There were headers present in the request which were not signed",
      elements: [["HeadersNotSigned", "x-amz-acl"]],
      why: "Not signed: x-amz-acl",
    },
  ],
  [
    "version 2 without a signature",
    get("Date: Fri, 24 May 2013 00:00:00 GMT", "Authorization: AWS AKID"),
    {
      code: "InvalidArgument",
      message: "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
      elements: [["ArgumentName", "Authorization"]],
    },
  ],
  [
    "a parameter that version 2 does not sign",
    query("attributes", "Date: Fri, 24 May 2013 00:00:00 GMT", "Authorization: AWS AKID:sig"),
    {
      code: "AccessDenied",
      message: 'A signature of version 2 does not cover the query parameter "attributes"',
    },
  ],
  [
    "a value that version 2 cannot tell from two parameters",
    query(`${V2_QUERY}&response-expires=x%26acl`),
    {
      code: "InvalidArgument",
      message:
        'The value of the query parameter "response-expires" has a "&" that a signature of version 2 cannot tell from one between parameters',
    },
  ],
  ...["AWSAccessKeyId", "Signature", "Expires"].map(
    (name) =>
      [
        `a URL of version 2 without ${name}`,
        query(V2_QUERY.replace(name, "prefix")),
        INCOMPLETE,
      ] as const,
  ),
  ["AWSAccessKeyId alone", query("AWSAccessKeyId=AKID"), INCOMPLETE],
  ...["x1", "1x", "", "1".repeat(13), "-1", "1.5"].map(
    (text) =>
      [
        `a URL of version 2 with Expires "${text}"`,
        query(V2_QUERY.replace("1369440000", text)),
        {
          code: "AccessDenied",
          message: `Invalid date (should be seconds since epoch): ${text}`,
        },
      ] as const,
  ),
  ...["content-md5", "content-type", "date", "x-amz-acl"].map(
    (name) =>
      [
        `a repeated ${name} with version 2`,
        query(V2_QUERY, `${name}: a`, `${name}: a`),
        { code: "InvalidRequest", message: `The header "${name}" must not be repeated` },
      ] as const,
  ),
  [
    "signed chunks with version 2",
    query(V2_QUERY, "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    {
      code: "InvalidRequest",
      message: "Chunks are signed with version 4, not with AWS signature version 2",
    },
  ],
  [
    "a payload that is none with version 2",
    query(V2_QUERY, "x-amz-content-sha256: none"),
    {
      code: "InvalidArgument",
      message: /^x-amz-content-sha256 must be /,
      elements: [
        ["ArgumentName", "x-amz-content-sha256"],
        ["ArgumentValue", "none"],
      ],
    },
  ],
];

for (const [name, head, told] of REFUSED) {
  test(`parseClaim() tells of ${name}`, () => {
    const claim = parseClaim(head, RULES);
    assertTold(claim.ok ? undefined : claim.error, told);
  });
}

test("parseClaim() refuses URLs of version 2 where the operator allowed headers only", () => {
  const claim = parseClaim(query(V2_QUERY), { ...RULES, presignedV2: false });
  assert.equal(claim.ok ? "read" : claim.error.code, "InvalidRequest");
  const date = "Date: Fri, 24 May 2013 00:00:00 GMT";
  const header = get(date, "Authorization: AWS AKID:sig");
  assert.ok(parseClaim(header, { ...RULES, presignedV2: false }).ok);
});

test("verifyClaim() tells of an access key that nobody has", () => {
  const proved = judge(get(DATE, UNSIGNED, V4), NOW);
  assertTold(proved.ok ? undefined : proved.error, {
    code: "InvalidAccessKeyId",
    message: /^The AWS Access Key Id you provided does not exist in our records\.?$/,
    elements: [["AWSAccessKeyId", "AKID"]],
  });
});

test("verifyClaim() tells when a presigned URL begins to be good", () => {
  const proved = judge(query(V4_QUERY), "2013-05-23T23:44:59Z");
  assertTold(proved.ok ? undefined : proved.error, {
    code: "AccessDenied",
    message: "Request is not valid yet",
    elements: [
      ["X-Amz-Date", "20130524T000000Z"],
      ["X-Amz-Expires", "600"],
      ["Expires", "2013-05-24T00:10:00Z"],
      ["ServerTime", "2013-05-23T23:44:59Z"],
    ],
    why: "Not valid before 20130524T000000Z",
  });
});

test("verifyClaim() tells of a URL of version 2 when it ended, or that it ends too late", () => {
  const late = judge(query(V2_QUERY), "2013-05-25T00:00:01Z");
  assertTold(late.ok ? undefined : late.error, {
    code: "AccessDenied",
    message: "Request has expired",
    elements: [
      ["Expires", "2013-05-25T00:00:00Z"],
      ["ServerTime", "2013-05-25T00:00:01Z"],
    ],
  });
  const early = judge(query(V2_QUERY), "2013-05-17T23:59:59Z");
  assertTold(early.ok ? undefined : early.error, {
    code: "AccessDenied",
    message: 'Expires must be at most 604800 seconds ahead: got "1369440000"',
  });
});

const FORM = {
  policy: "cG9saWN5",
  "x-amz-algorithm": "AWS4-HMAC-SHA256",
  "x-amz-credential": "AKID/20151229/us-east-1/s3/aws4_request",
  "x-amz-date": "20151229T000000Z",
  "x-amz-signature": "00ff",
};
const FORM_V2 = { policy: "cG9saWN5", awsaccesskeyid: "AKID", signature: "sig" };
const ONLY_ONE: Told = {
  code: "InvalidArgument",
  message: "Only one auth mechanism allowed: the form has fields of two",
};
const lacking = (name: string): Told => {
  return {
    code: "InvalidArgument",
    message: `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    elements: [
      ["ArgumentName", name],
      ["ArgumentValue", ""],
    ],
  };
};
const DATE_WHY = `x-amz-date must be in the format "yyyyMMdd'T'HHmmss'Z'" and of the credential's date`;

const FORMS: readonly (readonly [
  name: string,
  fields: Readonly<Record<string, string>>,
  told: Told,
])[] = [
  ["fields of both versions", { ...FORM, ...FORM_V2 }, ONLY_ONE],
  ["one field of version 2 beside version 4", { ...FORM, awsaccesskeyid: "AKID" }, ONLY_ONE],
  ["one field of version 4 beside version 2", { ...FORM_V2, "x-amz-date": "x" }, ONLY_ONE],
  ["only a signature", { signature: "sig" }, lacking("policy")],
  ["only an access key", { awsaccesskeyid: "AKID" }, lacking("policy")],
  ["only a date", { "x-amz-date": FORM["x-amz-date"] }, lacking("policy")],
  ["a policy and a date", { policy: "p", "x-amz-date": "x" }, lacking("x-amz-algorithm")],
  ["a policy and an access key", { policy: "p", awsaccesskeyid: "AKID" }, lacking("signature")],
  ["a policy and a signature", { policy: "p", signature: "s" }, lacking("AWSAccessKeyId")],
  [
    "another algorithm",
    { ...FORM, "x-amz-algorithm": "AWS4-HMAC-SHA1" },
    {
      code: "InvalidArgument",
      message: "Only AWS4-HMAC-SHA256 is supported",
      elements: [
        ["ArgumentName", "X-Amz-Algorithm"],
        ["ArgumentValue", "AWS4-HMAC-SHA1"],
      ],
    },
  ],
  [
    "a credential of another service",
    { ...FORM, "x-amz-credential": "AKID/20151229/us-east-1/sts/aws4_request" },
    {
      code: "InvalidArgument",
      message: 'incorrect service "sts". This endpoint belongs to "s3".',
      elements: [
        ["ArgumentName", "x-amz-credential"],
        ["ArgumentValue", "AKID/20151229/us-east-1/sts/aws4_request"],
      ],
    },
  ],
  ...["20151230T000000Z", "20151229T250000Z", "20151229"].map(
    (date) =>
      [
        `the date ${date}`,
        { ...FORM, "x-amz-date": date },
        {
          code: "InvalidArgument",
          message: "X-Amz-Date must be formated via ISO8601 Long format",
          elements: [
            ["ArgumentName", "X-Amz-Date"],
            ["ArgumentValue", date],
          ],
          why: DATE_WHY,
        },
      ] as const,
  ),
];

for (const [name, fields, told] of FORMS) {
  test(`parseFormClaim() tells of a form with ${name}`, () => {
    const claim = parseFormClaim(new Map(Object.entries(fields)), RULES);
    assertTold(claim.ok ? undefined : claim.error, told);
  });
}
