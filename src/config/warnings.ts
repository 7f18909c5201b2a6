import type { Route } from "../admission/route.ts";
import { inOrder, type Problem } from "../lib/problem.ts";
import type { NetworkRule } from "../policy/network.ts";
import { covers, wholeFamilies } from "../policy/network-cover.ts";
import { locksOut } from "../policy/locks-out.ts";
import { callerOf } from "../provider/principals.ts";
import { permitsPolicyChanges, privilegeNamed, type Provider } from "../provider/provider.ts";
import type { Tier } from "../provider/tier.ts";
import { ACTIONS } from "../s3/actions.ts";
import type { WholeFile } from "./buckets.ts";
import type { BucketConfig } from "./config.ts";
import type { AccountConfig, Config } from "./config.ts";
import { policiesOf } from "./all-policies.ts";
import { type ConfigDocument, pathBelow } from "./document.ts";
import { problemAt } from "./placed.ts";
import { policyWarnings, tierWarnings } from "./policy-warnings.ts";
import { pathOf, pattern, select } from "./select.ts";
import { roleWarnings } from "./role-warnings.ts";
import { sharedUpstreamWarnings } from "./shared-upstream.ts";
import type { Complaint } from "./surroundings.ts";
import { missingTenantWarnings } from "./missing-tenant.ts";

/**
 * Returns the settings that are legal in a good configuration, but hardly meant; by file and line.
 * `files`: the accounts files that `config` was made of.
 */
export function configWarnings(
  gateway: ConfigDocument,
  files: readonly WholeFile[],
  config: Omit<Config, "warnings">,
): readonly Problem[] {
  const { networks, tiers, tierMode, provider } = config.policy;
  const ceiling = tierMode === "ceiling";
  const owners = new Map(config.accounts.map((account) => [account.name, account]));
  return inOrder([
    ...ineffectiveAnonymous(gateway, config.policy),
    ...networkWarnings(gateway, "policy", networks),
    ...config.passthrough.flatMap((route) => routeWarnings(gateway, route)),
    ...[...tiers.values()].flatMap((tier) => ineffectiveTier(gateway, tier)),
    ...files.flatMap(accountNetworks),
    ...(config.policy.bucketPolicies === "gateway" ? sharedUpstreamWarnings(files) : []),
    ...missingTenantWarnings(files, config),
    ...(provider.principals.kind === "directory" ? [] : files.flatMap(ineffectiveGroups)),
    ...policiesOf(config).flatMap(policyWarnings),
    ...config.accounts.flatMap(roleWarnings),
    ...(ceiling ? config.accounts.flatMap((account) => tierWarnings(account, tiers)) : []),
    ...(provider.ownerPolicyEscape
      ? []
      : config.buckets.flatMap((one) => lockOut(one, owners.get(one.account), provider))),
  ]);
}

/** Requests without credentials that no policy can ever let in. */
function ineffectiveAnonymous(
  gateway: ConfigDocument,
  { anonymous, bucketPolicies }: Config["policy"],
): readonly Problem[] {
  if (anonymous !== "policy" || bucketPolicies === "gateway") return [];
  const path = gateway.nodes.has("policy.anonymous") ? "policy.anonymous" : "policy.provider";
  const message = "Anonymous requests are refused: the gateway keeps no bucket policy to allow any";
  const remedy = "Set policy.bucketPolicies to gateway, or policy.anonymous to deny or upstream";
  return [problemAt(gateway, path, { message, remedy })];
}

/** A dashboard's own login may be all that keeps the world out. */
function routeWarnings(gateway: ConfigDocument, { name, networks }: Route): readonly Problem[] {
  if (networks.allow.length > 0) return networkWarnings(gateway, name, networks);
  const path = `${name}.networks.allow`;
  const message = "Everybody who can reach the S3 port can use this path";
  const remedy = "Name the networks of the dashboard's users";
  return [
    problemAt(gateway, path, { message, remedy }),
    ...networkWarnings(gateway, name, networks),
  ];
}

/** Reports a tier of the operator's own if no request ever asks for any of its actions. */
function ineffectiveTier(gateway: ConfigDocument, { name, set }: Tier): readonly Problem[] {
  const path = pathBelow("policy.tiers", name);
  const { actions, operations, narrowed } = set;
  const grants =
    operations.size + narrowed.size > 0 || ACTIONS.some((action) => actions.has(action));
  if (grants || !gateway.nodes.has(path)) return [];
  const message = "The tier has no effect: no request needs its actions";
  const remedy = "Add actions, or remove the tier";
  return [problemAt(gateway, path, { message, remedy })];
}

/** Reports groups if no policy can name one. */
function ineffectiveGroups({ document }: WholeFile): readonly Problem[] {
  return select(document, ...GROUPS)
    .filter(({ value }) => Array.isArray(value) && value.length > 0)
    .map((groups) => {
      const message = "No policy of this provider can name a group";
      const remedy = "Name users in policies, or give them tags for aws:PrincipalTag";
      return problemAt(document, `${pathOf(groups)}[0]`, { message, remedy });
    });
}

const GROUPS = [pattern("accounts[*].groups"), pattern("accounts[*].subusers[*].groups")];

/** A policy that its own owner could not take back. */
function lockOut(
  { name, account, policies }: BucketConfig,
  owner: AccountConfig | undefined,
  provider: Provider,
): readonly Problem[] {
  const { groups = [], privileges = [] } = owner ?? {};
  const held = privileges.flatMap((privilege) => privilegeNamed(provider, privilege) ?? []);
  if (permitsPolicyChanges(held)) return [];
  const identity = { account, subuser: undefined, groups, tenant: undefined };
  const principal = callerOf(provider.principals, identity);
  return policies
    .filter((policy) => locksOut(policy, principal, name.name, false))
    .map(({ file }) => ({
      file,
      line: undefined,
      column: undefined,
      path: "",
      message: `The policy locks the account "${account}" out of changing it`,
      remedy: "Let the account keep s3:PutBucketPolicy or s3:DeleteBucketPolicy",
    }));
}

function accountNetworks({ document, value }: WholeFile): readonly Problem[] {
  return value.accounts.flatMap((account, i) => [
    ...holderNetworks(document, `accounts[${i}]`, account),
    ...account.subusers.flatMap((subuser, j) =>
      holderNetworks(document, `accounts[${i}].subusers[${j}]`, subuser),
    ),
  ]);
}

type Holder = Pick<AccountConfig, "networks" | "keys">;

function holderNetworks(
  document: ConfigDocument,
  path: string,
  { networks, keys }: Holder,
): readonly Problem[] {
  return [
    ...networkWarnings(document, path, networks),
    ...keys.flatMap((key, k) => networkWarnings(document, `${path}.keys[${k}]`, key.networks)),
  ];
}

/** Warns of networks. `path`: of the setting that has them. */
function networkWarnings(
  document: ConfigDocument,
  path: string,
  { allow, deny }: NetworkRule,
): readonly Problem[] {
  // Most have none, and a hundred thousand are asked.
  if (allow.length === 0 && deny.length === 0) return [];
  const at = (list: "allow" | "deny", complaint: Complaint): Problem =>
    problemAt(document, `${path}.networks.${list}`, complaint);
  if (allow.length > 0 && allow.every((network) => covers(deny, network))) {
    const message = "Nobody is allowed: every allowed address is also denied";
    return [at("allow", { message, remedy: "Narrow the deny list: it comes before allow" })];
  }
  const allowed = wholeFamilies(allow).map((family) => {
    const message = `The list has every ${family} address, so it has no effect on them`;
    return at("allow", { message, remedy: "Name only the networks to allow" });
  });
  const denied = wholeFamilies(deny).map((family) => {
    const message = `The list has every ${family} address, so it refuses all of them`;
    return at("deny", { message, remedy: "Name only the networks to deny" });
  });
  return [...allowed, ...denied];
}
