import assert from "node:assert/strict";
import { test } from "node:test";
import { policiesOf } from "../../../src/config/all-policies.ts";
import { goodConfig, problemsOf } from "../../support/config.ts";

const ACCOUNTS = `accounts:
  - name: lab
    policies: [policies/lab.json]
    subusers:
      - { name: user, policies: [policies/user.json] }
`;
const ALLOW = `{ "Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*" } }`;

const withUser = (text: string): Record<string, string> => ({
  "accounts.yaml": ACCOUNTS,
  "policies/lab.json": ALLOW,
  "policies/user.json": text,
});

test("parseConfig() reads the policies of accounts and subusers from the files they name", () => {
  const [account] = goodConfig(withUser(ALLOW)).accounts;
  assert.deepEqual(
    account?.policies.map(({ file }) => file),
    ["policies/lab.json"],
  );
  assert.deepEqual(
    account?.subusers[0]?.policies.map(({ file }) => file),
    ["policies/user.json"],
  );
});

const refused = [
  [
    "a policy that is not there",
    { "accounts.yaml": ACCOUNTS, "policies/lab.json": ALLOW },
    'accounts.yaml:5:34 accounts[0].subusers[0].policies[0]: Cannot read "policies/user.json": no such file | Paths are relative to the file that names them',
  ],
  [
    "a mistake in a policy, at its own place",
    withUser(
      '{ "Version": "2012-10-17",\n  "Statement": { "Efect": "Allow", "Action": "s3:*", "Resource": "*" } }',
    ),
    /^policies\/user\.json:2:\d+ Statement/,
  ],
] as const;
for (const [name, files, expected] of refused) {
  test(`parseConfig() refuses ${name}`, () => {
    const problems = problemsOf(files).join("\n");
    if (typeof expected === "string") assert.equal(problems, expected);
    else assert.match(problems, expected);
  });
}

const INLINE = `accounts:
  - name: lab
    keys: [{ accessKey: "\${env:KEY}", secretKey: SK1 }]
    policies:
      - Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: "arn:aws:s3:::home/\${aws:username}/*"
          - Sid: NotRaw
            Effect: Deny
            Action: "s3:*"
            Resource: arn:aws:s3:::home/raw/*
      - '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::\${aws:username}"}}'
`;

test("parseConfig() reads policies that stand in the accounts file, variables as written", () => {
  const { accounts } = goodConfig({ "accounts.yaml": INLINE }, { KEY: "AKIDINLINE" });
  const [account] = accounts;
  assert.equal(account?.keys[0]?.accessKey, "AKIDINLINE");
  const statements = account.policies.flatMap((policy) => policy.statements);
  assert.deepEqual(
    statements.map(({ place }) => [place.file, place.line, place.sid]),
    [
      ["accounts.yaml", 7, undefined],
      ["accounts.yaml", 10, "NotRaw"],
      ["accounts.yaml", 14, undefined],
    ],
  );
  assert.match(JSON.stringify(statements[0]), /aws:username/);
});

test("parseConfig() reports a mistake in such a policy by its line", () => {
  const files = { "accounts.yaml": INLINE.replace("Effect: Deny", "Efect: Deny") };
  assert.match(
    problemsOf(files, { KEY: "AKIDINLINE" }).join("\n"),
    /^accounts\.yaml:10:\d+ Statement/,
  );
});

test("parseConfig() takes a reference outside of policies for one, whatever stands in them", () => {
  assert.match(problemsOf({ "accounts.yaml": INLINE }, {}).join("\n"), /variable "KEY" is not set/);
});

test("parseConfig() refuses a policy that is neither", () => {
  const files = { "accounts.yaml": "accounts: [{ name: lab, policies: [[x]] }]\n" };
  assert.match(problemsOf(files).join("\n"), /^accounts\.yaml:1:\d+ accounts\[0\]\.policies\[0\]/);
});

test("policiesOf() has each policy that stands in an accounts file, and each other file once", () => {
  const text = (action: string): string =>
    `'{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "${action}", "Resource": "*"}}'`;
  const inline = `${text("s3:GetObject")}, ${text("s3:PutObject")}`;
  const accounts = `accounts:\n  - { name: lab, policies: [p.json, ${inline}], subusers: [{ name: u, policies: [p.json] }] }\n`;
  const config = goodConfig({ "accounts.yaml": accounts, "p.json": ALLOW });
  assert.deepEqual(
    policiesOf(config).map(({ file }) => file),
    ["p.json", "accounts.yaml", "accounts.yaml"],
  );
});
