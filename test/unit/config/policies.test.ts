import assert from "node:assert/strict";
import { test } from "node:test";
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
