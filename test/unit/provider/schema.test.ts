import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { parseProvider } from "../../../src/provider/parse.ts";
import {
  caller,
  changed,
  effect,
  NAMES,
  bucketPolicy,
  may,
  providerText,
  shipped,
  statements,
  wrong,
} from "./providers.ts";

for (const name of NAMES) {
  test(`config/providers/${name}.yaml is good and calls itself ${name}`, () => {
    assert.equal(shipped(name).name, name);
  });
}

test("config/providers has no file that no test reads", () => {
  const files = readdirSync(new URL("../../../config/providers", import.meta.url));
  assert.deepEqual(files.toSorted(), NAMES.map((name) => `${name}.yaml`).toSorted());
});

test("parseProvider() restricts nothing of AWS's language for aws", () => {
  const { dialect, principals } = shipped("aws");
  assert.equal(dialect.knownActions, undefined);
  assert.equal(dialect.conditionKeys, undefined);
  assert.equal(dialect.fields, undefined);
  assert.equal(principals.kind === "arn" && principals.accept, "any");
});

test("identifiersOf() names an AWS account by its id and root, and a user also through its account", () => {
  const aws = shipped("aws");
  assert.deepEqual(caller(aws, "lab"), {
    kind: "known",
    identifiers: ["lab", "arn:aws:iam::lab:root"],
    accountIdentifiers: [],
  });
  assert.deepEqual(caller(aws, "lab", "ann"), {
    kind: "known",
    identifiers: ["arn:aws:iam::lab:user/ann"],
    accountIdentifiers: ["lab", "arn:aws:iam::lab:root"],
  });
});

test("parseProviderPolicy() reads any policy of AWS's under aws", () => {
  const aws = shipped("aws");
  const allow = {
    Effect: "Allow",
    Principal: { AWS: ["arn:aws:iam::lab:user/ann", "arn:aws:iam::123456789012:role/r"] },
    Action: "s3:Get*",
    Resource: "arn:aws:s3:::bucket/*",
    Condition: { Bool: { "aws:SecureTransport": true } },
  };
  const policy = bucketPolicy(aws, statements(allow));
  assert.equal(
    effect(aws, policy, caller(aws, "lab", "ann"), "s3:GetObject", "arn:aws:s3:::bucket/k", {
      "aws:SecureTransport": "true",
    }),
    "allow",
  );
  assert.match(
    wrong(aws, statements({ ...allow, Action: "s3:HeadObject" })).join(),
    /name of an operation/,
  );
});

test("parseProviderPolicy() reports the language's and the provider's problems together, in order", () => {
  const atman = shipped("atman");
  const text = `{
 "Version": "2012-10-17",
 "Statement": [
  { "Sid": "a b", "Effect": "allow", "Principal": "*",
    "Action": "s3:PutObjectTagging",
    "Resource": "arn:aws:s3:::other/*" }]}`;
  assert.deepEqual(
    wrong(atman, text).map((line) => line.split(":")[0]),
    ["Statement[0].Sid", "Statement[0].Effect", "Statement[0].Action", "Statement[0].Resource"],
  );
});

const GOOD = providerText("nutanix");

/** `[what, text to replace, its replacement, line of the problem's path, message]`. */
const REFUSED: readonly (readonly [string, string | RegExp, string, string, RegExp])[] = [
  [
    "an unknown key",
    /^tierMode:/m,
    "tiermode: union\ntierMode:",
    "tiermode",
    /Unknown key "tiermode"/,
  ],
  [
    "an unknown key of a tier",
    "FULL: { actions",
    "FULL: { except: [], actions",
    "tiers.FULL.except",
    /Unknown key "except"/,
  ],
  ["a missing switch", /^ownerPolicyEscape:.*\n/m, "", "ownerPolicyEscape", /expected boolean/],
  [
    "a switch that is none",
    "tierMode: ceiling",
    "tierMode: celing",
    "tierMode",
    /Expected ceiling or union: got "celing"/,
  ],
  [
    "an action that is none",
    "s3:ListAllMyBuckets",
    "s3:ListAllBuckets",
    "actionGroups.buckets[0]",
    /invalid action: got "s3:ListAllBuckets"/,
  ],
  [
    "a group that is not there",
    "[preparation, read]",
    "[preparation, reed]",
    "tiers.READ.groups[1]",
    /Unknown action group: got "reed"/,
  ],
  [
    "a tier that allows nothing",
    'FULL: { actions: ["*"] }',
    "FULL: {}",
    "tiers.FULL",
    /needs groups or actions/,
  ],
  [
    "an account tier that is not there",
    /^tierMode/m,
    "accountTier: NONE\ntierMode",
    "accountTier",
    /Unknown tier: got "NONE"/,
  ],
  [
    "a ceiling that is not there",
    "ceiling: ANONYMOUS",
    "ceiling: GUEST",
    "anonymous.ceiling",
    /Unknown tier: got "GUEST"/,
  ],
  [
    "a blocked action that is none",
    /^anonymous/m,
    'blockedActions: [{ action: "s3:Nothing" }]\nanonymous',
    "blockedActions[0].action",
    /Cannot find the S3 action/,
  ],
  [
    "an exception for a tier that is not there",
    /^anonymous/m,
    'blockedActions: [{ action: "s3:GetObject", exceptTiers: [X] }]\nanonymous',
    "blockedActions[0].exceptTiers[0]",
    /Unknown tier: got "X"/,
  ],
  [
    "an unsupported action that is none",
    /^anonymous/m,
    'unsupported: ["s3:Nothing"]\nanonymous',
    "unsupported[0]",
    /Cannot find the S3 action/,
  ],
  [
    "a condition key that is none",
    "wildcardActions: any",
    'wildcardActions: any\n  conditionKeys: ["aws:SourceIpp"]',
    "policy.conditionKeys[0]",
    /Unknown condition key/,
  ],
  [
    "a placeholder that is none",
    '"{account}"',
    '"{acount}"',
    "principals.forms[0].form",
    /Unknown placeholder "\{acount\}"/,
  ],
  [
    "placeholders without anything between",
    '"{account}"',
    '"{account}{subuser}"',
    "principals.forms[0].form",
    /need a character between/,
  ],
  [
    "a form with a wildcard",
    ":user/{subuser}",
    ":user/*",
    "principals.forms[2].form",
    /no wildcards/,
  ],
  [
    "a grammar that is none",
    "grammar: arn",
    "grammar: urn",
    "principals.grammar",
    /Invalid discriminator value/,
  ],
  [
    "an expiry above seven days",
    "expirySecondsMax: 604800,",
    "expirySecondsMax: 604801,",
    "presigned.expirySecondsMax",
    /<=604800/,
  ],
  ["a key written twice", /^tierMode/m, "tierMode: union\ntierMode", "", /Map keys must be unique/],
  ["a tag", "tierMode: ceiling", "tierMode: !x ceiling", "", /tag/],
];
for (const [what, from, to, path, message] of REFUSED) {
  test(`parseProvider() refuses ${what}`, () => {
    const text = GOOD.replace(from, to);
    assert.notEqual(text, GOOD);
    const found = parseProvider(text, "own.yaml");
    assert.ok(!found.ok);
    const problem = found.error.find((each) => each.path === path);
    assert.ok(problem, JSON.stringify(found.error));
    assert.match(problem.message, message);
    assert.equal(problem.file, "own.yaml");
    assert.ok((problem.line ?? 0) > 0 && (problem.column ?? 0) > 0);
  });
}

test("parseProvider() places a problem at the line of its value", () => {
  const text = GOOD.replace("tierMode: ceiling", "tierMode: celing");
  const line = text.split("\n").findIndex((each) => each.startsWith("tierMode:")) + 1;
  const found = parseProvider(text, "own.yaml");
  assert.ok(!found.ok);
  assert.deepEqual(found.error, [
    {
      file: "own.yaml",
      line,
      column: 11,
      path: "tierMode",
      message: 'Expected ceiling or union: got "celing"',
      remedy: 'Did you mean "ceiling"?',
    },
  ]);
});

/** `[what, text to replace, its replacement, the whole problem without its place]`. */
const REMEDIES: readonly (readonly [string, string | RegExp, string, readonly string[]])[] = [
  [
    "an action with a slip in it",
    "s3:ListAllMyBuckets",
    "s3:ListAllBuckets",
    [
      "actionGroups.buckets[0]",
      'Policy has invalid action: got "s3:ListAllBuckets"',
      'Did you mean "s3:ListAllMyBuckets"?',
    ],
  ],
  [
    "an action that is like none",
    "s3:ListAllMyBuckets",
    "s3:Whatever",
    [
      "actionGroups.buckets[0]",
      'Policy has invalid action: got "s3:Whatever"',
      "Name an S3 action, such as s3:GetObject, or s3:*",
    ],
  ],
  [
    "an operation with a slip in it",
    'FULL: { actions: ["*"] }',
    'FULL: { actions: ["*"], operations: [GetObjct] }',
    ["tiers.FULL.operations[0]", 'Unknown operation: got "GetObjct"', 'Did you mean "GetObject"?'],
  ],
  [
    "an operation that is like none",
    'FULL: { actions: ["*"] }',
    'FULL: { actions: ["*"], operations: [Whatever] }',
    ["tiers.FULL.operations[0]", 'Unknown operation: got "Whatever"', ""],
  ],
  [
    "a condition key with a slip in it",
    "wildcardActions: any",
    'wildcardActions: any\n  conditionKeys: ["aws:SourceIpp"]',
    [
      "policy.conditionKeys[0]",
      'Unknown condition key: got "aws:SourceIpp"',
      'Did you mean "aws:SourceIp"?',
    ],
  ],
  [
    "a condition key that is like none",
    "wildcardActions: any",
    'wildcardActions: any\n  conditionKeys: ["Whatever"]',
    ["policy.conditionKeys[0]", 'Unknown condition key: got "Whatever"', ""],
  ],
  [
    "a blocked action that is none",
    /^anonymous/m,
    'blockedActions: [{ action: "s3:Nothing" }]\nanonymous',
    ["blockedActions[0].action", 'Cannot find the S3 action "s3:Nothing"', ""],
  ],
  [
    "a form that is none",
    '"{account}"',
    '"{acount}"',
    ["principals.forms[0].form", 'Unknown placeholder "{acount}": got "{acount}"', ""],
  ],
  [
    "a group that is not there",
    "[preparation, read]",
    "[preparation, reed]",
    ["tiers.READ.groups[1]", 'Unknown action group: got "reed"', ""],
  ],
  [
    "a name with a space",
    "name: nutanix",
    'name: "a b"',
    ["name", 'Expected letters, digits, _ and -: got "a b"', ""],
  ],
  [
    "a name that ends with a space",
    "name: nutanix",
    'name: "a "',
    ["name", 'Expected letters, digits, _ and -: got "a "', ""],
  ],
  [
    "a directory's names in AWS's policies",
    /^principals:[^]*/m,
    "principals: { grammar: directory }\n",
    ["principals.grammar", "Expected arn, as policy.document is aws", ""],
  ],
  [
    "AWS's names in policies about a whole bucket",
    "document: { kind: aws }",
    "document: { kind: bucket-wide, statements: Rules, principal: Who }",
    ["principals.grammar", "Expected directory, as policy.document is bucket-wide", ""],
  ],
];
for (const [what, from, to, expected] of REMEDIES) {
  test(`parseProvider() says of ${what} what to write, and nothing more`, () => {
    const found = parseProvider(GOOD.replace(from, to), "own.yaml");
    assert.ok(!found.ok);
    assert.deepEqual(
      found.error.map(({ path, message, remedy }) => [path, message, remedy]),
      [expected],
    );
  });
}

/** Values of switches that one provider has and another has not. */
const SWITCHES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^tierMode: .*/m, ["tierMode: ceiling", "tierMode: union"]],
  [/^deleteVersionMode: .*/m, ["deleteVersionMode: sar", "deleteVersionMode: both"]],
  [/^policyManagers: .*/m, ["policyManagers: account", "policyManagers: privilege"]],
  [/^crossAccount: .*/m, ["crossAccount: both", "crossAccount: resource"]],
  [/^bucketPolicyRole: .*/m, ["bucketPolicyRole: grant", "bucketPolicyRole: restrict"]],
  [/^missingKeyNegated: .*/m, ["missingKeyNegated: aws", "missingKeyNegated: rgw"]],
  [/^authErrors: .*/m, ["authErrors: aws", "authErrors: opaque"]],
  [/^username: .*/m, ["username: subuser", "username: account"]],
  [/^bucketNames: .*/m, ["bucketNames: global", "bucketNames: tenant"]],
  [
    /^tierMode: ceiling$/m,
    ["clamp", "refuse"].map((kind) => `tierMode: ceiling\nmaxKeys: { cap: 1, excess: ${kind} }`),
  ],
];
for (const [place, lines] of SWITCHES) {
  for (const line of lines) {
    test(`parseProvider() takes ${line.replace("\n", ", ")}, whatever else the file says`, () => {
      assert.match(GOOD, place);
      const found = parseProvider(GOOD.replace(place, line), "own.yaml");
      assert.ok(found.ok, JSON.stringify(found));
    });
  }
}

test("parseProvider() finds every problem at once", () => {
  const text = GOOD.replace("tierMode: ceiling", "tierMode: x").replace(
    "crossAccount: resource",
    "crossAccount: y",
  );
  const found = parseProvider(text, "own.yaml");
  assert.ok(!found.ok);
  assert.deepEqual(
    found.error.map(({ path }) => path),
    ["tierMode", "crossAccount"],
  );
});

test("a tier of another provider's kind is data: WRITE reads objects at Atman and nowhere else", () => {
  for (const name of NAMES) {
    const provider = shipped(name);
    if (provider.tiers.has("WRITE"))
      assert.equal(may(provider, "WRITE", "GetObject"), name === "atman", name);
  }
});

test("tierGrants() grants nothing for an operation's name if operationNames is off", () => {
  const own = 'FULL: { actions: ["s3:HeadObject"] }';
  const provider = changed("nutanix", 'FULL: { actions: ["*"] }', own);
  assert.equal(may(provider, "FULL", "HeadObject"), false);
});

test("tierGrants() takes s3:DeleteReplicationConfiguration for the DELETE alone, in any provider", () => {
  const own = 'FULL: { actions: ["s3:DeleteReplicationConfiguration"] }';
  const provider = changed("atman", 'FULL: { actions: ["*"] }', own);
  assert.equal(may(provider, "FULL", "DeleteBucketReplication"), true);
  assert.equal(may(provider, "FULL", "PutBucketReplication"), false);
});

test("checkPrincipal() keeps the ids of AWS and CanonicalUser apart", () => {
  const provider = changed("nutanix", "accept: any", "accept: forms");
  const allow = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/*" };
  assert.deepEqual(wrong(provider, statements({ ...allow, Principal: { AWS: "lab" } })), []);
  const canonical = statements({ ...allow, Principal: { CanonicalUser: "lab" } });
  assert.match(wrong(provider, canonical).join(), /Invalid principal in policy/);
});
