import assert from "node:assert/strict";
import { test } from "node:test";
import { namedKeys } from "../../../src/policy/named-keys.ts";
import { type Json, policyOf } from "./policies.ts";

const keysOf = (...statements: readonly Json[]) =>
  namedKeys(
    policyOf(
      "identity",
      statements.map((one) => ({ Effect: "Allow", Action: "s3:*", Resource: "*", ...one })),
    ),
  ).map(({ key, place }) => `${key} ${place.index}`);

for (const [name, statement, keys] of [
  ["nothing", {}, []],
  ["a condition", { Condition: { StringEquals: { "s3:prefix": "x" } } }, ["s3:prefix"]],
  ["a Null condition", { Condition: { Null: { "aws:SourceIp": "true" } } }, ["aws:SourceIp"]],
  [
    "a network and a date",
    {
      Condition: {
        IpAddress: { "aws:SourceIp": "192.0.2.0/24" },
        DateLessThan: { "aws:CurrentTime": "2030-01-01" },
      },
    },
    ["aws:SourceIp", "aws:CurrentTime"],
  ],
  ["a variable in a resource", { Resource: "arn:aws:s3:::b/${aws:username}/*" }, ["aws:username"]],
  [
    "a variable in a condition's text",
    { Condition: { StringLike: { "s3:prefix": "${aws:username}/*" } } },
    ["s3:prefix", "aws:username"],
  ],
  [
    "a variable in an ARN",
    { Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/${aws:userid}" } } },
    ["aws:PrincipalArn", "aws:userid"],
  ],
  [
    "a variable for true or false",
    { Condition: { Bool: { "aws:SecureTransport": "${aws:PrincipalTag/tls}" } } },
    ["aws:SecureTransport", "aws:PrincipalTag"],
  ],
  [
    "a key twice",
    {
      Resource: "arn:aws:s3:::b/${aws:username}",
      Condition: { StringEquals: { "aws:username": "${aws:username}" } },
    },
    ["aws:username"],
  ],
] as const) {
  test(`namedKeys() finds what ${name} depends on`, () => {
    assert.deepEqual(keysOf(statement).toSorted(), keys.map((key) => `${key} 0`).toSorted());
  });
}

test("namedKeys() names a key once for each statement", () => {
  const condition = { Condition: { StringEquals: { "s3:prefix": "x" } } };
  assert.deepEqual(keysOf(condition, {}, condition), ["s3:prefix 0", "s3:prefix 2"]);
});
