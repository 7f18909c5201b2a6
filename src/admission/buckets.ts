import type { PolicySet } from "../policy/policy-set.ts";
import { bucketText, type BucketName } from "../s3/address.ts";
import { tenantOf, type Account } from "./principal.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Caller, Subject } from "./subject.ts";

/** What the gateway itself knows of a bucket. */
export type BucketRecord = {
  /** Under which it is kept, see BucketRecords. */
  readonly name: string;
  /** It stands in the configuration, where no request can change it. */
  readonly configured: boolean;
  readonly owner: Account;
  /** Its policy and what it is shared for; undefined: neither. */
  readonly policy: PolicySet | undefined;
  /** The policy as it was put, to be given back byte for byte; undefined: none. */
  readonly policyText: string | undefined;
  /** Whether the policy opens something to everybody without a condition. */
  readonly isPublic: boolean;
};

/** By name, with its tenant as `tenant:bucket` where it has one and the store has tenants. */
export type BucketRecords = ReadonlyMap<string, BucketRecord>;

/** Whether the gateway may know anything of any bucket. */
export function keepsRecords({ buckets, elsewhere }: Snapshot): boolean {
  return buckets.size > 0 || elsewhere.bucket !== undefined;
}

/**
 * What is known of `bucket` as the caller of `subject` means it; undefined: nothing, as far as it
 * was fetched (see unknownRecords).
 */
export function recordOf(
  snapshot: Snapshot,
  subject: Subject,
  bucket: BucketName,
): BucketRecord | undefined {
  if (!keepsRecords(snapshot)) return undefined;
  for (const name of namesOf(snapshot, subject, bucket)) {
    const record = find(snapshot, subject, name);
    if (typeof record === "object" && isMeant(snapshot, subject, bucket, record)) return record;
  }
  return undefined;
}

/**
 * Under which name a bucket is remembered that `account` makes or removes. Where names of buckets are
 * each tenant's own, or Ceph has told the account's, a bare one is that of the account's tenant; a store
 * without tenants has one of a name.
 */
export function recordNameOf(
  { policy, store }: Snapshot,
  account: Account,
  { tenant, name }: BucketName,
): string {
  if (!store.tenants) return name;
  const own = tenantOf(account);
  const isOfTenant = policy.provider.bucketNames === "tenant" || own !== account.name;
  return bucketText({ tenant: tenant ?? (isOfTenant ? own : undefined), name });
}

/** The names under which records must be fetched before anything is decided on these buckets. */
export function unknownRecords(
  snapshot: Snapshot,
  subject: Subject,
  buckets: readonly (BucketName | undefined)[],
): readonly string[] {
  if (snapshot.elsewhere.bucket === undefined) return NONE;
  const names = buckets.flatMap((bucket) =>
    bucket === undefined ? [] : namesOf(snapshot, subject, bucket),
  );
  return [...new Set(names)].filter((name) => find(snapshot, subject, name) === "unknown");
}

const NONE: readonly string[] = [];

/**
 * In Ceph a bare name is one of the caller's own tenant, and a tenant's prefix may also be left out
 * of a record. In a store without tenants it is one bucket, whoever means it.
 */
function namesOf(
  { policy, store }: Snapshot,
  { caller }: Subject,
  bucket: BucketName,
): readonly string[] {
  const { name } = bucket;
  if (!policy.provider.tenantAddressing || !store.tenants) return [name];
  const tenant = tenantMeant(caller, bucket);
  return tenant === undefined ? [name] : [bucketText({ tenant, name }), name];
}

/** Whose bucket `caller` names, where names are each tenant's own; undefined: anybody's. */
function tenantMeant(caller: Caller, { tenant }: BucketName): string | undefined {
  return tenant ?? (caller.kind === "known" ? tenantOf(caller.key.account) : undefined);
}

/** Where names are each tenant's own, what is kept under a bare one is of its owner's tenant. */
function isMeant(
  { policy, store }: Snapshot,
  { caller }: Subject,
  bucket: BucketName,
  record: BucketRecord,
): boolean {
  if (policy.provider.bucketNames === "global" || !store.tenants) return true;
  const meant = tenantMeant(caller, bucket);
  return meant === undefined || meant === tenantOf(record.owner) || record.name.includes(":");
}

/**
 * Whether `bucket` is that of `record` for certain. In Ceph `bucket`, `:bucket` and `tenant:bucket`
 * can be one: what is kept under the bare name then takes away, but gives nothing.
 */
export function isSurely({ name, owner }: BucketRecord, bucket: BucketName): boolean {
  const { tenant } = bucket;
  return tenant === undefined || tenant === tenantOf(owner) || name === bucketText(bucket);
}

function find(
  { buckets, elsewhere }: Snapshot,
  { known }: Subject,
  name: string,
): BucketRecord | "none" | "unknown" {
  const configured = buckets.get(name);
  if (configured !== undefined) return configured;
  if (known.buckets.has(name)) return known.buckets.get(name) ?? "none";
  return elsewhere.bucket?.(name) ?? "none";
}
