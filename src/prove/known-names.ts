import type { Config } from "../config/config.ts";
import type { KnownNames } from "./claim-reader.ts";

/** Whom and what claims about `config` may name. */
export function knownIn({ accounts, ceph, policy }: Config): KnownNames {
  const people = accounts.flatMap(({ name, subusers }) => [
    name,
    ...subusers.map((subuser) => `${name}:${subuser.name}`),
  ]);
  return {
    people: new Set(people),
    tiers: new Set(policy.tiers.keys()),
    others: ceph.length > 0,
  };
}
