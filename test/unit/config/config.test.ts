import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { err } from "../../../src/lib/result.ts";
import { storeTraits } from "../../../src/s3/stores.ts";
import {
  ACCOUNTS,
  GATEWAY,
  goodConfig,
  problemsOf,
  shippedProvider,
} from "../../support/config.ts";

/** Name, text behind the least gateway.yaml (from line 3), the one problem. */
const GATEWAY_TABLE = [
  [
    "a number of workers that is none",
    "workers: many",
    'gateway.yaml:3:10 workers: Expected a number from 1 to 256, or auto: got "many"',
  ],
  [
    "an unknown section, with a suggestion",
    "limit: {}",
    'gateway.yaml:3:1 limit: Unknown key "limit" | Did you mean "limits"?',
  ],
  [
    "an unknown option, with a suggestion",
    "listen:\n  adress: 0.0.0.0:80",
    'gateway.yaml:4:3 listen.adress: Unknown key "adress" | Did you mean "address"?',
  ],
  [
    "an unknown option that is like no other",
    "admin: { colour: red }",
    'gateway.yaml:3:10 admin.colour: Unknown key "colour" | Allowed: address, socketMode, hosts',
  ],
  [
    "a duration without a unit",
    "limits: { idleTimeout: '60' }",
    'gateway.yaml:3:24 limits.idleTimeout: Expected a duration such as 500ms, 30s, 5m, 1h or 7d: got "60"',
  ],
  [
    "a duration that is a number",
    "limits: { idleTimeout: 60 }",
    'gateway.yaml:3:24 limits.idleTimeout: Expected a duration such as 500ms, 30s, 5m, 1h or 7d: got "60"',
  ],
  [
    "a presigned expiry above S3's own limit",
    "policy: { presigned: { maxExpiry: 8d } }",
    'gateway.yaml:3:35 policy.presigned.maxExpiry: Expected 1s to 7d: got "8d"',
  ],
  [
    "a header section of no bytes",
    "limits: { headerBytes: 0B }",
    'gateway.yaml:3:24 limits.headerBytes: Expected 1KiB to 1MiB: got "0B"',
  ],
  [
    "an ignored header that decides something",
    "policy: { ignoredHeaders: [X-Amz-Acl] }",
    'gateway.yaml:3:28 policy.ignoredHeaders[0]: The header matters and cannot be ignored: the gateway knows it, and rules or the store act on it: got "X-Amz-Acl" | Remove it',
  ],
  [
    "an ignored header of metadata",
    "policy: { ignoredHeaders: [x-amz-meta-a] }",
    'gateway.yaml:3:28 policy.ignoredHeaders[0]: The header matters and cannot be ignored: the gateway knows it, and rules or the store act on it: got "x-amz-meta-a" | Remove it',
  ],
  [
    "an ignored header that a store acts on",
    "policy: { ignoredHeaders: [x-amz-delete-if-unmodified-since] }",
    'gateway.yaml:3:28 policy.ignoredHeaders[0]: The header matters and cannot be ignored: Ceph RGW acts on it: got "x-amz-delete-if-unmodified-since" | Remove it',
  ],
  [
    "an ignored header of a vendor",
    "policy: { ignoredHeaders: [x-minio-force-delete] }",
    'gateway.yaml:3:28 policy.ignoredHeaders[0]: The header matters and cannot be ignored: it is an extension of a store\'s own: got "x-minio-force-delete" | Remove it',
  ],
  [
    "an ignored header that is never refused",
    "policy: { ignoredHeaders: [cookie] }",
    'gateway.yaml:3:28 policy.ignoredHeaders[0]: The gateway refuses no unknown headers but x-amz-*: got "cookie" | Remove it: other unknown headers never reach the store',
  ],
  [
    "an ignored header that is left out already",
    "policy: { ignoredHeaders: [x-amz-api-version] }",
    'gateway.yaml:3:28 policy.ignoredHeaders[0]: The header never reaches the store anyway: got "x-amz-api-version" | Remove it',
  ],
  [
    "an ignored header that is no name of one",
    "policy: { ignoredHeaders: ['x-amz-a b'] }",
    'gateway.yaml:3:28 policy.ignoredHeaders[0]: Expected the name of a header, without underscores: got "x-amz-a b" | Write the name alone, such as x-amz-new-header',
  ],
  [
    "a port without an address",
    "listen: { address: 8080 }",
    'gateway.yaml:3:20 listen.address: Expected an address and a port such as 0.0.0.0:8080 or [::]:8080: got "8080"',
  ],
  [
    "itself as the store",
    "listen: { address: STORE:7480 }",
    "gateway.yaml:1:25 upstream.endpoints[0]: The endpoint is the gateway itself, its listen.address | Name the address of the store",
  ],
  [
    "its operator's port as the store",
    "admin: { address: store:7480 }",
    "gateway.yaml:1:25 upstream.endpoints[0]: The endpoint is the gateway itself, its admin.address | Name the address of the store",
  ],
  [
    "an address without a port",
    "listen: { address: localhost }",
    'gateway.yaml:3:20 listen.address: Expected an address and a port such as 0.0.0.0:8080 or [::]:8080: got "localhost"',
  ],
  [
    "one address for clients and operators",
    "listen: { address: 127.0.0.1:80 }\nadmin: { address: 127.0.0.1:80 }",
    'gateway.yaml:4:19 admin.address: S3 clients and operators cannot share an address: got "127.0.0.1:80" | Give them different ports',
  ],
  [
    "one address for STS and S3",
    `sts: { keys: [{ id: a, secret: ${"A".repeat(43)} }], address: 0.0.0.0:8080 }`,
    'gateway.yaml:3:89 sts.address: STS and S3 cannot share an address: got "0.0.0.0:8080" | Give them different ports',
  ],
  [
    "one address for STS and operators",
    `sts: { keys: [{ id: a, secret: ${"A".repeat(43)} }], address: 127.0.0.1:9090 }`,
    'gateway.yaml:3:89 sts.address: STS and operators cannot share an address: got "127.0.0.1:9090" | Give them different ports',
  ],
  [
    "the default address for clients given to operators",
    "admin: { address: 0.0.0.0:8080 }",
    'gateway.yaml:3:19 admin.address: S3 clients and operators cannot share an address: got "0.0.0.0:8080" | Give them different ports',
  ],
  [
    "the default address for operators given to clients",
    "listen: { address: 127.0.0.1:9090 }",
    'gateway.yaml:3:20 listen.address: S3 clients and operators cannot share an address: got "127.0.0.1:9090" | Give them different ports',
  ],
  [
    "a socket without a path",
    "admin: { address: 'unix:' }",
    'gateway.yaml:3:19 admin.address: Expected a path after unix: such as unix:/run/s3warden/admin.sock: got "unix:"',
  ],
  [
    "a socket whose path no system takes",
    `admin: { address: 'unix:/${"a".repeat(103)}' }`,
    `gateway.yaml:3:19 admin.address: Expected a path of at most 103 bytes after unix:: got "unix:/${"a".repeat(74)}…"`,
  ],
  [
    "an operator's address that is none",
    "admin: { address: /run/admin.sock }",
    'gateway.yaml:3:19 admin.address: Expected an address and a port such as 0.0.0.0:8080 or [::]:8080, or unix: and a path: got "/run/admin.sock"',
  ],
  [
    "more buckets of metrics than there are to be",
    "metrics: { buckets: { top: 501 } }",
    'gateway.yaml:3:28 metrics.buckets.top: Expected at most 500: got "501"',
  ],
  [
    "buckets of metrics that are neither a list nor a number",
    "metrics: { buckets: photos }",
    'gateway.yaml:3:21 metrics.buckets: Expected a list of at most 500 buckets, or top: and a number up to that: got "photos"',
  ],
  [
    "a syslog collector without a transport",
    "log: { audit: { file: a, syslog: { address: '127.0.0.1:514' } } }",
    'gateway.yaml:3:45 log.audit.syslog.address: Expected tls:, tcp: or udp:, a host and a port such as tcp:127.0.0.1:601: got "127.0.0.1:514"',
  ],
  [
    "a webhook with a password in its URL, which is not quoted",
    "log: { audit: { file: a, webhook: { url: 'https://u:p@h/' } } }",
    "gateway.yaml:3:42 log.audit.webhook.url: Expected http:// or https://, a host and perhaps a path, without a user and a password",
  ],
  [
    "a token that no header can hold, which is not quoted",
    "log: { audit: { file: a, webhook: { url: 'https://h/', token: 'two words' } } }",
    "gateway.yaml:3:63 log.audit.webhook.token: Expected a token of letters, digits and any of . _ ~ + / - =",
  ],
  [
    "a mode that is none",
    "admin: { address: 'unix:a.sock', socketMode: '0880' }",
    'gateway.yaml:3:46 admin.socketMode: Expected the mode of a file such as "0660": got "0880"',
  ],
  [
    "the mode of a socket without a socket",
    "admin: { socketMode: '0660' }",
    "gateway.yaml:3:22 admin.socketMode: The setting has no effect: admin.address is no Unix socket | Remove it, or set admin.address to unix: and a path",
  ],
  [
    "a domain in upper case",
    "listen: { domains: [s3.example.org, S3.Example.org] }",
    'gateway.yaml:3:37 listen.domains[1]: Expected a host name in lower case such as s3.example.org: got "S3.Example.org"',
  ],
  [
    "a domain of accounts without its star",
    "listen: { accountDomains: [s3.example.org] }",
    'gateway.yaml:3:28 listen.accountDomains[0]: Expected a host name such as *.s3.example.org: got "s3.example.org"',
  ],
  [
    "a domain of accounts with two stars",
    "listen: { accountDomains: ['*.*.example.org'] }",
    'gateway.yaml:3:28 listen.accountDomains[0]: Expected a host name such as *.s3.example.org: got "*.*.example.org"',
  ],
  [
    "a domain of accounts in upper case",
    "listen: { accountDomains: ['*.S3.example.org'] }",
    'gateway.yaml:3:28 listen.accountDomains[0]: Expected a host name such as *.s3.example.org: got "*.S3.example.org"',
  ],
  [
    "a domain both of buckets and of accounts",
    "listen: { domains: [b.org, s3.b.org], accountDomains: ['*.a.org', '*.s3.b.org'] }",
    "gateway.yaml:3:67 listen.accountDomains[1]: The names are already bucket domains, in listen.domains | Give accounts another domain",
  ],
  [
    "domains of accounts where no address has any",
    "listen: { accountDomains: ['*.a.org', '*.b.org'] }\npolicy: { provider: atman }",
    "gateway.yaml:3:28 listen.accountDomains[0]: The provider atman has no account host names, so every such host would be refused | Remove the list, or choose a provider that has account host names",
  ],
  [
    "a network with host bits",
    "policy: { networks: { allow: [10.0.0.0/8, 192.0.2.1/24] } }",
    'gateway.yaml:3:43 policy.networks.allow[1]: The network has host bits set, its base is 192.0.2.0/24: got "192.0.2.1/24"',
  ],
  [
    "an allow list that is empty by accident, since it would let everybody in",
    "policy:\n  networks:\n    allow:",
    "gateway.yaml:5:11 policy.networks.allow: Expected a list, but nothing is there",
  ],
  [
    "one network that is not a list",
    "policy: { networks: { allow: 10.0.0.0/8 } }",
    'gateway.yaml:3:30 policy.networks.allow: Expected a list: got "10.0.0.0/8"',
  ],
  [
    "a blocked action that does not exist",
    "policy: { blockedActions: [s3:DeleteObjct] }",
    'gateway.yaml:3:28 policy.blockedActions[0]: Unknown action: got "s3:DeleteObjct" | Did you mean "s3:DeleteObject"?',
  ],
  [
    "an unsupported action that does not exist",
    "policy: { unsupported: ['s3:Flying*'] }",
    'gateway.yaml:3:25 policy.unsupported[0]: Unknown action: got "s3:Flying*" | Name an S3 action such as s3:GetObject; * and ? are wildcards',
  ],
  [
    "a tier made of an operation's name, which would allow all it asks",
    "policy: { tiers: { HEAD: [s3:HeadObject] } }",
    'gateway.yaml:3:27 policy.tiers.HEAD[0]: An operation\'s name is no permission here: got "s3:HeadObject" | Name the action that the operation needs, such as s3:GetObject',
  ],
  [
    "a tier whose name is no name",
    "policy: { tiers: { 'a b': [s3:GetObject] } }",
    "gateway.yaml:3:27 policy.tiers.a…: Expected a name of letters, digits, _ and -",
  ],
  [
    "a mode that does not exist",
    "policy: { mode: enforced }",
    'gateway.yaml:3:17 policy.mode: Expected enforce or report: got "enforced" | Did you mean "enforce"?',
  ],
  [
    "text where a map belongs",
    "policy: { presigned: yes }",
    'gateway.yaml:3:22 policy.presigned: Expected a map: got "yes"',
  ],
  [
    "signatures of version 2 alone",
    "policy: { signatures: [v2] }",
    "gateway.yaml:3:23 policy.signatures: Signature version 4 cannot be switched off | Add v4 to the list",
  ],
  ["a section that is a list", "log: [info]", "gateway.yaml:3:6 log: Expected a map"],
  [
    "a repeated key",
    "log: {}\nlog: {}",
    "gateway.yaml:4:1 : Cannot read as YAML: Map keys must be unique",
  ],
  [
    "a bomb of aliases",
    "policy: { regions: &a [x, x], signatures: *a }",
    "gateway.yaml:3:43 policy.signatures: Aliases are not supported | Write it out",
  ],
  [
    "a tag",
    "log: { level: !!str info }",
    "gateway.yaml:3:21 log.level: Tags are not supported | Write text in quotes",
  ],
  [
    "a name that JavaScript has a use for",
    "log: { __proto__: {} }",
    "gateway.yaml:3:8 log: Expected a name before the colon | Write names as plain text",
  ],
  [
    "a name that is a number",
    "log: { 1: x }",
    "gateway.yaml:3:8 log: Expected a name before the colon | Write names as plain text",
  ],
  [
    "a variable that is not set",
    'upstream2: "${env:NOWHERE}"',
    'gateway.yaml:3:12 upstream2: The environment variable "NOWHERE" is not set | Set it in the gateway\'s environment',
  ],
  [
    "a file that is not there",
    'log: { level: "${file:secrets/level}" }',
    'gateway.yaml:3:15 log.level: Cannot read "secrets/level": no such file | Paths are relative to the file that names them',
  ],
  [
    "a reference of another kind",
    'log: { level: "${evn:LEVEL}" }',
    "gateway.yaml:3:15 log.level: Unknown reference after ${ | Write ${env:NAME} or ${file:PATH}; keep a value that contains ${ in a file",
  ],
  [
    "a reference that does not end",
    'log: { level: "${env:LEVEL" }',
    "gateway.yaml:3:15 log.level: Unknown reference after ${ | Write ${env:NAME} or ${file:PATH}; keep a value that contains ${ in a file",
  ],
  [
    "a certificate that is not there",
    "listen: { tls: { cert: tls.crt, key: accounts.yaml } }",
    'gateway.yaml:3:24 listen.tls.cert: Cannot read "tls.crt": no such file | Paths are relative to the file that names them',
  ],
  [
    "a private key without its certificate",
    "listen: { tls: { key: tls.key } }",
    'gateway.yaml:3:11 listen.tls.cert: Missing key "cert" | Add it',
  ],
] as const;
for (const [name, text, problem] of GATEWAY_TABLE) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.ok(problemsOf({ "gateway.yaml": `${GATEWAY}${text}\n` }).includes(problem), show(text));
  });
}

function show(text: string): string {
  return problemsOf({ "gateway.yaml": `${GATEWAY}${text}\n` }).join("\n") || "no problem at all";
}

/** Name, the whole gateway.yaml, every problem. */
const WHOLE_TABLE = [
  ["nothing", "", ["gateway.yaml:1:1 : Expected a map, but nothing is there"]],
  ["a mere word", "yes", ['gateway.yaml:1:1 : Expected a map: got "yes"']],
  [
    "a file without the two required parts",
    "log: {}\n",
    [
      'gateway.yaml:1:1 upstream: Missing key "upstream" | Add it',
      'gateway.yaml:1:1 identities: Missing key "identities" | Add it',
    ],
  ],
  [
    "no endpoint",
    "upstream:\n  endpoints: []\nidentities: []\n",
    ["gateway.yaml:2:14 upstream.endpoints: Expected at least one item"],
  ],
  [
    "endpoints that are no origins",
    'upstream:\n  endpoints:\n    - store:7480\n    - "http://store/path"\n    - "http://u:p@store"\n    - "ftp://store"\n    - "http://store:99999"\n    - "http://store?q"\nidentities: []\n',
    [
      'gateway.yaml:3:7 upstream.endpoints[0]: Expected http:// or https://, a host and perhaps a port, and no path: got "store:7480"',
      'gateway.yaml:4:7 upstream.endpoints[1]: Expected http:// or https://, a host and perhaps a port, and no path: got "http://store/path"',
      "gateway.yaml:5:7 upstream.endpoints[2]: Expected http:// or https://, a host and perhaps a port, and no path",
      'gateway.yaml:6:7 upstream.endpoints[3]: Expected http:// or https://, a host and perhaps a port, and no path: got "ftp://store"',
      'gateway.yaml:7:7 upstream.endpoints[4]: Expected http:// or https://, a host and perhaps a port, and no path: got "http://store:99999"',
      'gateway.yaml:8:7 upstream.endpoints[5]: Expected http:// or https://, a host and perhaps a port, and no path: got "http://store?q"',
    ],
  ],
  [
    "virtual addressing below an IP address",
    'upstream: { endpoints: ["http://s:1", "http://192.0.2.1:1", "http://[::1]"], addressing: virtual }\nidentities: []\n',
    [
      'gateway.yaml:1:39 upstream.endpoints[1]: Virtual addressing needs endpoints with host names: got "192.0.2.1" | Name the store, or set upstream.addressing to path',
      'gateway.yaml:1:61 upstream.endpoints[2]: Virtual addressing needs endpoints with host names: got "[::1]" | Name the store, or set upstream.addressing to path',
    ],
  ],
  [
    "a store and an operation that do not exist",
    'upstream: { endpoints: ["http://s"], store: cephh, operations: [GetObject, GetObjectAttribute] }\nidentities: []\n',
    [
      'gateway.yaml:1:45 upstream.store: Expected generic or aws or ceph or minio or versitygw: got "cephh" | Did you mean "ceph"?',
      'gateway.yaml:1:76 upstream.operations[1]: Unknown operation: got "GetObjectAttribute" | Did you mean "GetObjectAttributes"?',
    ],
  ],
  [
    "an accounts file that is not there",
    'upstream: { endpoints: ["http://s"] }\nidentities:\n  - accounts: more/accounts.yaml\n',
    [
      'gateway.yaml:3:15 identities[0].accounts: Cannot read "more/accounts.yaml": no such file | Paths are relative to the file that names them',
    ],
  ],
  [
    "two documents in one file",
    `${GATEWAY}---\n${GATEWAY}`,
    ["gateway.yaml:3:1 : Cannot read as YAML: Source contains multiple documents"],
  ],
  [
    "a directive that YAML does not know",
    `%SECRET x\n---\n${GATEWAY}`,
    ["gateway.yaml:1:1 : Cannot read as YAML: Unknown directive %SECRET"],
  ],
] as const;
for (const [name, text, problems] of WHOLE_TABLE) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.deepEqual(problemsOf({ "gateway.yaml": text }), problems);
  });
}

test("parseConfig() refuses brackets in brackets without end", () => {
  const text = `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const problems = problemsOf({ "gateway.yaml": text });
  assert.match(problems[0] ?? "", /Cannot read as YAML: Maximum call stack size exceeded$/);
});

const kept = (state: string): string =>
  `${GATEWAY}policy: { bucketPolicies: gateway }\nstate: ${state}\n`;

test("parseConfig() reads where records of buckets are kept", () => {
  const state = (text: string): unknown => goodConfig({ "gateway.yaml": kept(text) }).state;
  const refreshMs = 5000;
  assert.deepEqual(state("{ directory: records }"), {
    kind: "directory",
    path: "records",
    refreshMs,
  });
  assert.deepEqual(state("{ bucket: s3warden-state, accessKey: AK, secretKey: SK, refresh: 1s }"), {
    kind: "bucket",
    bucket: "s3warden-state",
    accessKey: "AK",
    secretKey: "SK",
    refreshMs: 1000,
  });
});

test("parseConfig() refuses state in two places, in none, and where nothing is to be kept", () => {
  for (const state of ["{}", "{ directory: a, bucket: b }", "{ bucket: b }", "{ directory: '' }"]) {
    assert.match(problemsOf({ "gateway.yaml": kept(state) }).join(), /state/, state);
  }
  assert.deepEqual(problemsOf({ "gateway.yaml": `${GATEWAY}state: { directory: records }\n` }), [
    "gateway.yaml:3:8 state: The setting has no effect: the store keeps bucket policies | Set policy.bucketPolicies to gateway",
  ]);
});

const UNLIMITED = {
  requestsPerSecond: undefined,
  concurrentRequestsMax: undefined,
  bytesPerSecond: undefined,
};

const SOURCES = 'upstream: { endpoints: ["http://s"], store: ceph }\nidentities:\n';
const CEPH_SOURCE = '{ endpoint: "http://rgw:7480", accessKey: GW, secretKey: SK';

test("parseConfig() returns Ceph sources in their order, with their defaults", () => {
  const other = `${CEPH_SOURCE}, cache: 2s, stale: 0s, entries: 5 }`;
  const text = `${SOURCES}  - ceph: ${CEPH_SOURCE} }\n  - ceph: ${other}\n`;
  const { ceph, accounts } = goodConfig({ "gateway.yaml": text });
  const endpoint = { origin: "http://rgw:7480", authority: "rgw:7480" };
  const named = { endpoint, accessKey: "GW", secretKey: "SK", ca: undefined };
  assert.deepEqual(ceph, [
    { ...named, cacheMs: 60_000, staleMs: 600_000, entries: 100_000 },
    { ...named, cacheMs: 2000, staleMs: 0, entries: 5 },
  ]);
  assert.deepEqual(accounts, []);
});

const SOURCE_TABLE = [
  [
    "a source without a credential",
    '  - ceph: { endpoint: "http://rgw" }\n',
    [
      'gateway.yaml:3:5 identities[0].ceph.accessKey: Missing key "accessKey" | Add it',
      'gateway.yaml:3:5 identities[0].ceph.secretKey: Missing key "secretKey" | Add it',
    ],
  ],
  [
    "an item of two sources",
    `  - accounts: accounts.yaml\n    ceph: ${CEPH_SOURCE} }\n`,
    [
      "gateway.yaml:3:5 identities[0]: Expected one source, accounts, ceph or http: got accounts and ceph | Make each source a separate item",
    ],
  ],
  [
    "an item of no source",
    "  - {}\n",
    [
      "gateway.yaml:3:5 identities[0]: Expected one source, accounts, ceph or http: got none | Make each source a separate item",
    ],
  ],
  [
    "an endpoint with a path, whose prefix would not be the one that was signed",
    `  - ceph: ${CEPH_SOURCE.replace("7480", "7480/admin")} }\n`,
    [
      'gateway.yaml:3:23 identities[0].ceph.endpoint: Expected http:// or https://, a host and perhaps a port, and no path: got "http://rgw:7480/admin"',
    ],
  ],
  [
    "a cache of no time",
    `  - ceph: ${CEPH_SOURCE}, cache: 0s }\n`,
    ['gateway.yaml:3:79 identities[0].ceph.cache: Expected 1s to 1d: got "0s"'],
  ],
  [
    "a caFile that is no certificate",
    `  - ceph: ${CEPH_SOURCE}, caFile: accounts.yaml }\n`,
    [
      'gateway.yaml:3:80 identities[0].ceph.caFile: Expected a certificate in PEM form: got "accounts.yaml"',
    ],
  ],
] as const;
for (const [name, items, problems] of SOURCE_TABLE) {
  test(`parseConfig() refuses ${name}`, () => {
    assert.deepEqual(problemsOf({ "gateway.yaml": SOURCES + items }), problems);
  });
}

test("parseConfig() reports every problem of every file at once, by file and line", () => {
  const gateway = `limits: { clockSkew: soon }\n${GATEWAY}listen: { domain: [x] }\n`;
  const accounts =
    "accounts:\n  - name: lab\n    nets: {}\n    subusers: [{ name: r, tier: RAED }]\n";
  const places = problemsOf({ "gateway.yaml": gateway, "accounts.yaml": accounts });
  assert.deepEqual(
    places.map((problem) => problem.split(": ")[0]),
    [
      "accounts.yaml:3:5 accounts[0].nets",
      "accounts.yaml:4:33 accounts[0].subusers[0].tier",
      "gateway.yaml:1:22 limits.clockSkew",
      "gateway.yaml:4:11 listen.domain",
    ],
  );
});

test("parseConfig() goes on after a value that it cannot read, and reports that one only once", () => {
  const text = 'upstream: { endpoints: "${env:ENDPOINT}" }\nidentities: []\nlisten: { port: 80 }\n';
  assert.deepEqual(problemsOf({ "gateway.yaml": text }), [
    'gateway.yaml:1:24 upstream.endpoints: The environment variable "ENDPOINT" is not set | Set it in the gateway\'s environment',
    'gateway.yaml:3:11 listen.port: Unknown key "port" | Allowed: address, tls, domains, accountDomains, trustedProxies, proxyProtocol',
  ]);
});

test("parseConfig() fills in the default of every option", () => {
  const { policy, ...config } = goodConfig({});
  const { provider, tiers, ...settings } = policy;
  assert.equal(provider.name, "aws");
  assert.deepEqual([...tiers.keys()], [...provider.tiers.keys()]);
  assert.deepEqual(settings, {
    mode: "enforce",
    networks: { allow: [], deny: [] },
    blockedActions: [],
    unsupported: [],
    versionGuard: false,
    tierMode: "ceiling",
    anonymous: "deny",
    guestGroups: [],
    bucketPolicies: "upstream",
    listBuckets: "all",
    presignedExpiryMaxMs: 604_800_000,
    presignedV2MaxMs: 604_800_000,
    signatureV2: false,
    regions: [],
    ignoredHeaders: [],
  });
  assert.deepEqual(config, {
    workers: 1,
    issuers: [],
    stsDomains: [],
    stsAddress: undefined,
    sealing: [],
    revoked: [],
    listen: {
      address: { host: "0.0.0.0", port: 8080 },
      tls: undefined,
      domains: [],
      accountDomains: [],
      trustedProxies: [],
      proxyProtocol: false,
    },
    admin: { address: { host: "127.0.0.1", port: 9090 }, hosts: [] },
    upstream: {
      endpoints: [{ origin: "http://store:7480", authority: "store:7480" }],
      region: "us-east-1",
      addressing: "path",
      foldsPaths: false,
      tenants: true,
      prefix: undefined,
      aliases: false,
      acls: "kept",
      operations: storeTraits("ceph").operations,
      ignoredHeaders: storeTraits("ceph").ignoredHeaders,
      withoutEffect: "refuse",
      beyondBounds: true,
      extensions: storeTraits("ceph").extensions,
      trailers: false,
      version: "16",
      checksums: storeTraits("ceph").checksums,
      connectionsMax: 256,
      connectTimeoutMs: 5000,
      queueTimeoutMs: 30_000,
      headersTimeoutMs: 300_000,
      ca: undefined,
      serverName: undefined,
      clientCertificate: undefined,
    },
    ceph: [],
    directories: [],
    accounts: [],
    buckets: [],
    state: undefined,
    passthrough: [],
    formSpool: undefined,
    limits: {
      headerBytesMax: 16_384,
      xmlBytesMax: 2_097_152,
      unprovedBytesMax: 67_108_864,
      clockSkewMs: 900_000,
      idleTimeoutMs: 60_000,
      headerTimeoutMs: 30_000,
      bodyBytesMax: 5_368_709_120,
      connectionsMax: 10_000,
      connectionsPerAddressMax: undefined,
      pipelinedRequestsMax: 32,
      account: UNLIMITED,
      subuser: UNLIMITED,
      drainDelayMs: 0,
      drainTimeoutMs: 30_000,
    },
    reload: { watch: true, intervalMs: 2_000, claims: undefined },
    metrics: { accounts: false, buckets: { kind: "listed", names: new Set() } },
    log: { level: "info", audit: undefined },
    warnings: [],
  });
});

test("parseConfig() takes domains of accounts where addresses have them, nested in those of buckets", () => {
  const listen = "listen: { domains: [b.org], accountDomains: ['*.a.b.org', '*.org'] }\n";
  for (const provider of ["aws", "lumi-o"]) {
    const text = `${GATEWAY}${listen}policy: { provider: ${provider} }\n`;
    assert.deepEqual(goodConfig({ "gateway.yaml": text }).listen.accountDomains, [
      "a.b.org",
      "org",
    ]);
  }
});

test("parseConfig() adds operations to those of the kind of store", () => {
  const gateway = GATEWAY.replace("store: ceph", "store: minio, operations: [GetObjectTorrent]");
  const { operations } = goodConfig({ "gateway.yaml": gateway }).upstream;
  assert.ok(operations.has("GetObjectTorrent") && operations.has("PutBucketEncryption"));
  assert.equal(operations.has("RenameObject"), false);
});

test("parseConfig() finds the audit log beside the file that names it, or takes standard output", () => {
  for (const [file, expected] of [
    ["a.jsonl", "/etc/s3warden/a.jsonl"],
    ["-", "-"],
  ]) {
    const text = `upstream: { endpoints: ["http://s"] }\nidentities: []\nlog: { audit: { file: "${file}", onError: refuse } }\n`;
    const parsed = parseConfig(text, "/etc/s3warden/gateway.yaml", {
      read: () => err("no such file"),
      env: () => undefined,
      provider: shippedProvider,
      nowMs: Date.now(),
    });
    assert.equal(parsed.ok && parsed.value.log.audit?.file, expected);
    assert.equal(parsed.ok && parsed.value.log.audit?.onError, "refuse");
  }
});

test("parseConfig() takes a Unix socket for operators, beside the file that names it", () => {
  for (const [admin, expected] of [
    ["{ address: 'unix:/run/a.sock' }", { path: "/run/a.sock", mode: 0o600 }],
    ["{ address: 'unix:a.sock', socketMode: '0660' }", { path: "a.sock", mode: 0o660 }],
  ] as const) {
    const { address } = goodConfig({ "gateway.yaml": `${GATEWAY}admin: ${admin}\n` }).admin;
    assert.deepEqual(address, expected);
  }
});

test("parseConfig() names buckets of metrics as the audit log does", () => {
  const buckets = (text: string) =>
    goodConfig({ "gateway.yaml": `${GATEWAY}metrics: { buckets: ${text} }\n` }).metrics.buckets;
  const names = new Set(["photos", "t:backup"]);
  assert.deepEqual(buckets('[photos, "t:backup"]'), { kind: "listed", names });
  assert.deepEqual(buckets("{ top: 50 }"), { kind: "top", count: 50 });
});

test("parseConfig() takes port 0, any free one, for clients and operators alike", () => {
  const text = `${GATEWAY}listen: { address: "[::]:0" }\nadmin: { address: "[::]:0" }\n`;
  assert.deepEqual(goodConfig({ "gateway.yaml": text }).admin.address, { host: "::", port: 0 });
});

test("parseConfig() reads JSON, as it is YAML", () => {
  const text = JSON.stringify({ upstream: { endpoints: ["https://store"] }, identities: [] });
  const { upstream } = goodConfig({ "gateway.yaml": text });
  assert.deepEqual(upstream.endpoints, [{ origin: "https://store", authority: "store" }]);
});

test("parseConfig() cuts one line end off a file and looks at its text no further", () => {
  const key = '{ accessKey: AK, secretKey: "${file:secret}-${env:SUFFIX}" }';
  const files = {
    "accounts.yaml": `accounts: [{ name: lab, keys: [${key}] }]`,
    secret: "${env:SUFFIX}\r\n",
  };
  const { accounts } = goodConfig(files, { SUFFIX: "one" });
  assert.equal(accounts[0]?.keys[0]?.secretKey, "${env:SUFFIX}-one");
});

test("parseConfig() reads paths relative to the file that names them", () => {
  const files = {
    "gateway.yaml":
      'upstream: { endpoints: ["http://s"] }\nidentities: [{ accounts: ids/a.yaml }]\nlog: { audit: { file: audit.jsonl } }\n',
    "ids/a.yaml": 'accounts: [{ name: "${file:name}" }]\n',
    "ids/name": "lab",
    name: "wrong",
  };
  const { accounts, log } = goodConfig(files);
  assert.deepEqual(
    accounts.map(({ name }) => name),
    ["lab"],
  );
  assert.equal(log.audit?.file, "audit.jsonl");
});

test("parseConfig() reads several accounts files in their order", () => {
  const gateway =
    'upstream: { endpoints: ["http://s"] }\nidentities: [{ accounts: b.yaml }, { accounts: a.yaml }]\n';
  const files = { "a.yaml": "accounts: [{ name: a }]", "b.yaml": "accounts: [{ name: b }]" };
  const { accounts } = goodConfig({ "gateway.yaml": gateway, ...files });
  assert.deepEqual(
    accounts.map(({ name }) => name),
    ["b", "a"],
  );
  assert.equal(ACCOUNTS.includes("name"), false);
});
