import { err, ok, type Result } from "../lib/result.ts";
import type { Policy, Statement } from "../policy/policy.ts";
import { wholeBucket } from "./bucket-wide.ts";
import { principalNaming, type Identity } from "./principals.ts";
import type { Provider } from "./provider.ts";

/** A bucket that is shared with a user, with what a tier of the provider allows. */
export type Share = {
  readonly with: Identity;
  readonly permissions: string;
  /** Where the share is written, for records. */
  readonly line: number;
};

/**
 * What `shares` of one bucket allow, as a bucket policy (S3-AUTHORIZATION section 5.5), so that
 * they are judged and explained like any other Allow. The error names permissions that the
 * provider has not, or a user that its policies cannot name.
 */
export function sharePolicy(
  provider: Provider,
  bucket: string,
  shares: readonly Share[],
  file: string,
): Result<Policy, string> {
  const patterns = wholeBucket(bucket);
  const statements: Statement[] = [];
  for (const [index, share] of shares.entries()) {
    const tier = provider.tiers.get(share.permissions);
    if (tier?.kind !== "access") return err(`Unknown permissions: got "${share.permissions}"`);
    const name = principalNaming(provider.principals, share.with);
    if (name === undefined) return err(`Cannot share with a subuser: got "${share.with.subuser}"`);
    statements.push({
      place: { file, line: share.line, sid: undefined, index },
      effect: "Allow",
      principals: { negated: false, everyone: false, names: new Set([name]) },
      actions: { negated: false, set: tier.set },
      resources: { negated: false, patterns },
      conditions: [],
    });
  }
  return ok({ file, kind: "bucket", id: undefined, statements });
}
