import assert from "node:assert/strict";
import { test } from "node:test";
import { GATEWAY, goodConfig, problemsOf } from "../../support/config.ts";

const PAIR = "accessKey: AK1, secretKey: SK1";

/** Name, accounts.yaml, every problem. */
const TABLE = [
  [
    "an access key given twice in one file",
    "accounts:\n  - name: a\n    keys:\n      - { accessKey: AK1, secretKey: SK1 }\n  - name: b\n    subusers:\n      - name: r\n        tier: READ\n        keys:\n          - { accessKey: AK1, secretKey: SK2 }\n",
    [
      'accounts.yaml:10:26 accounts[1].subusers[0].keys[0].accessKey: The access key is listed twice, first at accounts.yaml:4: got "AK1" | Remove one of them',
    ],
  ],
  [
    "an account given twice",
    "accounts:\n  - name: a\n  - name: a\n",
    [
      'accounts.yaml:3:11 accounts[1].name: The account is listed twice, first at accounts.yaml:2: got "a" | Remove one of them',
    ],
  ],
  [
    "a subuser given twice in one account",
    "accounts:\n  - name: a\n    subusers:\n      - { name: r, tier: READ }\n      - { name: r, tier: FULL }\n",
    [
      'accounts.yaml:5:17 accounts[0].subusers[1].name: The subuser is listed twice, first at accounts.yaml:4: got "r" | Remove one of them',
    ],
  ],
  [
    "a tier that does not exist",
    "accounts:\n  - name: a\n    subusers:\n      - { name: r, tier: READWRIT }\n",
    [
      'accounts.yaml:4:26 accounts[0].subusers[0].tier: Unknown tier: got "READWRIT" | Did you mean "READWRITE"?',
    ],
  ],
  [
    "a tier in another letter case",
    "accounts:\n  - name: a\n    subusers:\n      - { name: r, tier: read }\n",
    [
      'accounts.yaml:4:26 accounts[0].subusers[0].tier: Unknown tier: got "read" | Did you mean "READ"?',
    ],
  ],
  [
    "a subuser with neither a tier nor a policy",
    "accounts:\n  - name: a\n    subusers:\n      - name: r\n",
    [
      "accounts.yaml:4:9 accounts[0].subusers[0]: The subuser can do nothing: it has neither a tier nor a policy | Add tier: READ, or policies",
    ],
  ],
  [
    "a key without a secret",
    "accounts:\n  - name: a\n    keys: [{ accessKey: AK1 }]\n",
    ['accounts.yaml:3:12 accounts[0].keys[0].secretKey: Missing key "secretKey" | Add it'],
  ],
  [
    "a name that YAML reads as a number",
    "accounts:\n  - name: 0012\n",
    ['accounts.yaml:2:11 accounts[0].name: Expected text: got "0012" | Put it in quotes'],
  ],
  [
    "a name with a colon, which separates account and subuser",
    "accounts:\n  - name: 'a:b'\n",
    [
      'accounts.yaml:2:11 accounts[0].name: Expected a name of letters, digits and any of _ . @ + = -: got "a:b"',
    ],
  ],
  [
    "an access key with a slash, which ends it in a credential",
    "accounts:\n  - name: a\n    keys: [{ accessKey: A/K, secretKey: S }]\n",
    [
      'accounts.yaml:3:25 accounts[0].keys[0].accessKey: Expected 1 to 128 visible ASCII characters without a comma or a slash: got "A/K"',
    ],
  ],
  [
    "a day that no calendar has",
    `accounts:\n  - name: a\n    keys: [{ ${PAIR}, expires: 2027-02-30 }]\n`,
    [
      'accounts.yaml:3:55 accounts[0].keys[0].expires: Expected a date such as 2027-01-31 or 2027-01-31T00:00:00Z: got "2027-02-30"',
    ],
  ],
  [
    "a time without a zone",
    `accounts:\n  - name: a\n    keys: [{ ${PAIR}, expires: "2027-01-01T00:00:00" }]\n`,
    [
      'accounts.yaml:3:55 accounts[0].keys[0].expires: Expected a date such as 2027-01-31 or 2027-01-31T00:00:00Z: got "2027-01-01T00:00:00"',
    ],
  ],
  [
    "a name of one tenant beside another",
    "accounts:\n  - name: one$user\n    tenant: two\n  - name: one$other\n    tenant: one\n",
    [
      'accounts.yaml:3:13 accounts[0].tenant: The account\'s name implies the tenant "one": got "two" | Remove tenant, or change the name',
    ],
  ],
  [
    "a key that expires before it is valid",
    `accounts:\n  - name: a\n    keys: [{ ${PAIR}, notBefore: 2027-01-02, expires: 2027-01-02 }]\n`,
    [
      'accounts.yaml:3:78 accounts[0].keys[0].expires: The key expires before it is valid: got "2027-01-02" | Put expires after notBefore',
    ],
  ],
  [
    "a network of a key that is none",
    `accounts:\n  - name: a\n    keys: [{ ${PAIR}, networks: { allow: [10.0.0.1/8] } }]\n`,
    [
      'accounts.yaml:3:66 accounts[0].keys[0].networks.allow[0]: The network has host bits set, its base is 10.0.0.0/8: got "10.0.0.1/8"',
    ],
  ],
  [
    "disabled in words",
    `accounts:\n  - name: a\n    keys: [{ ${PAIR}, disabled: no }]\n`,
    ['accounts.yaml:3:56 accounts[0].keys[0].disabled: Expected true or false: got "no"'],
  ],
  ["no list of accounts", "{}\n", ['accounts.yaml:1:1 accounts: Missing key "accounts" | Add it']],
] as const;
for (const [name, text, problems] of TABLE) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.deepEqual(problemsOf({ "accounts.yaml": text }), problems);
  });
}

test("parseConfig() finds one access key in two files and names both places", () => {
  const gateway =
    'upstream: { endpoints: ["http://s"], store: ceph }\nidentities: [{ accounts: one.yaml }, { accounts: two.yaml }]\n';
  const one = `accounts: [{ name: a, keys: [{ ${PAIR} }] }]`;
  const two = `accounts:\n  - name: b\n    keys: [{ ${PAIR} }]`;
  assert.deepEqual(problemsOf({ "gateway.yaml": gateway, "one.yaml": one, "two.yaml": two }), [
    'two.yaml:3:25 accounts[0].keys[0].accessKey: The access key is listed twice, first at one.yaml:1: got "AK1" | Remove one of them',
  ]);
});

test("parseConfig() takes one subuser name in two accounts", () => {
  const subusers = "subusers: [{ name: r, tier: READ }]";
  const text = `accounts: [{ name: a, ${subusers} }, { name: b, ${subusers} }]`;
  assert.equal(goodConfig({ "accounts.yaml": text }).accounts.length, 2);
});

test("parseConfig() knows the tiers of policy.tiers", () => {
  const gateway = `${GATEWAY}policy: { tiers: { LIST: [s3:ListBucket] } }\n`;
  const text = "accounts: [{ name: a, subusers: [{ name: r, tier: LIST }] }]";
  assert.deepEqual(problemsOf({ "gateway.yaml": gateway, "accounts.yaml": text }), []);
});

test("parseConfig() fills in the default of every option of an account", () => {
  const text = `accounts: [{ name: a, keys: [{ ${PAIR} }], subusers: [{ name: r, tier: READ }] }]`;
  const networks = { allow: [], deny: [] };
  assert.deepEqual(goodConfig({ "accounts.yaml": text }).accounts, [
    {
      name: "a",
      disabled: false,
      keys: [{ accessKey: "AK1", secretKey: "SK1", disabled: false, networks }],
      networks,
      blockedActions: [],
      policies: [],
      groups: [],
      privileges: [],
      tags: {},
      subusers: [
        {
          name: "r",
          tier: "READ",
          keys: [],
          networks,
          blockedActions: [],
          policies: [],
          groups: [],
          privileges: [],
          tags: {},
        },
      ],
      roles: [],
    },
  ]);
});

/** Every way to get a secret wrong; none may be told to whoever reads the problem. */
const SECRET_TABLE = [
  ["of another kind", "secretKey: 5501234567"],
  ["a list", "secretKey: [5501234567]"],
  ["with white space at its end", 'secretKey: "5501234567 "'],
  ["with a line break", 'secretKey: "5501234567\\nx"'],
  ["with a wrong escape", 'secretKey: "5501234567\\q5501234567"'],
  ["with something behind it", 'secretKey: "5501234567" 5501234567'],
  ["that looks like an alias", "secretKey: *5501234567"],
  ["that looks like a tag", "secretKey: !5501234567"],
  ["that looks like a tag of a handle", "secretKey: !x!5501234567 y"],
  ["that looks like a reference", 'secretKey: "5501234567${5501234567}"'],
  ["that begins with a reserved character", "secretKey: @5501234567"],
  ["under a mistyped name", "secretKye: 5501234567"],
  ["from the environment", 'secretKey: "${env:SECRET}"'],
  ["without a space before it", "secretKey:5501234567"],
  ["without a colon before it", "secretKey 5501234567"],
  ["in another place", 'secretKey: S, expires: "${env:SECRET}"'],
  ["in a session token", "secretKey: S, sessionToken: 5501234567"],
] as const;
for (const [name, text] of SECRET_TABLE) {
  test(`parseConfig() does not tell a secret ${name}`, () => {
    const accounts = `accounts: [{ name: a, keys: [{ accessKey: AK, ${text} }] }]\n`;
    const problems = problemsOf({ "accounts.yaml": accounts }, { SECRET: " 5501234567" });
    assert.notDeepEqual(problems, []);
    assert.doesNotMatch(problems.join("\n"), /5501234567/);
  });
}

const QUMULO = `${GATEWAY}policy: { provider: qumulo }\n`;

/** Name, accounts.yaml, every problem under a provider with directories. */
const DIRECTORY = [
  [
    "an account called as a group",
    "accounts:\n  - name: gid:1\n",
    [/accounts\[0\]\.name: Expected a name of letters/],
  ],
  ["an account called as everybody", "accounts:\n  - name: world:Everyone\n", [/Expected a name/]],
  ["an account called as the guest", "accounts:\n  - name: local:guest\n", [/Expected a name/]],
  [
    "two accounts of one name",
    "accounts:\n  - name: jane\n  - name: local:Jane\n",
    [/accounts\[1\]\.name: A policy cannot tell the account from "jane"/],
  ],
  [
    "a local account and one of a domain that a bare name means both",
    "accounts:\n  - name: DOM\\Jane\n  - name: Jane\n",
    [/accounts\[1\]\.name: A policy cannot tell the account from "DOM\\Jane"/],
  ],
  [
    "an account that a local group is called as",
    "accounts:\n  - name: jane\n  - { name: joe, groups: [local:Jane] }\n",
    [/accounts\[0\]\.name: A group has the same name as the account/],
  ],
  [
    "an account that reads as a subuser of another",
    "accounts:\n  - name: uid:7\n  - { name: uid, subusers: [{ name: '7', tier: READ }] }\n",
    [/accounts\[1\]\.subusers\[0\]\.name: There is an account "uid:7"/],
  ],
] as const;
for (const [name, accounts, expected] of DIRECTORY) {
  test(`parseConfig() refuses ${name}, where names are a directory's`, () => {
    const problems = problemsOf({ "gateway.yaml": QUMULO, "accounts.yaml": accounts });
    assert.equal(problems.length, expected.length, problems.join("\n"));
    for (const [i, pattern] of expected.entries()) assert.match(problems[i] ?? "", pattern);
  });
}

const PEOPLE = [
  "Mary Lou",
  "local:Jane",
  "DOM\\Jose Ramirez",
  "ad:Company Name",
  "uid:1",
  "auth_id:2",
];

test("parseConfig() takes an account by every name of a directory's user, and only of one", () => {
  const accounts = JSON.stringify({ accounts: PEOPLE.map((name) => ({ name })) });
  const files = { "gateway.yaml": QUMULO, "accounts.yaml": accounts };
  assert.deepEqual(
    goodConfig(files).accounts.map(({ name }) => name),
    PEOPLE,
  );
  assert.deepEqual(
    problemsOf({ "accounts.yaml": accounts }).map((text) => text.split(": ")[1]),
    PEOPLE.map(() => "Expected a name of letters, digits and any of _ . @ + = -"),
  );
});
