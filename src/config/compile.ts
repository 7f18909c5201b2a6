import type { Account, Key, Subuser } from "../admission/principal.ts";
import type { PolicySettings, Snapshot, StoreSettings } from "../admission/snapshot.ts";
import type { Policy } from "../policy/policy.ts";
import { compilePolicies, type PolicySet } from "../policy/policy-set.ts";
import { compileTier, DEFAULT_TIERS, type Tier, type TierName } from "../policy/tier.ts";
import { KeyRing } from "../signature/key-ring.ts";
import type { AccountConfig, Config, SubuserConfig } from "./config.ts";

/**
 * What decisions are made from, for a configuration that `parseConfig` found good.
 * `generation` counts accepted configurations, from 1.
 */
export function compileSnapshot(config: Config, generation: number): Snapshot {
  const keys = compileKeys(config.accounts, compileTiers(config.policy.tiers));
  return {
    generation,
    domains: config.listen.domains,
    store: compileStore(config.upstream),
    keys,
    // Each key as the client's and as the store's.
    ring: new KeyRing(keys.size * 2 + 2),
    signatures: {
      v2: config.policy.signatureV2,
      regions: config.policy.regions,
      clockSkewMs: config.limits.clockSkewMs,
      presignedExpiryMaxMs: config.policy.presignedExpiryMaxMs,
    },
    policy: compilePolicy(config.policy),
    limits: { xmlBytesMax: config.limits.xmlBytesMax },
  };
}

function compileStore(upstream: Config["upstream"]): StoreSettings {
  const { endpoints, region, addressing, operations, trailers } = upstream;
  const first = endpoints[0];
  if (first === undefined) throw new Error("A checked configuration has an endpoint");
  return { authority: first.authority, region, addressing, operations, trailers };
}

function compilePolicy(policy: Config["policy"]): PolicySettings {
  const { mode, networks, blockedActions, unsupported, versionGuard, anonymous } = policy;
  return { mode, networks, blockedActions, unsupported, versionGuard, anonymous };
}

/** The provider's tiers, and the operator's own above them. */
function compileTiers(own: Config["policy"]["tiers"]): ReadonlyMap<TierName, Tier> {
  const tiers = new Map<TierName, Tier>();
  for (const [name, patterns] of Object.entries({ ...DEFAULT_TIERS, ...own })) {
    const tier = compileTier(name, patterns);
    if (!tier.ok) throw new Error(`A checked tier has good patterns: ${tier.error.message}`);
    tiers.set(name, tier.value);
  }
  return tiers;
}

function compileKeys(
  accounts: readonly AccountConfig[],
  tiers: ReadonlyMap<TierName, Tier>,
): ReadonlyMap<string, Key> {
  const keys = new Map<string, Key>();
  for (const written of accounts) {
    const account = compileAccount(written);
    for (const key of written.keys) keys.set(key.accessKey, compileKey(key, account, undefined));
    for (const user of written.subusers) {
      const subuser = compileSubuser(user, written, tiers);
      for (const key of user.keys) keys.set(key.accessKey, compileKey(key, account, subuser));
    }
  }
  return keys;
}

function compileAccount(written: AccountConfig): Account {
  const { name, upstream, networks, blockedActions } = written;
  const credential = upstream && { accessKeyId: upstream.accessKey, secret: upstream.secretKey };
  const policies = compileSet(written.policies);
  return { name, upstream: credential, networks, blockedActions, policies };
}

function compileSubuser(
  written: SubuserConfig,
  account: AccountConfig,
  tiers: ReadonlyMap<TierName, Tier>,
): Subuser {
  const { name, networks, blockedActions } = written;
  const tier = written.tier === undefined ? undefined : tiers.get(written.tier);
  if (written.tier !== undefined && tier === undefined) {
    throw new Error(`A checked configuration knows its tiers: ${written.tier}`);
  }
  const policies = compileSet([...account.policies, ...written.policies]);
  return { name, tier, networks, blockedActions, policies };
}

/** Most users have no policies of their own and share one empty set. */
function compileSet(policies: readonly Policy[]): PolicySet {
  return policies.length === 0 ? NO_POLICIES : compilePolicies(policies);
}

const NO_POLICIES = compilePolicies([]);

function compileKey(
  key: AccountConfig["keys"][number],
  account: Account,
  subuser: Subuser | undefined,
): Key {
  return {
    accessKeyId: key.accessKey,
    secret: key.secretKey,
    account,
    subuser,
    disabled: key.disabled,
    notBeforeMs: key.notBefore,
    expiresMs: key.expires,
    sessionToken: key.sessionToken,
    networks: key.networks,
  };
}
