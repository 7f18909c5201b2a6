import type { Elsewhere } from "../admission/snapshot.ts";
import type { Config } from "./config.ts";

type Sources = Pick<Config, "ceph" | "directories">;

/** Returns true if there are keys that are not in the configuration. */
export function looksUpKeys({ ceph, directories }: Sources): boolean {
  return ceph.length > 0 || directories.length > 0;
}

/** Returns the name of the sources that have them; empty if there are none. */
export function sourcesElsewhere({ ceph, directories }: Sources): string {
  const named = [
    ...(ceph.length > 0 ? ["Ceph"] : []),
    ...(directories.length > 0 ? ["the directory"] : []),
  ];
  return named.join(" or ");
}

/** Returns the name of their users; empty if there are none. */
export function usersElsewhere({ ceph, directories }: Sources): string {
  const kinds = [
    ...(ceph.length > 0 ? ["users of Ceph"] : []),
    ...(directories.length > 0 ? ["users of a directory"] : []),
  ];
  return kinds.join(" and ");
}

/**
 * Returns the parts that a configuration leaves to other sources, but for the records in `state`.
 */
export function keysElsewhere(config: Sources & Pick<Config, "accounts">): Elsewhere {
  if (!looksUpKeys(config)) return { keys: false, records: false };
  const listed = config.directories.flatMap(({ accounts }) => accounts ?? []);
  const written = new Set(config.accounts.map(({ name }) => name));
  const withPolicies = listed.filter((name) => written.has(name));
  const nameless = config.directories.length > 0;
  const strangers = { called: usersElsewhere(config), nameless, withPolicies };
  return { keys: true, records: false, strangers };
}
