import type { ActionPattern } from "../admission/principal.ts";
import type { Config } from "../config/config.ts";
import { liesIn, type Network, type NetworkRule } from "../policy/network.ts";
import type { Policy, Statement, StatementRef } from "../policy/policy.ts";
import { addressClasses, networksOf } from "./address-classes.ts";

/** Something that can be taken out of a configuration by itself. */
export type ConfigPart = {
  readonly kind: "statement" | "tier" | "network" | "blocked action";
  /** As its author finds it. */
  readonly name: string;
  /** The same configuration without it. */
  readonly without: () => Config;
};

/**
 * Statements of policies of people and buckets, tiers that people have, entries of lists of networks and
 * of blocked actions. What a provider says is not the operator's to take out, and what only sessions of
 * roles have is not looked at.
 */
export function partsOf(config: Config): readonly ConfigPart[] {
  return [...statements(config), ...tiers(config), ...lists(config)];
}

function statements(config: Config): readonly ConfigPart[] {
  const places = new Map<string, StatementRef>();
  for (const { place } of statementsIn(config)) {
    if (!places.has(placeId(place))) places.set(placeId(place), place);
  }
  return [...places].map(([id, { file, line, sid }]) => ({
    kind: "statement",
    name: `${file}:${line}${sid === undefined ? "" : ` ${sid}`}`,
    without: () => withPolicies(config, (policy) => withoutStatement(policy, id)),
  }));
}

function statementsIn({ accounts, buckets }: Config): readonly Statement[] {
  const policies = [
    ...accounts.flatMap((account) => [
      ...account.policies,
      ...account.subusers.flatMap((user) => user.policies),
    ]),
    ...buckets.flatMap((bucket) => bucket.policies),
  ];
  return policies.flatMap((policy) => policy.statements);
}

function placeId({ file, index }: StatementRef): string {
  return `${index} ${file}`;
}

function withoutStatement(policy: Policy, id: string): Policy {
  return { ...policy, statements: policy.statements.filter(({ place }) => placeId(place) !== id) };
}

function withPolicies(config: Config, change: (policy: Policy) => Policy): Config {
  return {
    ...config,
    accounts: config.accounts.map((account) => ({
      ...account,
      policies: account.policies.map(change),
      subusers: account.subusers.map((user) => ({ ...user, policies: user.policies.map(change) })),
    })),
    buckets: config.buckets.map((bucket) => ({ ...bucket, policies: bucket.policies.map(change) })),
  };
}

/** Everybody who has it has none then. */
function tiers(config: Config): readonly ConfigPart[] {
  const had = config.accounts.flatMap(({ subusers }) => subusers.flatMap(({ tier }) => tier ?? []));
  return [...new Set(had)].map((name) => ({
    kind: "tier",
    name,
    without: () => ({
      ...config,
      accounts: config.accounts.map((account) => ({
        ...account,
        subusers: account.subusers.map((user) => {
          const { tier, ...rest } = user;
          return tier === name ? rest : user;
        }),
      })),
    }),
  }));
}

/** An owner of lists: its name, and the way in which it gets other ones. */
type Owner = {
  readonly name: string;
  readonly networks: NetworkRule;
  readonly withNetworks: (networks: Holding["networks"]) => Config;
  readonly blocked: readonly ActionPattern[];
  readonly withBlocked: (blockedActions: ActionPattern[]) => Config;
};

/** Entries of the lists of the policy, of accounts, of their users and of keys. */
function lists(config: Config): readonly ConfigPart[] {
  return ownersOf(config).flatMap(({ name, networks, withNetworks, blocked, withBlocked }) => [
    ...(["allow", "deny"] as const).flatMap((list) =>
      networks[list].map((network, i) => ({
        kind: "network" as const,
        name: `${name} networks.${list} ${networkWords(network)}`,
        without: () => {
          const next = { allow: [...networks.allow], deny: [...networks.deny] };
          next[list].splice(i, 1);
          return withNetworks(next);
        },
      })),
    ),
    ...blocked.map(({ text }, i) => ({
      kind: "blocked action" as const,
      name: `${name} ${text}`,
      without: () => withBlocked(blocked.toSpliced(i, 1)),
    })),
  ]);
}

function ownersOf(config: Config): readonly Owner[] {
  const { policy, accounts } = config;
  return [
    {
      name: "policy",
      networks: policy.networks,
      withNetworks: (networks) => ({ ...config, policy: { ...policy, networks } }),
      blocked: policy.blockedActions,
      withBlocked: (blockedActions) => ({ ...config, policy: { ...policy, blockedActions } }),
    },
    ...accounts.flatMap((account, a) => [
      ...holderOwners(account.name, account, (next) => ({
        ...config,
        accounts: accounts.with(a, { ...account, ...next }),
      })),
      ...account.subusers.flatMap((user, u) =>
        holderOwners(`${account.name}:${user.name}`, user, (next) => ({
          ...config,
          accounts: accounts.with(a, {
            ...account,
            subusers: account.subusers.with(u, { ...user, ...next }),
          }),
        })),
      ),
    ]),
  ];
}

/** The fields that accounts and their users both have. */
type Holding = Pick<Config["accounts"][number], "networks" | "blockedActions" | "keys">;

/** One who has keys, and each of the keys. */
function holderOwners(
  name: string,
  { networks, blockedActions, keys }: Holding,
  withNext: (next: Partial<Holding>) => Config,
): readonly Owner[] {
  return [
    {
      name,
      networks,
      withNetworks: (next) => withNext({ networks: next }),
      blocked: blockedActions,
      withBlocked: (next) => withNext({ blockedActions: next }),
    },
    ...keys.map((key, i) => ({
      name: `${name} key ${key.accessKey}`,
      networks: key.networks,
      withNetworks: (next: Holding["networks"]) =>
        withNext({ keys: keys.with(i, { ...key, networks: next }) }),
      blocked: [],
      withBlocked: () => withNext({}),
    })),
  ];
}

function networkWords(network: Network): string {
  const inside = addressClasses([network]).filter(
    ({ address }) => liesIn([network], address) === true,
  );
  return networksOf(inside).join(", ");
}
