import assert from "node:assert/strict";
import { test } from "node:test";
import { goodConfig, problemsOf, warningsOf } from "../../support/config.ts";

const KEY = Buffer.alloc(32, 1).toString("base64url");
const GATEWAY = `upstream: { endpoints: ["http://store:7480"] }
identities: [{ accounts: accounts.yaml }]
issuers: [{ name: github, url: "https://token.example.org/x", audiences: [s3], claims: { repo: repository } }]
sts: { keys: [{ id: a, secret: ${KEY} }] }
`;
const UPSTREAM = "upstream: { accessKey: AK, secretKey: SK }";
const SHORT = 'trust: { issuer: github, subject: "repo:lab/*" }';

/** An account with these roles, one a line. */
const withRoles = (...roles: readonly string[]): Record<string, string> => ({
  "gateway.yaml": GATEWAY,
  "accounts.yaml": `accounts:\n  - name: lab\n    ${UPSTREAM}\n    roles:\n${roles.map((role) => `      - ${role}\n`).join("")}`,
});

test("a role has its tier, its policies, its trust and an hour unless it says otherwise", () => {
  const files = withRoles(`{ name: writer, tier: READWRITE, ${SHORT} }`);
  const [role] = goodConfig(files).accounts[0]?.roles ?? [];
  assert.equal(role?.tier, "READWRITE");
  assert.equal(role?.maxSession, 3_600_000);
  assert.deepEqual(role?.trust.statements[0]?.place, {
    file: "accounts.yaml",
    line: 5,
    sid: undefined,
    index: 0,
  });
});

test("a trust policy may stand in a file, or in the accounts file itself", () => {
  const policy = {
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: { Federated: "arn:aws:iam::lab:oidc-provider/token.example.org/x" },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        StringEquals: { "token.example.org/x:sub": "alice", "github:repo": "lab/x" },
        StringLike: { "sts:RoleSessionName": "ci-*" },
      },
    },
  };
  const files = withRoles(
    "{ name: one, tier: READ, trust: trust.json }",
    `{ name: two, tier: READ, trust: ${JSON.stringify(policy)} }`,
  );
  const { accounts } = goodConfig({ ...files, "trust.json": JSON.stringify(policy) });
  for (const role of accounts[0]?.roles ?? []) {
    const [statement] = role.trust.statements;
    assert.deepEqual([...(statement?.principals?.names ?? [])], ["federated:github"]);
    assert.deepEqual(
      statement?.conditions.map(({ name }) => [name.key, name.tag]),
      [
        ["token:claim", "github:sub"],
        ["token:claim", "github:repo"],
        ["sts:RoleSessionName", ""],
      ],
    );
  }
});

const inline = (statement: object): string =>
  `{ name: r, tier: READ, trust: ${JSON.stringify({ Version: "2012-10-17", Statement: statement })} }`;
const ALLOW = { Effect: "Allow", Principal: { AWS: "lab" }, Action: "sts:AssumeRole" };

const refused: readonly (readonly [
  name: string,
  files: Readonly<Record<string, string>>,
  expected: RegExp,
])[] = [
  [
    "an issuer that is not there, with the nearest name",
    withRoles('{ name: r, tier: READ, trust: { issuer: gitub, subject: "*" } }'),
    /accounts\.yaml:5:\d+ accounts\[0\]\.roles\[0\]\.trust\.issuer: Unknown issuer: got "gitub" \| .*github/,
  ],
  [
    "a trust without a subject",
    withRoles("{ name: r, tier: READ, trust: { issuer: github } }"),
    /trust: Missing key "subject"/,
  ],
  [
    "a trust with something else in it",
    withRoles("{ name: r, tier: READ, trust: { issuer: github, subject: x, audience: y } }"),
    /trust\.audience: Unknown key "audience"/,
  ],
  [
    "an empty list of subjects",
    withRoles("{ name: r, tier: READ, trust: { issuer: github, subject: [] } }"),
    /trust\.subject: Expected a text/,
  ],
  [
    "a role without trust",
    withRoles("{ name: r, tier: READ }"),
    /roles\[0\].*: Missing key "trust"/,
  ],
  [
    "a role that may do nothing",
    withRoles(`{ name: r, ${SHORT} }`),
    /accounts\[0\]\.roles\[0\]: Sessions of the role may do nothing/,
  ],
  [
    "an unknown tier",
    withRoles(`{ name: r, tier: RAED, ${SHORT} }`),
    /roles\[0\]\.tier: Unknown tier: got "RAED" \| .*READ/,
  ],
  [
    "two roles of one name",
    withRoles(`{ name: r, tier: READ, ${SHORT} }`, `{ name: r, tier: FULL, ${SHORT} }`),
    /roles\[1\]\.name: The role is given twice: got "r"/,
  ],
  [
    "a session that lasts for longer than a role's may",
    withRoles(`{ name: r, tier: READ, maxSession: 13h, ${SHORT} }`),
    /maxSession: Expected 15m to 12h: got "13h"/,
  ],
  [
    "a trust that allows what is no trust",
    withRoles(inline({ ...ALLOW, Action: "s3:GetObject" })),
    /Policy has invalid action: got "s3:GetObject"/,
  ],
  [
    "a trust with a resource, which is always the role",
    withRoles(inline({ ...ALLOW, Resource: "*" })),
    /unknown field "Resource"/,
  ],
  [
    "a claim that no issuer has",
    withRoles(inline({ ...ALLOW, Condition: { StringEquals: { "github:repository": "x" } } })),
    /invalid condition key: got "github:repository"/,
  ],
  [
    "the inner name of claims",
    withRoles(inline({ ...ALLOW, Condition: { StringEquals: { "token:claim/github:sub": "x" } } })),
    /invalid condition key: got "token:claim\/github:sub"/,
  ],
  [
    "a federated principal that is no issuer",
    withRoles(inline({ ...ALLOW, Principal: { Federated: "gitlab" } })),
    /there is no issuer "gitlab"/,
  ],
  [
    "every federated principal at once",
    withRoles(inline({ ...ALLOW, Principal: { Federated: "*" } })),
    /there is no issuer "\*"/,
  ],
  [
    "everybody, tokens of every issuer among them",
    withRoles(inline({ ...ALLOW, Principal: "*", Action: "sts:AssumeRoleWithWebIdentity" })),
    /"\*" would trust the tokens of every issuer \| Name issuers in \{"Federated": …\}/,
  ],
  [
    "everybody, by a wildcard that allows tokens",
    withRoles(inline({ ...ALLOW, Principal: "*", Action: "sts:Assume*" })),
    /"\*" would trust the tokens of every issuer/,
  ],
  [
    "everybody, by the actions that are not listed",
    withRoles(inline({ Effect: "Allow", Principal: "*", NotAction: "sts:AssumeRole" })),
    /"\*" would trust the tokens of every issuer/,
  ],
  [
    "everybody but some",
    withRoles(inline({ Effect: "Allow", NotPrincipal: { AWS: "lab" }, Action: "sts:AssumeRole" })),
    /NotPrincipal cannot be used with Allow/,
  ],
  [
    "a role whose sessions nothing could sign for",
    {
      "gateway.yaml": GATEWAY,
      "accounts.yaml": `accounts: [{ name: lab, roles: [{ name: r, tier: READ, ${SHORT} }] }]\n`,
    },
    /no key of the account with which it could sign for sessions/,
  ],
  [
    "roles without sealing keys",
    {
      ...withRoles(`{ name: r, tier: READ, ${SHORT} }`),
      "gateway.yaml": GATEWAY.replace(/sts:.*\n/, ""),
    },
    /Nobody can become the role: gateway\.yaml has no sts\.keys/,
  ],
  [
    "a sealing key of another length, without quoting it",
    { "gateway.yaml": GATEWAY.replace(KEY, "c2hvcnQ") },
    /sts\.keys\[0\]\.secret: Expected 43 characters as s3warden keygen --sealing writes them$/m,
  ],
  [
    "two sealing keys of one id",
    {
      "gateway.yaml": GATEWAY.replace("keys: [", `keys: [{ id: a, secret: ${KEY} }, `),
    },
    /sts\.keys\[1\]\.id: Two sealing keys have the same id/,
  ],
  ...(
    [
      ["a revocation that ends nothing", "{}", /revoked\[0\]: It ends no session/],
      [
        "a revocation of an unknown role",
        "{ role: wirter }",
        /revoked\[0\]\.role: Unknown role: got "wirter" \| .*writer/,
      ],
      [
        "a revocation of an unknown issuer",
        "{ issuer: x }",
        /revoked\[0\]\.issuer: Unknown issuer: got "x"/,
      ],
      [
        "a revocation of a subject without its issuer",
        "{ role: writer, subject: x }",
        /revoked\[0\]\.subject: A subject needs its issuer/,
      ],
    ] as const
  ).map(([name, revoked, expected]) => {
    const files = withRoles(`{ name: writer, tier: READ, ${SHORT} }`);
    const accounts = `${files["accounts.yaml"]}revoked: [${revoked}]\n`;
    return [name, { ...files, "accounts.yaml": accounts }, expected] as const;
  }),
];

for (const [name, files, expected] of refused) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.match(problemsOf(files).join("\n"), expected);
  });
}

const warned: readonly (readonly [name: string, trust: object, expected: RegExp | undefined])[] = [
  [
    "every subject of an issuer",
    { issuer: "github", subject: "*" },
    /accounts\.yaml:5:.*The role "lab:r" can be assumed by every subject of github \| Name a subject/,
  ],
  ["some subjects", { issuer: "github", subject: "repo:lab/*" }, undefined],
  [
    "everybody who has a key",
    { Version: "2012-10-17", Statement: { ...ALLOW, Principal: { AWS: "*" } } },
    /can be assumed by everybody who has a key/,
  ],
  [
    "everybody who has a key and knows something",
    {
      Version: "2012-10-17",
      Statement: {
        ...ALLOW,
        Principal: { AWS: "*" },
        Condition: { StringEquals: { "sts:ExternalId": "4711" } },
      },
    },
    undefined,
  ],
  [
    "nobody",
    { Version: "2012-10-17", Statement: { ...ALLOW, Action: "sts:TagSession" } },
    /The role "lab:r" can be assumed by nobody/,
  ],
];
for (const [name, trust, expected] of warned) {
  test(`check warns of a role for ${name}: ${expected !== undefined}`, () => {
    const files = withRoles(`{ name: r, tier: READ, trust: ${JSON.stringify(trust)} }`);
    const said = warningsOf(files).filter((line) => line.includes("The role"));
    if (expected === undefined) assert.deepEqual(said, []);
    else assert.match(said.join("\n"), expected);
  });
}
