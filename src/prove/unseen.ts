import { looksUpKeys, usersElsewhere } from "../config/elsewhere.ts";
import type { Config } from "../config/config.ts";
import { printOf } from "./prints.ts";

/**
 * Returns the reasons why `next` may allow more than `old` to people whom neither of them names, or
 * to everybody; each reason once. If nothing that they are judged by has changed, they can do no
 * more than before.
 */
export function unseenChanges(old: Config, next: Config): readonly string[] {
  const why: string[] = [];
  if (next.policy.mode === "report" && old.policy.mode !== "report") {
    why.push("policy.mode: report, under which nothing is refused");
  }
  const hasChanged = print(old) !== print(next);
  if (hasChanged && looksUpKeys(next)) {
    why.push(`${usersElsewhere(next)}, whose keys are not in the configuration`);
  }
  const hasRoles = next.accounts.some(({ roles }) => roles.length > 0);
  if (hasChanged && hasRoles) why.push("sessions of roles");
  return why;
}

/** All by which people are judged who have no key in the configuration. */
function print(config: Config): string {
  const { accounts, policy, buckets, ceph, directories, issuers, sealing, listen } = config;
  const rules = accounts.map((account) => ({
    ...account,
    keys: [],
    subusers: account.subusers.map((subuser) => ({ ...subuser, keys: [] })),
  }));
  const { trustedProxies, proxyProtocol } = listen;
  const settings = { policy, buckets, ceph, directories, issuers, sealing: sealing.length > 0 };
  return printOf({ rules, ...settings, trustedProxies, proxyProtocol }, new Map());
}
