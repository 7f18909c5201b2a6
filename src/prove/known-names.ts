import { looksUpKeys } from "../config/elsewhere.ts";
import type { Config } from "../config/config.ts";
import type { KnownNames } from "./claim-reader.ts";

/** Returns the names that claims about `config` may use. */
export function knownIn(config: Config): KnownNames {
  const { accounts, policy } = config;
  const people = accounts.flatMap(({ name, subusers }) => [
    name,
    ...subusers.map((subuser) => `${name}:${subuser.name}`),
  ]);
  return {
    people: new Set(people),
    tiers: new Set(policy.tiers.keys()),
    others: looksUpKeys(config),
  };
}
