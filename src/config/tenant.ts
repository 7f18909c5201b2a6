import type { Provider } from "../provider/provider.ts";

/**
 * The tenant of an account's user at the store, "" for none: as it is written, as a name like Ceph's
 * `tenant$user` says, or the account itself if the provider gives each account bucket names of its own.
 */
export function tenantOf(
  { name, tenant }: { readonly name: string; readonly tenant?: string | undefined },
  { bucketNames }: Pick<Provider, "bucketNames">,
): string {
  if (tenant !== undefined) return tenant;
  const dollar = name.indexOf("$");
  if (dollar >= 0) return name.slice(0, dollar);
  return bucketNames === "tenant" ? name : "";
}
