import type { Elsewhere } from "../admission/snapshot.ts";
import type { Config } from "./config.ts";

type Sources = Pick<Config, "ceph" | "directories">;

/** Whether there are keys that are not in the configuration. */
export function looksUpKeys({ ceph, directories }: Sources): boolean {
  return ceph.length > 0 || directories.length > 0;
}

/** How the sources are called that have them; empty if there are none. */
export function sourcesElsewhere({ ceph, directories }: Sources): string {
  const named = [
    ...(ceph.length > 0 ? ["Ceph"] : []),
    ...(directories.length > 0 ? ["the directory"] : []),
  ];
  return named.join(" or ");
}

/** How their users are called; empty if there are none. */
export function usersElsewhere({ ceph, directories }: Sources): string {
  const kinds = [
    ...(ceph.length > 0 ? ["users of Ceph"] : []),
    ...(directories.length > 0 ? ["users of a directory"] : []),
  ];
  return kinds.join(" and ");
}

/** What a configuration leaves to other sources, but for what `state` keeps. */
export function keysElsewhere(config: Sources & Pick<Config, "accounts">): Elsewhere {
  if (!looksUpKeys(config)) return { keys: false, records: false };
  const listed = config.directories.flatMap(({ accounts }) => accounts ?? []);
  const written = new Set(config.accounts.map(({ name }) => name));
  const withPolicies = listed.filter((name) => written.has(name));
  const strangers = { called: usersElsewhere(config), withPolicies };
  return { keys: true, records: false, strangers };
}
