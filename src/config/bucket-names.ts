import type { Problem } from "../lib/problem.ts";
import type { Provider } from "../provider/provider.ts";
import { canBePrefix } from "../s3/mapped-names.ts";
import { storeTraits } from "../s3/stores.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./placed.ts";
import { keepsPolicies } from "./provider-needs.ts";
import { field, pathOf, pattern, select } from "./select.ts";
import { storeKindOf } from "./store-rules.ts";
import { tenantOfAccount } from "./tenant.ts";

const PREFIX = "policy.bucketNames.prefix";
const ACCOUNTS = pattern("accounts[*]");

/** Returns true if buckets are named after their accounts at the store. */
export function namesByAccount({ nodes }: ConfigDocument): boolean {
  return nodes.has(PREFIX);
}

/**
 * Reports why buckets cannot be named after their accounts. `provider`: with names of each tenant's
 * own.
 */
export function bucketNamesProblems(
  gateway: ConfigDocument,
  files: readonly ConfigDocument[],
  provider: Provider,
): readonly Problem[] {
  if (!namesByAccount(gateway)) return [];
  const complain = (message: string, remedy: string): readonly Problem[] => [
    problemAt(gateway, PREFIX, { message, remedy }),
  ];
  if (storeTraits(storeKindOf(gateway)).tenants) {
    return complain("The store has tenants, in which buckets have names of their own", "Remove it");
  }
  if (!provider.tenantAddressing) {
    const message = `With the provider ${provider.name} nobody could name another account's bucket`;
    return complain(message, "Remove it, or set policy.provider to aws or lumi-o");
  }
  if (!keepsPolicies(gateway, provider)) {
    const message = "Policies at the store would name buckets as clients do, and so other ones";
    return complain(message, "Set policy.bucketPolicies to gateway");
  }
  return files.flatMap(tenantsUnfitForPrefix(provider));
}

/** Accounts whose tenant, mostly their own name, cannot stand before the name of a bucket. */
function tenantsUnfitForPrefix(provider: Provider): (file: ConfigDocument) => readonly Problem[] {
  return (file) =>
    select(file, ACCOUNTS).flatMap((account) => {
      const name = field(account.value, "name");
      const written = field(account.value, "tenant");
      if (typeof name !== "string") return [];
      const tenant = typeof written === "string" ? written : undefined;
      if (canBePrefix(tenantOfAccount({ name, tenant }, provider))) return [];
      const path = `${pathOf(account)}.${tenant === undefined ? "name" : "tenant"}`;
      const said = quoted(path, file.nodes.get(path));
      const message = `Cannot stand before the names of buckets: expected 1 to 40 small letters and digits${said}`;
      const remedy = tenant === undefined ? 'Add a tenant such as "lab"' : "";
      return [problemAt(file, path, { message, remedy })];
    });
}
