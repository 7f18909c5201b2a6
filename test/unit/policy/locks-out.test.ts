import assert from "node:assert/strict";
import { test } from "node:test";
import { locksOut } from "../../../src/policy/locks-out.ts";
import { type Json, policyOf, user } from "./policies.ts";

const OWNER = user("owner");
const RESOURCE = ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"];
const DENY = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: RESOURCE };
const ALL_BUT_READING = {
  Effect: "Deny",
  Principal: "*",
  NotAction: "s3:GetObject",
  Resource: RESOURCE,
};
const ALL_BUT_OWNER = {
  Effect: "Deny",
  NotPrincipal: { AWS: ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/owner"] },
  Action: "s3:*",
  Resource: RESOURCE,
};
const BOTH = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];
const CONDITION = { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } };

const rows: readonly (readonly [string, boolean, Json | readonly Json[]])[] = [
  ["a Deny of everything for everybody", true, DENY],
  ["a Deny of both actions", true, { ...DENY, Action: BOTH }],
  ["a Deny of the owner's account", true, { ...DENY, Principal: { AWS: "111122223333" } }],
  ["both actions in two statements", true, BOTH.map((Action) => ({ ...DENY, Action }))],
  ["a Deny beside an Allow", true, [DENY, { ...DENY, Effect: "Allow" }]],
  ["a Deny of all but reading", true, ALL_BUT_READING],
  ["a Deny that leaves the policy's deletion", false, { ...DENY, Action: "s3:Put*" }],
  ["a Deny that leaves the policy's replacement", false, { ...DENY, Action: "s3:Delete*" }],
  ["a Deny with a condition", false, { ...DENY, Condition: CONDITION }],
  [
    "one of two with a condition",
    false,
    [
      { ...DENY, Action: "s3:PutBucketPolicy" },
      { ...DENY, Action: "s3:DeleteBucketPolicy", Condition: CONDITION },
    ],
  ],
  ["a Deny of another account", false, { ...DENY, Principal: { AWS: "444455556666" } }],
  ["a Deny of all but the owner", false, ALL_BUT_OWNER],
  ["a Deny of the objects only", false, { ...DENY, Resource: "arn:aws:s3:::photos/*" }],
  ["a Deny of another bucket", false, { ...DENY, Resource: "arn:aws:s3:::videos" }],
  ["an Allow", false, { ...DENY, Effect: "Allow" }],
];
for (const [name, expected, statements] of rows) {
  test(`locksOut() is ${expected} for ${name}`, () => {
    assert.equal(locksOut(policyOf("bucket", statements), OWNER, "photos", false), expected);
  });
}

const BY_POLICY_ALONE: readonly (readonly [string, boolean, Json | readonly Json[]])[] = [
  ["an Allow of both actions", false, { ...DENY, Effect: "Allow", Action: BOTH }],
  ["an Allow of one of them", false, { ...DENY, Effect: "Allow", Action: BOTH.slice(0, 1) }],
  ["an Allow of reading", true, { ...DENY, Effect: "Allow", Action: "s3:GetObject" }],
  ["an Allow with a condition", true, { ...DENY, Effect: "Allow", Condition: CONDITION }],
  [
    "an Allow of another account",
    true,
    { ...DENY, Effect: "Allow", Principal: { AWS: "444455556666" } },
  ],
];
for (const [name, expected, statements] of BY_POLICY_ALONE) {
  test(`locksOut() is ${expected} for ${name}, where only the policy lets the owner change it`, () => {
    assert.equal(locksOut(policyOf("bucket", statements), OWNER, "photos", true), expected);
  });
}
