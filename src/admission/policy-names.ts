import type { PolicySet } from "../policy/policy-set.ts";
import { bucketText } from "../s3/address.ts";
import type { Bucket } from "../s3/bucket.ts";
import type { Snapshot } from "./snapshot.ts";
import { tenantOf, type Caller } from "./caller.ts";

/** The names that identity policies may have for a bucket. */
export type PolicyNames = {
  readonly name: string;
  /** The other name; `undefined` if there is only one, or the other could match nothing else. */
  readonly alias: PolicyAlias | undefined;
};

/**
 * The other name of the bucket. `sure`: it counts in every statement; else only if that makes the
 * statement stricter (see ResourceAlias in policy/).
 */
export type PolicyAlias = { readonly name: string; readonly sure: boolean };

/**
 * The names of `bucket` in `policies`, the identity policies of `caller`. A policy may name a bucket
 * with its tenant or, if that is the caller's own, bare: both are the same bucket, however the request
 * spelled it. A Deny that fits either name holds: also one of the bare name for another tenant's
 * bucket, as tenants that the configuration leaves out are not known, and one whose wildcard stands
 * for the caller's own tenant. An Allow opens the caller's own bucket by its full name only if tenants
 * are named in so many words.
 */
export function policyNames(
  { policy: { provider } }: Snapshot,
  caller: Caller,
  { name, home }: Bucket,
  { namesTenants, reachesTenants }: PolicySet,
): PolicyNames {
  if (!provider.tenantAddressing) return { name, alias: undefined };
  const isOwn = home === tenantOf(caller);
  if (isOwn && !reachesTenants) return { name, alias: undefined };
  const full = bucketText({ tenant: home, name });
  return isOwn
    ? { name, alias: { name: full, sure: namesTenants } }
    : { name: full, alias: { name, sure: false } };
}
