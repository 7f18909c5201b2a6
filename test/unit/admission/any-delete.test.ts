/** Whose DeleteObjects is read at all: only that of who could delete some key by it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, gatewayOf, word, type People, type Sent } from "./people.ts";

const WHERE = { Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"] };
const ALLOW = { Effect: "Allow", Action: "s3:DeleteObject", ...WHERE };
const DENY = { Effect: "Deny", Action: "s3:*", ...WHERE };
const ALL = { Effect: "Allow", Action: "s3:*", Resource: "*" };
const bucketOf = (
  account: string,
  ...statements: readonly object[]
): NonNullable<People["buckets"]> => ({
  bucket: {
    account,
    policy: {
      Version: "2012-10-17",
      Statement: statements.map((one) => ({ Principal: "*", ...one })),
    },
  },
});
const ofUser = (...policy: readonly object[]): People => ({
  accounts: { A: { users: { ann: { policy } } } },
});
const open = { anonymous: "policy", provider: "lumi-o" };
const blocking = (...blockedActions: readonly string[]): object => ({ blockedActions });
const BYPASS: Sent = { headers: { "x-amz-bypass-governance-retention": "true" } };
const ofTenant = (...policy: readonly object[]): People => ({
  accounts: { A: { tenant: "t", users: { ann: { policy } } } },
});
const named = (name: string): object => ({ Resource: `arn:aws:s3:::${name}/*` });

const ROWS: readonly (readonly [string, string | undefined, People, string, Sent?])[] = [
  ["an account", "A", { accounts: { A: {} } }, "document"],
  ["a user who may only read", "A:ann", ofUser({ ...ALLOW, Action: "s3:GetObject" }), "allow"],
  ["a user who may delete", "A:ann", ofUser(ALLOW), "document"],
  [
    "a user who may delete versions alone",
    "A:ann",
    ofUser({ ...ALLOW, Action: "s3:DeleteObjectVersion" }),
    "document",
  ],
  ["a user who may not delete here", "A:ann", ofUser(ALLOW, DENY), "explicit-deny"],
  [
    "a user who may delete some keys",
    "A:ann",
    ofUser({ ...ALLOW, ...named("bucket/tmp") }),
    "document",
  ],
  ["a user who may delete elsewhere", "A:ann", ofUser({ ...ALLOW, ...named("other") }), "allow"],
  [
    "a user of a tier that deletes",
    "A:ann",
    { accounts: { A: { users: { ann: { tier: "READWRITE" } } } } },
    "document",
  ],
  [
    "a user of a tier that does not",
    "A:ann",
    { accounts: { A: { users: { ann: { tier: "READ" } } } } },
    "tier",
  ],
  [
    "anybody, whom the bucket's policy lets delete",
    undefined,
    { policy: open, accounts: { A: { tenant: "" } }, buckets: bucketOf("A", ALLOW) },
    "document",
  ],
  [
    "anybody, whom the bucket's policy lets do something else",
    undefined,
    {
      policy: open,
      accounts: { A: { tenant: "" } },
      buckets: bucketOf("A", { ...ALLOW, Action: "s3:GetObject" }),
    },
    "allow",
  ],
  [
    "a user of another account, by the policies of both",
    "B:bob",
    {
      accounts: { A: {}, B: { users: { bob: { policy: [ALL] } } } },
      buckets: bucketOf("A", ALLOW),
    },
    "document",
  ],
  [
    "a user of another account, by its own policy alone",
    "B:bob",
    {
      accounts: { A: {}, B: { users: { bob: { policy: [ALL] } } } },
      buckets: bucketOf("A", { ...ALLOW, Action: "s3:GetObject" }),
    },
    "allow",
  ],
  [
    "an owner whom the bucket's policy denies it",
    "A",
    { accounts: { A: {} }, buckets: bucketOf("A", DENY) },
    "explicit-deny",
  ],
  [
    "an owner of whom the bucket's policy says nothing",
    "A",
    { accounts: { A: {} }, buckets: bucketOf("A", { ...ALLOW, ...named("bucket/tmp") }) },
    "document",
  ],
  [
    "an account for which both ways are blocked",
    "A",
    { policy: blocking("s3:DeleteObject", "s3:DeleteObjectVersion"), accounts: { A: {} } },
    "blocked-actions",
  ],
  [
    "an account for which the operation is blocked",
    "A",
    { policy: blocking("s3:DeleteObjects"), accounts: { A: {} } },
    "blocked-actions",
  ],
  [
    "an account for which one way is blocked",
    "A",
    { policy: blocking("s3:DeleteObject"), accounts: { A: {} } },
    "document",
  ],
  [
    "an account for which locks cannot be passed by",
    "A",
    { policy: blocking("s3:BypassGovernanceRetention"), accounts: { A: {} } },
    "document",
    BYPASS,
  ],
  [
    "a user who may only read and would pass locks by, which is blocked",
    "A:ann",
    {
      ...ofUser({ ...ALLOW, Action: "s3:GetObject" }),
      policy: blocking("s3:BypassGovernanceRetention"),
    },
    "blocked-actions",
    BYPASS,
  ],
  [
    "a user who may delete in the bucket by its tenant's name",
    "A:ann",
    ofTenant({ ...ALLOW, ...named("t:bucket") }),
    "document",
  ],
  [
    "a user who may delete in another tenant's bucket of that name",
    "A:ann",
    ofTenant({ ...ALLOW, ...named("u:bucket") }),
    "allow",
  ],
  [
    "a user who is denied the bucket by its tenant's name",
    "A:ann",
    ofTenant(ALL, { ...DENY, ...named("t:bucket") }),
    "explicit-deny",
  ],
];

for (const [name, who, people, expected, sent = {}] of ROWS) {
  test(`a DeleteObjects of ${name}: ${expected}`, () => {
    const headers = { ...sent.headers, "content-length": "9" };
    const found = decide(gatewayOf(people), who, "POST /bucket?delete", { headers });
    assert.equal(word(found), expected);
  });
}

test("a DeleteObjects in another tenant's bucket is not read if its bare name is denied", () => {
  const line = "POST /u%3Abucket?delete";
  const sent = { headers: { "content-length": "9" } };
  const ask = (...policy: readonly object[]): string =>
    word(decide(gatewayOf(ofTenant(...policy)), "A:ann", line, sent));
  assert.equal(ask(ALL), "document");
  assert.equal(ask(ALL, { ...DENY, ...named("bucket") }), "explicit-deny");
  assert.equal(ask(ALL, { ...DENY, ...named("other") }), "document");
});
