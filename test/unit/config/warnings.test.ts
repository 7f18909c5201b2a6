import assert from "node:assert/strict";
import { test } from "node:test";
import { policyWarnings } from "../../../src/config/policy-warnings.ts";
import { GATEWAY, problemsOf, warningsOf } from "../../support/config.ts";
import { type Json, policyOf } from "../policy/policies.ts";

/** What is said of a policy's statements, each with an effect, and the rest filled up. */
function saidOf(kind: "identity" | "bucket", ...statements: readonly Json[]): readonly string[] {
  const whole = statements.map((statement) => ({
    ...("Action" in statement || "NotAction" in statement ? {} : { Action: "s3:GetObject" }),
    ...("NotResource" in statement ? {} : { Resource: "arn:aws:s3:::photos/*" }),
    ...statement,
  }));
  return policyWarnings(policyOf(kind, whole)).map(
    ({ file, line, path, message, remedy }) => `${file}:${line} ${path}: ${message} | ${remedy}`,
  );
}

const PUBLIC = { Effect: "Allow", Principal: "*" };
const REFERER = "aws:Referer";
const conditioned = (operator: string, key: string, value: string): Json => ({
  ...PUBLIC,
  Condition: { [operator]: { [key]: value } },
});
const absent = (named: string): string =>
  `policy.json:1 Statement[0]: Everybody is allowed, and absent keys satisfy every condition: ${named} | Add a condition that needs its key, such as IpAddress on aws:SourceIp`;

const opened = [
  [
    "an Allow for everybody without conditions",
    "bucket",
    [PUBLIC],
    "policy.json:1 Statement[0]: Public without conditions: everybody is allowed, even without credentials | List who is allowed in Principal, or add a Condition",
  ],
  [
    "an Allow for everybody with only a negated condition",
    "bucket",
    [conditioned("StringNotEquals", REFERER, "http://bad")],
    absent('StringNotEquals on "aws:Referer"'),
  ],
  [
    "an Allow for everybody with only an IfExists condition",
    "bucket",
    [conditioned("StringEqualsIfExists", REFERER, "http://good")],
    absent('StringEqualsIfExists on "aws:Referer"'),
  ],
  [
    "an Allow for everybody whose key must be absent",
    "bucket",
    [conditioned("Null", REFERER, "true")],
    absent('Null on "aws:Referer"'),
  ],
  [
    "an Allow for everybody with only ForAllValues",
    "bucket",
    [conditioned("ForAllValues:StringEquals", REFERER, "http://good")],
    absent('ForAllValues:StringEquals on "aws:Referer"'),
  ],
  [
    "ForAllValues in an identity's Allow",
    "identity",
    [{ Effect: "Allow", Condition: { "ForAllValues:StringLike": { "s3:prefix": "home/*" } } }],
    'policy.json:1 Statement[0]: The Allow also holds for requests without "s3:prefix": ForAllValues:StringLike says nothing of an absent key | Add "Null": {"s3:prefix": "false"} to its Condition',
  ],
  [
    "ForAllValues whose Null is about another key",
    "identity",
    [
      {
        Effect: "Allow",
        Condition: {
          "ForAllValues:StringLike": { "s3:prefix": "home/*" },
          Null: { "s3:delimiter": "false" },
        },
      },
    ],
    /requests without "s3:prefix"/,
  ],
] as const;

const sparing = (...names: readonly string[]): Json => ({
  Effect: "Deny",
  NotPrincipal: { AWS: names },
  Action: "s3:ListBucket",
  Resource: "arn:aws:s3:::photos",
});
const VERSIONS =
  "Statement[0]: The Deny covers s3:DeleteObject but not s3:DeleteObjectVersion, which also destroys data";
const deny = (action: unknown, resource = "photos/raw/*", more: Json = {}): Json => ({
  Effect: "Deny",
  Action: action,
  Resource: `arn:aws:s3:::${resource}`,
  ...more,
});

const notResource = (action: string, spared: string): Json => ({
  Effect: "Deny",
  Action: action,
  NotResource: `arn:aws:s3:::${spared}`,
});

const unguarded = [
  [
    "a Deny of DeleteObject that leaves versions",
    "identity",
    [deny("s3:DeleteObject")],
    `policy.json:1 ${VERSIONS} | Add s3:DeleteObjectVersion to Action`,
  ],
  [
    "a Deny by NotAction that leaves versions",
    "identity",
    [{ Effect: "Deny", NotAction: ["s3:GetObject", "s3:DeleteObjectVersion"] }],
    `policy.json:1 ${VERSIONS} | Remove s3:DeleteObjectVersion from NotAction`,
  ],
  [
    "a Deny of reading that leaves versions",
    "identity",
    [deny("s3:GetObject")],
    "policy.json:1 Statement[0]: The Deny covers s3:GetObject but not s3:GetObjectVersion, which does the same by versionId=null | Add s3:GetObjectVersion to Action",
  ],
  [
    "a Deny of tagging that leaves versions",
    "identity",
    [deny("s3:PutObjectTagging")],
    /s3:PutObjectVersionTagging/,
  ],
  [
    "a user that is spared without its account",
    "bucket",
    [sparing("arn:aws:iam::111122223333:user/alice")],
    'policy.json:1 Statement[0]: NotPrincipal lists users of "111122223333" but not the account, so the Deny also meets them | Add arn:aws:iam::111122223333:root to NotPrincipal',
  ],
  [
    "an account that is spared without its users",
    "bucket",
    [sparing("111122223333")],
    'policy.json:1 Statement[0]: NotPrincipal lists the account "111122223333" alone, so the Deny meets all of its users | Add each user to exempt, by its ARN',
  ],
  [
    "versions denied for fewer objects",
    "identity",
    [deny("s3:DeleteObject", "photos/*"), deny("s3:DeleteObjectVersion", "photos/raw/*")],
    new RegExp(VERSIONS.slice(13)),
  ],
  [
    "versions denied for names of one character only",
    "identity",
    [deny("s3:DeleteObject", "photos/*"), deny("s3:DeleteObjectVersion", "photos/?")],
    /DeleteObjectVersion/,
  ],
  [
    "versions denied for names of one character or more",
    "identity",
    [deny("s3:DeleteObject", "photos/*"), deny("s3:DeleteObjectVersion", "photos/?*")],
    /DeleteObjectVersion/,
  ],
  [
    "versions denied for the empty name only",
    "identity",
    [deny("s3:DeleteObject", "photos/*"), deny("s3:DeleteObjectVersion", "photos/")],
    /DeleteObjectVersion/,
  ],
  [
    "versions denied but for some of the objects",
    "identity",
    [deny("s3:DeleteObject", "photos/*"), notResource("s3:DeleteObjectVersion", "photos/tmp/*")],
    /DeleteObjectVersion/,
  ],
  [
    "versions denied for just the objects that were left out",
    "identity",
    [
      notResource("s3:DeleteObject", "photos/tmp/*"),
      deny("s3:DeleteObjectVersion", "photos/tmp/*"),
    ],
    /DeleteObjectVersion/,
  ],
  [
    "fewer objects left out for DeleteObject than for versions",
    "identity",
    [
      notResource("s3:DeleteObject", "photos/tmp/a/*"),
      notResource("s3:DeleteObjectVersion", "photos/tmp/*"),
    ],
    /DeleteObjectVersion/,
  ],
  [
    "versions denied for another user's variable",
    "identity",
    [
      deny("s3:DeleteObject", "photos/${aws:username}/*"),
      deny("s3:DeleteObjectVersion", "photos/${aws:userid}/*"),
    ],
    /DeleteObjectVersion/,
  ],
  [
    "versions that are allowed, not denied",
    "identity",
    [deny("s3:DeleteObject"), { ...deny("s3:DeleteObjectVersion"), Effect: "Allow" }],
    /DeleteObjectVersion/,
  ],
] as const;

for (const [name, kind, statements, expected] of [...opened, ...unguarded]) {
  test(`policyWarnings() warns of ${name}`, () => {
    const said = saidOf(kind, ...statements);
    assert.equal(said.length, 1, said.join("\n"));
    if (typeof expected === "string") assert.equal(said[0], expected);
    else assert.match(said.join("\n"), expected);
  });
}

const NOBODY = { Effect: "Allow", Principal: { AWS: "111122223333" } };
const silent: readonly (readonly [string, "identity" | "bucket", readonly Json[]])[] = [
  ["an Allow for one account", "bucket", [NOBODY]],
  [
    "a Deny for everybody",
    "bucket",
    [{ ...PUBLIC, Effect: "Deny", Action: ["s3:GetObject*", "s3:PutObject"] }],
  ],
  ["an identity's Allow without conditions", "identity", [{ Effect: "Allow" }]],
  [
    "a public Allow with a condition that needs its key",
    "bucket",
    [conditioned("IpAddress", "aws:SourceIp", "192.0.2.0/24")],
  ],
  [
    "a public Allow where one condition of two needs its key",
    "bucket",
    [
      {
        ...PUBLIC,
        Condition: {
          IpAddress: { "aws:SourceIp": "192.0.2.0/24" },
          StringNotEquals: { [REFERER]: "http://bad" },
        },
      },
    ],
  ],
  [
    "ForAllValues with a Null of its key",
    "identity",
    [
      {
        Effect: "Allow",
        Condition: {
          "ForAllValues:StringLike": { "s3:prefix": "home/*" },
          Null: { "S3:Prefix": "false" },
        },
      },
    ],
  ],
  [
    "ForAllValues in a Deny",
    "identity",
    [
      {
        Effect: "Deny",
        Action: "s3:ListBucket",
        Condition: { "ForAllValues:StringLike": { "s3:prefix": "home/*" } },
      },
    ],
  ],
  [
    "ForAnyValue in an Allow",
    "identity",
    [{ Effect: "Allow", Condition: { "ForAnyValue:StringLike": { "s3:prefix": "home/*" } } }],
  ],
  [
    "ForAnyValue with IfExists in an identity's Allow",
    "identity",
    [
      {
        Effect: "Allow",
        Condition: { "ForAnyValue:StringLikeIfExists": { "s3:prefix": "home/*" } },
      },
    ],
  ],
  [
    "a negated condition of an identity's Allow",
    "identity",
    [{ Effect: "Allow", Condition: { StringNotEquals: { [REFERER]: "http://bad" } } }],
  ],
  ["a Deny of versions only", "identity", [deny("s3:DeleteObjectVersion")]],
  ["a Deny of both deletes", "identity", [deny(["s3:DeleteObject", "s3:DeleteObjectVersion"])]],
  ["a Deny of both by a wildcard", "identity", [deny("s3:Delete*")]],
  [
    "versions denied by the next statement",
    "identity",
    [deny("s3:DeleteObject"), deny("s3:DeleteObjectVersion")],
  ],
  [
    "versions denied for more objects",
    "identity",
    [deny("s3:DeleteObject", "photos/a?/*"), deny("s3:DeleteObjectVersion", "photos/*")],
  ],
  [
    "versions denied under the same variable",
    "identity",
    [
      deny("s3:DeleteObject", "photos/${aws:username}/*"),
      deny("s3:DeleteObjectVersion", "photos/${aws:username}/*"),
    ],
  ],
  [
    "both deletes denied outside of one prefix",
    "identity",
    [
      notResource("s3:DeleteObject", "photos/tmp/*"),
      notResource("s3:DeleteObjectVersion", "photos/tmp/*"),
    ],
  ],
  [
    "versions denied everywhere",
    "identity",
    [notResource("s3:DeleteObject", "photos/tmp/*"), deny("s3:DeleteObjectVersion", "*")],
  ],
  ["reading denied with versions", "identity", [deny("s3:GetObject"), deny("s3:GetObjectVersion")]],
  [
    "a user that is spared with its account",
    "bucket",
    [sparing("111122223333", "arn:aws:iam::111122223333:user/alice")],
  ],
  ["an Allow of DeleteObject", "identity", [{ ...deny("s3:DeleteObject"), Effect: "Allow" }]],
];
for (const [name, kind, statements] of silent) {
  test(`policyWarnings() is silent about ${name}`, () => {
    assert.deepEqual(saidOf(kind, ...statements), []);
  });
}

type Files = Readonly<Record<string, string>>;

const policy = (text: string): Files => ({ "gateway.yaml": `${GATEWAY}policy: { ${text} }\n` });
const account = (text: string): Files => ({
  "accounts.yaml": `accounts:\n  - { name: lab, ${text} }\n`,
});
const key = (text: string): string => `keys: [{ accessKey: A, secretKey: s, ${text} }]`;
const networks = (allow: string, deny: string): string =>
  `networks: { allow: [${allow}], deny: [${deny}] }`;
const allowing = (...actions: readonly string[]): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Action: actions, Resource: "*" },
  });
/** Accounts `lab0`, `lab1`, … with these access keys at the store. */
const sharing = (bucketPolicies: string, ...keys: readonly string[]): Files => ({
  "gateway.yaml": `${GATEWAY}policy: { bucketPolicies: ${bucketPolicies} }\n${bucketPolicies === "gateway" ? "state: { directory: records }\n" : ""}`,
  "accounts.yaml": `accounts:\n${keys
    .map(
      (accessKey, i) =>
        `  - { name: lab${i}, upstream: { accessKey: ${accessKey}, secretKey: s } }\n`,
    )
    .join("")}`,
});
const oneUserWith = (others: string): string =>
  `The account has the same store user as ${others}: only bucket records keep them apart, and buckets without a record are refused | Give each account its own store user, or adopt every bucket that existed before the gateway`;
const DENYING = allowing("s3:DeleteObject").replace("Allow", "Deny");
const reader = (...actions: readonly string[]): Files => ({
  ...account("subusers: [{ name: reader, tier: READ, policies: [own.json] }]"),
  "own.json": allowing(...actions),
});
const tiered = (named: string, text: string): Files => ({
  "gateway.yaml": policy("tiers: { LIST: [s3:ListBucket] }")["gateway.yaml"] ?? "",
  ...account(`subusers: [{ name: user, ${named} policies: [own.json] }]`),
  "own.json": text,
});

const UNSAID =
  'The store tenant of this user is unknown: it also gets the user and buckets of the same name in another tenant | Write tenant for the account, or tenant: "" if its user is in none';
const RESTRICTS_NONE =
  "The list has every IPv4 address, so it has no effect on them | Name only the networks to allow";
const NOBODY_COMES =
  "Nobody is allowed: every allowed address is also denied | Narrow the deny list: it comes before allow";
const REFUSES_ALL =
  "The list has every IPv4 address, so it refuses all of them | Name only the networks to deny";

const warned: readonly (readonly [string, Files, readonly string[]])[] = [
  [
    "an account whose clients sign with another's key at the store",
    {
      "gateway.yaml": `${GATEWAY}policy: { bucketPolicies: gateway }\nstate: { directory: records }\n`,
      "accounts.yaml": `accounts:
  - { name: lab, upstream: { accessKey: K1, secretKey: s } }
  - { name: own, keys: [{ accessKey: K1, secretKey: s }] }
`,
    },
    [
      `accounts.yaml:2:41 accounts[0].upstream.accessKey: ${oneUserWith('"own"')}`,
      `accounts.yaml:3:13 accounts[1].name: ${oneUserWith('"lab"')}`,
    ],
  ],
  [
    "an account whose tenant nobody has written, beside one in a tenant",
    {
      ...policy("bucketPolicies: gateway"),
      "accounts.yaml": `accounts:
  - { name: lab, upstream: { accessKey: K1, secretKey: s } }
  - { name: own, upstream: { accessKey: K2, secretKey: s }, tenant: T }
  - { name: none, upstream: { accessKey: K3, secretKey: s }, tenant: "" }
  - { name: T$U, upstream: { accessKey: K4, secretKey: s } }
`,
    },
    [`accounts.yaml:2:28 accounts[0].upstream: ${UNSAID}`],
  ],
  [
    "an account whose tenant nobody has written, before a Ceph with users of its own",
    {
      "gateway.yaml": (policy("bucketPolicies: gateway")["gateway.yaml"] ?? "").replace(
        /identities:.*/,
        'identities: [{ accounts: accounts.yaml }, { ceph: { endpoint: "http://rgw:7480", accessKey: G, secretKey: s } }]',
      ),
      "accounts.yaml": "accounts:\n  - { name: lab, upstream: { accessKey: K1, secretKey: s } }\n",
    },
    [`accounts.yaml:2:28 accounts[0].upstream: ${UNSAID}`],
  ],
  [
    "a tier without actions",
    policy("tiers: { NONE: [] }"),
    [
      "gateway.yaml:3:26 policy.tiers.NONE: The tier has no effect: no request needs its actions | Add actions, or remove the tier",
    ],
  ],
  [
    "a tier of actions that only AWS itself has",
    policy("tiers: { JOBS: [s3:CreateJob] }"),
    [
      "gateway.yaml:3:26 policy.tiers.JOBS: The tier has no effect: no request needs its actions | Add actions, or remove the tier",
    ],
  ],
  [
    "an allow list with every IPv4 address",
    policy(networks("0.0.0.0/0", "")),
    [`gateway.yaml:3:30 policy.networks.allow: ${RESTRICTS_NONE}`],
  ],
  [
    "an allow list with every IPv6 address",
    policy(networks("::/0", "")),
    [`gateway.yaml:3:30 policy.networks.allow: ${RESTRICTS_NONE.replace("IPv4", "IPv6")}`],
  ],
  [
    "an allow list with both halves of IPv4",
    policy(networks("128.0.0.0/1, 0.0.0.0/1", "")),
    [`gateway.yaml:3:30 policy.networks.allow: ${RESTRICTS_NONE}`],
  ],
  [
    "an allow list with both halves of IPv6, one of them inside other networks",
    policy(networks('"8000::/1", "::/2", "4000::/2"', "")),
    [`gateway.yaml:3:30 policy.networks.allow: ${RESTRICTS_NONE.replace("IPv4", "IPv6")}`],
  ],
  [
    "a deny list with every address",
    policy(networks("", "0.0.0.0/0, ::/0")),
    [
      `gateway.yaml:3:40 policy.networks.deny: ${REFUSES_ALL}`,
      `gateway.yaml:3:40 policy.networks.deny: ${REFUSES_ALL.replace("IPv4", "IPv6")}`,
    ],
  ],
  [
    "such a list of an account",
    account(networks("0.0.0.0/0", "")),
    [`accounts.yaml:2:37 accounts[0].networks.allow: ${RESTRICTS_NONE}`],
  ],
  [
    "such a list of an account's key",
    account(key(networks("0.0.0.0/0", ""))),
    [`accounts.yaml:2:74 accounts[0].keys[0].networks.allow: ${RESTRICTS_NONE}`],
  ],
  [
    "such a list of a subuser",
    account(`subusers: [{ name: user, tier: READ, ${networks("0.0.0.0/0", "")} }]`),
    [`accounts.yaml:2:74 accounts[0].subusers[0].networks.allow: ${RESTRICTS_NONE}`],
  ],
  [
    "such a list of a subuser's key",
    account(`subusers: [{ name: user, tier: READ, ${key(networks("0.0.0.0/0", ""))} }]`),
    [`accounts.yaml:2:111 accounts[0].subusers[0].keys[0].networks.allow: ${RESTRICTS_NONE}`],
  ],
  [
    "an allow list that is wholly denied, by several networks together",
    policy(networks("192.0.2.0/24, 198.51.100.7", "192.0.2.0/25, 192.0.2.128/25, 198.51.0.0/16")),
    [`gateway.yaml:3:30 policy.networks.allow: ${NOBODY_COMES}`],
  ],
  [
    "an allow list and a deny list of everything, once",
    policy(networks("0.0.0.0/0", "0.0.0.0/0")),
    [`gateway.yaml:3:30 policy.networks.allow: ${NOBODY_COMES}`],
  ],
  [
    "a subuser's policy that allows what its tier does not have, by the first such action",
    reader("s3:GetObject", "s3:putobject", "s3:DeleteObject"),
    [
      "own.json:1:undefined Statement[0]: lab:reader has the tier READ without s3:PutObject, so allowing it has no effect | Give the subuser a tier that has the action, or remove the action",
    ],
  ],
  [
    "the same under a tier of the operator's own",
    tiered("tier: LIST,", allowing("s3:ListBucket", "s3:GetObject")),
    [
      "own.json:1:undefined Statement[0]: lab:user has the tier LIST without s3:GetObject, so allowing it has no effect | Give the subuser a tier that has the action, or remove the action",
    ],
  ],
  [
    "an account's policy",
    { ...account("policies: [own.json]"), "own.json": DENYING },
    [`own.json:1:undefined ${VERSIONS} | Add s3:DeleteObjectVersion to Action`],
  ],
  [
    "a subuser's policy",
    { ...account("subusers: [{ name: user, policies: [own.json] }]"), "own.json": DENYING },
    [`own.json:1:undefined ${VERSIONS} | Add s3:DeleteObjectVersion to Action`],
  ],
  [
    "a policy that two hold, once",
    {
      ...account("policies: [own.json], subusers: [{ name: user, policies: [own.json] }]"),
      "own.json": DENYING,
    },
    [`own.json:1:undefined ${VERSIONS} | Add s3:DeleteObjectVersion to Action`],
  ],
  [
    "accounts that are one user of the store",
    sharing("gateway", "A", "B", "A"),
    [
      `accounts.yaml:2:42 accounts[0].upstream.accessKey: ${oneUserWith('"lab2"')}`,
      `accounts.yaml:4:42 accounts[2].upstream.accessKey: ${oneUserWith('"lab0"')}`,
    ],
  ],
  [
    "several things, by file and line",
    {
      "gateway.yaml": `${GATEWAY}policy:\n  tiers: { NONE: [] }\n  ${networks("", "0.0.0.0/0")}\n`,
      ...account(networks("0.0.0.0/0", "")),
    },
    [
      `accounts.yaml:2:37 accounts[0].networks.allow: ${RESTRICTS_NONE}`,
      "gateway.yaml:4:18 policy.tiers.NONE: The tier has no effect: no request needs its actions | Add actions, or remove the tier",
      `gateway.yaml:5:32 policy.networks.deny: ${REFUSES_ALL}`,
    ],
  ],
];
for (const [name, files, expected] of warned) {
  test(`parseConfig() warns of ${name}`, () => {
    assert.deepEqual(warningsOf(files), expected);
  });
}

const quiet: readonly (readonly [string, Files])[] = [
  ["the least configuration", {}],
  ["a tier of one action", policy("tiers: { LIST: [s3:ListBucket] }")],
  ["empty lists of networks", policy(networks("", ""))],
  ["an allow list with half of IPv4", policy(networks("0.0.0.0/1", ""))],
  ["two quarters with a gap", policy(networks("0.0.0.0/2, 128.0.0.0/1", ""))],
  ["half of IPv4 and half of IPv6", policy(networks('0.0.0.0/1, "8000::/1"', ""))],
  ["all of IPv4 but its last address", policy(networks("", lessLast()))],
  [
    "an allow list that is denied but for one address",
    policy(networks("192.0.2.0/31", "192.0.2.0")),
  ],
  [
    "an allow list of which one network is denied",
    policy(networks("192.0.2.0/24, ::1", "192.0.2.0/24")),
  ],
  ["accounts that are a user of the store each", sharing("gateway", "A", "B")],
  ["a key that has expired", account(key("expires: 2001-01-01"))],
  ["a subuser's policy within its tier", reader("s3:GetObject", "s3:ListBucket")],
  ["wildcards that reach beyond a tier", reader("s3:*", "s3:PutObject*", "s3:PutObjec?")],
  [
    "an Allow by NotAction under a tier",
    tiered("tier: LIST,", allowing("s3:PutObject").replace("Action", "NotAction")),
  ],
  [
    "a Deny of what a tier does not have",
    tiered("tier: LIST,", allowing("s3:PutObject").replace("Allow", "Deny")),
  ],
  ["an Allow without a tier", tiered("", allowing("s3:PutObject"))],
  [
    "an account's policy that allows more than a subuser's tier",
    {
      ...account("policies: [own.json], subusers: [{ name: reader, tier: READ }]"),
      "own.json": allowing("s3:PutObject"),
    },
  ],
];
for (const [name, files] of quiet) {
  test(`parseConfig() has no warning about ${name}`, () => {
    assert.deepEqual(warningsOf(files), []);
  });
}

test("parseConfig() names three of many accounts that are one user of the store", () => {
  const [first] = warningsOf(sharing("gateway", "A", "A", "A", "A", "A"));
  assert.match(first ?? "", /as "lab1", "lab2", "lab3" and 1 more: only bucket/);
});

/** 0.0.0.0/1, 128.0.0.0/2 and so on to 255.255.255.254/32. */
function lessLast(): string {
  const networks = Array.from({ length: 32 }, (_, index) => {
    const base = 2 ** 32 - 2 ** (32 - index);
    const octets = [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256);
    return `${octets.join(".")}/${index + 1}`;
  });
  return networks.join(", ");
}

/** Without what a provider's document still needs: provider-needs.test.ts is about that. */
const otherThanNeeds = (files: Readonly<Record<string, string>>): readonly string[] =>
  warningsOf(files).filter((line) => !line.includes(": The document of "));

const LOCKED = JSON.stringify({
  Version: "2012-10-17",
  Statement: {
    Effect: "Deny",
    Principal: "*",
    Action: ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
    Resource: "arn:aws:s3:::bucket",
  },
});
const kept = (policy: string): Record<string, string> => ({
  "gateway.yaml": `${GATEWAY}policy: { bucketPolicies: gateway${policy} }\n`,
  "accounts.yaml": `accounts: [{ name: lab, upstream: { accessKey: UP, secretKey: UPS } }]
buckets: [{ name: bucket, account: lab, policy: bucket.json }]
`,
  "bucket.json": LOCKED,
});

test("parseConfig() warns of a bucket policy that locks its owner out", () => {
  assert.deepEqual(otherThanNeeds(kept(", provider: lumi-o")), [
    'bucket.json:undefined:undefined : The policy locks the account "lab" out of changing it | Let the account keep s3:PutBucketPolicy or s3:DeleteBucketPolicy',
  ]);
});

test("parseConfig() warns of one that locks its owner out by a group, unless a privilege lets it in", () => {
  const files = (more: string): Record<string, string> => ({
    "gateway.yaml": `${GATEWAY}policy: { provider: qumulo, bucketPolicies: gateway }\n`,
    "accounts.yaml": `accounts: [{ name: lab, groups: [physics], upstream: { accessKey: UP, secretKey: UPS }${more} }]
buckets: [{ name: bucket, account: lab, policy: bucket.json }]
`,
    "bucket.json":
      '{"Statements":[{"Effect":"Deny","Action":["s3:*"],"Principal":{"Qumulo":["physics"]}}]}',
  });
  const lockedOut = (more: string): boolean =>
    otherThanNeeds(files(more)).some((line) => line.includes("locks the account"));
  assert.equal(lockedOut(""), true);
  assert.equal(lockedOut(", privileges: [S3_UPLOADS_WRITE]"), true);
  assert.equal(lockedOut(", privileges: [PRIVILEGE_S3_BUCKETS_WRITE]"), false);
});

test("parseConfig() does not, where the provider lets owners escape", () => {
  assert.deepEqual(warningsOf(kept("")), []);
});

test("parseConfig() warns of groups that no policy can name", () => {
  const accounts = "accounts: [{ name: lab, groups: [physics, maths] }]\n";
  assert.deepEqual(warningsOf({ "accounts.yaml": accounts }), [
    "accounts.yaml:1:34 accounts[0].groups[0]: No policy of this provider can name a group | Name users in policies, or give them tags for aws:PrincipalTag",
  ]);
  const gateway = `${GATEWAY}policy: { provider: qumulo, bucketPolicies: gateway }\n`;
  assert.deepEqual(otherThanNeeds({ "accounts.yaml": accounts, "gateway.yaml": gateway }), []);
});

test("parseConfig() warns of anonymous requests that no policy can let in", () => {
  const said = (policy: string): readonly string[] =>
    otherThanNeeds({ "gateway.yaml": `${GATEWAY}policy: { ${policy} }\n` });
  const [warning = ""] = said("anonymous: policy");
  assert.match(warning, /^gateway.yaml:3:22 policy.anonymous: Anonymous requests are refused/);
  assert.match(
    said("provider: atman, bucketPolicies: upstream").join(),
    /policy.provider: Anonymous requests are refused/,
  );
  assert.deepEqual(said("anonymous: policy, bucketPolicies: gateway"), []);
  assert.deepEqual(said("provider: atman"), []);
  assert.deepEqual(said("provider: atman, bucketPolicies: upstream, anonymous: deny"), []);
});

for (const [what, gateway] of [
  ["the store keeps policies", ""],
  ["the gateway keeps policies without records", "policy: { bucketPolicies: gateway }\n"],
] as const) {
  test(`parseConfig() refuses accounts that are one user of the store: ${what}`, () => {
    const files = { ...sharing("gateway", "A", "B", "A"), "gateway.yaml": `${GATEWAY}${gateway}` };
    const problem = (i: number, line: number, other: string): string =>
      `accounts.yaml:${line}:42 accounts[${i}].upstream.accessKey: The account has the same store user as "${other}", and buckets have no recorded owner: each could list, read and remove the other's buckets | Give each account its own store user, or set policy.bucketPolicies to gateway and configure state`;
    assert.deepEqual(problemsOf(files), [problem(0, 2, "lab2"), problem(2, 4, "lab0")]);
  });
}
