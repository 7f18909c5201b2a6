import type { AccountConfig } from "./config.ts";

/**
 * The access key ids that more than one account of `accounts` has at the store, with the names of
 * those accounts: to the store they are one user.
 */
export function sharedUpstreams(
  accounts: readonly Pick<AccountConfig, "name" | "upstream">[],
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { name, upstream } of accounts) {
    if (upstream === undefined) continue;
    const others = names.get(upstream.accessKey);
    if (others === undefined) names.set(upstream.accessKey, [name]);
    else others.push(name);
  }
  return new Map([...names].filter(([, sharing]) => sharing.length > 1));
}
