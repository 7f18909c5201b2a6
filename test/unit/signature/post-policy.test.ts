import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { S3Client } from "@aws-sdk/client-s3";
import {
  ageFault,
  checkPostPolicy,
  lengthFault,
  parsePostPolicy,
} from "../../../src/signature/post-policy.ts";
import { EXAMPLE } from "../../support/chunked.ts";
import { RULES } from "./heads.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const policyOf = (conditions: unknown, expiration = "2030-01-01T00:00:00Z") =>
  parsePostPolicy(base64(JSON.stringify({ expiration, conditions })));
const NOW = Date.UTC(2029, 0, 1);

/** The document of "Example: Browser-Based Upload using HTTP POST", as encoded on that page. */
const PUBLISHED =
  "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";

const PUBLISHED_FIELDS = new Map([
  ["key", "user/user1/photo.jpg"],
  ["acl", "public-read"],
  ["success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"],
  ["content-type", "image/jpeg"],
  ["x-amz-meta-uuid", "14365123651274"],
  ["x-amz-server-side-encryption", "AES256"],
  ["x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"],
  ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
  ["x-amz-date", "20151229T000000Z"],
  ["x-amz-meta-tag", ""],
  ["policy", PUBLISHED],
  ["x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"],
]);

test("the published example is what its published signature covers", () => {
  let key: string | Buffer = `AWS4${EXAMPLE.secret}`;
  for (const part of ["20151229", "us-east-1", "s3", "aws4_request", PUBLISHED]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  assert.equal(Buffer.from(key).toString("hex"), PUBLISHED_FIELDS.get("x-amz-signature"));
});

test("parsePostPolicy() and checkPostPolicy() accept the published example", () => {
  const policy = parsePostPolicy(PUBLISHED);
  assert.ok(policy.ok);
  assert.equal(policy.value.expiresMs, Date.UTC(2015, 11, 30, 12));
  assert.equal(policy.value.conditions.length, 11);
  const checked = checkPostPolicy(
    policy.value,
    PUBLISHED_FIELDS,
    "sigv4examplebucket",
    Date.UTC(2015, 11, 29),
  );
  assert.deepEqual(checked, {
    ok: true,
    value: { minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER },
  });
});

test("checkPostPolicy() accepts the form that s3-presigned-post makes", async () => {
  const client = new S3Client({
    region: "us-east-1",
    credentials: { accessKeyId: "AK", secretAccessKey: "SK" },
  });
  const { fields } = await createPresignedPost(client, {
    Bucket: "b",
    Key: "u/${filename}",
    Fields: { acl: "private" },
    Conditions: [
      ["content-length-range", 1, 10],
      ["starts-with", "$Content-Type", "image/"],
    ],
  });
  const sent = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  sent.set("content-type", "image/png").set("key", "u/photo.png");
  const policy = parsePostPolicy(fields["Policy"] ?? "");
  assert.ok(policy.ok);
  const checked = checkPostPolicy(policy.value, sent, "b", Date.now());
  assert.deepEqual(checked, { ok: true, value: { minBytes: 1, maxBytes: 10 } });
});

const DOCUMENTS_REFUSED = [
  ["no base64", "not base64!"],
  [
    "base64 with a line break",
    `${base64('{"expiration":"2030-01-01T00:00:00Z",')}\n${base64('"conditions":[]}')}`,
  ],
  [
    "base64 without its padding",
    base64('{"expiration":"2030-01-01T00:00:00Z","conditions":[]}').replace("=", ""),
  ],
  ["nothing", ""],
  ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]).toString("base64")],
  ["no JSON", base64("{")],
  ["a trailing comma", base64('{"expiration":"2030-01-01T00:00:00Z","conditions":[],}')],
  ["a list", base64("[]")],
  ["null", base64("null")],
  ["no expiration", base64('{"conditions":[]}')],
  ["no conditions", base64('{"expiration":"2030-01-01T00:00:00Z"}')],
  ["an unknown member", base64('{"expiration":"2030-01-01T00:00:00Z","conditions":[],"x":1}')],
  ["expiration in other case", base64('{"EXPIRATION":"2030-01-01T00:00:00Z","conditions":[]}')],
  ["conditions in other case", base64('{"expiration":"2030-01-01T00:00:00Z","CONDITIONS":[]}')],
  [
    "expiration twice",
    base64(
      '{"expiration":"2020-01-01T00:00:00Z","expiration":"2030-01-01T00:00:00Z","conditions":[]}',
    ),
  ],
  [
    "a doubled name in a condition",
    base64('{"expiration":"2030-01-01T00:00:00Z","conditions":[{"bucket":"a","bucket":"b"}]}'),
  ],
  [
    "a doubled name written with an escape",
    base64('{"expiration":"2030-01-01T00:00:00Z","conditions":[],"condition\\u0073":[]}'),
  ],
  ["half of a surrogate pair", base64('{"expiration":"\\ud800","conditions":[]}')],
  ["a byte order mark", base64('\ufeff{"expiration":"2030-01-01T00:00:00Z","conditions":[]}')],
  ["what is nested too deeply", base64(`${"[".repeat(1000)}${"]".repeat(1000)}`)],
  [
    "a document that is too long",
    base64(`{"expiration":"2030-01-01T00:00:00Z","conditions":[]${" ".repeat(20_000)}}`),
  ],
] as const;

for (const [name, text] of DOCUMENTS_REFUSED) {
  test(`parsePostPolicy() refuses ${name}`, () => {
    const policy = parsePostPolicy(text);
    assert.ok(!policy.ok);
    assert.equal(policy.error.code, "InvalidPolicyDocument");
  });
}

test("parsePostPolicy() reads a document of 20 KiB, and no longer one", () => {
  const ofLength = (length: number) => {
    const json = '{"expiration":"2030-01-01T00:00:00Z","conditions":[]}';
    return base64(json + " ".repeat((length * 3) / 4 - json.length));
  };
  assert.equal(ofLength(20_480).length, 20_480);
  assert.ok(parsePostPolicy(ofLength(20_480)).ok);
  assert.ok(!parsePostPolicy(ofLength(20_484)).ok);
});

const TIME = '"expiration":"2030-01-01T00:00:00Z"';

// AWS's words, and behind the colon what the gateway adds.
for (const [text, message, why] of [
  ["A".repeat(20_484), "Invalid JSON.", "it is too long"],
  ["", "Expecting '{' but found End-of-Input", undefined],
  ["=", "invalid Base64 encoding.", "it must be canonical base64 of UTF-8"],
  [base64("{"), "Invalid JSON.", undefined],
  [base64("[]"), "Invalid JSON.", "it must be an object with each member once"],
  [base64(`{${TIME},"conditions":[],"x":1}`), 'Unexpected: "x"', undefined],
  [base64('{"conditions":[]}'), "Policy missing expiration.", undefined],
  [base64('{"expiration":2030,"conditions":[]}'), "Invalid JSON.", undefined],
  [
    base64('{"expiration":"soon","conditions":[]}'),
    "Invalid 'expiration' value: 'soon'",
    "it must be an ISO 8601 time in UTC",
  ],
  [base64(`{${TIME}}`), "Policy missing conditions.", undefined],
  [base64(`{${TIME},"conditions":{}}`), "Invalid 'conditions' value: must be a List.", undefined],
] as const) {
  test(`parsePostPolicy() says "${message}" of ${text.slice(0, 20) || "nothing"}`, () => {
    const policy = parsePostPolicy(text);
    assert.ok(!policy.ok);
    assert.deepEqual([policy.error.message, policy.error.why], [`Invalid Policy: ${message}`, why]);
  });
}

for (const [condition, message] of [
  [[], "Invalid Condition: missing operation identifier."],
  [[1, "$key", "x"], "Invalid Condition: missing operation identifier."],
  [["eq", "$key"], "Invalid eq: wrong number of arguments."],
  [["Content-Length-Range", 1], "Invalid Content-Length-Range: wrong number of arguments."],
  [["eq", 1, "x"], "Invalid JSON."],
  [["eq", "$key", 1], "Invalid JSON."],
  [["eq", null, "x"], "Invalid JSON."],
  [["starts-with", "$key", true], "Invalid JSON."],
] as const) {
  test(`parsePostPolicy() says what is wrong with ${JSON.stringify(condition)}`, () => {
    const policy = policyOf([{ key: "k" }, condition]);
    assert.ok(!policy.ok);
    assert.deepEqual(
      [policy.error.message, policy.error.why],
      [`Invalid Policy: ${message}`, "condition number 2 of the list"],
    );
  });
}

test("parsePostPolicy() says which condition it does not know", () => {
  const policy = policyOf([{ key: "k" }, ["matches", "$key", "x"]]);
  assert.equal(
    policy.ok ? "" : policy.error.message,
    "Invalid Policy: Invalid Condition: unknown operation 'matches'.",
  );
});

for (const expiration of [
  "2030-01-01",
  "2030-01-01T00:00:00",
  "2030-01-01T00:00:00+01:00",
  "2030-02-30T00:00:00Z",
  "2030-13-01T00:00:00Z",
  "Tue, 01 Jan 2030 00:00:00 GMT",
  "1893456000",
  "2030-01-01T00:00:00Z (noon)",
  "+002030-01-01T00:00:00Z",
]) {
  test(`parsePostPolicy() refuses the expiration ${expiration}`, () => {
    assert.equal(policyOf([], expiration).ok, false);
  });
}

const CONDITIONS_REFUSED = [
  ["conditions that are no list", {}],
  ["a condition that is a string", ["eq"]],
  ["a condition that is null", [null]],
  ["an empty object", [{}]],
  ["an object of two members", [{ a: "1", b: "2" }]],
  ["a value that is a number", [{ acl: 1 }]],
  ["a value that is null", [{ acl: null }]],
  ["an unknown operator", [["matches", "$key", "x"]]],
  ["no field name", [["eq", "$", "x"]]],
  ["no value", [["eq", "$key"]]],
  ["a value too many", [["eq", "$key", "a", "b"]]],
  ["a list value", [["eq", "$key", ["a"]]]],
  ["a negative length", [["content-length-range", -1, 10]]],
  ["a length that is no integer", [["content-length-range", 0, 1.5]]],
  ["a length in quotes with an exponent", [["content-length-range", "0", "1e3"]]],
  ["a length in quotes with a space", [["content-length-range", " 0", "1"]]],
  ["a length that is true", [["content-length-range", 0, true]]],
  ["a length that is null", [["content-length-range", null, 1]]],
  ["a length in a list", [["content-length-range", 0, ["1"]]]],
  ["a length that is no number", [["content-length-range", "0", "many"]]],
  ["a range upside down", [["content-length-range", 10, 0]]],
  ["a range without end", [["content-length-range", 0]]],
] as const;

for (const [name, conditions] of CONDITIONS_REFUSED) {
  test(`parsePostPolicy() refuses ${name}`, () => {
    assert.equal(policyOf(conditions).ok, false);
  });
}

/** What the form `fields` to bucket `b` comes to under `conditions`. */
function outcome(
  conditions: unknown,
  fields: Readonly<Record<string, string>>,
  bucket = "b",
  nowMs = NOW,
) {
  const policy = policyOf(conditions);
  assert.ok(policy.ok);
  const checked = checkPostPolicy(policy.value, new Map(Object.entries(fields)), bucket, nowMs);
  return checked.ok ? checked.value : `${checked.error.code}: ${checked.error.message}`;
}

const B = { bucket: "b" };
const ANY = { minBytes: 0, maxBytes: Number.MAX_SAFE_INTEGER };

const FULFILLED = [
  ["exact values", [B, { key: "k" }], { key: "k" }, ANY],
  ["an exact value as a list", [B, ["eq", "$key", "k"]], { key: "k" }, ANY],
  [
    "a length range of one length",
    [["content-length-range", 5, 5], B],
    {},
    { minBytes: 5, maxBytes: 5 },
  ],
  ["a comma in a value that is no list", [B, ["starts-with", "$key", "u/"]], { key: "u/a,b" }, ANY],
  ["a prefix", [B, ["starts-with", "$key", "u/"]], { key: "u/x" }, ANY],
  ["any value of a field that is there", [B, ["starts-with", "$key", ""]], { key: "" }, ANY],
  [
    "operators and names in any case",
    [{ bUcKeT: "b" }, ["StArTs-WiTh", "$KeY", "foo"]],
    { key: "foo.txt" },
    ANY,
  ],
  [
    "every item of a list of media types",
    [B, ["starts-with", "$Content-Type", "image/"]],
    { "content-type": "image/png, image/gif" },
    ANY,
  ],
  [
    "two conditions on a field",
    [B, ["starts-with", "$key", "a"], ["starts-with", "$key", "ab"]],
    { key: "abc" },
    ANY,
  ],
  [
    "fields that need no condition",
    [B],
    {
      policy: "p",
      signature: "s",
      awsaccesskeyid: "a",
      "x-amz-signature": "s",
      "x-ignore-me": "x",
      file: "f",
    },
    ANY,
  ],
  [
    "length ranges, the narrower of two",
    [B, ["content-length-range", 1, 10], ["content-length-range", "5", "20"]],
    {},
    { minBytes: 5, maxBytes: 10 },
  ],
] as const;

for (const [name, conditions, fields, expected] of FULFILLED) {
  test(`checkPostPolicy() accepts ${name}`, () => {
    assert.deepEqual(outcome(conditions, fields), expected);
  });
}

const DENIED = [
  [
    "a field without dollar, which nothing can fulfil",
    [B, { key: "k" }, ["starts-with", "key", ""]],
    { key: "k" },
    'Policy Condition failed: ["starts-with", "key", ""]',
  ],
  [
    "another value",
    [B, { key: "k" }],
    { key: "K" },
    'Policy Condition failed: ["eq", "$key", "k"]',
  ],
  [
    "more than an exact value",
    [B, { key: "k" }],
    { key: "kk" },
    'Policy Condition failed: ["eq", "$key", "k"]',
  ],
  [
    "two fields that no condition covers",
    [B],
    { acl: "private", key: "k" },
    "Extra input fields: acl, key",
  ],
  [
    "another prefix",
    [B, ["starts-with", "$key", "u/"]],
    { key: "v/u/" },
    'Policy Condition failed: ["starts-with", "$key", "u/"]',
  ],
  [
    "an absent field with an exact value",
    [B, { acl: "private" }],
    {},
    'Policy Condition failed: ["eq", "$acl", "private"]',
  ],
  [
    "an absent field with the empty prefix",
    [B, ["starts-with", "$Content-Type", ""]],
    {},
    'Policy Condition failed: ["starts-with", "$Content-Type", ""]',
  ],
  [
    "one wrong item of a list of media types",
    [B, ["starts-with", "$content-type", "image/"]],
    { "content-type": "image/png,text/html" },
    'Policy Condition failed: ["starts-with", "$content-type", "image/"]',
  ],
  [
    "one of two conditions",
    [B, ["starts-with", "$key", "a"], ["starts-with", "$key", "b"]],
    { key: "abc" },
    'Policy Condition failed: ["starts-with", "$key", "b"]',
  ],
  [
    "a field that no condition covers",
    [B, { key: "k" }],
    { key: "k", acl: "public-read" },
    "Extra input fields: acl",
  ],
  [
    "a length range as cover for a field",
    [B, ["content-length-range", 0, 1]],
    { "content-length-range": "x" },
    "Extra input fields: content-length-range",
  ],
  ["a bucket that no condition covers", [{ key: "k" }], { key: "k" }, "Extra input fields: bucket"],
  [
    "the URL's bucket where the field says the right one",
    [B],
    { bucket: "b" },
    'Policy Condition failed: ["eq", "$bucket", "b"]',
    "other",
  ],
] as const;

for (const [name, conditions, fields, message, bucket] of DENIED) {
  test(`checkPostPolicy() denies ${name}`, () => {
    assert.equal(
      outcome(conditions, fields, bucket),
      `AccessDenied: Invalid according to Policy: ${message}`,
    );
  });
}

test("checkPostPolicy() denies from the moment of expiration", () => {
  const expiresMs = Date.UTC(2030, 0, 1);
  assert.deepEqual(outcome([B], {}, "b", expiresMs - 1), ANY);
  assert.equal(
    outcome([B], {}, "b", expiresMs),
    "AccessDenied: Invalid according to Policy: Policy expired.",
  );
});

test("checkPostPolicy() takes no inherited name for a field", () => {
  const inherited = 'Policy Condition failed: ["starts-with", "$constructor", ""]';
  assert.equal(
    outcome([B, ["starts-with", "$constructor", ""]], {}),
    `AccessDenied: Invalid according to Policy: ${inherited}`,
  );
  assert.equal(
    outcome([B, JSON.parse('{"__proto__":"x"}')], {}),
    'AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq", "$__proto__", "x"]',
  );
});

test("lengthFault() holds both ends of the range for allowed", () => {
  const range = { minBytes: 2, maxBytes: 4 };
  assert.deepEqual(
    [1, 2, 4, 5].map((length) => lengthFault(range, length)?.code),
    ["EntityTooSmall", undefined, undefined, "EntityTooLarge"],
  );
  assert.deepEqual(lengthFault(range, 1)?.elements, [
    ["ProposedSize", "1"],
    ["MinSizeAllowed", "2"],
  ]);
  assert.deepEqual(lengthFault(range, 5)?.elements, [
    ["ProposedSize", "5"],
    ["MaxSizeAllowed", "4"],
  ]);
});

const HOUR = 3_600_000;
const AGES = { ...RULES, presignedExpiryMaxMs: HOUR, presignedV2MaxMs: 2 * HOUR };
const AGAINST = "Invalid according to Policy: ";
const V4_FORM = new Map([["x-amz-date", "20290101T000000Z"]]);

for (const [name, fields, nowMs, expected] of [
  ["made now", V4_FORM, NOW, undefined],
  ["as old as is allowed", V4_FORM, NOW + HOUR, undefined],
  ["older", V4_FORM, NOW + HOUR + 1, "a form is good for at most 3600 seconds here"],
  ["as far ahead as a clock may be", V4_FORM, NOW - RULES.clockSkewMs, undefined],
  ["further ahead", V4_FORM, NOW - RULES.clockSkewMs - 1, "its x-amz-date is still to come"],
  ["of version 2 that ends soon enough", new Map(), NOW - HOUR, undefined],
  [
    "of version 2 that ends later",
    new Map(),
    NOW - HOUR - 1,
    "a form is good for at most 7200 seconds here",
  ],
] as const) {
  test(`ageFault() judges a form ${name}`, () => {
    const policy = { expiresMs: NOW + HOUR, conditions: [] };
    const refusal = ageFault(policy, fields, nowMs, AGES);
    assert.deepEqual(
      [refusal?.code, refusal?.message],
      expected === undefined ? [undefined, undefined] : ["AccessDenied", AGAINST + expected],
    );
  });
}

test("ageFault() lets forms of version 2 end whenever they do, where nothing limits that", () => {
  const policy = { expiresMs: NOW, conditions: [] };
  const rules = { ...AGES, presignedV2MaxMs: undefined };
  assert.equal(ageFault(policy, new Map(), 0, rules), undefined);
});
