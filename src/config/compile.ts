import type { BucketRecord, BucketRecords } from "../admission/record.ts";
import { isOfValues } from "../admission/condition-context.ts";
import { roleArn, type Account, type Holder, type Key, type Role } from "../admission/principal.ts";
import type { PolicySettings, Snapshot, StoreSettings } from "../admission/snapshot.ts";
import { exact } from "../lib/exact.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { namedKeys } from "../policy/named-keys.ts";
import type { Policy } from "../policy/policy.ts";
import { compilePolicies, type PolicySet } from "../policy/policy-set.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import { callerOf } from "../provider/principals.ts";
import { privilegeNamed } from "../provider/provider.ts";
import { shareOf, sharePolicy, type NamedShare } from "../provider/shares.ts";
import type { Tier } from "../provider/tier.ts";
import { bucketIdOf, type BucketId } from "../s3/bucket.ts";
import { KnownAuthorizations } from "../signature/authorization.ts";
import { KeyRing } from "../signature/key-ring.ts";
import type { SignatureRules } from "../signature/rules.ts";
import { OpenedSessions } from "../session/opened.ts";
import { sealingKey } from "../session/seal.ts";
import { policiesOf } from "./all-policies.ts";
import type { BucketConfig } from "./config.ts";
import type { AccountConfig, Config, RoleConfig, SubuserConfig } from "./config.ts";
import { keysElsewhere } from "./elsewhere.ts";
import { parseBucketName } from "./scalars.ts";
import { sharedUpstreams } from "./shared-upstream.ts";
import { knownTenant, signsByFile, tenantOfAccount } from "./tenant.ts";

/**
 * Builds the snapshot that decisions are made from, for a configuration that `parseConfig`
 * accepted. `generation` counts accepted configurations, from 1.
 */
export function compileSnapshot(config: Config, generation: number): Snapshot {
  const { policy, limits } = config;
  const sharing = new Set([...sharedUpstreams(config.accounts).values()].flat());
  const accounts = config.accounts.map((written) => ({
    ...compileAccount(written, policy),
    shares: sharing.has(written.name),
  }));
  const keys = new Map(
    config.accounts.flatMap((written, i) => {
      const account = accounts[i];
      return account === undefined ? [] : compileKeys(written, account, policy);
    }),
  );
  return {
    generation,
    hosts: { domains: config.listen.domains, accountDomains: config.listen.accountDomains },
    trustedProxies: config.listen.trustedProxies,
    routes: config.passthrough,
    store: compileStore(config),
    understood: {
      ignoredHeaders: new Set(policy.ignoredHeaders),
      beyondBounds: config.upstream.beyondBounds,
      extensions: config.upstream.extensions,
    },
    keys,
    owners: ownersIn(keys),
    roles: rolesIn(config, accounts),
    sealing: config.sealing.map(({ id, secret }) =>
      sealingKey(id, Buffer.from(secret, "base64url")),
    ),
    revoked: config.revoked,
    opened: new OpenedSessions(config.sealing.length === 0 ? 1 : SESSIONS_MAX),
    stsDomains: config.stsDomains,
    buckets: compileBuckets(config.buckets, accounts, config.upstream.tenants),
    elsewhere: keysElsewhere(config),
    keepsState: keepsRecordsIn(config),
    stateBucket: config.state?.kind === "bucket" ? config.state.bucket : undefined,
    authorizations: new KnownAuthorizations(),
    // Each key as the client's and as the store's; those of Ceph are one and the same.
    ring: new KeyRing(
      keys.size * 2 + 2 + foreignSecrets(config) + (config.sealing.length === 0 ? 0 : SESSIONS_MAX),
    ),
    signatures: compileSignatures(policy, limits),
    policy: {
      ...compilePolicy(policy),
      // The store's list has the buckets of all that it takes for one.
      ...(sharing.size > 0 && { listBuckets: "filtered" as const }),
      asksValues: keepsRecordsIn(config) || policiesOf(config).some(policyAsksValues),
    },
    limits: { xmlBytesMax: limits.xmlBytesMax, bodyBytesMax: limits.bodyBytesMax },
  };
}

/** Returns true if `state` is for records of buckets; else it only has the revoked sessions. */
export function keepsRecordsIn({ state, policy }: Pick<Config, "state" | "policy">): boolean {
  return state !== undefined && policy.bucketPolicies === "gateway";
}

/** Accounts whose own keys sign for the store, too, each with those that need no session token. */
function ownersIn(keys: ReadonlyMap<string, Key>): ReadonlyMap<string, readonly Key[]> {
  const owners = new Map<string, Key[]>();
  for (const key of keys.values()) {
    const { account, subuser, sessionToken } = key;
    if (account.upstream !== undefined || subuser !== undefined || sessionToken !== undefined) {
      continue;
    }
    const before = owners.get(account.name);
    if (before === undefined) owners.set(account.name, [key]);
    else before.push(key);
  }
  return owners;
}

/** Returns the roles by ARN. `accounts`: those of the configuration, compiled, in its order. */
function rolesIn(
  { accounts: written, policy }: Config,
  accounts: readonly Account[],
): ReadonlyMap<string, Role> {
  const roles = accounts.flatMap((account, i) =>
    (written[i]?.roles ?? []).map((role) => compileRole(role, written[i], account, policy)),
  );
  return new Map(roles.map((role) => [role.arn, role]));
}

function compileRole(
  written: RoleConfig,
  owner: AccountConfig | undefined,
  account: Account,
  policy: Config["policy"],
): Role {
  if (owner === undefined) throw new Error(`A role has an account: ${written.name}`);
  const { name, trust, maxSession } = written;
  return {
    name,
    arn: roleArn(account.name, name),
    account,
    holder: {
      ...compileHolder(written, owner, undefined, policy, undefined),
      tier: tierNamed(policy.tiers, written.tier),
      policies: compileSet([...owner.policies, ...written.policies]),
    },
    groups: uniqueOf(owner.groups, written.groups),
    trust: compilePolicies([trust]),
    maxSessionMs: maxSession,
  };
}

/**
 * Returns the number of looked-up keys whose signing keys are kept: each takes about 2 KiB. A key
 * of a directory may have another at the store.
 */
function foreignSecrets({ ceph, directories }: Pick<Config, "ceph" | "directories">): number {
  return [...ceph, ...directories, ...directories].reduce(
    (sum, { entries }) => sum + Math.min(entries, FOREIGN_SECRETS_MAX),
    0,
  );
}

const FOREIGN_SECRETS_MAX = 10_000;

/** Sessions that are remembered as they were opened: of each about 8 KiB, its policy included. */
const SESSIONS_MAX = 10_000;

function compileStore({ upstream, accounts, policy, directories }: Config): StoreSettings {
  const { endpoints, region, addressing, foldsPaths, tenants, aliases, prefix } = upstream;
  const { operations, ignoredHeaders, withoutEffect, acls, trailers, checksums } = upstream;
  const first = endpoints[0];
  if (first === undefined) throw new Error("A checked configuration has an endpoint");
  // Answers of directories need not say the tenant.
  const tenantsOfAnswersKnown =
    directories.length === 0 || policy.provider.bucketNames === "tenant";
  const tenantsKnown =
    tenantsOfAnswersKnown &&
    accounts.every(
      (account) => !signsByFile(account) || knownTenant(account, policy.provider) !== undefined,
    );
  const naming = { tenants, tenantsKnown, aliases, addressing, prefix };
  const written = { authority: first.authority, region, naming, foldsPaths };
  return { ...written, operations, ignoredHeaders, withoutEffect, acls, trailers, checksums };
}

function compileSignatures(policy: Config["policy"], limits: Config["limits"]): SignatureRules {
  const { expirySecondsMin, v2 } = policy.provider.presigned;
  return {
    v2: policy.signatureV2,
    regions: policy.regions,
    clockSkewMs: limits.clockSkewMs,
    presignedExpiryMaxMs: policy.presignedExpiryMaxMs,
    presignedExpiryMinMs: expirySecondsMin * 1000,
    presignedV2: v2,
    presignedV2MaxMs: policy.presignedV2MaxMs,
  };
}

function compilePolicy(policy: Config["policy"]): Omit<PolicySettings, "asksValues"> {
  const { provider, mode, networks, blockedActions, versionGuard, tierMode } = policy;
  const { anonymous, bucketPolicies, guestGroups, listBuckets } = policy;
  return {
    provider,
    mode,
    networks,
    blockedActions,
    unsupported: [...policy.unsupported, ...provider.unsupported],
    versionGuard,
    tierMode,
    anonymous,
    guest: callerOf(provider.principals, undefined, guestGroups),
    bucketPolicies,
    listBuckets,
  };
}

function compileKeys(
  written: AccountConfig,
  account: Account,
  policy: Config["policy"],
): readonly (readonly [string, Key])[] {
  const own = written.keys.map(
    (key) => [key.accessKey, compileKey(key, account, undefined)] as const,
  );
  const users = written.subusers.flatMap((user) => {
    const subuser = compileSubuser(user, written, policy);
    return user.keys.map((key) => [key.accessKey, compileKey(key, account, subuser)] as const);
  });
  return [...own, ...users];
}

/**
 * Compiles an account. `tenant`: its user's tenant in Ceph; `undefined` if the account is not
 * looked up there.
 */
export function compileAccount(
  written: AccountConfig,
  policy: Config["policy"],
  tenant?: string,
): Account {
  const { upstream } = written;
  return {
    ...compileHolder(written, written, undefined, policy, tenant),
    tier: policy.provider.accountTier,
    policies: compileSet(written.policies),
    tenant: tenant ?? tenantOfAccount(written, policy.provider),
    upstream: upstream && { accessKeyId: upstream.accessKey, secret: upstream.secretKey },
    disabled: written.disabled,
    shares: false,
  };
}

/** `tenant`: as for compileAccount(). */
export function compileSubuser(
  written: SubuserConfig,
  account: AccountConfig,
  policy: Config["policy"],
  tenant?: string,
): Holder {
  return {
    ...compileHolder(written, account, written.name, policy, tenant),
    tier: tierNamed(policy.tiers, written.tier),
    policies: compileSet([...account.policies, ...written.policies]),
  };
}

/**
 * Compiles the parts that account and subuser share; `subuser`: its name, `undefined` for the
 * account itself.
 */
function compileHolder(
  written: AccountConfig | SubuserConfig | RoleConfig,
  account: AccountConfig,
  subuser: string | undefined,
  { provider }: Config["policy"],
  tenant: string | undefined,
): Omit<Holder, "tier" | "policies"> {
  const { name, networks, blockedActions } = written;
  const groups = uniqueOf(account.groups, written.groups);
  const identity = { account: account.name, subuser, groups, tenant };
  return {
    name,
    principal: callerOf(provider.principals, identity),
    privileges: exact(
      written.privileges.flatMap((privilege) => privilegeNamed(provider, privilege) ?? []),
    ),
    tags: tagsOf({ ...account.tags, ...written.tags }),
    networks,
    blockedActions,
  };
}

/*
 * Most users have no groups and no tags: what stands for none is one and the same for all of them,
 * since there may be hundreds of thousands.
 */
const NONE: readonly never[] = [];
const NO_TAGS: Holder["tags"] = new Map();

function uniqueOf(some: readonly string[], more: readonly string[]): readonly string[] {
  return some.length === 0 && more.length === 0 ? NONE : [...new Set([...some, ...more])];
}

function tagsOf(written: Readonly<Record<string, string>>): Holder["tags"] {
  const tags = Object.entries(written);
  if (tags.length === 0) return NO_TAGS;
  return new Map(tags.map(([tag, value]) => [tag.toLowerCase(), value]));
}

function tierNamed(tiers: ReadonlyMap<string, Tier>, name: string | undefined): Tier | undefined {
  const tier = name === undefined ? undefined : tiers.get(name);
  if (name !== undefined && tier === undefined) {
    throw new Error(`A checked configuration knows its tiers: ${name}`);
  }
  return tier;
}

function compileBuckets(
  buckets: readonly BucketConfig[],
  accounts: readonly Account[],
  tenants: boolean,
): BucketRecords {
  const owners = new Map(accounts.map((account) => [account.name, account]));
  return new Map(
    buckets.map((bucket): [BucketId, BucketRecord] => {
      const owner = owners.get(bucket.account);
      if (owner === undefined) throw new Error(`A bucket has an account: ${bucket.account}`);
      const { policies, policyText } = bucket;
      const id = bucketIdOf(bucket.name, owner.tenant, tenants);
      return [id, recordWith({ id, configured: true, owner, policyText }, policies)];
    }),
  );
}

/** The remembered facts of one bucket. */
export type KeptBucket = {
  readonly owner: string;
  readonly policy: string | undefined;
  readonly shares?: readonly NamedShare[];
};

/**
 * Returns a reader of remembered records under `config`. Its error says why a record cannot be
 * read: then nothing may be decided on its bucket. `name`: the name under which it is kept.
 */
export function recordReader(
  config: Config,
): (name: string, remembered: KeptBucket) => Result<BucketRecord, string> {
  const { policy } = config;
  const accounts = new Map(
    config.accounts.map((written) => [written.name, compileAccount(written, policy)]),
  );
  return (kept, { owner, policy: policyText, shares = [] }) => {
    const bucket = parseBucketName(kept);
    if (!bucket.ok) return bucket;
    const id = bucketIdOf(bucket.value, "", config.upstream.tenants);
    const { tenant, name } = bucket.value;
    const rules = tenant === undefined ? { bucket: name } : { bucket: name, tenant };
    const parsed =
      policyText === undefined
        ? undefined
        : parseProviderPolicy(policy.provider, policyText, `policy of ${id}`, "bucket", rules);
    if (parsed?.ok === false) return err(parsed.error[0]?.message ?? "the policy cannot be read");
    const account = accounts.get(owner) ?? unconfiguredAccount(owner, tenant ?? "", policy);
    const shared = sharePolicy(
      policy.provider,
      name,
      shares.map((share, i) => shareOf(share, i + 1)),
      `shares of ${id}`,
    );
    if (!shared.ok) return shared;
    const policies = [
      ...(parsed === undefined ? [] : [parsed.value]),
      ...(shares.length === 0 ? [] : [shared.value]),
    ];
    return ok(recordWith({ id, configured: false, owner: account, policyText }, policies));
  };
}

/** An account that the configuration does not have: nobody can be let in as it. */
function unconfiguredAccount(name: string, tenant: string, policy: Config["policy"]): Account {
  const networks = { allow: [], deny: [] };
  const nothing = { policies: [], groups: [], privileges: [], tags: {}, blockedActions: [] };
  const written = {
    ...nothing,
    name,
    disabled: false,
    networks,
    keys: [],
    subusers: [],
    roles: [],
  };
  return compileAccount(written, policy, tenant);
}

/** A record with what its policies say compiled. */
function recordWith(
  record: Pick<BucketRecord, "id" | "configured" | "owner" | "policyText">,
  policies: readonly Policy[],
): BucketRecord {
  const policy = policies.length === 0 ? undefined : compilePolicies(policies);
  return { ...record, policy, isPublic: policies.some(isPublic) };
}

/** Returns true if the policy depends on what only reading headers and documents tells. */
export function policyAsksValues(policy: Policy): boolean {
  return namedKeys(policy).some(({ key }) => isOfValues(key));
}

function isPublic({ statements }: Policy): boolean {
  return statements.some(
    ({ effect, principals, conditions }) =>
      effect === "Allow" && opensToAll(principals) && conditions.length === 0,
  );
}

/**
 * Returns true if a statement is open to everybody. So is one with NotPrincipal: an anonymous
 * caller is never in its list.
 */
function opensToAll(principals: Policy["statements"][number]["principals"]): boolean {
  return principals !== undefined && principals.everyone !== principals.negated;
}

/** Most users have no policies of their own and share one empty set. */
function compileSet(policies: readonly Policy[]): PolicySet {
  return policies.length === 0 ? NO_POLICIES : compilePolicies(policies);
}

const NO_POLICIES = compilePolicies([]);

function compileKey(
  key: AccountConfig["keys"][number],
  account: Account,
  subuser: Holder | undefined,
): Key {
  return {
    accessKeyId: key.accessKey,
    secret: key.secretKey,
    account,
    subuser,
    disabled: key.disabled || account.disabled,
    notBeforeMs: key.notBefore,
    expiresMs: key.expires,
    sessionToken: key.sessionToken,
    networks: key.networks,
  };
}
