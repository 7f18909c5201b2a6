import type { Problem } from "../lib/problem.ts";
import type { WholeFile } from "./buckets.ts";
import type { Config } from "./config.ts";
import { problemAt } from "./placed.ts";
import { knownTenant } from "./tenant.ts";

/**
 * Warns at each account whose `upstream` signs for a user of the store in a tenant that nobody has
 * written, if tenants are in use: another account is in one, or users of Ceph come with theirs. Then
 * the buckets or the name of another user could be taken for this one's. Only where records are kept.
 */
export function missingTenantWarnings(
  files: readonly WholeFile[],
  { policy, upstream, ceph }: Pick<Config, "policy" | "upstream" | "ceph">,
): readonly Problem[] {
  if (policy.bucketPolicies !== "gateway" || !upstream.tenants) return [];
  const isTenanted = ({ value }: WholeFile): boolean =>
    value.accounts.some((account) => (knownTenant(account, policy.provider) ?? "") !== "");
  if (ceph.length === 0 && !files.some(isTenanted)) return [];
  return files.flatMap(({ document, value }) =>
    value.accounts.flatMap((account, i) => {
      const isSaid = knownTenant(account, policy.provider) !== undefined;
      if (account.upstream === undefined || isSaid) return [];
      const path = `accounts[${i}].upstream`;
      return [problemAt(document, path, { message: MESSAGE, remedy: REMEDY })];
    }),
  );
}

const MESSAGE =
  "The store tenant of this user is unknown: it also gets the user and buckets of the same name in another tenant";
const REMEDY = 'Write tenant for the account, or tenant: "" if its user is in none';
