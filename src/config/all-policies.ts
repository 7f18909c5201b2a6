import type { Policy } from "../policy/policy.ts";
import type { Config } from "./config.ts";

/** Every policy of a configuration: each file once, however many hold it. */
export function policiesOf({
  accounts,
  buckets,
}: Pick<Config, "accounts" | "buckets">): readonly Policy[] {
  const all = [
    ...accounts.flatMap(({ policies, subusers, roles }) => [
      ...policies,
      ...subusers.flatMap((subuser) => subuser.policies),
      ...roles.flatMap((role) => role.policies),
    ]),
    ...buckets.flatMap(({ policies }) => policies),
  ];
  return [...new Set(all)];
}
