import type { Provider } from "../provider/provider.ts";
import type { AccountConfig } from "./config.ts";

type Named = { readonly name: string; readonly tenant?: string | undefined };

/**
 * The fields of an account in a file that tell whether the file has the key by which the store
 * knows it.
 */
type Signing = Pick<AccountConfig, "keys" | "subusers" | "upstream">;

/**
 * Returns the tenant of an account's user at the store, "" for none: as it is written, as a name
 * like Ceph's `tenant$user` says, or the account itself if the provider gives each account bucket
 * names of its own.
 */
export function tenantOfAccount(written: Named, provider: Pick<Provider, "bucketNames">): string {
  return knownTenant(written, provider) ?? "";
}

/** The same; undefined if neither the account nor the provider says it. */
export function knownTenant(
  { name, tenant }: Named,
  { bucketNames }: Pick<Provider, "bucketNames">,
): string | undefined {
  if (tenant !== undefined) return tenant;
  const dollar = name.indexOf("$");
  if (dollar >= 0) return name.slice(0, dollar);
  return bucketNames === "tenant" ? name : undefined;
}

/**
 * Returns true if requests go to the store under keys of this account that a file has: its
 * upstream's, or the clients' own. Their user is in the tenant that the file says, and Ceph is not
 * asked.
 */
export function signsByFile({ keys, subusers, upstream }: Signing): boolean {
  return upstream !== undefined || keys.length > 0 || subusers.some((one) => one.keys.length > 0);
}
