import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Policy } from "../policy/policy.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import type { Provider } from "../provider/provider.ts";
import type { Config } from "./config.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./issues.ts";
import { pathOf, pattern, select } from "./select.ts";
import { besides, unreadable, type Surroundings } from "./surroundings.ts";

const FILES = [pattern("accounts[*].policies[*]"), pattern("accounts[*].subusers[*].policies[*]")];

/**
 * The identity policies that an accounts file names, by the path of the name (such as
 * `accounts[0].policies[1]`), or every problem in them with its place in the policy's own file.
 */
export function readPolicies(
  document: ConfigDocument,
  provider: Provider,
  surroundings: Surroundings,
): Result<ReadonlyMap<string, Policy>, readonly Problem[]> {
  const policies = new Map<string, Policy>();
  const problems: Problem[] = [];
  const actionSets = new Map();
  for (const placed of select(document, ...FILES)) {
    const { value } = placed;
    if (typeof value !== "string") continue;
    const path = pathOf(placed);
    const file = besides(document.file, value);
    const text = surroundings.read(file);
    const policy = text.ok
      ? parseProviderPolicy(provider, text.value, file, "identity", { actionSets })
      : err([problemAt(document, path, unreadable(file, text.error))]);
    if (policy.ok) policies.set(path, policy.value);
    else problems.push(...policy.error);
  }
  return problems.length > 0 ? err(problems) : ok(policies);
}

/** Every policy of a configuration: each file once, however many hold it. */
export function policiesOf({
  accounts,
  buckets,
}: Pick<Config, "accounts" | "buckets">): readonly Policy[] {
  const all = [
    ...accounts.flatMap(({ policies, subusers }) => [
      ...policies,
      ...subusers.flatMap((subuser) => subuser.policies),
    ]),
    ...buckets.flatMap(({ policies }) => policies),
  ];
  return [...new Map(all.map((policy) => [policy.file, policy])).values()];
}
