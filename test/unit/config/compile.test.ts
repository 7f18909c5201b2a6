import assert from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { PROVIDERS } from "../../../src/provider/names.ts";
import { networkDecision } from "../../../src/policy/network.ts";
import { tierGrants } from "../../../src/provider/tier.ts";
import { matchesAction } from "../../../src/s3/action-names.ts";
import type { Action } from "../../../src/s3/actions.ts";
import { GATEWAY, goodConfig } from "../../support/config.ts";

const ACCOUNTS = `accounts:
  - name: lab
    upstream: { accessKey: UP, secretKey: UPSECRET }
    keys:
      - { accessKey: AK1, secretKey: SK1, notBefore: 2026-01-01, expires: 2027-01-01 }
      - { accessKey: AK2, secretKey: SK2, disabled: true, sessionToken: TOKEN }
    networks: { deny: [192.0.2.66] }
    blockedActions: [s3:DeleteBucket]
    subusers:
      - name: reader
        tier: READ
        keys: [{ accessKey: AK3, secretKey: SK3, networks: { allow: [198.51.100.7] } }]
        blockedActions: ["s3:GetObjectTagging"]
      - { name: lister, tier: LIST, keys: [{ accessKey: AK4, secretKey: SK4 }] }
      - { name: writer, tier: WRITE, keys: [{ accessKey: AK5, secretKey: SK5 }] }
  - name: own
    keys: [{ accessKey: AK6, secretKey: SK6 }]
`;
const OPTIONS = `listen: { domains: [s3.example.org] }
policy:
  mode: report
  blockedActions: ["s3:DeleteObjectVersion"]
  unsupported: ["s3:PutEncryptionConfiguration"]
  tiers: { LIST: ["s3:List*"], WRITE: ["s3:PutObject"] }
  anonymous: upstream
  presigned: { maxExpiry: 1h }
  signatures: [v4, v2]
  regions: [us-east-1]
limits: { headerBytes: 8KiB, xmlBytes: 1MiB, clockSkew: 5m }
`;

function snapshotOf(gateway: string, generation = 1): Snapshot {
  const files = { "gateway.yaml": gateway, "accounts.yaml": ACCOUNTS };
  return compileSnapshot(goodConfig(files), generation);
}

const snapshot = snapshotOf(GATEWAY + OPTIONS, 7);

test("compileSnapshot() carries the settings that decisions need", () => {
  assert.equal(snapshot.generation, 7);
  assert.deepEqual(snapshot.hosts, { domains: ["s3.example.org"], accountDomains: [] });
  assert.deepEqual(snapshot.signatures, {
    v2: true,
    regions: ["us-east-1"],
    clockSkewMs: 300_000,
    presignedExpiryMaxMs: 3_600_000,
    presignedExpiryMinMs: 1000,
    presignedV2: true,
    presignedV2MaxMs: 3_600_000,
  });
  assert.deepEqual(snapshot.limits, { xmlBytesMax: 1_048_576, bodyBytesMax: 5 * 1024 ** 3 });
  assert.equal(snapshot.policy.mode, "report");
  assert.equal(snapshot.policy.anonymous, "upstream");
});

test("compileSnapshot() names the first endpoint as the store's authority", () => {
  const endpoints =
    'endpoints: ["https://one:443", "https://two:8443"], addressing: virtual, store: ceph';
  const {
    store: { operations, ignoredHeaders: _ignored, checksums, ...store },
  } = snapshotOf(
    `upstream: { ${endpoints}, region: eu, trailers: true }\nidentities: [{ accounts: accounts.yaml }]\npolicy: { tiers: { LIST: [] } }\n`,
  );
  assert.deepEqual(store, {
    authority: "one",
    region: "eu",
    naming: {
      tenants: true,
      tenantsKnown: false,
      aliases: false,
      addressing: "virtual",
      prefix: undefined,
    },
    foldsPaths: false,
    acls: "kept",
    withoutEffect: "refuse",
    trailers: true,
  });
  assert.equal(checksums.has("crc32"), true);
  assert.equal(operations.has("GetObject"), true);
  assert.equal(operations.has("RenameObject"), false);
});

test("compileSnapshot() finds every key by its access key id", () => {
  assert.deepEqual(
    [...snapshot.keys].map(([id, key]) => [
      id,
      key.accessKeyId,
      key.secret,
      key.account.name,
      key.subuser?.name,
    ]),
    [
      ["AK1", "AK1", "SK1", "lab", undefined],
      ["AK2", "AK2", "SK2", "lab", undefined],
      ["AK3", "AK3", "SK3", "lab", "reader"],
      ["AK4", "AK4", "SK4", "lab", "lister"],
      ["AK5", "AK5", "SK5", "lab", "writer"],
      ["AK6", "AK6", "SK6", "own", undefined],
    ],
  );
});

test("compileSnapshot() sets the state of a key", () => {
  const one = snapshot.keys.get("AK1");
  assert.equal(one?.notBeforeMs, 1_767_225_600_000);
  assert.equal(one?.expiresMs, 1_798_761_600_000);
  assert.equal(one?.disabled, false);
  assert.equal(one?.sessionToken, undefined);
  const two = snapshot.keys.get("AK2");
  assert.equal(two?.notBeforeMs, undefined);
  assert.equal(two?.expiresMs, undefined);
  assert.equal(two?.disabled, true);
  assert.equal(two?.sessionToken, "TOKEN");
});

test("compileSnapshot() signs upstream as the account, or as the client where it has no key", () => {
  const credential = { accessKeyId: "UP", secret: "UPSECRET" };
  assert.deepEqual(snapshot.keys.get("AK3")?.account.upstream, credential);
  assert.equal(snapshot.keys.get("AK6")?.account.upstream, undefined);
});

test("compileSnapshot() compiles networks", () => {
  const reader = snapshot.keys.get("AK3");
  assert.ok(reader);
  assert.equal(networkDecision(reader.networks, "198.51.100.7"), "allowed");
  assert.equal(networkDecision(reader.networks, "198.51.100.8"), "denied");
  assert.equal(networkDecision(reader.account.networks, "192.0.2.66"), "denied");
  assert.equal(networkDecision(reader.account.networks, "192.0.2.67"), "allowed");
});

function allowed(id: string, action: Action): boolean | undefined {
  const tier = snapshot.keys.get(id)?.subuser?.tier;
  return tier && tierGrants(tier, action, "GetObject");
}

test("compileSnapshot() takes a tier's default, an own tier, and a change to a default", () => {
  assert.equal(allowed("AK3", "s3:GetObject"), true);
  assert.equal(allowed("AK3", "s3:PutObject"), false);
  assert.equal(allowed("AK4", "s3:ListBucket"), true);
  assert.equal(allowed("AK4", "s3:GetObject"), false);
  assert.equal(allowed("AK5", "s3:PutObject"), true);
  assert.equal(allowed("AK5", "s3:DeleteObject"), false);
});

test("compileSnapshot() compiles blocked and unsupported actions with their text", () => {
  const [blocked] = snapshot.policy.blockedActions;
  assert.equal(blocked?.text, "s3:DeleteObjectVersion");
  assert(blocked !== undefined);
  assert.equal(matchesAction(blocked.matches, "s3:DeleteObjectVersion", "DeleteObject"), true);
  assert.equal(matchesAction(blocked.matches, "s3:GetObject", "GetObject"), false);
  const [unsupported] = snapshot.policy.unsupported;
  assert(unsupported !== undefined);
  const encryption = ["s3:PutEncryptionConfiguration", "PutBucketEncryption"] as const;
  assert.equal(matchesAction(unsupported.matches, ...encryption), true);
  const reader = snapshot.keys.get("AK3");
  assert.equal(reader?.account.blockedActions[0]?.text, "s3:DeleteBucket");
  assert.equal(reader?.subuser?.blockedActions[0]?.text, "s3:GetObjectTagging");
});

/** What each provider's dialect knows, and what most know besides. */
const PLAIN_STATEMENT = { Effect: "Allow", Action: ["s3:PutObject"], Resource: "arn:aws:s3:::b/*" };
const RICH_STATEMENT = {
  Effect: "Allow",
  Action: ["s3:Get*", "s3:PutObject"],
  Resource: "arn:aws:s3:::photos/${aws:username}/*",
  Condition: {
    IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] },
    DateLessThan: { "aws:CurrentTime": "2030-01-01T00:00:00Z" },
    StringLike: { "aws:UserAgent": "aws-cli/*" },
  },
};
const RICH: ReadonlySet<string> = new Set(["aws", "lumi-o", "nutanix"]);

for (const provider of PROVIDERS) {
  test(`a configuration under ${provider} is plain data, whole when it comes from another thread`, () => {
    const config = goodConfig({
      "gateway.yaml": `${GATEWAY}policy:
  provider: ${provider}
  blockedActions: ["s3:Delete*", "*"]
  networks: { allow: ["2001:db8::/32"], deny: [192.0.2.1] }
listen: { trustedProxies: [10.0.0.0/8] }
passthrough: [{ path: /dashboard/, target: "http://192.0.2.9", networks: { allow: [10.0.0.0/8] } }]
`,
      "accounts.yaml": `accounts: [{ name: lab, policies: [policy.json], keys: [{ accessKey: AK1, secretKey: SK1 }], limits: { requests: 5 } }]\n`,
      "policy.json": JSON.stringify({
        Version: "2012-10-17",
        Statement: RICH.has(provider) ? RICH_STATEMENT : PLAIN_STATEMENT,
      }),
    });
    const sent = structuredClone(config);
    assert.deepEqual(sent, config);
    assert.deepEqual(
      compileSnapshot(sent, 1).keys.get("AK1")?.account.policies.statements.length,
      1,
    );
  });
}
