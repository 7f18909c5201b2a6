import assert from "node:assert/strict";
import { test } from "node:test";
import { compileActions, levelOf } from "../../../src/policy/actions.ts";
import { arnPattern, numberValue } from "../../../src/policy/condition-values.ts";
import { contextFacts, isSpent } from "../../../src/policy/facts.ts";
import { networkOf, parseIpAddress } from "../../../src/policy/network.ts";
import { parseOperator } from "../../../src/policy/operators.ts";
import { parseResource } from "../../../src/policy/resource.ts";
import { effectOf, type Json, type Values } from "./policies.ts";

for (const text of [
  "",
  ":",
  "arn",
  "arn:aws:iam::1",
  "arn:aws:iam:1",
  "::::::",
  ":arn:aws:iam::1:user/a",
  "xrn:aws:iam::1:user/a",
  "ar*:aws:iam::1:user/a",
  "*:aws:iam::1:user/a",
  "${aws:userid}:aws:iam::1:user/a",
  "${aws:userid}",
]) {
  test(`arnPattern() refuses "${text}"`, () => {
    const pattern = arnPattern(text, true);
    assert.ok(!pattern.ok);
    assert.match(pattern.error.message, /expected an ARN of six components, got/);
  });
}

test("arnPattern() reads six components, some of which are empty", () => {
  const pattern = arnPattern("arn::iam:::user/a:b:c", true);
  assert.ok(pattern.ok);
  assert.equal(pattern.value.length, 6);
});

test("arnPattern() refuses a variable that there is not", () => {
  assert.equal(arnPattern("arn:aws:iam::1:user/${aws:nobody}", true).ok, false);
  assert.equal(arnPattern("arn:aws:iam::1:user/${aws:username", true).ok, false);
});

test("numberValue() reads 64 characters, and refuses 65 without repeating them", () => {
  assert.equal(numberValue("1".repeat(64)).ok, true);
  const long = numberValue("1".repeat(65));
  assert.ok(!long.ok);
  assert.equal(
    long.error.message,
    `Cannot read the condition's value: expected a number of at most 64 characters, got "${"1".repeat(20)}…"`,
  );
});

/** Whether an Allow with this condition allows. */
const holds = (condition: Json, values: Values): boolean =>
  effectOf({ Condition: condition }, { values }) === "allow";

for (const [operator, written, value, expected] of [
  ["StringEquals", "a*", "ab", false],
  ["StringEquals", "a", "A", false],
  ["StringNotEquals", "a*", "ab", true],
  ["StringNotEquals", "a", "A", true],
  ["StringEqualsIgnoreCase", "a*", "ab", false],
  ["StringEqualsIgnoreCase", "a*", "A*", true],
  ["StringNotEqualsIgnoreCase", "a*", "ab", true],
  ["StringNotEqualsIgnoreCase", "a*", "A*", false],
  ["StringLike", "a*", "Ab", false],
  ["StringNotLike", "a*", "Ab", true],
] as const) {
  test(`${operator} "${written}" ${expected ? "holds" : "does not hold"} for "${value}"`, () => {
    assert.equal(holds({ [operator]: { "s3:prefix": written } }, { "s3:prefix": value }), expected);
  });
}

for (const text of [
  "ForAllValues:Null",
  "ForAnyValue:Null",
  "NullIfExists",
  "ForAllValues:NullIfExists",
]) {
  test(`parseOperator() refuses ${text}`, () => {
    const operator = parseOperator(text);
    assert.ok(!operator.ok);
    assert.equal(operator.error.remedy, "Write Null");
  });
}

test("parseIpAddress() drops a zone, whatever the interface is called", () => {
  for (const zone of ["eth0", "eth0.7", "br-lan", "wl_p3~x", "3"]) {
    assert.deepEqual(parseIpAddress(`fe80::1%${zone}`), parseIpAddress("fe80::1"), zone);
    assert.equal(parseIpAddress(`::ffff:192.0.2.1%${zone}`), parseIpAddress("192.0.2.1"), zone);
  }
  for (const zone of ["", "%eth0", "eth0%eth1", "eth 0", "eth0/7", "eth0:"]) {
    assert.equal(parseIpAddress(`fe80::1%${zone}`), undefined, zone);
    assert.equal(parseIpAddress(`::ffff:192.0.2.1%${zone}`), undefined, zone);
  }
  assert.equal(parseIpAddress("192.0.2.1%eth0"), undefined);
});

test("parseIpAddress() takes no letter for a digit of IPv4", () => {
  for (const text of ["a.0.0.1", "1.0.0.a", "1.0.0.;", "1.0.0./", "1.0.0.%", "A.B.C.D"]) {
    assert.equal(parseIpAddress(text), undefined, text);
    assert.equal(parseIpAddress(`::ffff:${text}`), undefined, text);
  }
});

test("networkOf() does not take words of one network for those of another", () => {
  assert.notEqual(networkOf("1:12::1"), networkOf("b:8::1"));
});

test("parseResource() reads 2,048 characters, and refuses more without repeating them", () => {
  const rules = {
    kind: "identity",
    bucket: undefined,
    tenant: undefined,
    variables: true,
  } as const;
  const text = `arn:aws:s3:::b/${"k".repeat(2048)}`;
  assert.equal(parseResource(text.slice(0, 2048), rules).ok, true);
  const long = parseResource(text.slice(0, 2049), rules);
  assert.ok(!long.ok);
  assert.ok(long.error.message.includes(`"${text.slice(0, 40)}…"`), long.error.message);
  assert.equal(long.error.remedy, "Shorten the pattern");
});

test("actions of S3's other services are known, each at its level", () => {
  for (const [action, level] of [
    ["s3express:CreateSession", "bucket"],
    ["s3express:ListAllMyDirectoryBuckets", "other"],
    ["s3-object-lambda:WriteGetObjectResponse", "other"],
    ["s3:Nothing", "other"],
  ] as const) {
    assert.equal(levelOf(action), level);
    if (action !== "s3:Nothing") assert.ok(compileActions([action]).ok, action);
  }
});

test("isSpent() once more steps were taken than there were", () => {
  const left = (stepsLeft: number) => contextFacts(() => undefined, undefined, { stepsLeft });
  assert.equal(isSpent(left(0)), false);
  assert.equal(isSpent(left(-1)), true);
});
