/** The operator's configuration of docs/prove.md, of some 300 lines, with three mistakes in it. */

const GROUPS = [
  "physics",
  "biology",
  "climate",
  "archive",
  "genomics",
  "imaging",
  "chemistry",
  "geology",
  "linguistics",
  "medicine",
] as const;

/** Returns its files by their names; without the mistakes if `mended`. */
export function storyFiles(mended: boolean): Readonly<Record<string, string>> {
  return {
    "gateway.yaml": GATEWAY,
    "accounts.yaml": accounts(),
    "secret.json": secretPolicy(mended),
    "partner.json": partnerPolicy(mended),
    "claims.txt": CLAIMS,
  };
}

const GATEWAY = `upstream: { endpoints: ["http://127.0.0.1:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
policy:
  provider: atman
  blockedActions: ["s3:DeleteObjectVersion"]
`;

const CLAIMS = `# What we promise to our groups
nobody but physics:* may s3:GetObject on arn:aws:s3:::secret/*
climate:partner may nothing on arn:aws:s3:::models-internal/*
everything of climate:partner comes from 198.51.100.0/24
nobody may s3:DeleteObjectVersion on *
`;

function accounts(): string {
  const written = GROUPS.flatMap((name) => [
    `  - name: ${name}`,
    `    upstream:`,
    `      accessKey: STORE${name.toUpperCase()}`,
    `      secretKey: secret`,
    `    keys:`,
    `      - accessKey: AKID${name.toUpperCase()}`,
    `        secretKey: secret`,
    `    subusers:`,
    ...["reader", "writer", "robot"].flatMap((user) => [
      `      - name: ${user}`,
      `        tier: ${user === "reader" ? "READ" : "READWRITE"}`,
      `        keys:`,
      `          - accessKey: AKID${name.toUpperCase()}${user.toUpperCase()}`,
      `            secretKey: secret`,
    ]),
    ...(name === "climate" ? PARTNER : []),
  ]);
  const buckets = [
    "  - { name: secret, account: physics, policy: secret.json }",
    "  - { name: models, account: climate }",
    "  - { name: models-internal, account: climate }",
  ];
  return `accounts:\n${written.join("\n")}\nbuckets:\n${buckets.join("\n")}\n`;
}

const PARTNER = [
  "      - name: partner",
  "        policies: [partner.json]",
  "        keys:",
  "          - accessKey: AKIDCLIMATEPARTNER",
  "            secretKey: secret",
];

/** Mistake 1: an Allow with NotPrincipal allows everybody except those it lists. */
function secretPolicy(mended: boolean): string {
  const whom = mended
    ? { Principal: { AWS: ["arn:aws:iam:::user/physics:robot"] } }
    : { NotPrincipal: { AWS: ["arn:aws:iam:::user/climate", "arn:aws:iam:::user/biology"] } };
  const statement = {
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::secret/*",
    Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  };
  return document([{ Sid: "Team", Effect: "Allow", ...whom, ...statement }]);
}

/**
 * Mistake 2: with one `*` too many, the neighbouring bucket is included. Mistake 3: a network in
 * IPv6's form, which is the IPv4 network 203.0.113.0/24.
 */
function partnerPolicy(mended: boolean): string {
  const office = ["198.51.100.0/24", ...(mended ? [] : ["::ffff:203.0.113.0/120"])];
  return document([
    {
      Sid: "FromTheOffice",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: mended ? "arn:aws:s3:::models/*" : "arn:aws:s3:::models*/*",
      Condition: { IpAddress: { "aws:SourceIp": office } },
    },
  ]);
}

function document(statements: readonly object[]): string {
  return `${JSON.stringify({ Version: "2012-10-17", Statement: statements }, undefined, 2)}\n`;
}
