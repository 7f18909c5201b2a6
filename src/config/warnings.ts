import { inOrder, type Problem } from "../lib/problem.ts";
import type { NetworkRule } from "../policy/network.ts";
import { covers, wholeFamilies } from "../policy/network-cover.ts";
import type { Tier, TierName } from "../policy/tier.ts";
import { ACTIONS } from "../s3/actions.ts";
import type { AccountsFile } from "./accounts-schema.ts";
import { compileTiers } from "./compile.ts";
import type { AccountConfig, ParsedFile } from "./config.ts";
import { type ConfigDocument, pathBelow } from "./document.ts";
import type { GatewayFile } from "./gateway-schema.ts";
import { problemAt } from "./issues.ts";
import { policyWarnings, tierWarnings } from "./policy-warnings.ts";
import type { Complaint } from "./surroundings.ts";

/**
 * What is legal in a good configuration, but hardly meant; by file and line. Looks at values that
 * were read, so nothing is said of files that have problems.
 */
export function configWarnings(
  { document, value }: ParsedFile<GatewayFile>,
  files: readonly ParsedFile<AccountsFile>[],
  accounts: readonly AccountConfig[],
): readonly Problem[] {
  if (document === undefined || value === undefined) return [];
  const { networks, tiers: ownTiers, tierMode } = value.policy;
  const tiers = compileTiers(ownTiers);
  return inOrder([
    ...networkWarnings(document, "policy", networks),
    ...Object.keys(ownTiers).flatMap((name) => vainTier(document, name, tiers)),
    ...files.flatMap(accountNetworks),
    ...policiesOf(accounts).flatMap(policyWarnings),
    ...(tierMode === "ceiling" ? accounts.flatMap((account) => tierWarnings(account, tiers)) : []),
  ]);
}

/** Each file once, however many hold it. */
function policiesOf(
  accounts: readonly AccountConfig[],
): readonly AccountConfig["policies"][number][] {
  const all = accounts.flatMap(({ policies, subusers }) => [
    ...policies,
    ...subusers.flatMap((subuser) => subuser.policies),
  ]);
  return [...new Map(all.map((policy) => [policy.file, policy])).values()];
}

/** A tier of which no request ever asks for anything. */
function vainTier(
  document: ConfigDocument,
  name: TierName,
  tiers: ReadonlyMap<TierName, Tier>,
): readonly Problem[] {
  const actions = tiers.get(name)?.actions ?? new Set();
  if (ACTIONS.some((action) => actions.has(action))) return [];
  const message = "The tier grants nothing that any request asks for";
  const remedy = "Add actions, or remove the tier";
  return [problemAt(document, pathBelow("policy.tiers", name), { message, remedy })];
}

function accountNetworks({ document, value }: ParsedFile<AccountsFile>): readonly Problem[] {
  if (document === undefined || value === undefined) return [];
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

/** `path`: of what has the networks. */
function networkWarnings(
  document: ConfigDocument,
  path: string,
  { allow, deny }: NetworkRule,
): readonly Problem[] {
  const at = (list: "allow" | "deny", complaint: Complaint): Problem =>
    problemAt(document, `${path}.networks.${list}`, complaint);
  if (allow.length > 0 && allow.every((network) => covers(deny, network))) {
    const message = "Nobody may come: every address that is allowed is also denied";
    return [at("allow", { message, remedy: "Narrow the deny list: it comes before allow" })];
  }
  const allowed = wholeFamilies(allow).map((family) => {
    const message = `The list has every ${family} address, so it restricts none of them`;
    return at("allow", { message, remedy: "Name only the networks that may come" });
  });
  const denied = wholeFamilies(deny).map((family) => {
    const message = `The list has every ${family} address, so it refuses all of them`;
    return at("deny", { message, remedy: "Name only the networks that may not come" });
  });
  return [...allowed, ...denied];
}
