import type { Provider } from "../provider/provider.ts";

type Named = { readonly name: string; readonly tenant?: string | undefined };

/**
 * The tenant of an account's user at the store, "" for none: as it is written, as a name like Ceph's
 * `tenant$user` says, or the account itself if the provider gives each account bucket names of its own.
 */
export function tenantOf(written: Named, provider: Pick<Provider, "bucketNames">): string {
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
