/** Which operators may judge which keys (S3-AUTHORIZATION section 2.1), and what refusals say of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { parseResource } from "../../../src/policy/resource.ts";
import { parseBinary, parseInstantText } from "../../../src/policy/values.ts";
import type { Json } from "./policies.ts";

function problemsOf(statement: Json, kind: "identity" | "bucket" = "identity"): readonly string[] {
  const whole = { Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::b/*", ...statement };
  const policy = parsePolicy(JSON.stringify({ Statement: whole }), "p.json", kind);
  return policy.ok ? [] : policy.error.map(({ message, remedy }) => `${message} | ${remedy}`);
}

/** An operator of each family, with a value that it reads. */
const OPERATORS = {
  text: ["StringLike", "*"],
  number: ["NumericEquals", "1"],
  date: ["DateEquals", "2026-01-01"],
  bool: ["Bool", "true"],
  binary: ["BinaryEquals", "QQ=="],
  address: ["IpAddress", "192.0.2.0/24"],
  arn: ["ArnEquals", "arn:aws:iam::1:user/a"],
  null: ["Null", "true"],
} as const;

const KEYS = [
  ["s3:prefix", ["text", "binary", "null"], "text", "StringEquals or StringLike"],
  ["s3:max-keys", ["text", "number", "null"], "numbers", "a Numeric operator"],
  ["aws:CurrentTime", ["text", "date", "number", "null"], "dates", "a Date operator"],
  ["aws:SecureTransport", ["text", "bool", "null"], "true or false", "Bool"],
  ["aws:SourceIp", ["text", "address", "null"], "IP addresses", "IpAddress or NotIpAddress"],
  ["aws:PrincipalArn", ["text", "arn", "null"], "ARNs", "ArnEquals or ArnLike"],
] as const;

for (const [key, families, values, suitable] of KEYS) {
  for (const [family, [operator, value]] of Object.entries(OPERATORS)) {
    const fits = families.some((one) => one === family);
    test(`${operator} ${fits ? "may" : "cannot"} judge ${key}`, () => {
      // Both clocks take a number for seconds, others a decimal number.
      const problems = problemsOf({ Condition: { [operator]: { [key]: value } } });
      const message = `Cannot judge "${key}" by ${operator}: its values are ${values} | Use ${suitable}`;
      assert.deepEqual(problems, fits ? [] : [message]);
    });
  }
}

test("a clock is judged by seconds, not by a decimal number", () => {
  const by = (operator: string, value: string) =>
    problemsOf({ Condition: { [operator]: { "aws:EpochTime": value } } }).length;
  assert.equal(by("NumericLessThan", "1767225600"), 0);
  assert.equal(by("NumericLessThan", "1.5"), 1);
  assert.equal(by("DateLessThan", "1.5"), 1);
});

test("one bad value among good ones is told, and nothing else", () => {
  const Condition = { NumericEquals: { "s3:max-keys": ["1", "one", "2"] } };
  assert.equal(problemsOf({ Condition }).length, 1);
});

const APPLIES = "Action does not apply to any resource(s) in statement";

for (const [name, statement, refused] of [
  ["a bucket's action on objects", { Action: "s3:ListBucket" }, true],
  ["an object's action on a bucket", { Action: "s3:GetObject", Resource: "arn:aws:s3:::b" }, true],
  ["one of two actions", { Action: ["s3:ListBucket", "s3:GetObject"] }, false],
  ["all but an action", { Action: undefined, NotAction: "s3:GetObject" }, false],
  [
    "all but a resource",
    { Action: "s3:ListBucket", Resource: undefined, NotResource: "arn:aws:s3:::b/*" },
    false,
  ],
  ["an operation's name in a Deny", { Effect: "Deny", Action: "s3:HeadObject" }, false],
  ["a narrower action", { Action: "s3:DeleteReplicationConfiguration" }, false],
] as const) {
  test(`a bucket policy with ${name} is ${refused ? "refused" : "read"}`, () => {
    const problems = problemsOf({ Principal: "*", ...statement }, "bucket");
    assert.equal(problems.length, refused ? 1 : 0, problems.join());
    if (refused) assert.ok(problems[0]?.startsWith(APPLIES));
    // What applies to nothing is AWS's to refuse in bucket policies only.
    assert.deepEqual(problemsOf(statement), []);
  });
}

test("parseResource() refuses an ARN of nothing, and of anything but S3", () => {
  const rules = {
    kind: "identity",
    bucket: undefined,
    tenant: undefined,
    variables: true,
  } as const;
  for (const text of [
    "",
    "arn:aws:s3:::",
    ":aws:s3:::b",
    "arn:aws:s3",
    "arn:aws:s3::b",
    "arn:aws:sqs:::b",
    "arn:aws-xx:s3:::b",
    "arn:aws:s3:eu-west-1::b",
    "arn:aws:s3::lab:b",
    "xarn:aws:s3:::b",
  ]) {
    assert.equal(parseResource(text, rules).ok, false, text);
  }
  for (const text of ["arn:aws:s3:::b", "arn:aws-cn:s3:::b", "arn:aws-us-gov:s3:::b", "*"]) {
    assert.equal(parseResource(text, rules).ok, true, text);
  }
});

for (const [text, ms] of [
  ["2026-01-01T23:59:59+23:59", Date.UTC(2026, 0, 1, 0, 0, 59)],
  ["2026-01-01T00:00:00-23:59", Date.UTC(2026, 0, 1, 23, 59)],
  ["2026-01-01T12:00Z", Date.UTC(2026, 0, 1, 12)],
  ["2026-01-01T12:00:00.5Z", Date.UTC(2026, 0, 1, 12, 0, 0, 500)],
  ["2026-01-01T12:00:00.123456789Z", Date.UTC(2026, 0, 1, 12, 0, 0, 123)],
  ["2026-01", Date.UTC(2026, 0, 1)],
  ["2024-02-29", Date.UTC(2024, 1, 29)],
  ["x2026-01-01", undefined],
  ["12026-01-01", undefined],
  ["2026-01-01x", undefined],
  ["2026-01-00", undefined],
  ["2026-00-01", undefined],
  ["2026-13-01", undefined],
  ["2023-02-29", undefined],
  ["2026-01-01T12:00:00+24:00", undefined],
  ["2026-01-01T12:00:00+00:60", undefined],
  ["2026-01-01T12:00:00", undefined],
] as const) {
  test(`parseInstantText() ${ms === undefined ? "refuses" : "reads"} ${text}`, () => {
    assert.equal(parseInstantText(text), ms);
  });
}

test("parseBinary() reads base64 of any length in its one spelling", () => {
  for (const text of ["", "QQ==", "QUE=", "QUFB", "QUFBQQ==", "+/+/"]) {
    assert.equal(parseBinary(text), text);
  }
  // Bits that mean nothing are cleared.
  assert.equal(parseBinary("QR=="), "QQ==");
  for (const text of [
    "Q",
    "QQ",
    "QQ=",
    "QQQ",
    "====",
    "QUFB=",
    "Q-==",
    "....",
    " QQ==",
    "QQ==QUFB",
  ]) {
    assert.equal(parseBinary(text), undefined, text);
  }
});
