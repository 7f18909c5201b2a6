import { PROVIDERS } from "../provider/names.ts";
import type { Provider } from "../provider/provider.ts";
import type { StoreKind } from "../s3/store-kinds.ts";
import { storeTraits } from "../s3/stores.ts";
import { STARTERS, type Starter } from "./init-people.ts";
import { newKeyPair } from "./keygen.ts";

/** The choices for a first configuration. */
export type Wanted = {
  readonly provider: Provider;
  readonly store: StoreKind;
  /** The endpoint of the store, such as `http://127.0.0.1:7480`. */
  readonly endpoint: string;
  /** True if the users are those of a Ceph, with the keys that they have there. */
  readonly cephUsers: boolean;
  /** The host name that clients use; `undefined` if none is known yet. */
  readonly domain: string | undefined;
};

/** A key that was made for a user of accounts.yaml. */
export type MadeKey = {
  readonly user: string;
  readonly accessKey: string;
  readonly secretKey: string;
};

/** The address that `init` writes if no other is given. */
export const ENDPOINTS: Readonly<Record<StoreKind, string>> = {
  generic: "http://127.0.0.1:9000",
  aws: "https://s3.us-east-1.amazonaws.com",
  ceph: "http://127.0.0.1:7480",
  minio: "http://127.0.0.1:9000",
  versitygw: "http://127.0.0.1:7070",
};

/** Returns gateway.yaml, with a comment at each place that its operator decides on. */
export function gatewayText({ provider, store, endpoint, cephUsers, domain }: Wanted): string {
  const keeps = provider.defaults.bucketPolicies === "gateway";
  return `# s3warden: the access model of ${provider.name}, in front of ${STORES[store]}.
# All options with their defaults: config/gateway.yaml of the package. After each change:
#   s3warden check --config gateway.yaml

listen:
  # The address for S3 clients.
  address: 0.0.0.0:8080
  # HTTPS: the files of the certificate and its key.
  # tls: { cert: tls.crt, key: tls.key }
${hostLines(provider, domain)}
admin:
  # Status page, /metrics, /healthz and /readyz. No password: only for operators.
  address: 127.0.0.1:9090

upstream:
  # The store. Several addresses are balanced.
  endpoints: ["${endpoint}"]
  # The kind of store: ceph, minio, versitygw, aws, or generic (operations that every S3 store has).
  store: ${store}
  # The region that the gateway signs for.
  region: us-east-1

identities:
  # The accounts and their keys.
  - accounts: accounts.yaml
${cephUsers ? cephLines(endpoint) : ""}
policy:
  # Has the settings that the document of ${provider.name} needs (docs/providers.md). Its defaults:
${defaultLines(provider)}
  provider: ${provider.name}
  # Allowed addresses, and actions that are forbidden to everybody:
  # networks: { allow: [192.0.2.0/24] }
  # blockedActions: ["s3:DeleteObjectVersion"]
${bucketNameLines(provider, store)}${keeps ? STATE : ""}
log:
  # One line of JSON for each request: who, what, and the rule that decided.
  audit: { file: audit.jsonl }
`;
}

const STORES: Readonly<Record<StoreKind, string>> = {
  generic: "an S3 store",
  aws: "AWS S3",
  ceph: "Ceph RGW",
  minio: "MinIO",
  versitygw: "versitygw",
};

const STATE = `
# The place for the owners and policies of buckets. Several gateways share a bucket:
#   state: { bucket: s3warden-state, accessKey: …, secretKey: … }
state: { directory: state }
`;

/** The hosts by which buckets or accounts may be named. */
function hostLines({ tenantAddressing, needs }: Provider, domain: string | undefined): string {
  const example = domain ?? "s3.example.org";
  const mark = domain === undefined ? "# " : "";
  if (tenantAddressing && needs.accountDomains !== undefined) {
    return `  # Public links that name the project: https://465000001.${example}/bucket/object
  ${mark}accountDomains: ["*.${example}"]
`;
  }
  return `  # https://bucket.${example}/object; https://${example}/bucket/object always works.
  ${mark}domains: ["${example}"]
`;
}

/**
 * Returns the lines that name buckets after accounts, if the document depends on it and the store
 * has no tenants.
 */
function bucketNameLines({ bucketNames }: Provider, store: StoreKind): string {
  if (bucketNames !== "tenant" || storeTraits(store).tenants) return "";
  return `  # The store has no tenants: what each account's buckets are called after there.
  bucketNames: { prefix: "{account}-" }
`;
}

function cephLines(endpoint: string): string {
  return `  # The users of Ceph, with the keys that they have there. Made once for the gateway:
  #   radosgw-admin user create --uid=s3warden --display-name=s3warden --caps="users=read"
  - ceph:
      endpoint: ${endpoint}
      accessKey: "\${env:RGW_ACCESS_KEY}"
      secretKey: "\${env:RGW_SECRET_KEY}"
`;
}

function defaultLines({ defaults, tierMode, anonymous }: Provider): string {
  return [
    `signatures: [${defaults.signatures.join(", ")}]`,
    `bucketPolicies: ${defaults.bucketPolicies}`,
    `tierMode: ${tierMode}`,
    `anonymous: ${anonymous.access}`,
  ]
    .map((line) => `  #   ${line}`)
    .join("\n");
}

/** The accounts that a first accounts.yaml has. */
function startersOf({ name }: Provider): readonly Starter[] {
  const known = PROVIDERS.find((one) => one === name);
  if (known === undefined) throw new Error(`A shipped provider has people: ${name}`);
  return STARTERS[known];
}

/**
 * Returns accounts.yaml with new keys, and those keys. Secret: only its owner may read the file.
 */
export function accountsText({ provider, cephUsers }: Wanted): {
  readonly text: string;
  readonly keys: readonly MadeKey[];
} {
  const starters = startersOf(provider);
  if (cephUsers) return { text: cephAccountsText(starters), keys: [] };
  const keys: MadeKey[] = [];
  const accounts = starters.map((starter) => accountText(starter, keys)).join("\n");
  const text = `# The accounts, and their keys. \`s3warden keygen\` makes more. Rename, add and remove them freely.
#
# upstream: the key by which the store knows the account. \${env:NAME} is a variable of the gateway's
# environment, \${file:PATH} a file; the key itself may stand here, too.

accounts:
${accounts}`;
  return { text, keys };
}

function accountText(starter: Starter, keys: MadeKey[]): string {
  const { name, comment, more = [], subusers = [] } = starter;
  const { accessKey, secretKey } = storeVariables(starter);
  return `  # ${comment}
  - name: ${scalar(name)}
    upstream: { accessKey: "\${env:${accessKey}}", secretKey: "\${env:${secretKey}}" }
    keys: [${made(name, keys)}]
${more.map((line) => `    ${line}\n`).join("")}${
    subusers.length === 0
      ? ""
      : `    subusers:\n${subusers.map((one) => subuserText(name, one, keys)).join("")}`
  }`;
}

function subuserText(
  account: string,
  { name, tier }: NonNullable<Starter["subusers"]>[number],
  keys: MadeKey[],
): string {
  return `      - { name: ${name}, tier: ${tier}, keys: [${made(`${account}:${name}`, keys)}] }\n`;
}

function made(user: string, keys: MadeKey[]): string {
  const pair = newKeyPair();
  keys.push({ user, ...pair });
  return `{ accessKey: ${pair.accessKey}, secretKey: "${pair.secretKey}" }`;
}

/** Tiers that subusers have in Ceph, too. */
const RGW_TIERS: ReadonlySet<string> = new Set(["READ", "WRITE", "READWRITE", "FULL"]);

/** Returns the text with what Ceph does not know of its users. */
function cephAccountsText(starters: readonly Starter[]): string {
  const accounts = starters.flatMap(({ name, comment, more = [], subusers = [] }) => {
    const own = subusers.filter(({ tier }) => !RGW_TIERS.has(tier));
    if (more.length + own.length === 0) return [];
    const lines = [
      `# ${comment}`,
      `- name: ${scalar(name)}`,
      ...more.map((line) => `  ${line}`),
      ...(own.length === 0 ? [] : ["  subusers:"]),
      ...own.map((one) => `    - { name: ${one.name}, tier: ${one.tier} }`),
    ];
    return [lines.map((line) => `  ${line}\n`).join("")];
  });
  const head = `# Users and keys are those of Ceph. An account of a user's name adds to it what Ceph does not know:
# networks, blockedActions, policies, groups, privileges, limits, and tiers of subusers.

`;
  return accounts.length === 0 ? `${head}accounts: []\n` : `${head}accounts:\n${accounts.join("")}`;
}

/** Names of numbers would be numbers. */
function scalar(name: string): string {
  return /^[a-z]/.test(name) ? name : JSON.stringify(name);
}

type Variables = { readonly accessKey: string; readonly secretKey: string };

/** The variables of the environment that hold the store's key of an account. */
function storeVariables({ name, storeUser = name }: Starter): Variables {
  const user = storeUser.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  return { accessKey: `STORE_${user}_ACCESS_KEY`, secretKey: `STORE_${user}_SECRET_KEY` };
}

function uniqueLines(variables: readonly Variables[]): readonly string[] {
  return [
    ...new Set(variables.map(({ accessKey, secretKey }) => `export ${accessKey}=… ${secretKey}=…`)),
  ];
}

/**
 * Returns the steps that are left to do, printed after the files were written. `program`: how its
 * user calls s3warden; `gateway` and `accounts`: the paths of the files; `isAddressGiven`: whether
 * the store's address is the user's own, and no example.
 */
export function nextSteps(
  wanted: Wanted,
  {
    program,
    gateway,
    accounts,
    isAddressGiven,
  }: Readonly<Record<"program" | "gateway" | "accounts", string>> & {
    readonly isAddressGiven: boolean;
  },
  keys: readonly MadeKey[],
): string {
  const { provider, store, endpoint, cephUsers } = wanted;
  const exports = cephUsers
    ? ["export RGW_ACCESS_KEY=… RGW_SECRET_KEY=…"]
    : uniqueLines(startersOf(provider).map(storeVariables));
  const whose = cephUsers
    ? "The key of a user of Ceph with the capability users=read:"
    : `The key by which ${STORES[store]} knows each account:`;
  const [first] = keys;
  const trial =
    first === undefined
      ? "Users come with the keys that they have in Ceph.\n"
      : `Users and their new keys are in ${accounts}. To try the first, ${first.user}:
  export AWS_ACCESS_KEY_ID=${first.accessKey} AWS_SECRET_ACCESS_KEY=${first.secretKey} AWS_DEFAULT_REGION=us-east-1
  aws --endpoint-url http://127.0.0.1:8080 s3 ls
`;
  const fills = [
    ...(isAddressGiven
      ? []
      : [`upstream.endpoints in ${gateway}: the store's address, now ${endpoint}`]),
    [whose, ...exports.map((line) => `  ${line}`)].join("\n"),
  ];
  return `Fill in:
${fills.map((fill, i) => `${i + 1}. ${fill}\n`).join("")}
Then:
  ${program} check --config ${gateway}
  ${program} serve --config ${gateway}

${trial}`;
}
