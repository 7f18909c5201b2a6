import type { Problem } from "../lib/problem.ts";
import type { Provider, ProviderNeed, ProviderNeeds } from "../provider/provider.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./placed.ts";
import { pattern, select } from "./select.ts";

/**
 * Returns true if the gateway keeps bucket policies: as gateway.yaml says, else as the provider
 * needs it.
 */
export function keepsPolicies(gateway: ConfigDocument, { defaults }: Provider): boolean {
  const written = gateway.nodes.get(BUCKET_POLICIES)?.value;
  return (written ?? defaults.bucketPolicies) === "gateway";
}

/**
 * Returns the needs of the provider's document, at that `level`, that the operator has not met. It
 * is a problem if the whole model is void without it, a warning if a part is. `accounts`: the
 * accounts files.
 */
export function unmetNeeds(
  gateway: ConfigDocument,
  accounts: readonly ConfigDocument[],
  provider: Provider,
  level: ProviderNeed["level"],
): readonly Problem[] {
  return NEEDS.flatMap(({ name, path, remedy, isMet }) => {
    const need = provider.needs[name];
    if (need?.level !== level || isMet(gateway, accounts, provider)) return [];
    const message = `The document of ${provider.name} needs ${path}: ${need.without}`;
    const at = gateway.nodes.has(path) ? path : "policy.provider";
    return [problemAt(gateway, at, { message, remedy })];
  });
}

const BUCKET_POLICIES = "policy.bucketPolicies";

type NeedRow = {
  readonly name: keyof ProviderNeeds;
  /** The path of the setting, as the message names it. */
  readonly path: string;
  readonly remedy: string;
  readonly isMet: (
    gateway: ConfigDocument,
    accounts: readonly ConfigDocument[],
    provider: Provider,
  ) => boolean;
};

const NEEDS: readonly NeedRow[] = [
  {
    name: "bucketPolicies",
    path: BUCKET_POLICIES,
    remedy: "Set policy.bucketPolicies to gateway, or leave it out",
    isMet: (gateway, _, provider) => keepsPolicies(gateway, provider),
  },
  {
    name: "accountDomains",
    path: "listen.accountDomains",
    remedy: 'Add a domain of yours below which labels are accounts, such as ["*.s3.example.org"]',
    isMet: (gateway) => gateway.nodes.has("listen.accountDomains[0]"),
  },
  {
    name: "state",
    path: "state",
    remedy: "Add state: { directory: /var/lib/s3warden }, or a bucket of the store",
    // A store that keeps the policies keeps them without us.
    isMet: (gateway, _, provider) =>
      gateway.nodes.has("state") || !keepsPolicies(gateway, provider),
  },
  {
    name: "privileges",
    path: "privileges",
    remedy: "Add privileges to an account in accounts.yaml",
    isMet: (_, accounts) => accounts.some((file) => names(file, "privileges")),
  },
  {
    name: "groups",
    path: "groups",
    remedy: "Add groups to accounts in accounts.yaml",
    isMet: (_, accounts) => accounts.some((file) => names(file, "groups")),
  },
];

/** Returns true if an account or subuser of the file has one of them. */
function names(file: ConfigDocument, list: "privileges" | "groups"): boolean {
  const places = [`accounts[*].${list}[*]`, `accounts[*].subusers[*].${list}[*]`];
  return select(file, ...places.map(pattern)).length > 0;
}
